"""Tree transfer: what it is given, what it refuses, what it makes, and the account of it."""

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
    export_text,
    plot_tree,
)

import headstart as hs

PAPER = {"keep": "none", "source_rows": 0.0, "label_shift": False, "strut_rows": 2}


def rows(rng, n, shift=0.0, d=4):
    X = rng.normal(size=(n, d)) + shift
    return X, (X[:, 0] - shift + np.maximum(X[:, 1], 0) + 0.3 * rng.normal(size=n) > 0.3).astype(int)


@pytest.fixture
def data(rng):
    (Xs, ys), (X, y), (X_new, _) = rows(rng, 400), rows(rng, 60, 0.5), rows(rng, 200, 0.5)
    return Xs, ys, X, y, X_new


def same_nodes(a, b):
    a, b = a.tree_.__getstate__(), b.tree_.__getstate__()
    same = all(np.array_equal(a["nodes"][name], b["nodes"][name]) for name in a["nodes"].dtype.names)
    return np.array_equal(a["values"], b["values"]) and same


# ---------------------------------------------------------------- what it is given


@pytest.mark.parametrize("method", ["ser", "strut"])
def test_a_fitted_source_model_is_as_good_as_its_rows(data, method):
    Xs, ys, X, y, _ = data
    tree = DecisionTreeClassifier(min_samples_leaf=3, random_state=0)
    by_rows = hs.TreeTransferClassifier(tree, method=method).fit(X, y, source=hs.Domain(Xs, ys))
    by_model = hs.TreeTransferClassifier(source_model=clone(tree).fit(Xs, ys), method=method).fit(X, y)
    assert same_nodes(by_rows.estimator_, by_model.estimator_)
    assert by_rows.n_source_ == 400 and by_model.n_source_ == 0


def test_the_source_model_is_left_as_it_was(data):
    Xs, ys, X, y, _ = data
    model = DecisionTreeClassifier(random_state=0).fit(Xs, ys)
    before = pickle.dumps(model)
    for method in ("ser", "strut"):
        fitted = hs.TreeTransferClassifier(source_model=model, method=method).fit(X, y)
        assert fitted.estimator_ is not model
    assert pickle.dumps(model) == before


def test_without_a_source_it_is_the_plain_tree(data):
    _, _, X, y, X_new = data
    fitted = hs.TreeTransferClassifier().fit(X, y)
    plain = DecisionTreeClassifier(min_samples_leaf=5, random_state=0).fit(X, y)
    np.testing.assert_array_equal(fitted.predict_proba(X_new), plain.predict_proba(X_new))
    assert fitted.transfer_ is None and fitted.source_model_ is None


def test_a_moved_tree_can_be_moved_on(data):
    Xs, ys, X, y, _ = data
    first = hs.TreeTransferClassifier().fit(X[:30], y[:30], source=hs.Domain(Xs, ys))
    onward = hs.TreeTransferClassifier(source_model=first).fit(X[30:], y[30:])
    directly = hs.TreeTransferClassifier(source_model=first.estimator_).fit(X[30:], y[30:])
    assert same_nodes(onward.estimator_, directly.estimator_)


# ---------------------------------------------------------------- what it makes


@pytest.mark.parametrize("kind", [DecisionTreeClassifier, ExtraTreeClassifier])
@pytest.mark.parametrize("method", ["ser", "strut"])
def test_the_result_is_a_tree_of_scikit_learn(data, kind, method):
    Xs, ys, X, y, X_new = data
    fitted = hs.TreeTransferClassifier(kind(max_depth=3, random_state=0), method=method)
    fitted.fit(X, y, source=hs.Domain(Xs, ys))
    tree = fitted.estimator_
    assert type(tree) is kind
    assert export_text(tree).count("class:") == tree.get_n_leaves()
    assert len(plot_tree(tree)) >= tree.tree_.node_count
    np.testing.assert_array_equal(tree.predict_proba(X_new), fitted.predict_proba(X_new))
    assert tree.apply(X_new).max() < tree.tree_.node_count
    assert tree.feature_importances_.sum() == pytest.approx(1.0)
    # As scikit-learn numbers them: depth first, a left child right after its parent.
    inner = np.flatnonzero(tree.tree_.children_left >= 0)
    np.testing.assert_array_equal(tree.tree_.children_left[inner], inner + 1)
    assert tree.get_depth() == tree.tree_.decision_path(X.astype(np.float32)).sum(axis=1).max() - 1


