"""Bins at quantiles: order is kept, ranks follow the edges, gaps stay gaps."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.utils.estimator_checks import parametrize_with_checks

from headstart.bins import QuantileBins


@parametrize_with_checks([QuantileBins()])
def test_scikit_learn_check(estimator, check):
    check(estimator)


def test_few_distinct_values_keep_one_bin_each():
    ranks = QuantileBins(4).fit_transform([[3.0], [1.0], [7.0], [3.0]])
    assert ranks.ravel().tolist() == [1.0, 0.0, 2.0, 1.0]


def test_many_values_are_cut_into_bins_of_equal_size(rng):
    ranks = QuantileBins(10).fit_transform(rng.normal(size=(1000, 1))).ravel()
    assert np.bincount(ranks.astype(int)).tolist() == [100] * 10


def test_new_values_join_the_bin_that_they_lie_in_and_gaps_stay(rng):
    bins = QuantileBins().fit([[0.0], [1.0], [2.0], [np.nan]])
    assert bins.transform([[-9.0], [0.4], [0.6], [99.0]]).ravel().tolist() == [0.0, 0.0, 1.0, 2.0]
    assert np.isnan(bins.transform([[np.nan]])).all()


def test_trees_do_not_notice_the_bins(rng):
    X = rng.integers(0, 50, size=(300, 3)).astype(float)
    y = X[:, 0] + rng.normal(size=300)
    plain = HistGradientBoostingRegressor(max_iter=20, random_state=0)
    ranks = QuantileBins().fit_transform(X)
    np.testing.assert_allclose(plain.fit(X, y).predict(X), plain.fit(ranks, y).predict(ranks))
