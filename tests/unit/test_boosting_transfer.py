"""Boosting transfer: the offset form against a slow direct loop, what it takes, refuses, makes and tells."""

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import expit, softmax
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import headstart as hs
from headstart.bins import QuantileBins
from headstart.learners import boosting
from headstart.parameter._boosting_fit import deal

SMALL = {"max_iter": 8, "max_depth": 2, "min_samples_leaf": 3, "l2_regularization": 0.5, "random_state": 0}
FIXED = {"shrinkage": 1.0, "n_new_trees": 4, "learning_rate": 0.3}


def rows(rng, n, shift=0.0, task=2):
    """Rows of a rule; ``task`` is the number of classes, or a kind of number to predict."""
    X = rng.normal(size=(n, 3)) + shift
    level = X[:, 0] - shift + np.maximum(X[:, 1], 0) + 0.3 * rng.normal(size=n)
    if task == "regression":
        return X, level
    if task == "count":
        return X, rng.poisson(np.exp(level / 2)).astype(float)
    return X, np.digitize(level, [0.3] if task == 2 else [-0.3, 0.9])


def problem(rng, task=2, n=60):
    (Xs, ys), (X, y), (X_new, _) = rows(rng, 300, 0.0, task), rows(rng, n, 0.5, task), rows(rng, 100, 0.5, task)
    return Xs, ys, X, y, X_new


# ---------------------------------------------------------------- the slow direct loop


def split(X, g, h, cuts, least, penalty):
    """The best split of a node, by looking at the midpoints of all rows: column, threshold, gain."""
    best = (None, None, 0.0)
    for j in range(X.shape[1]):
        for t in cuts[j]:
            left = X[:, j] <= t
            if min(left.sum(), (~left).sum()) < least or min(h[left].sum(), h[~left].sum()) < 1e-3:
                continue
            gain = -(g.sum() ** 2) / (h.sum() + penalty)
            for side in (left, ~left):
                gain += g[side].sum() ** 2 / (h[side].sum() + penalty)
            if gain > best[2] + 1e-9:
                best = (j, t, gain)
    return best


def tree(X, g, h, X_new, cuts, least, penalty, depth=2):
    """What a tree of Newton steps adds to the rows and to new ones."""
    if depth:
        j, t, gain = split(X, g, h, cuts, least, penalty)
        if gain > 1e-12:
            out, new = np.zeros(len(X)), np.zeros(len(X_new))
            for here, there in ((X[:, j] <= t, X_new[:, j] <= t), (X[:, j] > t, X_new[:, j] > t)):
                out[here], new[there] = tree(X[here], g[here], h[here], X_new[there], cuts, least, penalty, depth - 1)
            return out, new
    step = -g.sum() / (h.sum() + penalty)
    return np.full(len(X), step), np.full(len(X_new), step)


def direct(X, y, X_new, offset, offset_new, slopes, level, n_trees, rate, least=3, penalty=0.5):
    """Functional gradient boosting from an offset (n_rows, n_outputs); ``slopes`` gives gradients and curvatures."""
    F, F_new = offset + level, offset_new + level
    cuts = [(values[1:] + values[:-1]) / 2 for values in map(np.unique, X.T)]
    for _ in range(n_trees):
        g, h = slopes(y, F)
        for k in range(F.shape[1]):
            out, new = tree(X, g[:, k], h[:, k], X_new, cuts, least, penalty)
            F[:, k] += rate * out
            F_new[:, k] += rate * new
    return F_new


def two_classes(y, F):
    p = expit(F)
    return p - y[:, None], p * (1 - p)


def many_classes(y, F):
    P = softmax(F, axis=1)
    return P - np.eye(F.shape[1])[y], P * (1 - P)


def best_level(loss, n):
    return minimize(loss, np.zeros(n), method="BFGS", options={"gtol": 1e-9}).x


