"""The tuned linear models: the penalty that leave-one-out chooses, the same model as scikit-learn's at that penalty."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
from sklearn.utils.estimator_checks import parametrize_with_checks

from headstart import learners
from headstart.learners import STRENGTHS, TunedLogistic, TunedRidge, boosting, linear, linear_fixed, trees


@parametrize_with_checks([TunedLogistic(), TunedRidge()])
def test_scikit_learn_check(estimator, check):
    if "sample_weight_equivalence" in str(check):
        pytest.skip("weights are scaled to mean 1 and rows left out one by one: a row twice is no row of weight 2")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(estimator)


@pytest.fixture
def data(rng):
    X = rng.normal(size=(50, 5))
    return X, X[:, 0] + 0.5 * X[:, 1] + rng.normal(size=50)


def test_ridge_chooses_what_ridge_cv_chooses(data):
    X, y = data
    found, reference = TunedRidge().fit(X, y), RidgeCV(alphas=STRENGTHS).fit(X, y)
    assert found.strength_ == pytest.approx(reference.alpha_)
    np.testing.assert_allclose(found.predict(X), reference.predict(X), atol=1e-9)


def test_sparse_ridge(data):
    X, y = data
    np.testing.assert_allclose(
        TunedRidge([3.0]).fit(sp.csr_matrix(X), y).predict(X), Ridge(3.0).fit(X, y).predict(X), atol=1e-3
    )


@pytest.mark.parametrize("k", [2, 3])
def test_logistic_is_scikit_learns_at_the_chosen_penalty(data, k):
    X, y = data
    y = np.array(["low", "middle", "high"])[:k][np.digitize(y, [0.0] if k == 2 else [-0.5, 0.5])]
    found = TunedLogistic().fit(X, y)
    reference = LogisticRegression(C=1 / found.strength_, tol=1e-10, max_iter=5000).fit(X, y)
    np.testing.assert_allclose(found.predict_proba(X), reference.predict_proba(X), atol=1e-3)
    assert found.classes_.tolist() == reference.classes_.tolist()


def test_logistic_chooses_near_the_best_of_exact_leave_one_out(data):
    X, y = data
    y = (y > 0).astype(int)
    losses = []
    for strength in STRENGTHS:
        total = 0.0
        for i in range(len(y)):
            rest = np.arange(len(y)) != i
            p = LogisticRegression(C=1 / strength).fit(X[rest], y[rest]).predict_proba(X[[i]])[0, y[i]]
            total -= np.log(p)
        losses.append(total)
    chosen = int(np.flatnonzero(STRENGTHS == TunedLogistic().fit(X, y).strength_)[0])
    assert abs(chosen - int(np.argmin(losses))) <= 1


def test_noise_is_held_and_signal_is_not(rng):
    X = rng.normal(size=(60, 10))
    assert TunedRidge().fit(X, rng.normal(size=60)).strength_ > TunedRidge().fit(X, X[:, 0]).strength_
    y = rng.permutation(np.arange(60) % 2)
    assert TunedLogistic().fit(X, y).strength_ > TunedLogistic().fit(X, (X[:, 0] > 0).astype(int)).strength_


@pytest.mark.parametrize("kind", ["sparse", "wide"])
def test_large_problems_take_the_other_road_to_the_same_model(data, kind, monkeypatch):
    X, y = data
    y = (y > 0).astype(int)
    exact = TunedLogistic([3.0]).fit(X, y)
    if kind == "sparse":
        other = TunedLogistic([3.0]).fit(sp.csr_matrix(X), y)
    else:
        monkeypatch.setattr(learners, "EXACT_LIMIT", 2)
        other = TunedLogistic([3.0]).fit(X, y)
    np.testing.assert_allclose(other.predict_proba(X), exact.predict_proba(X), atol=5e-3)


def test_weights_of_rows_matter(data):
    X, y = data
    w = np.r_[np.full(25, 1e-6), np.ones(25)]
    np.testing.assert_allclose(
        TunedRidge([2.0]).fit(X, y, sample_weight=w).coef_, Ridge(1.0).fit(X[25:], y[25:]).coef_, atol=1e-3
    )


def test_one_class_is_always_predicted():
    model = TunedLogistic().fit(np.zeros((4, 2)), ["only"] * 4)
    assert model.predict(np.ones((2, 2))).tolist() == ["only"] * 2
    assert model.predict_proba(np.ones((2, 2))).tolist() == [[1.0], [1.0]]


def test_learners_for_each_task():
    assert isinstance(linear("classification"), TunedLogistic) and isinstance(linear("regression"), TunedRidge)
    assert linear_fixed("classification", 4.0).C == 0.25 and linear_fixed("regression", 4.0).alpha == 4.0
    assert [boosting("regression", n)[-1].min_samples_leaf for n in (20, 100, 10_000)] == [3, 5, 20]
    assert trees("regression").random_state == 0


@pytest.mark.parametrize("labels", [[0, 1], [0, 0, 1], [0, 1, 1, 1]])
def test_a_class_with_one_row_among_few_wide_ones(labels):
    # of words or pixels the penalty is chosen by folds, of which some then lack a class
    X = sp.csr_matrix(np.eye(len(labels), 8))
    model = TunedLogistic().fit(X, labels)
    assert np.isfinite(model.predict_proba(X)).all() and model.classes_.tolist() == [0, 1]
