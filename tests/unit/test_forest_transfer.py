"""Forest transfer: each tree as the tree transfer moves it, and a forest of scikit-learn in the end."""

import numpy as np
import pytest
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import DecisionTreeClassifier

import headstart as hs


def rows(rng, n, shift=0.0):
    X = rng.normal(size=(n, 4)) + shift
    level = X[:, 0] - shift + np.maximum(X[:, 1], 0) + 0.3 * rng.normal(size=n)
    return X, level


@pytest.fixture
def data(rng):
    (Xs, ys), (X, y), (X_new, _) = rows(rng, 300), rows(rng, 60, 0.5), rows(rng, 100, 0.5)
    return Xs, ys, X, y, X_new


CLASSIFIERS = [RandomForestClassifier, ExtraTreesClassifier]
REGRESSORS = [RandomForestRegressor, ExtraTreesRegressor]


@pytest.mark.parametrize("kind", CLASSIFIERS + REGRESSORS)
@pytest.mark.parametrize("method", ["ser", "strut"])
def test_each_tree_is_moved_as_a_tree_transfer_moves_it(data, kind, method):
    Xs, ys, X, y, X_new = data
    classes = kind in CLASSIFIERS
    if classes:
        ys, y = np.digitize(ys, [-0.5, 0.8]), np.digitize(y, [-0.5, 0.8])
    forest = kind(3, min_samples_leaf=2, random_state=0).fit(Xs, ys)
    both, one = (
        (hs.ForestTransferClassifier, hs.TreeTransferClassifier)
        if classes
        else (hs.ForestTransferRegressor, hs.TreeTransferRegressor)
    )
    moved = both(source_model=forest, method=method).fit(X, y)
    assert type(moved.estimator_) is kind
    alone = [one(source_model=tree, method=method).fit(X, y) for tree in forest.estimators_]
    says = "predict_proba" if classes else "predict"
    expected = np.mean([getattr(tree, says)(X_new) for tree in alone], axis=0)
    np.testing.assert_allclose(getattr(moved, says)(X_new), expected)
    np.testing.assert_array_equal(getattr(moved.estimator_, says)(X_new), getattr(moved, says)(X_new))


def test_mix_is_the_union_of_both(data):
    Xs, ys, X, y, X_new = data
    ys, y = (ys > 0).astype(int), (y > 0).astype(int)
    forest = RandomForestClassifier(4, min_samples_leaf=2, random_state=0).fit(Xs, ys)
    mix, ser, strut = (
        hs.ForestTransferClassifier(source_model=forest, method=method).fit(X, y) for method in ("mix", "ser", "strut")
    )
    np.testing.assert_allclose(mix.predict_proba(X_new), (ser.predict_proba(X_new) + strut.predict_proba(X_new)) / 2)
    account = mix.transfer_
    assert account["method"].tolist() == ["ser"] * 4 + ["strut"] * 4
    assert account["source_tree"].tolist() == [0, 1, 2, 3] * 2 and account["tree"].tolist() == list(range(8))
    assert len(mix.estimator_) == mix.estimator_.n_estimators == 8
    sizes = [tree.tree_.node_count for tree in mix.estimator_.estimators_]
    assert account["nodes"].tolist() == sizes
    fates = account[["kept", "moved", "swapped", "expanded", "pruned", "gone"]].sum(axis=1)
    np.testing.assert_array_equal(fates, account["source_nodes"])
    np.testing.assert_array_equal(fates - account["gone"] + account["grown"], account["nodes"])
    assert (account.loc[account["method"] == "strut", "grown"] == 0).all()
    assert (account.loc[account["method"] == "ser", ["moved", "swapped"]] == 0).all(axis=None)


def test_text_labels_and_a_class_of_the_target_alone(data):
    Xs, ys, X, y, X_new = data
    names = np.array(["a", "b", "c"])
    ys, y = names[np.digitize(ys, [0.3])], names[np.digitize(y, [-0.5, 0.8])]
    moved = hs.ForestTransferClassifier(RandomForestClassifier(5, random_state=0)).fit(X, y, source=hs.Domain(Xs, ys))
    assert moved.classes_.tolist() == ["a", "b", "c"]
    assert moved.predict_proba(X_new).shape == (100, 3)
    assert (moved.predict(X) == y).mean() > 0.7
    assert "c" in moved.estimator_.predict(X)


def test_out_of_bag_scores_of_the_source_are_dropped(data):
    Xs, ys, X, y, _ = data
    forest = RandomForestRegressor(20, oob_score=True, random_state=0).fit(Xs, ys)
    moved = hs.ForestTransferRegressor(source_model=forest).fit(X, y).estimator_
    assert not hasattr(moved, "oob_score_") and not hasattr(moved, "oob_prediction_")
    assert hasattr(forest, "oob_score_") and len(forest.estimators_) == 20


def test_a_balanced_forest_weighs_target_rows_too(data):
    Xs, ys, X, y, _ = data
    ys, y = (ys > 0).astype(int), np.repeat([0, 1], [50, 10])
    settings = {"keep": "none", "source_rows": 0.0, "label_shift": False, "method": "ser"}
    forest = RandomForestClassifier(2, max_depth=1, class_weight="balanced_subsample", random_state=0)
    moved = hs.ForestTransferClassifier(forest, **settings).fit(np.zeros((60, 4)), y, source=hs.Domain(Xs, ys))
    assert moved.predict_proba(np.zeros((1, 4)))[0] == pytest.approx([0.5, 0.5])


def test_a_moved_forest_is_kept_and_moved_on(data, tmp_path):
    Xs, ys, X, y, X_new = data
    moved = hs.ForestTransferRegressor(RandomForestRegressor(3, random_state=0)).fit(X, y, source=hs.Domain(Xs, ys))
    hs.save(moved, tmp_path / "forest.headstart")
    again = hs.load(tmp_path / "forest.headstart")
    np.testing.assert_array_equal(again.predict(X_new), moved.predict(X_new))
    assert again.transfer_.equals(moved.transfer_)
    onward = hs.ForestTransferRegressor(source_model=again, method="strut").fit(X, y)
    assert len(onward.estimator_) == 6


def test_bad_input_is_refused_by_name(data):
    Xs, ys, X, y, _ = data
    with pytest.raises(
        hs.InputTypeError, match="DecisionTreeClassifier; expected a fitted RandomForestClassifier or ExtraTreesCl"
    ):
        hs.ForestTransferClassifier(source_model=DecisionTreeClassifier().fit(Xs, ys > 0)).fit(X, y > 0)
    with pytest.raises(hs.InputError, match="RandomForestRegressor that is not fitted; expected a fitted one"):
        hs.ForestTransferRegressor(source_model=RandomForestRegressor()).fit(X, y)
    with pytest.raises(hs.InputError, match="method='relabel'; expected one of 'mix', 'ser', 'strut'"):
        hs.ForestTransferRegressor(method="relabel").fit(X, y)
    with pytest.raises(hs.InputTypeError, match="source_model is a path or text"):
        hs.ForestTransferRegressor(source_model="forest.joblib").fit(X, y)