def test_node_counts_are_target_rows(data):
    Xs, ys, X, y, _ = data
    for method in ("ser", "strut"):
        fitted = hs.TreeTransferClassifier(method=method, keep="all").fit(X, y, source=hs.Domain(Xs, ys))
        tree = fitted.estimator_.tree_
        reached = np.asarray(fitted.estimator_.decision_path(X).sum(axis=0)).ravel()
        np.testing.assert_array_equal(tree.n_node_samples, reached)
        np.testing.assert_allclose(tree.weighted_n_node_samples, reached)


def test_values_are_means_of_target_rows_and_the_source_rows_that_count(data):
    Xs, ys, X, y, _ = data
    model = DecisionTreeClassifier(max_depth=2, random_state=0).fit(Xs, ys)
    fitted = hs.TreeTransferClassifier(
        source_model=model, method="strut", keep="all", source_rows=4.0, label_shift=False, strut_rows=1000
    ).fit(X, y)
    leaf = model.apply(X)
    for node in np.unique(leaf):
        inside = y[leaf == node]
        expected = (inside.sum() + 4.0 * model.tree_.value[node, 0, 1]) / (len(inside) + 4.0)
        assert fitted.estimator_.tree_.value[node, 0, 1] == pytest.approx(expected)


def test_label_shift_brings_an_unmoved_tree_to_the_target_share():
    """Source rows at 1 to 1, target rows at 1 to 3 in every leaf: what the source says is multiplied by 1/2 and 3/2."""
    Xs = np.repeat([[0.0], [1.0]], 40, axis=0)
    ys = np.r_[np.tile([0, 1], 10), np.zeros(20, int), np.tile([0, 1], 10), np.ones(20, int)]
    X, y = np.zeros((398, 1)), np.repeat([0, 1], [99, 299])
    fitted = hs.TreeTransferClassifier(
        DecisionTreeClassifier(max_depth=1), method="strut", keep="all", source_rows=1.0, strut_rows=1000
    ).fit(X, y, source=hs.Domain(Xs, ys))
    # No target row reaches the right leaf, where the source said 1 to 3: its odds are tripled.
    assert fitted.predict_proba([[1.0]])[0] == pytest.approx([0.1, 0.9])
    assert fitted.estimator_.tree_.n_node_samples.tolist() == [398, 398, 0]


def test_a_class_that_the_source_never_saw_is_learned_from_target_rows(rng):
    Xs, ys = rows(rng, 300)
    X, y = rows(rng, 80)
    y = np.where(X[:, 2] > 0.5, 2, y)
    for method in ("ser", "strut"):
        fitted = hs.TreeTransferClassifier(method=method).fit(X, y, source=hs.Domain(Xs, ys))
        assert fitted.classes_.tolist() == [0, 1, 2] and fitted.estimator_.classes_.tolist() == [0, 1, 2]
        assert fitted.predict_proba(X).shape == (80, 3)
        share = fitted.predict_proba(X)[:, 2]
        assert share[y == 2].mean() > share[y != 2].mean() + (0.3 if method == "ser" else 0.02)


def test_gaps_follow_the_branch_that_they_followed(rng):
    """The child that takes the rows without a value takes them after a swap too."""
    Xs = np.r_[rng.normal(size=150) - 2, rng.normal(size=150) + 2, np.full(60, np.nan)][:, None]
    ys = np.r_[np.zeros(150, int), np.ones(210, int)]
    X, y = -Xs[::4], ys[::4]
    model = DecisionTreeClassifier(max_depth=1).fit(Xs, ys)
    fitted = hs.TreeTransferClassifier(source_model=model, method="strut").fit(X, y)
    assert fitted.transfer_["fate"].tolist() == ["swapped", "kept", "kept"]
    assert bool(model.tree_.missing_go_to_left[0]) is not bool(fitted.estimator_.tree_.missing_go_to_left[0])
    assert fitted.predict([[-2.0], [2.0], [np.nan]]).tolist() == [1, 0, 1]