@pytest.mark.parametrize("shrinkage", [0.4, 1.0])
def test_two_classes_equal_the_direct_loop(rng, shrinkage):
    Xs, ys, X, y, X_new = problem(rng)
    model = HistGradientBoostingClassifier(**SMALL).fit(Xs, ys)
    fitted = hs.BoostingTransferClassifier(source_model=model, **FIXED | {"shrinkage": shrinkage}).fit(X, y)
    said, said_new = (shrinkage * model.decision_function(r)[:, None] for r in (X, X_new))
    level = best_level(lambda c: np.sum(np.logaddexp(0, said[:, 0] + c) - y * (said[:, 0] + c)), 1)
    expected = direct(X, y, X_new, said, said_new, two_classes, level, 4, 0.3)
    np.testing.assert_allclose(fitted.predict_proba(X_new)[:, 1], expit(expected[:, 0]), atol=1e-5)


@pytest.mark.parametrize("shrinkage", [0.4, 1.0])
def test_three_classes_equal_the_direct_loop(rng, shrinkage):
    Xs, ys, X, y, X_new = problem(rng, 3)
    model = HistGradientBoostingClassifier(**SMALL).fit(Xs, ys)
    fitted = hs.BoostingTransferClassifier(source_model=model, **FIXED | {"shrinkage": shrinkage}).fit(X, y)
    said, said_new = (shrinkage * model.decision_function(r) for r in (X, X_new))
    level = best_level(lambda c: -np.log(softmax(said + c, axis=1)[np.arange(len(y)), y]).sum(), 3)
    expected = direct(X, y, X_new, said, said_new, many_classes, level, 4, 0.3)
    np.testing.assert_allclose(fitted.predict_proba(X_new), softmax(expected, axis=1), atol=1e-5)


@pytest.mark.parametrize("shrinkage", [0.4, 1.0])
def test_squared_error_equals_the_direct_loop(rng, shrinkage):
    Xs, ys, X, y, X_new = problem(rng, "regression")
    model = HistGradientBoostingRegressor(**SMALL).fit(Xs, ys)
    fitted = hs.BoostingTransferRegressor(source_model=model, **FIXED | {"shrinkage": shrinkage}).fit(X, y)
    said, said_new = (shrinkage * model.predict(r)[:, None] for r in (X, X_new))
    expected = direct(
        X, y, X_new, said, said_new, lambda y, F: (F - y[:, None], np.ones_like(F)), np.mean(y - said[:, 0]), 4, 0.3
    )
    np.testing.assert_allclose(fitted.predict(X_new), expected[:, 0], atol=1e-5)


@pytest.mark.parametrize("shrinkage", [0.4, 1.0])
def test_counts_equal_the_direct_loop_on_the_log_scale(rng, shrinkage):
    Xs, ys, X, y, X_new = problem(rng, "count")
    model = HistGradientBoostingRegressor(loss="poisson", **SMALL).fit(Xs, ys)
    fitted = hs.BoostingTransferRegressor(source_model=model, **FIXED | {"shrinkage": shrinkage}).fit(X, y)
    said, said_new = (shrinkage * np.log(model.predict(r))[:, None] for r in (X, X_new))
    level = np.log(y.sum() / np.exp(said).sum())
    slopes = lambda y, F: (np.exp(F) - y[:, None], np.exp(F))  # noqa: E731
    expected = direct(X, y, X_new, said, said_new, slopes, level, 4, 0.3)
    np.testing.assert_allclose(fitted.predict(X_new), np.exp(expected[:, 0]), rtol=1e-5)


# ---------------------------------------------------------------- the two ends


