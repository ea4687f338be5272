"""The embedded data and the synthetic shifts."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

import headstart as hs
from headstart.datasets import load_heart, make_shift

KINDS = ["identical", "covariate", "label", "concept", "hostile", "columns"]


def test_heart_has_four_hospitals_in_alphabetical_order():
    heart = load_heart()
    assert list(heart) == ["Cleveland", "Hungary", "Switzerland", "VA Long Beach"]
    assert [d.n_rows for d in heart.values()] == [303, 294, 123, 200]
    assert [round(float(d.y.mean()), 3) for d in heart.values()] == [0.459, 0.361, 0.935, 0.745]
    assert all(d.n_columns == 13 and d.name == name for name, d in heart.items())


def test_heart_faults_are_mended():
    heart = load_heart()
    # The first Hungarian patient, filed under Cleveland in the file that this was made from.
    assert heart["Hungary"].X["age"].iloc[0] == 28
    assert heart["Cleveland"].X["age"].min() == 29
    assert heart["Switzerland"].X["cholesterol"].isna().all()
    for domain in heart.values():
        for column in ("cholesterol", "resting_blood_pressure"):
            assert not (domain.X[column] == 0).any()
    assert int(heart["VA Long Beach"].X["cholesterol"].isna().sum()) == 49 + 7


def test_heart_gives_each_caller_their_own_copy():
    theirs = load_heart("Hungary").X
    theirs.loc[:, "age"] = 0
    assert load_heart("Hungary").X["age"].min() == 28


def test_unknown_hospital():
    with pytest.raises(hs.InputError, match=r"there is no hospital 'Basel'; expected one of Cleveland, Hungary"):
        load_heart("Basel")


def test_heart_file_is_small():
    file = Path(importlib.util.find_spec("headstart").origin).parent / "datasets" / "heart.csv.gz"
    assert file.stat().st_size < 15_000


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("kind", KINDS)
def test_shift_has_the_sizes_asked_for_and_repeats(kind, task):
    made = make_shift(kind, task=task, n_target=30, n_source=40, n_test=50, n_features=4, random_state=3)
    assert (made.target.n_rows, made.source.n_rows, made.test.n_rows) == (30, 40, 50)
    target, source = made
    assert target is made.target
    assert source is made.source
    again = make_shift(kind, task=task, n_target=30, n_source=40, n_test=50, n_features=4, random_state=3)
    np.testing.assert_array_equal(np.asarray(made.target.X), np.asarray(again.target.X))
    np.testing.assert_array_equal(made.source.y, again.source.y)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_what_moves_and_what_stays(task):
    """A model of many source rows is as good on the target as the target's own, just where p(y|x) is the same."""
    model = LogisticRegression() if task == "classification" else LinearRegression()

    def scores(kind):
        made = make_shift(kind, task=task, n_source=20_000, n_test=20_000, random_state=1)
        theirs = model.fit(made.source.X, made.source.y).score(made.test.X, made.test.y)
        return theirs, model.fit(made.test.X, made.test.y).score(made.test.X, made.test.y)

    for kind in ("identical", "covariate"):
        theirs, own = scores(kind)
        assert own - theirs < 0.01
    for kind in ("label", "concept", "hostile"):
        theirs, own = scores(kind)
        assert own - theirs > 0.02
    assert scores("hostile")[0] < (0.5 if task == "classification" else -1)


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("kind", ["covariate", "label"])
def test_density_ratio_is_the_true_one(kind, task):
    """Weighted by the ratio, source rows have the target's means and covariances."""
    made = make_shift(kind, task=task, n_source=200_000, n_test=200_000, n_features=3, strength=0.5, random_state=0)
    w = made.answer.density_ratio(made.source.X)
    assert w.mean() == pytest.approx(1, abs=0.01)
    np.testing.assert_allclose(np.average(made.source.X, axis=0, weights=w), made.test.X.mean(axis=0), atol=0.02)
    weighted = np.cov(made.source.X.T, aweights=w)
    np.testing.assert_allclose(weighted, np.cov(made.test.X.T), atol=0.04)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_label_priors_are_those_of_the_answer(n_classes):
    made = make_shift("label", n_classes=n_classes, n_source=50_000, n_test=50_000, random_state=0)
    for domain, priors in ((made.test, made.answer.target_priors), (made.source, made.answer.source_priors)):
        shares = [(domain.y == c).mean() for c in range(n_classes)]
        np.testing.assert_allclose(shares, list(priors.values()), atol=0.01)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_concept_and_hostile_keep_p_of_y(n_classes):
    for kind in ("concept", "hostile"):
        made = make_shift(kind, n_classes=n_classes, n_source=50_000, n_test=50_000, random_state=2)
        for c in range(n_classes):
            assert (made.source.y == c).mean() == pytest.approx((made.test.y == c).mean(), abs=0.01)


def test_columns_differ_as_named():
    made = make_shift("columns", n_features=8, random_state=0)
    assert isinstance(made.target.X, pd.DataFrame)
    shared = set(made.target.columns) & set(made.source.columns)
    assert shared == {"x0", "x4"}
    assert "x3_renamed" in made.source.columns
    assert made.answer.density_ratio is None
    assert made.answer.setting == ("heterogeneous",)


def test_strength_zero_is_identical():
    assert make_shift("concept", strength=0, random_state=0).answer.setting == ("identical",)


def test_global_random_state_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    make_shift("covariate", random_state=1)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kind": "drift"}, "kind is 'drift'; expected one of identical, covariate"),
        ({"task": "ranking"}, "task is 'ranking'; expected 'classification' or 'regression'"),
        ({"n_target": 0}, "n_target is 0; expected at least 1 row"),
        ({"n_features": 1}, "n_features is 1; expected at least 2"),
        ({"n_classes": 1}, "n_classes is 1; expected at least 2"),
        ({"strength": -1}, "strength is -1; expected a number of at least 0"),
    ],
)
def test_bad_parameters_are_named(wrong, message):
    with pytest.raises(hs.InputError, match=message):
        make_shift(**{"kind": "identical", **wrong})