def test_class_weight_weighs_target_rows_too(rng):
    Xs, ys = rows(rng, 300)
    X = np.zeros((40, 4))
    y = np.repeat([0, 1], [30, 10])
    tree = DecisionTreeClassifier(max_depth=1, class_weight="balanced", random_state=0)
    fitted = hs.TreeTransferClassifier(tree, **PAPER).fit(X, y, source=hs.Domain(Xs, ys))
    assert fitted.predict_proba(X)[0] == pytest.approx([0.5, 0.5])
    assert fitted.estimator_.tree_.n_node_samples.tolist() == [40]


@pytest.mark.parametrize("method", ["ser", "strut"])
@pytest.mark.parametrize("sign", [1, -1])
def test_monotonic_constraints_hold_after_the_move(rng, method, sign):
    Xs, X = rng.normal(size=(300, 2)), rng.normal(size=(80, 2))
    ys, y = sign * Xs[:, 0] + 0.5 * rng.normal(size=300), -sign * X[:, 0] + 0.5 * rng.normal(size=80)
    grid = np.c_[np.linspace(-3, 3, 200), np.zeros(200)]
    tree = DecisionTreeRegressor(monotonic_cst=[sign, 0], min_samples_leaf=3, random_state=0)
    fitted = hs.TreeTransferRegressor(tree, method=method).fit(X, y, source=hs.Domain(Xs, ys))
    assert (sign * np.diff(fitted.predict(grid)) >= -1e-12).all()
    tree = DecisionTreeClassifier(monotonic_cst=[sign, 0], min_samples_leaf=3, random_state=0)
    fitted = hs.TreeTransferClassifier(tree, method=method).fit(X, y > 0, source=hs.Domain(Xs, ys > 0))
    assert (sign * np.diff(fitted.predict_proba(grid)[:, 1]) >= -1e-12).all()
    free = hs.TreeTransferRegressor(DecisionTreeRegressor(min_samples_leaf=3, random_state=0), method=method)
    assert (sign * np.diff(free.fit(X, y, source=hs.Domain(Xs, ys)).predict(grid)) < -0.1).any()


def test_expansion_keeps_the_settings_but_for_the_whole_trees_limits(data):
    Xs, ys, X, y, _ = data
    small = DecisionTreeClassifier(max_depth=1, min_samples_leaf=4, random_state=0)
    fitted = hs.TreeTransferClassifier(small, **PAPER).fit(X, y, source=hs.Domain(Xs, ys))
    tree = fitted.estimator_.tree_
    assert tree.max_depth > 1
    assert tree.n_node_samples.min() >= 4


# ---------------------------------------------------------------- rare classes


def rare_problem(rng, n_rare):
    """Six per cent of class 1, half of them in each of two corners; target rows reach one of the corners only."""
    Xs = rng.uniform(size=(2000, 2))
    ys = ((np.abs(Xs[:, 0] - 0.5) > 0.35) & (Xs[:, 1] > 0.8)).astype(int)
    X = rng.uniform(size=(60 + n_rare, 2)) * [0.6, 1.0] + [0.2, 0.0]
    X[:n_rare] = [0.05, 0.9]
    return hs.Domain(Xs, ys), X, np.repeat([1, 0], [n_rare, 60])


CORNER = np.array([[0.95, 0.95], [0.92, 0.9]])
DEPTH = DecisionTreeClassifier(max_depth=3, random_state=0)


@pytest.mark.parametrize("method", ["ser", "strut"])
def test_leaves_of_a_rare_class_are_kept_where_asked(rng, method):
    source, X, y = rare_problem(rng, 2)
    assert hs.SourceOnly(DEPTH).fit(X, y, source=source).predict(CORNER).tolist() == [1, 1]
    settings = {**PAPER, "method": method, "strut_rows": 1000}
    pruned = hs.TreeTransferClassifier(DEPTH, **settings).fit(X, y, source=source)
    assert pruned.predict(CORNER).tolist() == [0, 0]
    for keep in ("rare", [1]):
        # Half of the source's rows of the class lie there, so that two rows miss it once in four times.
        model = hs.TreeTransferClassifier(DEPTH, leaf_risk=0.1, **{**settings, "keep": keep})
        assert model.fit(X, y, source=source).predict(CORNER).tolist() == [1, 1]