@pytest.mark.parametrize("bins", [False, True])
@pytest.mark.parametrize("task", [2, 3])
def test_shrinkage_0_is_plain_boosting_and_1_without_trees_the_source(rng, task, bins):
    Xs, ys, X, y, X_new = problem(rng, task)
    learner = HistGradientBoostingClassifier(**SMALL)
    build = (
        (lambda **s: make_pipeline(QuantileBins(), learner.__class__(**SMALL | s)))
        if bins
        else (lambda **s: learner.__class__(**SMALL | s))
    )
    model = build().fit(Xs, ys)
    alone = hs.BoostingTransferClassifier(source_model=model, **FIXED | {"shrinkage": 0.0}).fit(X, y)
    plain = build(max_iter=4, learning_rate=0.3).fit(X, y)
    np.testing.assert_allclose(alone.predict_proba(X_new), plain.predict_proba(X_new), atol=1e-12)
    assert (alone.n_source_trees_, alone.n_new_trees_) == (0, 4)
    asis = hs.BoostingTransferClassifier(source_model=model, shrinkage=1.0, n_new_trees=0).fit(X, y)
    np.testing.assert_allclose(asis.predict_proba(X_new), model.predict_proba(X_new), rtol=0, atol=1e-15)
    assert (asis.n_source_trees_, asis.n_new_trees_) == (8, 0)


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "quantile", "poisson", "gamma"])
def test_both_ends_for_each_loss(rng, loss):
    Xs, ys, X, y, X_new = problem(rng, "regression")
    ys, y = np.exp(ys), np.exp(y)
    settings = SMALL | {"loss": loss} | ({"quantile": 0.7} if loss == "quantile" else {})
    model = HistGradientBoostingRegressor(**settings).fit(Xs, ys)
    alone = hs.BoostingTransferRegressor(source_model=model, **FIXED | {"shrinkage": 0.0}).fit(X, y)
    plain = HistGradientBoostingRegressor(**settings | {"max_iter": 4, "learning_rate": 0.3}).fit(X, y)
    np.testing.assert_allclose(alone.predict(X_new), plain.predict(X_new), rtol=1e-12)
    asis = hs.BoostingTransferRegressor(source_model=model, shrinkage=1.0, n_new_trees=0).fit(X, y)
    np.testing.assert_allclose(asis.predict(X_new), model.predict(X_new), rtol=1e-15)
    both = hs.BoostingTransferRegressor(source_model=model, random_state=0, max_new_trees=12).fit(X, y)
    assert np.isfinite(both.path_["loss"]).all() and np.isfinite(both.predict(X_new)).all()


def test_nothing_is_added_to_a_source_that_is_right_where_warm_start_adds_a_lot(rng):
    """Warm start looks the old trees' bins up in the bins of the new rows, and corrects errors that nobody made."""
    Xs, ys, X, _, _ = problem(rng, "regression")
    model = HistGradientBoostingRegressor(max_iter=20, random_state=0).fit(Xs, ys)
    y = model.predict(X)
    ours = hs.BoostingTransferRegressor(source_model=model, **FIXED).fit(X, y)
    np.testing.assert_allclose(ours.predict(X), y, atol=1e-12)
    theirs = pickle.loads(pickle.dumps(model)).set_params(warm_start=True, max_iter=24).fit(X, y)
    assert np.abs(theirs.predict(X) - y).max() > 0.1


# ---------------------------------------------------------------- what is chosen


def test_the_choice_is_the_least_loss_of_rows_held_out(rng):
    """The path, by fits of our own on each fold."""
    Xs, ys, X, y, _ = problem(rng, n=40)
    model = HistGradientBoostingClassifier(**SMALL).fit(Xs, ys)
    fitted = hs.BoostingTransferClassifier(
        source_model=model,
        shrinkage=[0.0, 1.0],
        learning_rate=[0.1, 0.5],
        max_new_trees=3,
        cv=4,
        source_trust=0.0,
        random_state=0,
    ).fit(X, y)
    path = fitted.path_
    assert list(path.columns) == ["shrinkage", "learning_rate", "trees", "loss"]
    assert len(path) == 16
    fold = deal(y, 4, np.random.default_rng(0))
    for _, row in path.iterrows():
        loss = 0.0
        for k in range(4):
            settings = {"shrinkage": row["shrinkage"], "learning_rate": row["learning_rate"]}
            part = hs.BoostingTransferClassifier(source_model=model, n_new_trees=int(row["trees"]), **settings)
            P = part.fit(X[fold != k], y[fold != k]).predict_proba(X[fold == k])
            loss -= np.log(P[np.arange(len(P)), y[fold == k]]).sum()
        assert row["loss"] == pytest.approx(loss / len(y), rel=1e-9)
    best = path.iloc[path["loss"].argmin()]
    assert (fitted.shrinkage_, fitted.learning_rate_) == (best["shrinkage"], best["learning_rate"])
    assert fitted.n_new_trees_ == best["trees"]


