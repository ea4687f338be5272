"""Shrinkage towards source coefficients: every form against direct minimisation, and what a source may be."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from scipy.optimize import minimize
from scipy.special import logsumexp
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor, Ridge, SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, PolynomialFeatures, RobustScaler, StandardScaler

import headstart as hs
from headstart.learners import TunedLogistic, TunedRidge

FORMS = ("l2", "offset", "elastic")


def draw(n=40, d=4, n_classes=2, seed=0):
    """Target and source rows in odd units, numbers and classes; and fitted source models of both."""
    rng = np.random.default_rng(seed)
    units = np.array([1.0, 20.0, 0.05, 3.0])[:d]
    X, Xs = (rng.normal(size=(n, d)) + 0.2) * units, (rng.normal(size=(90, d)) + 0.4) * units
    w = np.array([1.0, -1.0, 0.5, 0.0])[:d] / units
    y, ys = X @ w + 0.5 * rng.normal(size=n), Xs @ w + 0.5 * rng.normal(size=90)
    cuts = np.quantile(ys, np.arange(1, n_classes) / n_classes)
    return X, y, np.digitize(y, cuts), Xs, ys, np.digitize(ys, cuts)


def penalty(delta, scale, strength, form, l1_ratio):
    z = np.abs(delta * scale)
    if form == "elastic":
        return strength * (l1_ratio * z.sum() + 0.5 * (1 - l1_ratio) * (z**2).sum())
    return 0.5 * strength * (z**2).sum()


def optimum(value, size):
    """The minimum of a function that may have kinks at zero coefficients, by splitting each into two parts."""

    def split(v):
        return value(v[:size] - v[size:])

    found = minimize(
        split, np.full(2 * size, 0.01), method="L-BFGS-B", bounds=[(0, None)] * 2 * size,
        options={"maxiter": 20_000, "maxfun": 10**6, "ftol": 1e-15, "gtol": 1e-9},
    )  # fmt: skip
    return found.fun


@pytest.mark.parametrize("form", FORMS)
def test_regressor_is_the_direct_minimum(form):
    X, y, _, Xs, ys, _ = draw()
    theirs, scale, strength = Ridge().fit(Xs, ys), X.std(axis=0), 3.0
    model = hs.LinearTransferRegressor(form, source_model=theirs, strength=strength, l1_ratio=0.6).fit(X, y)

    def value(v):
        delta, level, slope = v[:4] / scale, v[4], 1.0
        extra = 0.0
        if form == "offset":
            slope = 1.0 + v[5]
            extra = 0.5 * np.var(y) * v[5] ** 2
        left = y - slope * theirs.predict(X) - X @ delta - level
        return 0.5 * left @ left + penalty(delta, scale, strength, form, 0.6) + extra

    size = 6 if form == "offset" else 5
    slope = model.slope_[0]
    delta = model.coef_ - slope * theirs.coef_
    level = model.intercept_ - slope * theirs.intercept_
    found = value(np.r_[delta * scale, level, slope - 1][:size])
    assert found <= optimum(value, size) + 1e-6
    np.testing.assert_allclose(model.source_coef_, slope * theirs.coef_, atol=1e-12)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("form", FORMS)
def test_classifier_is_the_direct_minimum(form, n_classes):
    X, _, y, Xs, _, ys = draw(n_classes=n_classes)
    theirs, scale, strength = LogisticRegression().fit(Xs, ys), X.std(axis=0), 2.0
    model = hs.LinearTransferClassifier(form, source_model=theirs, strength=strength, l1_ratio=0.6).fit(X, y)
    K = len(theirs.coef_)
    says = (X @ theirs.coef_.T + theirs.intercept_).reshape(len(X), K)
    if K > 1:
        says = says - (theirs.coef_.mean(axis=0) @ X.T + theirs.intercept_.mean())[:, None]

    def value(v):
        delta, level = v[: 4 * K].reshape(K, 4) / scale, v[4 * K : 5 * K]
        slope, extra = 1.0, 0.0
        if form == "offset":
            slope, extra = 1.0 + v[-1], 0.5 * v[-1] ** 2
        eta = slope * says + X @ delta.T + level
        full = np.column_stack([np.zeros(len(eta)), eta]) if K == 1 else eta
        loss = (logsumexp(full, axis=1) - full[np.arange(len(y)), y]).sum()
        return loss + penalty(delta, scale, strength, form, 0.6) + extra

    size = 5 * K + (form == "offset")
    slope = model.slope_[0]
    centre, level = theirs.coef_, theirs.intercept_
    if K > 1:
        centre, level = centre - centre.mean(axis=0), level - level.mean()
    delta = model.coef_ - slope * centre
    found = value(np.r_[(delta * scale).ravel(), model.intercept_ - slope * level, slope - 1][:size])
    assert found <= optimum(value, size) + 1e-6


@pytest.mark.parametrize("form", ["l2", "offset"])
def test_a_source_that_says_nothing_leaves_plain_models(form):
    """With coefficients of zero in the source it is Ridge or LogisticRegression on scaled columns."""
    X, y, c, _, _, _ = draw(n_classes=3)
    nothing = LinearRegression().fit(X, np.zeros(len(X)))
    found = hs.LinearTransferRegressor(form, source_model=nothing, strength=2.0).fit(X, y)
    plain = make_pipeline(StandardScaler(), Ridge(2.0)).fit(X, y)
    np.testing.assert_allclose(found.predict(X), plain.predict(X), atol=1e-9)
    for labels in (np.minimum(c, 1), c):
        theirs = LogisticRegression().fit(X, labels)
        theirs.coef_ = np.zeros_like(theirs.coef_)
        theirs.intercept_ = np.zeros_like(theirs.intercept_)
        found = hs.LinearTransferClassifier(form, source_model=theirs, strength=2.0).fit(X, labels)
        plain = make_pipeline(StandardScaler(), LogisticRegression(C=0.5, tol=1e-10, max_iter=5000)).fit(X, labels)
        np.testing.assert_allclose(found.predict_proba(X), plain.predict_proba(X), atol=1e-6)


def test_without_a_source_it_is_the_tuned_model_on_scaled_columns():
    X, y, c, _, _, _ = draw(n_classes=3)
    for model, plain, labels in (
        (hs.LinearTransferClassifier(), TunedLogistic(), c),
        (hs.LinearTransferRegressor(), TunedRidge(), y),
    ):
        found = model.fit(X, labels)
        expected = make_pipeline(StandardScaler(), plain).fit(X, labels)
        np.testing.assert_allclose(found.predict(X), expected.predict(X), atol=1e-12)
        assert found.toward_ == "zero" and found.strength_ == expected[-1].strength_
        assert not found.source_coef_.any() and found.detection_ is None and len(found.transferable_) == 0


def test_strong_penalties_leave_the_source_as_it_is_but_for_the_level():
    X, y, _, Xs, ys, _ = draw()
    theirs = Ridge().fit(Xs, ys)
    for form in ("l2", "elastic"):
        model = hs.LinearTransferRegressor(form, source_model=theirs, strength=1e12).fit(X, y + 1000)
        np.testing.assert_allclose(model.coef_, theirs.coef_, atol=1e-9)
        np.testing.assert_allclose(model.intercept_, (y + 1000 - X @ theirs.coef_).mean(), atol=1e-6)


def test_elastic_coefficients_leave_the_source_one_by_one():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 12))
    w = rng.normal(size=12)
    theirs = LinearRegression().fit(np.eye(12), w)
    theirs.coef_, theirs.intercept_ = w.copy(), 0.0
    y = X @ (w + 3.0 * (np.arange(12) == 5)) + 0.1 * rng.normal(size=60)
    model = hs.LinearTransferRegressor("elastic", source_model=theirs, strength=60.0).fit(X, y)
    assert list(np.flatnonzero(model.coef_ != model.source_coef_)) == [5]
    top = model.carried_.iloc[0]
    assert top["column"] == "x5" and top["target"] - top["source"] == pytest.approx(model.coef_[5] - w[5])
    assert top["moved"] == pytest.approx((model.coef_[5] - w[5]) * X[:, 5].std())


@pytest.mark.parametrize("form", ["l2", "offset"])
def test_a_fitted_model_is_as_good_as_the_rows(form):
    X, y, c, Xs, ys, cs = draw(n_classes=3)
    for kind, plain, labels, theirs in (
        (hs.LinearTransferClassifier, TunedLogistic(), c, cs),
        (hs.LinearTransferRegressor, TunedRidge(), y, ys),
    ):
        by_rows = kind(form).fit(X, labels, source=hs.Domain(Xs, theirs))
        fitted = make_pipeline(StandardScaler(), plain).fit(Xs, theirs)
        by_model = kind(form, source_model=fitted).fit(X, labels)
        np.testing.assert_allclose(by_model.coef_, by_rows.coef_, atol=1e-9)
        again = kind(form, source_model=kind().fit(Xs, theirs)).fit(X, labels)
        np.testing.assert_allclose(again.coef_, by_rows.coef_, atol=1e-9)


@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler((-1, 3)), MaxAbsScaler(), RobustScaler()])
def test_scalers_before_a_source_model_are_undone(scaler):
    X, y, _, Xs, ys, _ = draw()
    pipe = make_pipeline(scaler, LinearRegression()).fit(Xs, ys)
    model = hs.LinearTransferRegressor(source_model=pipe, strength=1e12).fit(X, y)
    said = pipe.predict(X)
    np.testing.assert_allclose(model.predict(X), said + (y - said).mean(), atol=1e-6)


@pytest.mark.parametrize("form", FORMS)
def test_units_of_the_columns_play_no_part(form):
    X, y, _, Xs, ys, _ = draw()
    units = np.array([1.0, 1e3, 1e-4, 7.0])
    plain = hs.LinearTransferRegressor(form).fit(X, y, source=hs.Domain(Xs, ys))
    other = hs.LinearTransferRegressor(form).fit(X * units, y, source=hs.Domain(Xs * units, ys))
    np.testing.assert_allclose(other.predict(X * units), plain.predict(X), atol=1e-6)
    np.testing.assert_allclose(other.coef_ * units, plain.coef_, atol=1e-6)


def test_columns_that_are_constant_in_the_target_keep_the_source():
    X, y, _, Xs, ys, _ = draw()
    X[:, 2] = 4.0
    theirs = Ridge().fit(Xs, ys)
    for form in ("l2", "elastic"):
        model = hs.LinearTransferRegressor(form, source_model=theirs).fit(X, y)
        assert model.toward_ == "source" and model.coef_[2] == pytest.approx(theirs.coef_[2])


def test_unlabelled_rows_tell_the_scale():
    X, y, _, Xs, ys, _ = draw()
    theirs, extra = Ridge().fit(Xs, ys), hs.Domain(X * [1.0, 9.0, 1.0, 1.0])
    without = hs.LinearTransferRegressor(source_model=theirs, strength=5.0).fit(X, y)
    given = hs.LinearTransferRegressor(source_model=theirs, strength=5.0).fit(X, y, unlabeled=extra)
    assert abs(given.coef_[1] - theirs.coef_[1]) < abs(without.coef_[1] - theirs.coef_[1])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("n", "d"), [(40, 6), (20, 50)])
def test_sparse_rows_give_the_same(form, n, d):
    rng = np.random.default_rng(0)
    X, Xs = (rng.poisson(0.5, size=(m, d)).astype(float) for m in (n, 80))
    w = rng.normal(size=d) * (np.arange(d) < 5)
    c, cs = (X @ w > 0).astype(int), (Xs @ w > 0).astype(int)
    theirs = LogisticRegression().fit(Xs, cs)
    dense = hs.LinearTransferClassifier(form, source_model=theirs).fit(X, c)
    sparse = hs.LinearTransferClassifier(form, source_model=theirs).fit(sp.csr_matrix(X), c)
    np.testing.assert_allclose(sparse.predict_proba(sp.csr_matrix(X)), dense.predict_proba(X), atol=1e-5)


def test_sparse_rows_too_many_for_coordinate_descent_are_refused(monkeypatch):
    monkeypatch.setattr("headstart.parameter._linear_fit.MOST_DENSE", 10)
    X, y, _, Xs, ys, _ = draw()
    with pytest.raises(hs.InputError, match="makes the sparse X of 40 rows and 4 columns dense.*use form='l2'"):
        hs.LinearTransferRegressor("elastic").fit(sp.csr_matrix(X), y)


def test_many_rows_and_columns_take_the_iterative_solvers(monkeypatch):
    X, y, c, Xs, ys, cs = draw()
    sources = (Ridge().fit(Xs, ys), LogisticRegression().fit(Xs, cs))
    near = [hs.LinearTransferRegressor(source_model=sources[0], strength=2.0).fit(X, y).coef_]
    near.append(hs.LinearTransferClassifier(source_model=sources[1], strength=2.0).fit(X, c).coef_)
    monkeypatch.setattr("headstart.parameter._linear_fit.MOST_AXES", 2)
    far = [hs.LinearTransferRegressor(source_model=sources[0], strength=2.0).fit(X, y).coef_]
    far.append(hs.LinearTransferClassifier(source_model=sources[1], strength=2.0).fit(X, c).coef_)
    for a, b in zip(near, far, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_a_class_that_the_source_never_saw_is_learned_from_the_target():
    X, _, c, Xs, _, cs = draw(n_classes=3)
    known = cs < 2
    theirs = LogisticRegression().fit(Xs[known], cs[known])
    model = hs.LinearTransferClassifier(source_model=theirs, strength=3.0).fit(X, c)
    assert list(model.classes_) == [0, 1, 2]
    np.testing.assert_allclose(model.source_coef_[:2], np.vstack([-theirs.coef_, theirs.coef_]) / 2)
    assert not model.source_coef_[2].any() and model.coef_[2].any()
    alone = hs.LinearTransferClassifier().fit(X, c)
    assert (model.predict(X) == 2).sum() > 0.5 * (c == 2).sum() and model.score(X, c) > alone.score(X, c) - 0.1


@pytest.mark.filterwarnings("ignore:the target's labels are")
def test_a_class_without_target_rows_keeps_the_source_and_grows_rarer():
    X, _, c, Xs, _, cs = draw(n_classes=3)
    theirs = LogisticRegression().fit(Xs, cs)
    few = c < 2
    model = hs.LinearTransferClassifier(source_model=theirs).fit(X[few], c[few])
    centred = theirs.coef_ - theirs.coef_.mean(axis=0)
    np.testing.assert_allclose(model.coef_[2], centred[2], atol=1e-9)
    share = model.predict_proba(X[few])[:, 2].mean()
    assert 0 < share < theirs.predict_proba(X[few])[:, 2].mean()
    one = hs.LinearTransferClassifier(source_model=theirs).fit(X[c == 1], c[c == 1])
    np.testing.assert_allclose(one.coef_, centred, atol=1e-9)
    assert one.predict_proba(X[c == 1])[:, 1].mean() > theirs.predict_proba(X[c == 1])[:, 1].mean()


@pytest.mark.filterwarnings("ignore:the target's labels are")
def test_two_classes_of_which_the_target_has_one():
    X, _, c, Xs, _, cs = draw()
    theirs = LogisticRegression().fit(Xs, cs)
    for label in (0, 1):
        rows = X[c == label]
        model = hs.LinearTransferClassifier(source_model=theirs).fit(rows, c[c == label])
        assert model.coef_ == pytest.approx(theirs.coef_)
        assert (model.predict_proba(rows)[:, label] > theirs.predict_proba(rows)[:, label]).all()


def test_several_models_count_equally_or_by_slopes():
    X, y, _, Xs, ys, _ = draw()
    models = [Ridge().fit(Xs[:45], ys[:45]), LinearRegression().fit(Xs[45:], ys[45:])]
    held = hs.LinearTransferRegressor(source_model=models, strength=1e12, detect=False).fit(X, y)
    np.testing.assert_allclose(held.coef_, (models[0].coef_ + models[1].coef_) / 2, atol=1e-9)
    assert held.detection_ is None and held.transferable_.all()
    free = hs.LinearTransferRegressor("offset", source_model=models, slope_penalty=1e-6, detect=False).fit(X, y)
    assert free.slope_.shape == (2,) and np.ptp(free.slope_) > 0.01


@pytest.mark.parametrize("form", FORMS)
def test_detection_keeps_the_good_and_drops_the_bad(form):
    X, y, c, Xs, ys, cs = draw(n=60)
    good, bad = hs.Domain(Xs, ys, name="good"), hs.Domain(Xs, -ys, name="bad")
    model = hs.LinearTransferRegressor(form, random_state=0).fit(X, y, source=hs.Sources([bad, good]))
    assert list(model.transferable_) == [False, True]
    table = model.detection_
    assert list(table["source"]) == ["bad", "good"] and list(table["kept"]) == [False, True]
    assert (table["loss"] <= table["threshold"]).tolist() == [False, True]
    models = [make_pipeline(StandardScaler(), LogisticRegression()).fit(Xs, t) for t in (1 - cs, cs)]
    found = hs.LinearTransferClassifier(form, source_model=models, random_state=0).fit(X, c)
    assert found.transferable_[1]
    # a source that is wrong throughout is right for a slope below zero, which the offset form alone has
    assert form == "offset" or not found.transferable_[0]


def test_without_a_source_worth_keeping_it_is_the_target_alone():
    X, y, _, Xs, ys, _ = draw(n=60)
    model = hs.LinearTransferRegressor(detect=True, random_state=0).fit(X, y, source=hs.Domain(Xs, -5 * ys))
    assert not model.transferable_.any() and model.toward_ == "zero"
    np.testing.assert_allclose(model.coef_, hs.LinearTransferRegressor().fit(X, y).coef_, atol=1e-12)


def test_a_larger_threshold_keeps_more():
    X, y, _, Xs, ys, _ = draw(n=60)
    source = hs.Domain(Xs, -ys)
    kept = [
        hs.LinearTransferRegressor(detect=True, threshold=t, random_state=0).fit(X, y, source=source).transferable_[0]
        for t in (2.0, 1e6)
    ]
    assert kept == [False, True]


def test_with_a_handful_of_rows_nothing_is_detected_and_all_are_kept():
    X, y, _, Xs, ys, _ = draw(n=5)
    model = hs.LinearTransferRegressor(detect=True).fit(X, y, source=hs.Domain(Xs, ys))
    assert model.transferable_.all() and model.detection_["loss"].isna().all()


def test_columns_of_a_source_model_are_matched_by_name():
    X, y, _, Xs, ys, _ = draw()
    names = ["age", "dose", "size", "time"]
    other = [names[k] for k in (2, 0, 3, 1)]
    theirs = Ridge().fit(pd.DataFrame(Xs, columns=names)[other], ys)
    model = hs.LinearTransferRegressor(source_model=theirs, strength=1e12).fit(pd.DataFrame(X, columns=names), y)
    np.testing.assert_allclose(model.coef_, theirs.coef_[[other.index(n) for n in names]], atol=1e-9)
    assert set(model.carried_["column"]) == set(names)
    wrong = pd.DataFrame(X, columns=["age", "dose", "size", "week"])
    with pytest.raises(hs.InputError, match="source_model needs the columns 'time', which the target lacks"):
        hs.LinearTransferRegressor(source_model=theirs).fit(wrong, y)


def test_carried_names_the_class():
    X, _, c, Xs, _, cs = draw(n_classes=3)
    model = hs.LinearTransferClassifier().fit(X, c, source=hs.Domain(Xs, cs))
    table = model.carried_
    assert list(table.columns) == ["column", "class", "source", "target", "moved"] and len(table) == 12
    assert (table["moved"].abs().diff().dropna() <= 0).all()
    row = table.iloc[0]
    at = (int(row["class"]), int(row["column"][1:]))
    assert row["target"] == model.coef_[at] and row["source"] == model.source_coef_[at]


def _sgd_astray(Xs, cs):
    model = SGDClassifier(random_state=0).fit(Xs, cs)
    model.coef_ = np.full_like(model.coef_, np.nan)
    return model


@pytest.mark.parametrize(
    ("build", "error", "text"),
    [
        (lambda X, c: RandomForestClassifier(2).fit(X, c), hs.InputTypeError,
         "Forest.*; expected a fitted linear .*use hs.SourcePriorClas"),
        (lambda X, c: LogisticRegression(), hs.InputError, "a LogisticRegression that is not fitted; .*call its fit"),
        (lambda X, c: LogisticRegression().fit(X[:, :3], c), hs.InputError, "to 3 columns and the target has 4"),
        (lambda X, c: Ridge().fit(X, c), hs.InputTypeError, "a Ridge, which is no classifier"),
        (lambda X, c: LogisticRegression, hs.InputTypeError, "source_model is the class LogisticRegression"),
        (lambda X, c: "theirs.pkl", hs.InputTypeError, r"is a path or text \('theirs.pkl'\)"),
        (lambda X, c: [], hs.InputError, "source_model is empty; expected"),
        (lambda X, c: [LogisticRegression().fit(X, c), 3], hs.InputTypeError, r"source_model\[1\] is of type int"),
        (lambda X, c: LogisticRegression().fit(X, c + 7), hs.InputError, "no label in common"),
        (lambda X, c: LogisticRegression().fit(X, np.array(["no", "yes"])[c]), hs.InputError, "text"),
        (lambda X, c: make_pipeline(PolynomialFeatures(), LogisticRegression(max_iter=9000)).fit(X, c),
         hs.InputTypeError, "expected nothing before its LogisticRegression but a Standard"),
        (lambda X, c: make_pipeline(StandardScaler(), LogisticRegression()), hs.InputError, "is not fitted"),
        (_sgd_astray, hs.InputError, "coefficients are not finite"),
    ],
)  # fmt: skip
def test_source_models_that_cannot_be_used(build, error, text):
    X, _, c, Xs, _, cs = draw()
    with pytest.raises(error, match=text):
        hs.LinearTransferClassifier(source_model=build(Xs / Xs.std(axis=0), cs)).fit(X, c)


def test_a_regressor_with_a_log_link_is_refused():
    X, y, _, Xs, ys, _ = draw()
    there = PoissonRegressor().fit(Xs, np.exp(ys / 10))
    with pytest.raises(hs.InputError, match="a PoissonRegressor that predicts another function of its coefficients"):
        hs.LinearTransferRegressor(source_model=there).fit(X, y)


def test_a_regressor_of_several_numbers_is_refused():
    X, y, _, Xs, ys, _ = draw()
    with pytest.raises(hs.InputError, match="predicts 2 numbers; expected one that predicts one"):
        hs.LinearTransferRegressor(source_model=Ridge().fit(Xs, np.column_stack([ys, ys]))).fit(X, y)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"form": "l1"}, "form='l1'; expected 'l2', 'offset' or 'elastic'"),
        ({"strength": 0}, "strength=0; expected a number above 0, or None"),
        ({"strength": "weak"}, "strength='weak'"),
        ({"l1_ratio": 0.0}, "l1_ratio=0.0; expected a number above 0 and at most 1: .*use form='l2'"),
        ({"slope_penalty": -1}, "slope_penalty=-1; expected a number above 0"),
        ({"threshold": np.inf}, "threshold=inf; expected a number above 0"),
        ({"detect": "always"}, "detect='always'; expected True, False or 'auto'"),
    ],
)
def test_arguments_that_cannot_be_used(arguments, text):
    X, y, _, _, _, _ = draw()
    with pytest.raises(hs.InputError, match=text):
        hs.LinearTransferRegressor(**arguments).fit(X, y)


def test_rows_and_model_together_and_no_labels_are_refused():
    X, y, _, Xs, ys, _ = draw()
    source = hs.Domain(Xs, ys)
    with pytest.raises(hs.InputError, match="both source= and source_model= were given"):
        hs.LinearTransferRegressor(source_model=Ridge().fit(Xs, ys)).fit(X, y, source=source)
    with pytest.raises(hs.InputError, match="the target y is None; LinearTransferRegressor learns"):
        hs.LinearTransferRegressor().fit(X, None, source=source)


def test_a_support_vector_source_in_the_offset_form():
    X, _, c, Xs, _, cs = draw()
    theirs = make_pipeline(StandardScaler(), SGDClassifier(random_state=0)).fit(Xs, cs)
    model = hs.LinearTransferClassifier("offset", source_model=theirs).fit(X, c)
    assert model.score(X, c) >= theirs.score(X, c) - 0.05 and model.slope_[0] != 1.0