@pytest.mark.parametrize("method", ["ser", "strut"])
def test_a_leaf_that_should_have_been_reached_is_not_kept(rng, method):
    source, X, y = rare_problem(rng, 30)
    said = {}
    for risk in (0.0, 0.1):
        settings = {**PAPER, "keep": [1], "method": method, "strut_rows": 1000, "leaf_risk": risk}
        said[risk] = hs.TreeTransferClassifier(DEPTH, **settings).fit(X, y, source=source).predict(CORNER).tolist()
    assert said == {0.0: [1, 1], 0.1: [0, 0]}


# ---------------------------------------------------------------- the account


def test_account_of_a_strut_by_hand():
    Xs = np.array([[0.0], [1], [2], [3], [4], [5], [6], [7]])
    ys = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    X, y = Xs + 10.0, ys
    model = DecisionTreeClassifier().fit(Xs, ys)
    moved = hs.TreeTransferClassifier(source_model=model, method="strut", **PAPER).fit(X, y)
    account = moved.transfer_
    assert account["fate"].tolist() == ["moved", "kept", "kept"]
    assert account["source_threshold"][0] == 3.5 and account["threshold"][0] == 13.5
    assert account["source_rows"].tolist() == [8, 4, 4] and account["target_rows"].tolist() == [8, 4, 4]
    assert account["node"].tolist() == [0, 1, 2] and account["feature"].tolist() == [0, -2, -2]
    turned = hs.TreeTransferClassifier(source_model=model, method="strut", **PAPER).fit(X, 1 - y)
    assert turned.transfer_["fate"].tolist() == ["swapped", "kept", "kept"]
    # The source's left child is the right one now.
    assert turned.transfer_["node"].tolist() == [0, 2, 1]


def test_account_of_a_ser_by_hand():
    Xs = np.array([[0.0, 0], [1, 0], [2, 0], [3, 0], [4, 0], [5, 0]])
    ys = np.array([0, 0, 1, 1, 0, 0])
    model = DecisionTreeClassifier().fit(Xs, ys)  # x <= 1.5: 0; else x <= 3.5: 1; else 0
    X = np.array([[0.0, 0], [1, 0], [0, 9], [1, 9], [5, 0], [4, 0]])
    y = np.array([0, 0, 1, 1, 1, 1])
    moved = hs.TreeTransferClassifier(source_model=model, method="ser", **PAPER).fit(X, y)
    account = moved.transfer_.set_index("source_node")
    # Either side may be the first split; the leaf of zeros grew by the second column, the other side has one label.
    fates = moved.transfer_["fate"].value_counts().to_dict()
    assert fates["expanded"] == 1 and fates["grown"] == 2
    assert moved.predict([[0, 0], [0, 9], [3, 0], [5, 0]]).tolist() == [0, 1, 1, 1]
    assert account.loc[-1, "source_threshold"].isna().all()


@pytest.mark.parametrize("method", ["ser", "strut"])
@pytest.mark.parametrize("keep", ["none", "all"])
def test_account_agrees_with_both_trees(data, method, keep):
    Xs, ys, X, y, _ = data
    fitted = hs.TreeTransferClassifier(method=method, keep=keep).fit(X, y, source=hs.Domain(Xs, ys))
    account, before, after = fitted.transfer_, fitted.source_model_.tree_, fitted.estimator_.tree_
    old = account[account["source_node"] >= 0]
    assert old["source_node"].tolist() == list(range(before.node_count))
    np.testing.assert_array_equal(old["source_rows"], before.n_node_samples)
    here = account[account["node"] >= 0]
    assert sorted(here["node"]) == list(range(after.node_count))
    np.testing.assert_array_equal(here["target_rows"], after.n_node_samples[here["node"]])
    inner = here[after.children_left[here["node"]] >= 0]
    np.testing.assert_array_equal(inner["threshold"], after.threshold[inner["node"]])
    np.testing.assert_array_equal(inner["feature"], after.feature[inner["node"]])
    assert (account.loc[account["node"] < 0, "fate"] == "gone").all()
    assert (account.loc[account["source_node"] < 0, "fate"] == "grown").all()
    kept = inner[inner["fate"] == "kept"]
    np.testing.assert_array_equal(kept["threshold"], kept["source_threshold"])