def test_trust_is_what_leaving_the_source_costs(rng):
    """Of two shrinkages the smaller is taken where its loss over all rows is less by more than its share of trust."""
    Xs, ys, X, y, _ = problem(rng)
    model = HistGradientBoostingClassifier(**SMALL).fit(Xs, 1 - ys)
    settings = {"shrinkage": [0.0, 0.5], "n_new_trees": 3, "random_state": 0, "source_model": model}
    path = hs.BoostingTransferClassifier(**settings).fit(X, y).path_
    fall = len(y) * (path["loss"][1] - path["loss"][0])
    assert fall > 1
    for trust, chosen in ((2 * fall - 0.01, 0.0), (2 * fall + 0.01, 0.5)):
        assert hs.BoostingTransferClassifier(source_trust=trust, **settings).fit(X, y).shrinkage_ == chosen


def test_the_number_of_trees_is_that_of_one_long_fit(rng):
    """Trees come in portions; the path through them is that of a single fit of all."""
    Xs, ys, X, y, X_new = problem(rng, "regression")
    model = HistGradientBoostingRegressor(**SMALL).fit(Xs, ys)
    settings = {"shrinkage": 0.5, "learning_rate": 0.1, "random_state": 0}
    chosen = hs.BoostingTransferRegressor(source_model=model, max_new_trees=40, **settings).fit(X, y)
    again = hs.BoostingTransferRegressor(source_model=model, n_new_trees=chosen.n_new_trees_, **settings).fit(X, y)
    np.testing.assert_array_equal(chosen.predict(X_new), again.predict(X_new))
    fold = deal(y, 5, np.random.default_rng(0))
    last = int(chosen.path_["trees"].max())
    assert last in (12, 24, 40)
    loss = 0.0
    for k in range(5):
        part = hs.BoostingTransferRegressor(source_model=model, n_new_trees=last, **settings)
        loss += ((part.fit(X[fold != k], y[fold != k]).predict(X[fold == k]) - y[fold == k]) ** 2).sum()
    assert chosen.path_["loss"].iloc[-1] == pytest.approx(loss / len(y), rel=1e-9)


def test_folds_hold_each_class_in_turn(rng):
    y = np.repeat([0, 1, 2], [20, 10, 5])
    fold = deal(y, 5, rng)
    assert [np.bincount(fold[y == k], minlength=5).tolist() for k in range(3)] == [[4] * 5, [2] * 5, [1] * 5]


def test_one_target_row_takes_the_source_as_it_is(rng):
    Xs, ys, X, y, X_new = problem(rng)
    model = HistGradientBoostingClassifier(**SMALL).fit(Xs, ys)
    fitted = hs.BoostingTransferClassifier(source_model=model).fit(X[y == 1][:1], [1])
    assert (fitted.shrinkage_, fitted.n_new_trees_, fitted.path_) == (1.0, 0, None)


# ---------------------------------------------------------------- classes of one domain only


def test_a_class_that_the_source_never_saw_is_learned_from_target_rows(rng):
    Xs, ys = rows(rng, 300)
    X, y = rows(rng, 120)
    y = np.where(X[:, 2] > 0.5, 7, y)
    model = HistGradientBoostingClassifier(**SMALL).fit(Xs, ys)
    level = hs.BoostingTransferClassifier(source_model=model, shrinkage=1.0, n_new_trees=0).fit(X, y)
    assert level.classes_.tolist() == [0, 1, 7]
    P = level.predict_proba(X)
    # Before any tree it has its share on average, and the others keep their odds but for a factor.
    assert P[:, 2].mean() == pytest.approx(np.mean(y == 7), abs=1e-8)
    assert np.ptp(P[:, 2]) < 0.1
    apart = np.log(P[:, 1] / P[:, 0]) - model.decision_function(X)
    assert np.ptp(apart) < 1e-8
    fitted = hs.BoostingTransferClassifier(source_model=model, random_state=0, max_new_trees=50).fit(X, y)
    assert fitted.predict_proba(X)[y == 7, 2].mean() > fitted.predict_proba(X)[y != 7, 2].mean() + 0.4


