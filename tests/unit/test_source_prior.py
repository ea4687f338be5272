"""Source models as the prior of the target model."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import cross_val_score
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

import headstart as hs
from headstart.learners import TunedLogistic
from headstart.numeric.prior import fit_prior_logistic, fit_prior_ridge
from headstart.parameter.prior_core import STRENGTHS, source_outputs


@pytest.fixture
def data(rng):
    X, Xs = rng.normal(size=(30, 3)), rng.normal(size=(80, 3))
    y, ys = (X[:, 0] + rng.normal(size=30) > 0).astype(int), (Xs[:, 0] + rng.normal(size=80) > 0).astype(int)
    return X, y, Xs, ys, rng.normal(size=(9, 3))


def test_classifier_by_hand(data):
    X, y, Xs, ys, new = data
    found = hs.SourcePriorClassifier(LogisticRegression()).fit(X, y, source=hs.Domain(Xs, ys))
    source = LogisticRegression().fit(Xs, ys)

    def logit(rows):
        p = np.clip(source.predict_proba(rows), 0.01, None)
        return (np.log(p[:, 1]) - np.log(p[:, 0]))[None, :, None]

    prior = fit_prior_logistic(X, y.astype(float), logit(X), STRENGTHS, 1.0)
    out = prior.output(logit(new), new)[:, 0]
    np.testing.assert_allclose(found.predict_proba(new)[:, 1], 1 / (1 + np.exp(-out)), atol=1e-9)
    assert found.slope_.shape == (1,) and found.coef_.shape == (1, 3) and found.n_source_ == 80


def test_regressor_by_hand_with_two_sources(data):
    X, _, Xs, _, new = data
    y, ys = X @ [1.0, 2, 3] + 5, Xs @ [1.0, 2, 2]
    sources = hs.Sources([hs.Domain(Xs[:40], ys[:40]), hs.Domain(Xs[40:], ys[40:])])
    found = hs.SourcePriorRegressor(Ridge()).fit(X, y, source=sources)
    models = [Ridge().fit(Xs[:40], ys[:40]), Ridge().fit(Xs[40:], ys[40:])]

    def says(rows):
        return np.stack([m.predict(rows)[:, None] for m in models])

    expected = fit_prior_ridge(X, y, says(X), STRENGTHS, 1.0).output(says(new), new)[:, 0]
    np.testing.assert_allclose(found.predict(new), expected, atol=1e-9)


def test_fitted_source_model_is_as_good_as_the_rows(data):
    X, y, Xs, ys, new = data
    by_rows = hs.SourcePriorClassifier(LogisticRegression()).fit(X, y, source=hs.Domain(Xs, ys))
    by_model = hs.SourcePriorClassifier(source_model=LogisticRegression().fit(Xs, ys)).fit(X, y)
    np.testing.assert_array_equal(by_model.predict_proba(new), by_rows.predict_proba(new))


def test_level_alone_costs_nothing(data):
    X, _, Xs, _, new = data
    truth = np.array([1.0, 2, 3])
    found = hs.SourcePriorRegressor(Ridge(1e-6)).fit(X, X @ truth + 1000, source=hs.Domain(Xs, Xs @ truth))
    np.testing.assert_allclose(found.predict(new), new @ truth + 1000, atol=1e-3)


def test_without_a_source_it_is_the_tuned_linear_model(data):
    X, y, _, _, new = data
    found = hs.SourcePriorClassifier().fit(X, y)
    np.testing.assert_array_equal(found.predict_proba(new), TunedLogistic().fit(X, y).predict_proba(new))


def test_default_learners(data):
    X, y, Xs, ys, _ = data
    found = hs.SourcePriorClassifier().fit(X, y, source=hs.Domain(Xs, ys))
    linear, boosted = found.source_models_
    assert [type(linear).__name__, type(boosted[-1]).__name__] == ["TunedLogistic", "HistGradientBoostingClassifier"]


def test_labels_that_one_domain_lacks(data):
    X, y, Xs, ys, new = data
    L = np.array(["a", "b", "c"])
    more = np.where(np.arange(80) < 20, 2, ys)
    found = hs.SourcePriorClassifier().fit(X, L[y], source=hs.Domain(Xs, L[more]))
    assert found.classes_.tolist() == ["a", "b", "c"]
    np.testing.assert_allclose(found.predict_proba(new).sum(axis=1), 1)
    assert found.predict_proba(new)[:, 2].max() < 0.5
    y3 = np.where(np.arange(30) < 8, 2, y)
    found = hs.SourcePriorClassifier().fit(X, L[y3], source=hs.Domain(Xs, L[ys]))
    assert found.classes_.tolist() == ["a", "b", "c"] and np.isfinite(found.predict_proba(new)).all()


def test_source_outputs_by_hand():
    class Given:
        classes_ = np.array([0, 1])

        def predict_proba(self, rows):
            return np.array([[0.2, 0.8], [1.0, 0.0]])

    two = source_outputs(Given(), np.zeros((2, 1)), np.array([0, 1]))
    np.testing.assert_allclose(two[:, 0], [np.log(4), np.log(0.01)], atol=1e-12)
    three = source_outputs(Given(), np.zeros((2, 1)), np.array([0, 1, 2]))
    p = np.array([0.2, 0.8, 0.5]) / 1.5
    np.testing.assert_allclose(three[0], np.log(p) - np.log(p).mean())


def test_what_cannot_be_used_is_refused(data):
    X, y, Xs, ys, _ = data
    source = hs.Domain(Xs, ys)
    with pytest.raises(hs.InputError, match="slope_penalty=0; expected a number above 0"):
        hs.SourcePriorClassifier(slope_penalty=0).fit(X, y)
    with pytest.raises(hs.InputError, match="both source= and source_model="):
        hs.SourcePriorClassifier(source_model=LogisticRegression().fit(Xs, ys)).fit(X, y, source=source)
    with pytest.raises(hs.InputTypeError, match="LinearSVC without predict_proba"):
        hs.SourcePriorClassifier(LinearSVC()).fit(X, y, source=source)
    with pytest.raises(hs.InputTypeError, match="source_model is a LinearSVC without predict_proba"):
        hs.SourcePriorClassifier(source_model=LinearSVC().fit(Xs, ys)).fit(X, y)
    with pytest.raises(hs.InputError, match="needs target labels"):
        hs.SourcePriorRegressor().fit(X, None, source=hs.Domain(Xs, Xs[:, 0]))


def test_constant_target_labels(data):
    X, _, Xs, _, new = data
    found = hs.SourcePriorRegressor(HistGradientBoostingRegressor(max_iter=5)).fit(
        X, np.full(30, 4.0), source=hs.Domain(Xs, Xs[:, 0])
    )
    np.testing.assert_allclose(found.predict(new), 4, atol=0.5)


@pytest.mark.parametrize("kind", [hs.SourcePriorClassifier, hs.LinearTransferClassifier, hs.TransferClassifier])
def test_copies_keep_the_fitted_source_model(kind):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    y = (X[:, 0] > 0).astype(int)
    there = LogisticRegression().fit(X[:30], y[:30])
    how = {"time_limit": 1e-9, "random_state": 0} if kind is hs.TransferClassifier else {}
    model = kind(source_model=there, **how)
    assert clone(model).source_model is there
    assert clone(hs.Prepared(StandardScaler(), model)).estimator.source_model is there
    assert cross_val_score(model, X[30:], y[30:], cv=2).mean() > 0.7


def test_columns_of_a_source_model_are_found_by_name():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(80, 3)), columns=list("abc"))
    y = (X["a"] - 2 * X["b"] > 0).astype(int).to_numpy()
    there = LogisticRegression().fit(X[:40], y[:40])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn's, of rows without names
        straight = hs.SourcePriorClassifier(source_model=there).fit(X[40:], y[40:])
        turned = hs.SourcePriorClassifier(source_model=there).fit(X[40:][list("cab")], y[40:])
        np.testing.assert_allclose(turned.slope_, straight.slope_)
        np.testing.assert_allclose(turned.predict_proba(X[list("cab")]), straight.predict_proba(X))
    with pytest.raises(hs.InputError, match="needs the columns 'c', which the target lacks"):
        hs.SourcePriorClassifier(source_model=there).fit(X[40:].rename(columns={"c": "d"}), y[40:])