# ---------------------------------------------------------------- what it refuses


def refused(error, words, kind=hs.TreeTransferClassifier, y=None, X=None, **settings):
    X0 = np.arange(24.0).reshape(12, 2)
    with pytest.raises(error, match=words):
        kind(**settings).fit(X0 if X is None else X, np.tile([0, 1], 6) if y is None else y)


def fitted_tree(d=2, labels=(0, 1)):
    X = np.arange(20.0 * d).reshape(20, d)
    return DecisionTreeClassifier().fit(X, np.repeat(labels, 20 // len(labels)))


def test_source_models_of_another_kind_are_refused():
    found = (
        r"source_model is a LogisticRegression; expected a fitted DecisionTreeClassifier of scikit-learn, whose nodes"
    )
    refused(hs.InputTypeError, found, source_model=LogisticRegression())
    refused(hs.InputTypeError, "source_model is a RandomForestClassifier", source_model=RandomForestClassifier())
    found = "source_model is a DecisionTreeRegressor, which is no classifier"
    refused(hs.InputTypeError, found, source_model=DecisionTreeRegressor().fit([[0.0], [1.0]], [0.0, 1.0]))
    found = "source_model is a DecisionTreeClassifier, which is no regressor"
    refused(hs.InputTypeError, found, hs.TreeTransferRegressor, source_model=fitted_tree())
    refused(hs.InputTypeError, "estimator is a LogisticRegression", estimator=LogisticRegression())


@pytest.mark.parametrize("path", ["tree.pkl", Path("tree.pkl"), b"\x80\x04tree"])
def test_a_pickle_is_refused_with_the_mend(path):
    refused(
        hs.InputTypeError,
        r"is a path or text .*hs\.load\(path\) reads one that hs.save left. Pickles are not read, since they run",
        source_model=path,
    )


def test_a_source_model_that_is_not_fitted_is_refused():
    found = "source_model is a DecisionTreeClassifier that is not fitted; expected a fitted one: call its fit"
    refused(hs.InputError, found, source_model=DecisionTreeClassifier())
    refused(hs.InputTypeError, "is a TreeTransferClassifier", source_model=hs.TreeTransferClassifier())


def test_a_source_model_of_other_columns_is_refused():
    refused(hs.InputError, "fitted to 3 columns and the target has 2; expected the same", source_model=fitted_tree(3))
    frame = pd.DataFrame(np.arange(20.0).reshape(10, 2), columns=["age", "pulse"])
    model = DecisionTreeClassifier().fit(frame, np.tile([0, 1], 5))
    found = "source_model needs the columns 'pulse', which the target lacks"
    refused(hs.InputError, found, source_model=model, X=frame.rename(columns={"pulse": "beat"}), y=np.tile([0, 1], 5))


def test_a_source_model_of_other_labels_is_refused():
    found = "labels are numbers .such as 0. and the source's are text .such as 'no'.; expected the same type"
    refused(hs.InputError, found, source_model=fitted_tree(labels=("no", "yes")))
    refused(
        hs.InputError,
        "no label in common: the target has 0, 1 and the source 3, 4",
        source_model=fitted_tree(labels=(3, 4)),
    )


def test_a_source_model_of_several_outputs_is_refused():
    model = DecisionTreeRegressor().fit(np.arange(24.0).reshape(12, 2), np.zeros((12, 2)))
    refused(hs.InputError, "source_model has 2 outputs; expected one", hs.TreeTransferRegressor, source_model=model)


def test_criteria_that_target_rows_cannot_be_measured_by_are_refused():
    tree = DecisionTreeRegressor(criterion="absolute_error")
    found = "estimator has criterion='absolute_error'; expected one of squared_error, friedman_mse"
    refused(hs.InputError, found, hs.TreeTransferRegressor, estimator=tree)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"method": "mix"}, "method='mix'; expected one of 'ser', 'strut'"),
        ({"keep": "some"}, "keep='some'; expected one of 'all', 'none', 'rare' or a list of classes"),
        ({"keep": []}, r"keep=\[\]; expected"),
        ({"keep": [7]}, "keep names the class 7, which neither domain has; expected some of 0, 1"),
        ({"source_rows": -1.0}, "source_rows=-1.0; expected a number of rows, 0 or more"),
        ({"source_rows": np.inf}, "source_rows=inf; expected"),
        ({"label_shift": "yes"}, "label_shift='yes'; expected True or False"),
        ({"strut_rows": 1}, "strut_rows=1; expected a number of rows, 2 or more"),
        ({"leaf_risk": 1.5}, "leaf_risk=1.5; expected a probability"),
    ],
)
def test_odd_settings_are_refused(settings, words):
    refused(hs.InputError, words, source_model=fitted_tree(), **settings)
    if "leaf_risk" not in settings and settings != {"keep": [7]}:
        regressor = DecisionTreeRegressor().fit([[0.0, 0], [1, 1]], [0.0, 1.0])
        words = words.replace(", 'rare' or a list of classes", "")
        refused(hs.InputError, words, hs.TreeTransferRegressor, source_model=regressor, **settings)