def test_a_class_that_the_target_lacks_keeps_the_sources_word_lowered(rng):
    Xs, ys = rows(rng, 400, task=3)
    X, y = rows(rng, 60, task=3)
    names = np.array(["a", "b", "c"])
    X, ys, y = X[y != 2], names[ys], names[y[y != 2]]
    model = HistGradientBoostingClassifier(**SMALL).fit(Xs, ys)
    said = model.predict_proba(X)
    fitted = hs.BoostingTransferClassifier(source_model=model, **FIXED).fit(X, y)
    P = fitted.predict_proba(X)
    assert fitted.classes_.tolist() == ["a", "b", "c"]
    odds, before = np.log(P[:, 2] / (1 - P[:, 2])), np.log(said[:, 2] / (1 - said[:, 2]))
    fall = odds - before
    assert np.ptp(fall) < 1e-8 and fall[0] < -0.1
    # The fall's own equation: the slope of the log loss of rows that lack the class, and of a normal prior.
    assert P[:, 2].sum() + fall[0] == pytest.approx(0.0, abs=1e-8)
    hostile = hs.BoostingTransferClassifier(source_model=model, **FIXED | {"shrinkage": 0.0}).fit(X, y)
    assert (hostile.predict_proba(X)[:, 2] == 0).all()


def test_a_single_target_class(rng):
    Xs, ys, X, _, X_new = problem(rng)
    model = HistGradientBoostingClassifier(**SMALL).fit(Xs, ys)
    fitted = hs.BoostingTransferClassifier(source_model=model, random_state=0).fit(X, np.ones(len(X), int))
    assert fitted.predict_proba(X_new)[:, 1].mean() > model.predict_proba(X_new)[:, 1].mean()


# ---------------------------------------------------------------- what it is given


def test_a_fitted_source_model_is_as_good_as_its_rows(rng):
    Xs, ys, X, y, X_new = problem(rng)
    learner = HistGradientBoostingClassifier(**SMALL)
    settings = {"random_state": 0, "max_new_trees": 12, "cv": 3}
    by_rows = hs.BoostingTransferClassifier(learner, **settings).fit(X, y, source=hs.Domain(Xs, ys))
    model = HistGradientBoostingClassifier(**SMALL).fit(Xs, ys)
    before = pickle.dumps(model)
    by_model = hs.BoostingTransferClassifier(source_model=model, **settings).fit(X, y)
    np.testing.assert_array_equal(by_rows.predict_proba(X_new), by_model.predict_proba(X_new))
    assert pickle.dumps(model) == before
    assert by_rows.n_source_ == 300 and by_model.n_source_ == 0


def test_several_sources_are_one(rng):
    Xs, ys, X, y, X_new = problem(rng)
    both = hs.Sources([hs.Domain(Xs[:100], ys[:100]), hs.Domain(Xs[100:], ys[100:])])
    one = hs.BoostingTransferClassifier(**FIXED).fit(X, y, source=hs.Domain(Xs, ys))
    two = hs.BoostingTransferClassifier(**FIXED).fit(X, y, source=both)
    np.testing.assert_array_equal(one.predict_proba(X_new), two.predict_proba(X_new))


def test_without_a_source_it_is_the_plain_learner(rng):
    _, _, X, y, X_new = problem(rng)
    fitted = hs.BoostingTransferClassifier().fit(X, y)
    plain = boosting("classification", len(y), 2).fit(X, y)
    np.testing.assert_array_equal(fitted.predict_proba(X_new), plain.predict_proba(X_new))
    assert (fitted.shrinkage_, fitted.n_source_trees_, fitted.n_new_trees_, fitted.path_) == (0.0, 0, 100, None)


