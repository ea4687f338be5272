"""Given source models whose parameters are moved: which, in which columns, and what becomes of them in the choice."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import headstart as hs
from headstart.parameter.given_models import read_given
from headstart.parameter.given_moves import move_of
from headstart.report.carried import views

NAMES = list("abc")
BOOSTING = HistGradientBoostingClassifier(max_iter=3, max_leaf_nodes=4)


def draw(n, seed, task="classification"):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n, 3)) * [1, 5, 25], columns=NAMES).assign(kind=rng.choice(["u", "v"], n))
    score = 2 * X["a"] - X["b"] / 5 + (X["kind"] == "u") + 0.3 * rng.normal(size=n)
    return X, score.to_numpy() if task == "regression" else np.where(score > 0, "yes", "no")


def choice(source_model, task="classification", **how):
    kind = hs.TransferRegressor if task == "regression" else hs.TransferClassifier
    return kind(source_model=source_model, **{"random_state": 0, "time_limit": 1e-9, **how})


def move(model, task="classification", most_trees=10):
    return move_of(read_given(model, task)[0], task, most_trees=most_trees)


# ---------------------------------------------------------------- which, and from which columns


@pytest.mark.parametrize(
    ("model", "task", "kind", "estimator"),
    [
        (LogisticRegression(), "classification", "linear", hs.LinearTransferClassifier),
        (Ridge(), "regression", "linear", hs.LinearTransferRegressor),
        (DecisionTreeClassifier(), "classification", "tree", hs.TreeTransferClassifier),
        (DecisionTreeRegressor(), "regression", "tree", hs.TreeTransferRegressor),
        (RandomForestClassifier(3), "classification", "forest", hs.ForestTransferClassifier),
        (ExtraTreesRegressor(3), "regression", "forest", hs.ForestTransferRegressor),
        (BOOSTING, "classification", "boosting", hs.BoostingTransferClassifier),
    ],
)
def test_each_kind_has_its_transfer(model, task, kind, estimator):
    X, y = draw(60, 1, task)
    for given in (model.fit(X[NAMES], y), make_pipeline(hs.TableEncoder(), clone(model)).fit(X, y)):
        found = move(given, task)
        assert found.kind == kind and type(found.estimator) is estimator
        assert len(found.before) == (2 if hasattr(given, "steps") else 1) - 1


@pytest.mark.parametrize(
    "model",
    [
        KNeighborsClassifier(),
        CalibratedClassifierCV(LogisticRegression(), cv=2),
        make_pipeline(PCA(), KNeighborsClassifier()),
    ],
)
def test_other_models_are_not_moved(model):
    X, y = draw(60, 1)
    assert move(model.fit(X[NAMES], y)) is None


def test_scalers_before_the_last_step_are_undone_and_other_steps_make_the_columns():
    X, y = draw(60, 1)
    pipe = make_pipeline(PCA(2), StandardScaler(), MinMaxScaler(), LogisticRegression()).fit(X[NAMES], y)
    found = move(pipe)
    assert [type(step) for step in found.before] == [PCA]
    assert [type(step) for _, step in found.estimator.source_model.steps] == [
        StandardScaler,
        MinMaxScaler,
        LogisticRegression,
    ]
    scaled = make_pipeline(StandardScaler(), DecisionTreeClassifier()).fit(X[NAMES], y)
    assert move(scaled).before == () and move(scaled).estimator.source_model is scaled


def test_a_large_forest_is_cut():
    X, y = draw(60, 1)
    forest = RandomForestClassifier(30, random_state=0).fit(X[NAMES], y)
    found = move(forest).estimator.source_model
    assert found.estimators_ == forest.estimators_[:10] and found.n_estimators == 10 and len(forest.estimators_) == 30
    assert move(forest, most_trees=30).estimator.source_model is forest


# ---------------------------------------------------------------- in the choice


@pytest.mark.parametrize(
    ("learner", "transfer", "task"),
    [
        (LogisticRegression(), hs.LinearTransferClassifier("elastic"), "classification"),
        (DecisionTreeClassifier(min_samples_leaf=5, random_state=0), hs.TreeTransferClassifier(), "classification"),
        (ExtraTreesRegressor(4, min_samples_leaf=3, random_state=0), hs.ForestTransferRegressor(), "regression"),
    ],
)
def test_the_moved_candidate_is_the_transfer_on_the_columns_of_the_model(learner, transfer, task, tmp_path):
    (X, y), new = draw(40, 0, task), draw(30, 2)[0]
    pipe = make_pipeline(hs.TableEncoder(), learner).fit(*draw(200, 1, task))
    before = [pipe[0].transform(table).copy() for table in (X, new)]
    turned = X.assign(more=1.0)[["more", *X.columns[::-1]]]
    fitted = choice({"north": FrozenEstimator(pipe)}, task).fit(turned, y)
    kind = type(transfer).__name__.partition("Transfer")[0].lower()
    name = f"{kind} transfer (north)"
    board = fitted.leaderboard_.set_index("candidate")
    assert board.loc[name, "kind"] == "parameter" and np.isfinite(board.loc[name, "score"])
    inside = transfer.set_params(source_model=pipe[-1]).fit(before[0], y)
    rows = new.assign(more=1.0)[list(turned.columns)]
    found = fitted.members_[name].values(fitted.spaces_.view(rows))
    said = inside.predict(before[1]) if task == "regression" else inside.predict_proba(before[1])
    np.testing.assert_allclose(found, said, atol=1e-12)
    np.testing.assert_array_equal(pipe[0].transform(X), before[0])
    hs.save(fitted, tmp_path / "m.headstart")
    again = hs.load(tmp_path / "m.headstart")
    np.testing.assert_array_equal(again.predict(rows), fitted.predict(rows))
    for model in (fitted, again):
        told = [view["headline"] for view in views(model) if view["name"] == name]
        assert len(told) == 1 and "x0" not in told[0]


def test_the_report_names_columns_of_the_table_behind_scalers():
    X, y = draw(40, 0)
    pipe = make_pipeline(StandardScaler(), LogisticRegression()).fit(draw(200, 1)[0][NAMES], draw(200, 1)[1])
    fitted = choice(pipe).fit(X[NAMES[::-1]], y)
    member = fitted.members_["linear transfer (source model)"].model_
    assert set(member.carried_["column"]) == set(NAMES)
    np.testing.assert_allclose(member.source_coef_[0] * pipe[0].scale_, pipe[-1].coef_[0], atol=1e-9)


def test_several_models_are_moved_each_in_its_columns():
    X, y = draw(40, 0)
    Xs, ys = draw(200, 1)
    given = {
        "plain": LogisticRegression().fit(Xs[NAMES], ys),
        "near": KNeighborsClassifier().fit(Xs[NAMES], ys),
        "sparse": make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression()).fit(Xs[["kind"]], ys),
        "tree": DecisionTreeClassifier(max_depth=2).fit(Xs[["a"]], ys),
    }
    fitted = choice(given).fit(X, y)
    found = {c for c in fitted.leaderboard_["candidate"] if "transfer (" in c}
    assert found == {"linear transfer (plain)", "linear transfer (sparse)", "tree transfer (tree)"}
    assert not fitted.leaderboard_["note"].any()


def test_boosting_is_continued_on_demand():
    X, y = draw(40, 0)
    pipe = make_pipeline(hs.TableEncoder(), BOOSTING).fit(*draw(200, 1))
    name = "boosting transfer (source model)"
    assert name not in set(choice(pipe).fit(X, y).leaderboard_["candidate"])
    board = choice(pipe, candidates="every").fit(X, y).leaderboard_.set_index("candidate")
    assert np.isfinite(board.loc[name, "score"])


def test_what_cannot_be_moved_after_all_is_left_out_with_a_note():
    (X, y), (Xs, ys) = draw(40, 0), draw(200, 1)
    levels = pd.CategoricalDtype(["u", "v"])
    X, Xs = (table.astype({"kind": levels}) for table in (X, Xs))
    words = (
        "'boosting transfer .source model.' could not be fitted: the columns before the last step .* are not numbers"
    )
    with pytest.warns(hs.HeadstartWarning, match=words):
        fitted = choice(BOOSTING.fit(Xs, ys), candidates="every").fit(X, y)
    assert (
        "are not numbers" in fitted.leaderboard_.set_index("candidate").loc["boosting transfer (source model)", "note"]
    )
