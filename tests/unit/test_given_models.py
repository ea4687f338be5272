"""``source_model=`` is one idea: the same models, columns and words for every estimator that takes it."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier, ExtraTreeRegressor

import headstart as hs
from headstart.parameter._source_scale import undo
from headstart.parameter._tree_arrays import in_columns
from headstart.parameter.given_models import lone, unfrozen

NAMES = ["age", "dose", "size"]
# The estimator, its settings here, and a learner whose fitted models it takes.
FAMILIES = {
    "prior": (hs.SourcePriorClassifier, {}, LogisticRegression()),
    "linear": (hs.LinearTransferClassifier, {}, LogisticRegression()),
    "tree": (
        hs.TreeTransferClassifier,
        {"method": "strut", "strut_rows": 5},
        DecisionTreeClassifier(max_depth=3, random_state=0),
    ),
    "forest": (
        hs.ForestTransferClassifier,
        {"method": "strut", "strut_rows": 5},
        RandomForestClassifier(4, max_depth=3, random_state=0),
    ),
    "boosting": (
        hs.BoostingTransferClassifier,
        {"shrinkage": 1.0, "n_new_trees": 3},
        HistGradientBoostingClassifier(max_iter=5, max_leaf_nodes=4),
    ),
    "choice": (hs.TransferClassifier, {"random_state": 0, "time_limit": 1e-9}, LogisticRegression()),
}
ONE = ("tree", "forest", "boosting")
MOVED = ("linear", *ONE)


@pytest.fixture(params=FAMILIES)
def family(request):
    return request.param


def draw(n, seed):
    rng = np.random.default_rng(seed)
    X = np.round(rng.normal(size=(n, 3)) * [1, 10, 100] + [0, 50, 0], 2)
    return X, (X[:, 0] + (X[:, 1] - 50) / 10 + 0.3 * rng.normal(size=n) > 0).astype(int)


def frame(X, names=NAMES):
    return pd.DataFrame(X, columns=names)


def fit(family, source_model, X, y):
    kind, settings, _ = FAMILIES[family]
    return kind(source_model=source_model, **settings).fit(X, y)


def fitted(family, **how):
    """A model of the source; a new one, since tests change them."""
    Xs, ys = draw(200, 1)
    return clone(FAMILIES[family][2]).fit(how.get("X", Xs), how.get("y", ys))


# ---------------------------------------------------------------- words


@pytest.mark.parametrize("path", ["model.pkl", Path("model.joblib"), b"\x80\x04"])
def test_paths_and_pickles(family, path):
    words = (
        r"source_model is a path or text \(.*\); expected a fitted model: hs.load\(path\) reads one that hs.save left"
    )
    with pytest.raises(hs.InputTypeError, match=words):
        fit(family, path, *draw(40, 0))


@pytest.mark.parametrize(
    ("model", "found"),
    [
        (3, "source_model is of type int; expected a fitted "),
        (object(), "source_model is of type object; expected a fitted "),
        (LogisticRegression, "source_model is the class LogisticRegression; expected a fitted "),
        (KMeans(2), "source_model is a KMeans, which is no classifier; expected one, as the target's labels ask"),
        (Ridge(), "source_model is a Ridge, which is no classifier; expected one, as the target's labels ask"),
        (
            make_pipeline(StandardScaler(), Ridge()),
            "source_model is a Pipeline of StandardScaler, Ridge, which is no classifier",
        ),
    ],
)
def test_other_types_and_tasks(family, model, found):
    with pytest.raises(hs.InputTypeError, match=found):
        fit(family, model, *draw(40, 0))


@pytest.mark.parametrize("family", MOVED)
def test_other_kinds_name_what_takes_them(family):
    Xs, ys = draw(200, 1)
    other = RandomForestClassifier(2) if family != "forest" else LogisticRegression()
    words = f"source_model is a {type(other).__name__}; expected a fitted .*. For other models use hs.SourcePriorClass"
    with pytest.raises(hs.InputTypeError, match=words):
        fit(family, other.fit(Xs, ys), *draw(40, 0))


def test_not_fitted(family):
    learner = clone(FAMILIES[family][2])
    words = f"is a {type(learner).__name__} that is not fitted; expected a fitted one: call its fit with source rows"
    with pytest.raises(hs.InputError, match=words):
        fit(family, learner, *draw(40, 0))
    half = make_pipeline(StandardScaler(), fitted(family))
    with pytest.raises(hs.InputError, match="is a Pipeline of StandardScaler, .* that is not fitted"):
        fit(family, half, *draw(40, 0))


def test_other_classes(family):
    X, y = draw(40, 0)
    with pytest.raises(hs.InputError, match="no label in common: the target has 5, 6 and the source 0, 1"):
        fit(family, fitted(family), X, y + 5)
    with pytest.raises(hs.InputError, match="labels are text .* the source's are numbers .*; expected the same type"):
        fit(family, fitted(family), X, np.array(["no", "yes"])[y])


def test_other_columns(family):
    X, y = draw(40, 0)
    with pytest.raises(hs.InputError, match="source_model was fitted to 3 columns and the target has 2; expected the"):
        fit(family, fitted(family), X[:, :2], y)
    named = fitted(family, X=frame(draw(200, 1)[0]))
    words = "source_model needs the columns 'size', which the target lacks; expected the columns that it was fitted to"
    with pytest.raises(hs.InputError, match=words):
        fit(family, named, frame(X, ["age", "dose", "length"]), y)
    words = (
        r"source_model knows its columns by name \('age', 'dose', 'size'\) and the target's have none; expected a Data"
    )
    with pytest.raises(hs.InputError, match=words):
        fit(family, named, X, y)


def test_another_version_of_scikit_learn(family):
    model = fitted(family)
    model._sklearn_version = "1.2.2"
    words = (
        f"source_model is a {type(model).__name__} that was fitted with scikit-learn 1.2.2, and .* is installed; exp"
    )
    with pytest.warns(hs.HeadstartWarning, match=words):
        fit(family, model, *draw(40, 0))
    same = fitted(family)
    same.__setstate__(same.__getstate__())  # as a model comes from a file of this version
    with warnings.catch_warnings():
        warnings.simplefilter("error", hs.HeadstartWarning)
        fit(family, same, *draw(40, 0))


def test_rows_and_model_together(family):
    kind, settings, _ = FAMILIES[family]
    with pytest.raises(hs.InputError, match="both source= and source_model= were given; expected one: the rows or the"):
        kind(source_model=fitted(family), **settings).fit(*draw(40, 0), source=hs.Domain(*draw(40, 1)))


# ---------------------------------------------------------------- one, a list, a dict


def test_none_in_a_list_or_dict(family):
    for empty in ([], {}):
        with pytest.raises(hs.InputError, match="source_model is empty; expected a fitted .* a list or dict of them"):
            fit(family, empty, *draw(40, 0))


def test_one_in_a_list_or_dict_is_one(family):
    X, y = draw(40, 0)
    model = fitted(family)
    expected = fit(family, model, X, y).predict_proba(X)
    for holder in ([model], (model,), {"north": model}):
        np.testing.assert_array_equal(fit(family, holder, X, y).predict_proba(X), expected)


def test_several_by_name(family):
    X, y = draw(40, 0)
    pair = {"north": fitted(family), "south": fitted(family)}
    if family in ONE:
        name = FAMILIES[family][0].__name__
        with pytest.raises(
            hs.InputError, match=f"source_model holds 2 models, and {name} goes on with one; expected one"
        ):
            fit(family, pair, X, y)
        return
    by_name, listed = (fit(family, given, X, y) for given in (pair, list(pair.values())))
    np.testing.assert_array_equal(by_name.predict_proba(X), listed.predict_proba(X))


def test_errors_say_which_of_several(family):
    X, y = draw(40, 0)
    with pytest.raises(hs.InputTypeError, match=r"source_model\[1\] is of type int"):
        fit(family, [fitted(family), 3], X, y)
    with pytest.raises(hs.InputError, match=r"source_model\['south'\] is a .* that is not fitted"):
        fit(family, {"north": fitted(family), "south": clone(FAMILIES[family][2])}, X, y)
    with pytest.raises(hs.InputError, match="source_model names two models alike: '1', '1'; give each its own name"):
        fit(family, {1: fitted(family), "1": fitted(family)}, X, y)


def test_linear_transfer_tells_sources_by_their_names():
    X, y = draw(40, 0)
    pair = {"north": fitted("linear"), "south": fitted("linear")}
    found = hs.LinearTransferClassifier(source_model=pair, random_state=0).fit(X, y)
    assert found.detection_["source"].tolist() == ["north", "south"]


# ---------------------------------------------------------------- columns


def test_columns_in_another_order(family):
    X, y = draw(60, 0)
    new = draw(50, 2)[0]
    straight = fit(family, fitted(family), X, y)
    turned = [NAMES[k] for k in (2, 0, 1)]
    named = fitted(family, X=frame(draw(200, 1)[0]))
    found = fit(family, named, frame(X)[turned], y)
    if family == "choice":  # its target-only trees are grown by columns in their order
        for name in ("source only (source model)", "source prior (source model)"):
            scores = [model.leaderboard_.set_index("candidate").loc[name, "score"] for model in (straight, found)]
            assert scores[0] == pytest.approx(scores[1], abs=1e-9)
        return
    values = found.predict_proba(frame(new)[turned])
    np.testing.assert_allclose(values, straight.predict_proba(new), atol=1e-6)


def test_further_columns_of_the_target(family):
    X, y = draw(60, 0)
    named = fitted(family, X=frame(draw(200, 1)[0]))
    wide = frame(X).assign(more=np.arange(60.0) % 7)[["more", "size", "age", "dose"]]
    if family == "boosting":
        with pytest.raises(
            hs.InputError, match="source_model does not know 'more', which the target has; expected its"
        ):
            fit(family, named, wide, y)
        return
    assert fit(family, named, wide, y).score(wide, y) > 0.8


def test_a_further_column_has_no_coefficient_in_the_source():
    X, y = draw(60, 0)
    named = fitted("linear", X=frame(draw(200, 1)[0]))
    found = fit("linear", named, frame(X).assign(more=0.0)[["more", *NAMES]], y)
    np.testing.assert_allclose(found.source_coef_, np.hstack([[[0.0]], named.coef_]))


@pytest.mark.parametrize(
    "kind", [DecisionTreeClassifier, ExtraTreesClassifier, RandomForestRegressor, ExtraTreeRegressor]
)
def test_trees_in_other_columns_say_the_same(kind):
    (Xs, ys), new = draw(200, 1), draw(300, 2)[0]
    model = kind(min_samples_leaf=3, random_state=0, monotonic_cst=[1, 0, 0]).fit(Xs, ys)
    wide = np.zeros((300, 5))
    at, shift, scale = np.array([3, 0, 4]), np.array([0.0, 64.0, 2.0]), np.array([2.0, 0.5, 4.0])
    wide[:, at] = new * scale + shift
    other = in_columns(model, at, 5, shift, scale)
    np.testing.assert_array_equal(other.predict(wide), model.predict(new))
    np.testing.assert_allclose(other.feature_importances_[at], model.feature_importances_)
    assert other.monotonic_cst.tolist() == [0, 0, 0, 1, 0] and model.n_features_in_ == 3


# ---------------------------------------------------------------- steps before the model


@pytest.mark.parametrize("family", MOVED)
@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler(), RobustScaler()])
def test_scalers_are_undone(family, scaler):
    (X, y), new = draw(60, 0), draw(300, 2)[0]
    Xs, ys = draw(200, 1)
    pipe = make_pipeline(scaler, clone(FAMILIES[family][2])).fit(Xs, ys)
    kind, settings, _ = FAMILIES[family]
    inside = kind(source_model=pipe[-1], **settings).fit(pipe[:-1].transform(X), y)
    found = fit(family, pipe, X, y)
    # Trees read rows in single precision, so that a row on the edge may fall to the other side.
    apart = np.abs(found.predict_proba(new) - inside.predict_proba(pipe[:-1].transform(new))).max(axis=1)
    assert np.mean(apart > 1e-3) < 0.02


def test_scalers_one_after_the_other():
    X = draw(50, 0)[0]
    pipe = make_pipeline(StandardScaler(), MinMaxScaler(), RobustScaler(with_centering=False)).fit(X)
    shift, scale = undo([step for _, step in pipe.steps], 3)
    np.testing.assert_allclose(pipe.transform(X) * scale + shift, X, atol=1e-9)


@pytest.mark.parametrize("family", MOVED)
def test_other_steps_are_refused_and_the_mend_works(family):
    (X, y), new = draw(60, 0), draw(50, 2)[0]
    kind, settings, learner = FAMILIES[family]
    pipe = make_pipeline(PCA(2), clone(learner)).fit(*draw(200, 1))
    words = (
        rf"source_model is a Pipeline of PCA, .*; expected nothing before its .* but .* behind a PCA .*hs.Prepared\("
        rf"FrozenEstimator\(source_model\[:-1\]\), hs.{kind.__name__}\(source_model=source_model\[-1\]\)\)"
    )
    with pytest.raises(hs.InputTypeError, match=words):
        fit(family, pipe, X, y)
    mended = hs.Prepared(FrozenEstimator(pipe[:-1]), kind(source_model=pipe[-1], **settings)).fit(X, y)
    inside = kind(source_model=pipe[-1], **settings).fit(pipe[:-1].transform(X), y)
    np.testing.assert_array_equal(mended.predict_proba(new), inside.predict_proba(pipe[:-1].transform(new)))


def test_any_pipeline_gives_a_prior():
    X, y = draw(60, 0)
    pipe = make_pipeline(PCA(2), LogisticRegression()).fit(*draw(200, 1))
    assert fit("prior", pipe, X, y).score(X, y) > 0.8


# ---------------------------------------------------------------- grid searches


def test_a_frozen_model_is_the_model(family):
    X, y = draw(60, 0)
    model = fitted(family)
    expected = fit(family, model, X, y).predict_proba(X)
    frozen = FrozenEstimator(FrozenEstimator(model))
    for given in (frozen, [frozen], {"north": frozen}):
        np.testing.assert_array_equal(fit(family, given, X, y).predict_proba(X), expected)
    with pytest.raises(hs.InputError, match="is not fitted; expected a fitted one"):
        fit(family, FrozenEstimator(clone(model)), X, y)
    with pytest.raises(hs.InputTypeError, match="source_model is a path or text"):
        fit(family, FrozenEstimator("model.pkl"), X, y)


HOLDERS = [lambda m: m, lambda m: [m], lambda m: {"north": m}]


@pytest.mark.parametrize(
    ("family", "holder"),
    [(family, holder) for family in FAMILIES if family != "choice" for holder in HOLDERS]
    + [pytest.param("choice", HOLDERS[2], marks=pytest.mark.slow)],
)
def test_a_grid_search_over_frozen_models(family, holder):
    X, y = draw(40, 0)
    models = [fitted(family, y=1 - draw(200, 1)[1]), fitted(family)]
    kind, settings, _ = FAMILIES[family]
    grid = {"source_model": [holder(FrozenEstimator(model)) for model in models]}
    search = GridSearchCV(kind(**settings), grid, cv=2, error_score="raise").fit(X, y)
    direct = [cross_val_score(kind(source_model=model, **settings), X, y, cv=2).mean() for model in models]
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], direct)
    assert unfrozen(lone(search.best_params_["source_model"])) is models[int(np.argmax(direct))]
    assert search.best_estimator_.predict(X).shape == y.shape


def test_a_grid_search_over_models_says_what_is_amiss(family):
    kind, settings, _ = FAMILIES[family]
    search = GridSearchCV(kind(**settings), {"source_model": [fitted(family)]}, cv=2, error_score="raise")
    with pytest.raises(hs.InputError, match="A grid search over source_model copies .* sklearn.frozen.FrozenEstimator"):
        search.fit(*draw(60, 0))


def test_a_frozen_model_is_saved_with_the_estimator(family, tmp_path):
    X, y = draw(60, 0)
    found = fit(family, FrozenEstimator(fitted(family)), X, y)
    hs.save(found, tmp_path / "m.headstart")
    again = hs.load(tmp_path / "m.headstart")
    np.testing.assert_array_equal(again.predict_proba(X), found.predict_proba(X))
    again.fit(X, y)


def test_frozen_steps_of_a_pipeline():
    X, y = draw(60, 0)
    Xs, ys = draw(200, 1)
    scaler = StandardScaler().fit(Xs)
    pipe = make_pipeline(FrozenEstimator(scaler), LogisticRegression()).fit(Xs, ys)
    thawed = make_pipeline(scaler, LogisticRegression()).fit(Xs, ys)
    np.testing.assert_array_equal(fit("linear", pipe, X, y).coef_, fit("linear", thawed, X, y).coef_)


# ---------------------------------------------------------------- models of this package


@pytest.mark.parametrize("family", MOVED)
def test_what_stands_inside_a_model_of_this_package_is_read(family):
    X, y = draw(60, 0)
    learner = FAMILIES[family][2]
    own = hs.TargetOnly(learner).fit(frame(draw(200, 1)[0]), draw(200, 1)[1])
    turned = frame(X)[NAMES[::-1]]
    found = fit(family, own, turned, y).predict_proba(turned)
    expected = fit(family, fitted(family, X=frame(draw(200, 1)[0])), turned, y).predict_proba(turned)
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("family", MOVED)
def test_a_model_of_other_columns_inside_is_not(family):
    Xs, ys = draw(200, 1)
    learner = FAMILIES[family][2]
    aligned = hs.Aligned(learner, hs.CORAL()).fit(Xs, ys, source=hs.Domain(*draw(100, 5)))
    with pytest.raises(hs.InputTypeError, match="source_model is a Aligned; expected a fitted"):
        fit(family, aligned, *draw(40, 0))
    with pytest.raises(hs.InputTypeError, match="source_model is a Prepared; expected a fitted"):
        fit(family, hs.Prepared(StandardScaler(), hs.TargetOnly(learner)).fit(Xs, ys), *draw(40, 0))