def test_gaps_are_allowed(rng):
    Xs, ys, X, y, X_new = problem(rng)
    for table in (Xs, X, X_new):
        table[rng.random(table.shape) < 0.2] = np.nan
    fitted = hs.BoostingTransferClassifier(**FIXED).fit(X, y, source=hs.Domain(Xs, ys))
    assert np.isfinite(fitted.predict_proba(X_new)).all()


def test_columns_are_matched_by_name(rng):
    Xs, ys, X, y, X_new = problem(rng)
    names = ["a", "b", "c"]
    settings = SMALL | {"monotonic_cst": [1, 0, 0]}
    model = HistGradientBoostingClassifier(**settings).fit(pd.DataFrame(Xs, columns=names), ys)
    nameless = HistGradientBoostingClassifier(**settings).fit(Xs, ys)
    fitted = hs.BoostingTransferClassifier(source_model=model, **FIXED).fit(
        pd.DataFrame(X, columns=names)[["c", "a", "b"]], y
    )
    straight = hs.BoostingTransferClassifier(source_model=nameless, **FIXED).fit(X, y)
    new = pd.DataFrame(X_new, columns=names)[["c", "a", "b"]]
    np.testing.assert_array_equal(fitted.predict_proba(new), straight.predict_proba(X_new))


def test_own_categories_of_the_source_model_are_kept(rng):
    Xs, X = rng.integers(0, 6, size=(300, 2)).astype(float), rng.integers(0, 6, size=(80, 2)).astype(float)
    ys, y = (np.isin(part[:, 0], [1, 4]) ^ (rng.random(len(part)) < 0.1) for part in (Xs, X))
    model = HistGradientBoostingClassifier(categorical_features=[0], **SMALL).fit(Xs, ys)
    fitted = hs.BoostingTransferClassifier(source_model=model, **FIXED).fit(X, y)
    assert fitted.score(X, y) > 0.85
    assert fitted.estimator_.trees.model.is_categorical_.tolist() == [True, False]


def test_a_continued_model_without_a_source_can_be_continued(rng):
    Xs, ys, X, y, X_new = problem(rng)
    theirs = hs.BoostingTransferClassifier(HistGradientBoostingClassifier(**SMALL)).fit(Xs, ys)
    a = hs.BoostingTransferClassifier(source_model=theirs, **FIXED).fit(X, y)
    b = hs.BoostingTransferClassifier(source_model=theirs.estimator_, **FIXED).fit(X, y)
    np.testing.assert_array_equal(a.predict_proba(X_new), b.predict_proba(X_new))


# ---------------------------------------------------------------- what it refuses


@pytest.mark.parametrize(
    ("model", "error", "words"),
    [
        (
            LogisticRegression(),
            hs.InputTypeError,
            "source_model is a LogisticRegression; expected a fitted HistGradientBoosting",
        ),
        (GradientBoostingClassifier(), hs.InputTypeError, "a GradientBoostingClassifier; .*hs.SourcePriorClassifier"),
        (HistGradientBoostingRegressor(), hs.InputTypeError, "HistGradientBoostingRegressor, which is no classifier"),
        (HistGradientBoostingClassifier, hs.InputTypeError, "is the class HistGradientBoostingClassifier"),
        (
            make_pipeline(PCA(1), HistGradientBoostingClassifier(max_iter=1)).fit([[0.0] * 3, [1.0] * 3], [0, 1]),
            hs.InputTypeError,
            "a Pipeline of PCA, HistGradientBoostingClassifier; expected nothing before .*but QuantileBins or a Stand",
        ),
        ("model.pkl", hs.InputTypeError, r"a path or text \('model.pkl'\); expected a fitted model: hs.load\(path\)"),
        (Path("model.pkl"), hs.InputTypeError, "a path or text"),
        (HistGradientBoostingClassifier(), hs.InputError, "a HistGradientBoostingClassifier that is not fitted"),
        (make_pipeline(QuantileBins(), HistGradientBoostingClassifier()), hs.InputError, "that is not fitted"),
    ],
)
def test_models_of_another_kind_are_refused(rng, model, error, words):
    _, _, X, y, _ = problem(rng)
    with pytest.raises(error, match=words):
        hs.BoostingTransferClassifier(source_model=model).fit(X, y)