def test_rows_and_model_together_are_refused(data):
    Xs, ys, X, y, _ = data
    model = DecisionTreeClassifier().fit(Xs, ys)
    with pytest.raises(hs.InputError, match="both source= and source_model= were given"):
        hs.TreeTransferClassifier(source_model=model).fit(X, y, source=hs.Domain(Xs, ys))
    with pytest.raises(hs.InputError, match="the target y is None; TreeTransferClassifier moves the source's trees"):
        hs.TreeTransferClassifier().fit(X, None, source=hs.Domain(Xs, ys))


def test_numbers_too_large_for_trees_are_refused(data):
    Xs, ys, X, y, _ = data
    X = X.copy()
    X[0, 0] = 1e300
    with pytest.raises(hs.InputError, match="too large for dtype"):
        hs.TreeTransferClassifier(source_model=DecisionTreeClassifier().fit(Xs, ys)).fit(X, y)


# ---------------------------------------------------------------- randomness, numbers, keeping


def test_expansions_follow_the_source_trees_random_state(data):
    Xs, ys, X, y, _ = data
    source = hs.Domain(Xs, ys)

    def grown(state):
        tree = DecisionTreeClassifier(max_depth=1, max_features=1, random_state=state)
        return hs.TreeTransferClassifier(tree, **PAPER).fit(X, y, source=source).estimator_

    assert same_nodes(grown(3), grown(3))
    assert not same_nodes(grown(3), grown(4))
    state = np.random.RandomState(5)
    model = (
        DecisionTreeClassifier(max_depth=1, max_features=1, random_state=0).fit(Xs, ys).set_params(random_state=state)
    )
    before = state.get_state()[1].copy()
    first, second = (hs.TreeTransferClassifier(source_model=model, **PAPER).fit(X, y).estimator_ for _ in range(2))
    assert same_nodes(first, second)
    np.testing.assert_array_equal(state.get_state()[1], before)


@pytest.mark.parametrize("kind", [DecisionTreeRegressor, ExtraTreeRegressor])
@pytest.mark.parametrize("method", ["ser", "strut"])
def test_scale_and_level_of_numbers_play_no_part(data, kind, method):
    Xs, _, X, _, X_new = data
    ys, y = Xs[:, 0] ** 2 + Xs[:, 1], X[:, 0] ** 2 + X[:, 1] + 1

    def fit(a, b):
        model = hs.TreeTransferRegressor(kind(random_state=0, min_samples_leaf=3), method=method)
        return (model.fit(X, a * y + b, source=hs.Domain(Xs, a * ys + b)).predict(X_new) - b) / a

    np.testing.assert_allclose(fit(0.1, 3.0), fit(1.0, 0.0), rtol=1e-6, atol=1e-6)


def test_an_account_is_kept_with_the_model(data, tmp_path):
    Xs, ys, X, y, X_new = data
    fitted = hs.TreeTransferClassifier(method="strut").fit(X, y, source=hs.Domain(Xs, ys))
    hs.save(fitted, tmp_path / "tree.headstart")
    again = hs.load(tmp_path / "tree.headstart")
    pd.testing.assert_frame_equal(again.transfer_, fitted.transfer_)
    assert same_nodes(again.estimator_, fitted.estimator_)
    moved_on = hs.TreeTransferClassifier(source_model=again).fit(X, y)
    assert moved_on.predict(X_new).shape == (200,)
