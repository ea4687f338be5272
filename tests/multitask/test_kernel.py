"""Kernel models of several tasks: what they take, what they find, what they refuse. None of it needs torch."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import headstart as hs
from headstart.multitask import (
    MultiTaskKernelClassifier,
    MultiTaskKernelRegressor,
    MultiTaskLinearClassifier,
    MultiTaskLinearRegressor,
)
from headstart.multitask.kernel.choose import Fitter, Settings, hold_out
from headstart.multitask.tables.problem import Problem

METHODS = ("pooled", "independent", "mean", "low-rank")
KINDS = {"classes": MultiTaskKernelClassifier, "numbers": MultiTaskKernelRegressor}
LINEAR = {"classes": MultiTaskLinearClassifier, "numbers": MultiTaskLinearRegressor}


def bumpy(X):
    return np.sin(2 * X[:, 0]) + 0.7 * X[:, 1] ** 2 - 0.7


def other(X):
    return np.cos(2 * X[:, 1]) - np.sin(1.5 * X[:, 0] + 1)


def domain(kind, name, function, rng, n=25):
    X = rng.uniform(-2, 2, size=(n, 2))
    if kind == "numbers":
        return hs.Domain(X, function(X) + 0.2 * rng.normal(size=n), name=name)
    y = np.where(4 * function(X) + rng.logistic(size=n) > 0, "yes", "no")
    return hs.Domain(X, y, name=name)


def alike(kind, rng, n_tasks=3, n=25):
    return [domain(kind, f"t{k}", bumpy, rng, n) for k in range(n_tasks)]


def shared_table(kind, rng, n=40):
    X = pd.DataFrame(rng.uniform(-2, 2, size=(n, 2)), columns=list("ab"))
    Y = np.column_stack([bumpy(X.to_numpy()), bumpy(X.to_numpy()), other(X.to_numpy())])
    Y = pd.DataFrame(Y + 0.2 * rng.normal(size=Y.shape), columns=["t0", "t1", "t2"])
    return X, (Y > 0).astype(object).replace({True: "yes", False: "no"}) if kind == "classes" else Y


def with_gaps(Y, rng):
    return Y.mask(rng.random(Y.shape) < 0.3)


def as_domains(X, Y):
    return [hs.Domain(X[Y[c].notna()], Y[c].dropna(), name=c) for c in Y]


# what they take


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", ["pooled", "independent", "mean"])
def test_a_table_with_gaps_is_one_domain_a_task_with_its_labelled_rows(kind, method, rng):
    X, Y = shared_table(kind, rng)
    Y = with_gaps(Y, rng)
    one = KINDS[kind](method, folds=None).fit(X, Y)
    two = KINDS[kind](method, folds=None).fit(as_domains(X, Y))
    assert one.tasks_ == two.tasks_ == ["t0", "t1", "t2"]
    assert np.allclose(one.decision_function(X), two.decision_function(X), atol=1e-6)


def test_columns_of_domains_are_found_by_name(rng):
    X, Y = shared_table("numbers", rng)
    found = as_domains(X, Y)
    turned = [found[0], *(hs.Domain(d.X[["b", "a"]], d.y, name=d.name) for d in found[1:])]
    one, two = (MultiTaskKernelRegressor("mean", folds=None).fit(d) for d in (found, hs.Sources(turned)))
    assert np.allclose(one.predict(X), two.predict(X))


@pytest.mark.parametrize("exact_rows", [0, 2000])
def test_nothing_that_was_passed_is_changed_and_a_second_fit_is_the_same(exact_rows, rng):
    X, Y = shared_table("numbers", rng)
    Y = with_gaps(Y, rng)
    before = X.copy(), Y.copy()
    one = MultiTaskKernelRegressor("mean", exact_rows=exact_rows, n_components=15, folds=2).fit(X, Y)
    pd.testing.assert_frame_equal(X, before[0])
    pd.testing.assert_frame_equal(Y, before[1])
    two = clone(one).fit(X, Y)
    assert np.array_equal(one.predict(X), two.predict(X))
    pd.testing.assert_frame_equal(one.table_, two.table_)


@pytest.mark.parametrize("kind", KINDS)
def test_tools_of_scikit_learn_split_the_rows(kind, rng):
    X, Y = shared_table(kind, rng, n=60)
    model = make_pipeline(StandardScaler(), KINDS[kind]("mean", folds=None))
    scores = cross_val_score(model, X, with_gaps(Y, rng), cv=KFold(3))
    assert scores.mean() > 0.65


# what they predict


@pytest.mark.parametrize("kind", KINDS)
def test_predictions_of_all_tasks_and_of_one(kind, rng):
    model = KINDS[kind]("mean", folds=None).fit(alike(kind, rng))
    X = rng.normal(size=(20, 2))
    every = model.predict(X)
    assert every.shape == (20, 3)
    standard = (X - model.mean_) / model.scale_
    k = np.exp(-((standard[:, None] - model.landmarks_) ** 2).sum(axis=2) / (2 * model.width_**2))
    assert np.allclose(model.decision_function(X), k @ model.dual_coef_ + model.level_)
    for t, name in enumerate(model.tasks_):
        one = model.predict(X, task=name)
        assert np.array_equal(one, every[:, t]) if kind == "classes" else np.allclose(one, every[:, t])
        if kind == "classes":
            p = model.predict_proba(X, task=name)
            assert np.allclose(p, model.predict_proba(X)[t])
            assert np.array_equal(model.classes_[t][p.argmax(axis=1)], every[:, t])


@pytest.mark.parametrize("method", METHODS)
def test_units_play_no_part(method, rng):
    found = alike("numbers", rng)
    units = np.array([1e3, 1e-2])
    other_units = [hs.Domain(d.X * units + 5, 40 * d.y - 3, name=d.name) for d in found]
    X = rng.normal(size=(5, 2))
    one, two = (MultiTaskKernelRegressor(method, folds=None).fit(d) for d in (found, other_units))
    assert np.allclose(40 * one.predict(X) - 3, two.predict(X * units + 5), rtol=1e-2, atol=0.1)
    assert np.allclose(1600 * one.task_covariance_, two.task_covariance_, rtol=0.05, atol=1.0)
    assert np.isclose(1600 * one.noise_, two.noise_, rtol=0.05)


# what they find


@pytest.mark.parametrize("exact_rows", [0, 2000])
def test_the_covariance_says_who_is_like_whom(exact_rows, rng):
    parts = {"a": bumpy, "same": bumpy, "opposite": lambda X: -bumpy(X), "unrelated": other}
    found = [domain("numbers", name, f, rng, n=40) for name, f in parts.items()]
    model = MultiTaskKernelRegressor("low-rank", rank=1, exact_rows=exact_rows, n_components=30, folds=None).fit(found)
    R = model.task_correlation_
    assert R[0, 1] > 0.9
    assert R[0, 2] < -0.9
    assert abs(R[0, 3]) < 0.4
    assert model.shared_[:3].min() > 0.8
    assert model.exact_ is (exact_rows > 0)
    assert 0.01 < model.noise_ < 0.1


def test_classes_that_are_opposite_are_told(rng):
    found = [domain("classes", f"t{k}", lambda X, k=k: (-1) ** k * bumpy(X), rng, n=40) for k in range(4)]
    R = MultiTaskKernelClassifier("low-rank", rank=1, folds=None).fit(found).task_correlation_
    assert R[0, 2] > 0.6
    assert R[0, 1] < -0.6


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_auto_takes_the_form_that_tasks_have(kind, rng):
    same = KINDS[kind](folds=None).fit(alike(kind, rng, n=30))
    assert same.method_ == "pooled" == max(same.candidates_, key=same.candidates_.get)
    assert set(same.candidates_) == set(METHODS)
    apart = [domain(kind, f"t{k}", f, rng, n=60) for k, f in enumerate([bumpy, other, lambda X: 2 * np.cos(X[:, 1])])]
    assert KINDS[kind](folds=None).fit(apart).method_ != "pooled"


@pytest.mark.slow
def test_directions_grow_while_they_pay_or_are_given(rng):
    apart = [domain("numbers", f"t{k}", [bumpy, other][k % 2], rng, n=30) for k in range(6)]

    def rank(model):
        own = (1 - model.shared_) * np.diag(model.task_covariance_)
        s = np.linalg.eigvalsh(model.task_covariance_ - np.diag(own))
        return int((s > 1e-6 * s[-1]).sum())

    assert rank(MultiTaskKernelRegressor("low-rank", folds=None).fit(apart)) == 2
    assert rank(MultiTaskKernelRegressor("low-rank", rank=1, folds=None).fit(apart)) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", ["pooled", "mean"])
def test_features_are_close_to_exact(kind, method, rng):
    found, X = alike(kind, rng), rng.uniform(-2, 2, size=(50, 2))
    one = KINDS[kind](method, folds=None).fit(found)
    two = KINDS[kind](method, exact_rows=0, n_components=40, folds=None).fit(found)
    assert len(two.landmarks_) <= 75
    f, g = one.decision_function(X), two.decision_function(X)
    assert np.corrcoef(f.ravel(), g.ravel())[0, 1] > 0.98


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_bent_functions_learned_jointly_beat_those_learned_apart_and_all_lines(kind, rng):
    """Half of the tasks are opposite to the other half, so that pooling is of no use either."""
    signs = [1, -1, 1, -1, 1, -1]
    train, test = (
        [domain(kind, f"t{k}", lambda X, s=s: s * bumpy(X), rng, n) for k, s in enumerate(signs)] for n in (20, 200)
    )
    joint = KINDS[kind]("low-rank", folds=None).fit(train).score(test)
    apart = KINDS[kind]("independent", folds=None).fit(train).score(test)
    lines = max(LINEAR[kind](m, folds=None).fit(train).score(test) for m in ("mean", "low-rank", "clustered"))
    assert joint > apart + 0.05
    assert joint > lines + 0.1


# whether it helps


def test_like_tasks_help_and_the_table_says_so(rng):
    model = MultiTaskKernelRegressor("mean").fit(alike("numbers", rng, n_tasks=5, n=15))
    assert model.table_.gain.mean() > 0.1
    assert (model.table_.decision == "helps").any()
    assert not (model.table_.decision == "hurts").any()
    assert model.table_.task.tolist() == model.tasks_
    assert np.array_equal(model.table_.shared, model.shared_)
    assert [v.decision for v in model.verdicts_] == model.table_.decision.tolist()
    assert model.chosen_in_folds_ == ["mean"] * 5


def test_tasks_that_pooling_harms_are_told(rng):
    found = [*alike("numbers", rng, n_tasks=3, n=40), domain("numbers", "odd", lambda X: -bumpy(X), rng, n=40)]
    model = MultiTaskKernelRegressor("pooled").fit(found)
    assert model.verdicts_[3].decision == "hurts"


def test_independent_models_neither_gain_nor_lose(rng):
    model = MultiTaskKernelClassifier("independent", folds=3).fit(alike("classes", rng, n=20))
    assert np.all(model.table_.gain == 0)
    assert set(model.table_.decision) == {"undetermined"}


def test_labels_of_one_row_do_not_tell_each_other(rng):
    """Pure noise, the same in each task: whoever deals labels of one row into different folds predicts it."""
    X = rng.normal(size=(30, 3))
    model = MultiTaskKernelRegressor("mean").fit(X, np.repeat(rng.normal(size=(30, 1)), 4, axis=1))
    assert model.table_.joint.max() < 0.2


@pytest.mark.slow
def test_what_is_held_out_touches_nothing_of_the_fit(rng):
    found = alike("numbers", rng)
    y, X = np.concatenate([d.y for d in found]), np.vstack([d.X for d in found])
    p = Problem(("a", "b", "c"), X, y, np.arange(4) * 25)
    settings = Settings.of("auto", None, 2000, 100, 0)
    train, test = p.folds(3, np.random.default_rng([0, 1]))[0]
    spoiled, moved = y.copy(), X.copy()
    spoiled[test] += 100.0
    moved[test] *= 50.0
    q = Problem(p.names, moved, spoiled, p.starts)
    held = [hold_out(r, settings, 3) for r in (p, q)]
    assert not np.allclose(held[0].joint[test], held[1].joint[test])
    # what the first fold predicts for its rows is what a fit to the others alone predicts, whatever their labels
    for r, h in zip((p, q), held, strict=True):
        best = Fitter(p.take(train), settings).choose().best
        assert best.method == h.chosen[0]
        assert np.allclose(best.losses(r.take(test)), h.joint[test])


# what they refuse


def refused(match, *arguments, kind="classes", error=hs.InputError, **parameters):
    with pytest.raises(error, match=match):
        KINDS[kind](**parameters).fit(*arguments)


def test_labels_and_tables_are_checked_as_those_of_linear_models(rng):
    X, Y = shared_table("classes", rng)
    refused(r"task 't1' has one class: all of its 40 labels are 'yes'; expected two", X, Y.assign(t1="yes"))
    refused(r"task 't1' has no labels: all of its 40 rows are gaps", X, Y.assign(t1=np.nan))
    refused(r"there is 1 task; expected at least two", X, Y.iloc[:, :1])
    refused(r"MultiTaskKernelClassifier requires y to be passed", X)
    a, b = alike("classes", rng, n_tasks=2)
    refused(r"domain 't1' is no table", [a, hs.Domain(["some", "words"], [0, 1], name="t1")])
    refused(r"holds a ndarray at position 1; expected Domain objects", [a, b.X], error=hs.InputTypeError)
    refused(r"X of task 't1'.*NaN", [a, hs.Domain(np.where(b.X > 1, np.nan, b.X), b.y, name="t1")])


def test_parameters(rng):
    X, Y = shared_table("classes", rng)
    refused(r"method='clustered'; expected one of 'auto', 'pooled', 'independent'", X, Y, method="clustered")
    refused(r"rank=2 with method='mean'; expected", X, Y, method="mean", rank=2)
    refused(r"rank=0 with method='low-rank'", X, Y, method="low-rank", rank=0)
    refused(r"rank=4 and there are 3 tasks; expected no more directions", X, Y, rank=4)
    refused(r"folds=1; expected at least 2, or None", X, Y, folds=1)
    refused(r"exact_rows=-1; expected a whole number of at least 0", X, Y, exact_rows=-1)
    refused(r"n_components=0; expected a whole number of at least 1", X, Y, n_components=0)
    refused(r"n_components=2.5; expected a whole number of at least 1", X, Y, n_components=2.5)


def test_unknown_tasks_in_predict(rng):
    model = MultiTaskKernelClassifier("pooled", folds=None).fit(alike("classes", rng))
    with pytest.raises(hs.InputError, match=r"task='t9' is none of the 3 tasks"):
        model.predict(np.zeros((1, 2)), task="t9")


def test_flat_columns_equal_rows_and_constant_labels_do_no_harm(rng):
    X = np.column_stack([np.ones(20), np.repeat(rng.normal(size=10), 2)])
    for exact_rows in (0, 2000):
        model = MultiTaskKernelRegressor("mean", exact_rows=exact_rows, folds=None)
        assert np.isfinite(model.fit(X, rng.normal(size=(20, 2))).predict(X)).all()
        assert np.allclose(model.fit(X, np.ones((20, 2))).predict(X), 1.0, atol=1e-3)
        assert np.isfinite(model.fit(np.ones((20, 2)), rng.normal(size=(20, 2))).predict(X)).all()


# files and imports


@pytest.mark.parametrize("kind", KINDS)
def test_models_are_kept_in_files(kind, rng, tmp_path):
    X, Y = shared_table(kind, rng)
    model = KINDS[kind]("mean", folds=2).fit(X, Y)
    hs.save(model, tmp_path / "tasks.headstart")
    again = hs.load(tmp_path / "tasks.headstart")
    assert np.array_equal(again.predict(X), model.predict(X))
    assert again.verdicts_ == model.verdicts_
    pd.testing.assert_frame_equal(again.table_, model.table_)


def test_no_torch_is_loaded():
    code = "import sys; from headstart.multitask import MultiTaskKernelRegressor; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