def test_other_columns_and_labels_are_refused(rng):
    Xs, ys, X, y, _ = problem(rng)
    model = HistGradientBoostingClassifier(**SMALL).fit(Xs, ys)
    with pytest.raises(hs.InputError, match="was fitted to 3 columns and the target has 2; .*select those"):
        hs.BoostingTransferClassifier(source_model=model).fit(X[:, :2], y)
    named = HistGradientBoostingClassifier(**SMALL).fit(pd.DataFrame(Xs, columns=list("abc")), ys)
    with pytest.raises(hs.InputError, match="source_model needs the columns 'c', which the target lacks"):
        hs.BoostingTransferClassifier(source_model=named).fit(pd.DataFrame(X, columns=list("abd")), y)
    with pytest.raises(hs.InputError, match="no label in common: the target has 5, 6 and the source 0, 1"):
        hs.BoostingTransferClassifier(source_model=model).fit(X, y + 5)
    with pytest.raises(hs.InputError, match="text .*numbers"):
        hs.BoostingTransferClassifier(source_model=model).fit(X, np.array(["a", "b"])[y])


def test_labels_out_of_the_range_of_the_loss_are_refused(rng):
    Xs, ys, X, y, _ = problem(rng, "count")
    model = HistGradientBoostingRegressor(loss="poisson", **SMALL).fit(Xs, ys)
    with pytest.raises(hs.InputError, match="the smallest target label is -1 and .*poisson; expected numbers of 0"):
        hs.BoostingTransferRegressor(source_model=model).fit(X, y - 1 - y.min())


def test_categories_of_a_frame_are_refused(rng):
    _, ys, X, y, _ = problem(rng)
    frame = pd.DataFrame({"a": pd.Categorical(list("xyz") * 100), "b": np.arange(300.0), "c": 0.0})
    model = HistGradientBoostingClassifier(categorical_features="from_dtype", max_iter=2).fit(frame, ys)
    with pytest.raises(hs.InputError, match="columns of the pandas type category; expected numbers"):
        hs.BoostingTransferClassifier(source_model=model).fit(X, y)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"shrinkage": 1.5}, r"shrinkage=1.5; expected a number 0 to 1"),
        ({"shrinkage": []}, r"shrinkage=\[\]; expected"),
        ({"learning_rate": 0.0}, r"learning_rate=0.0; expected a number above 0"),
        ({"learning_rate": "slow"}, r"learning_rate='slow'; expected"),
        ({"n_new_trees": -1}, r"n_new_trees=-1; expected a whole number, 0 or more"),
        ({"max_new_trees": 0}, r"max_new_trees=0; expected a whole number, 1 or more"),
        ({"source_trust": -1.0}, r"source_trust=-1.0; expected a number of nats, 0 or more"),
        ({"cv": 1}, r"cv=1; expected a whole number, 2 or more"),
        ({"estimator": LogisticRegression()}, "estimator is a LogisticRegression; expected"),
    ],
)
def test_settings_that_cannot_be_are_refused(rng, settings, words):
    _, _, X, y, _ = problem(rng)
    with pytest.raises((hs.InputError, hs.InputTypeError), match=words):
        hs.BoostingTransferClassifier(**settings).fit(X, y)


def test_rows_and_model_together_or_no_labels_are_refused(rng):
    Xs, ys, X, y, _ = problem(rng)
    model = HistGradientBoostingClassifier(**SMALL).fit(Xs, ys)
    with pytest.raises(hs.InputError, match="both source= and source_model= were given"):
        hs.BoostingTransferClassifier(source_model=model).fit(X, y, source=hs.Domain(Xs, ys))
    with pytest.raises(hs.InputError, match="the target y is None"):
        hs.BoostingTransferClassifier().fit(X, None, source=hs.Domain(Xs, ys))
