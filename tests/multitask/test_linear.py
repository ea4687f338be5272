"""Linear models of several tasks: what they take, what they find, what they refuse. None of it needs torch."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import headstart as hs
from headstart.multitask import MultiTaskLinearClassifier, MultiTaskLinearRegressor
from headstart.multitask.linear.choose import choose, hold_out
from headstart.multitask.linear.tune import tune
from headstart.multitask.tables.hold_out import Held
from headstart.multitask.tables.problem import Problem, Scale
from headstart.multitask.tables.verdicts import verdicts

METHODS = ("pooled", "independent", "mean", "low-rank", "clustered")
KINDS = {"classes": MultiTaskLinearClassifier, "numbers": MultiTaskLinearRegressor}


def coefficients(n_tasks, spread, rng, d=4):
    return np.array([1.5, -1.5, 0.5, 0.0])[:d] + spread * rng.normal(size=(n_tasks, d))


def domains(kind, W, rng, n=30):
    out = []
    for k, w in enumerate(W):
        X = rng.normal(size=(n, len(w)))
        noise = rng.logistic(size=n) if kind == "classes" else rng.normal(size=n)
        y = X @ w + 0.3 * k + noise
        out.append(hs.Domain(X, np.where(y > 0.3 * k, "yes", "no") if kind == "classes" else y, name=f"t{k}"))
    return out


def shared_table(kind, rng, n=60, n_tasks=3):
    X = pd.DataFrame(rng.normal(size=(n, 4)), columns=list("abcd"))
    Y = X.to_numpy() @ coefficients(n_tasks, 0.3, rng).T + rng.normal(size=(n, n_tasks))
    Y = pd.DataFrame(Y, columns=[f"t{k}" for k in range(n_tasks)])
    return X, (Y > 0).astype(object).replace({True: "yes", False: "no"}) if kind == "classes" else Y


def with_gaps(Y, rng):
    return Y.mask(rng.random(Y.shape) < 0.3)


def as_domains(X, Y):
    return [hs.Domain(X[Y[c].notna()], Y[c].dropna(), name=c) for c in Y]


# what they take


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", ["pooled", "independent", "mean", "clustered"])
def test_a_table_with_gaps_is_one_domain_a_task_with_its_labelled_rows(kind, method, rng):
    X, Y = shared_table(kind, rng)
    Y = with_gaps(Y, rng)
    one, other = (KINDS[kind](method, folds=None) for _ in range(2))
    one.fit(X, Y)
    other.fit(as_domains(X, Y))
    assert one.tasks_ == other.tasks_ == ["t0", "t1", "t2"]
    assert np.allclose(one.coef_, other.coef_)
    assert np.allclose(one.intercept_, other.intercept_)


def test_arrays_lists_and_frames_of_labels_are_the_same(rng):
    X, Y = shared_table("numbers", rng)
    Y = with_gaps(Y, rng)
    models = [MultiTaskLinearRegressor("mean", folds=None).fit(X, labels) for labels in (Y, Y.to_numpy())]
    models.append(MultiTaskLinearRegressor("mean", folds=None).fit(X, Y.astype(object).where(Y.notna(), None)))
    assert models[1].tasks_ == ["y0", "y1", "y2"]
    for other in models[1:]:
        assert np.array_equal(models[0].coef_, other.coef_)


def test_columns_of_domains_are_found_by_name(rng):
    X, Y = shared_table("numbers", rng)
    found = as_domains(X, Y)
    turned = [found[0], *(hs.Domain(d.X[["d", "b", "a", "c"]], d.y, name=d.name) for d in found[1:])]
    one, other = (MultiTaskLinearRegressor("mean", folds=None).fit(d) for d in (found, hs.Sources(turned)))
    assert np.allclose(one.coef_, other.coef_)
    assert list(one.feature_names_in_) == list("abcd")


def test_nothing_that_was_passed_is_changed_and_a_second_fit_is_the_same(rng):
    X, Y = shared_table("classes", rng)
    Y = with_gaps(Y, rng)
    before = X.copy(), Y.copy()
    one = MultiTaskLinearClassifier("clustered", folds=2).fit(X, Y)
    pd.testing.assert_frame_equal(X, before[0])
    pd.testing.assert_frame_equal(Y, before[1])
    other = clone(one).fit(X, Y)
    assert np.array_equal(one.coef_, other.coef_)
    pd.testing.assert_frame_equal(one.table_, other.table_)


@pytest.mark.parametrize("kind", KINDS)
def test_tools_of_scikit_learn_split_the_rows(kind, rng):
    X, Y = shared_table(kind, rng)
    Y = with_gaps(Y, rng)
    model = make_pipeline(StandardScaler(), KINDS[kind]("mean", folds=None))
    scores = cross_val_score(model, X, Y, cv=KFold(3))
    assert scores.shape == (3,)
    assert scores.min() > (0.6 if kind == "classes" else 0.3)


# what they predict


def test_predictions_of_all_tasks_and_of_one(rng):
    W = coefficients(3, 0.2, rng)
    model = MultiTaskLinearClassifier("mean", folds=None).fit(domains("classes", W, rng))
    X = rng.normal(size=(50, 4))
    every = model.predict(X)
    assert every.shape == (50, 3)
    for k, name in enumerate(model.tasks_):
        p = model.predict_proba(X, task=name)
        assert np.allclose(p, model.predict_proba(X)[k])
        assert np.allclose(p.sum(axis=1), 1)
        assert np.array_equal(model.classes_[k][p.argmax(axis=1)], every[:, k])
        assert np.array_equal(model.predict(X, task=name), every[:, k])
        assert np.allclose(model.decision_function(X, task=name), np.log(p[:, 1] / p[:, 0]))
        assert np.allclose(model.decision_function(X, task=name), X @ model.coef_[k] + model.intercept_[k])


def test_tasks_keep_labels_of_their_own_kind(rng):
    X, Y = shared_table("numbers", rng)
    Y = pd.DataFrame({"sick": np.where(Y.t0 > 0, "yes", "no"), "old": (Y.t1 > 0).astype(float)})
    Y.loc[3, "old"] = np.nan
    model = MultiTaskLinearClassifier("mean", folds=None).fit(X, Y)
    found = model.predict(X)
    assert set(found[:, 0]) == {"yes", "no"}
    assert set(found[:, 1]) == {0, 1}
    assert model.score(X, Y) > 0.7


@pytest.mark.parametrize("kind", KINDS)
def test_the_score_is_the_mean_over_tasks_where_there_are_labels(kind, rng):
    X, Y = shared_table(kind, rng)
    Y = with_gaps(Y, rng)
    model = KINDS[kind]("mean", folds=None).fit(X, Y)
    each = []
    for name in Y:
        there = Y[name].notna()
        y, p = Y.loc[there, name].to_numpy(), model.predict(X[there], task=name)
        each.append(np.mean(y == p) if kind == "classes" else 1 - ((y - p) ** 2).sum() / ((y - y.mean()) ** 2).sum())
    assert np.isclose(model.score(X, Y), np.mean(each))
    assert np.isclose(model.score(as_domains(X, Y)), np.mean(each))


# what the methods are


def test_pooled_tasks_differ_in_intercepts_alone(rng):
    model = MultiTaskLinearRegressor("pooled", folds=None).fit(domains("numbers", coefficients(4, 0.1, rng), rng, n=60))
    assert np.allclose(model.coef_, model.coef_[0])
    assert np.allclose(np.diff(model.intercept_), 0.3, atol=0.35)
    assert model.intercept_[3] - model.intercept_[0] > 0.4


@pytest.mark.parametrize("kind", KINDS)
def test_independent_models_are_those_of_scikit_learn(kind, rng):
    """With the same strength, on columns in the same scale; but for the intercept, which is next to free."""
    found = domains(kind, coefficients(3, 1.0, rng), rng, n=40)
    model = KINDS[kind]("independent", folds=None).fit(found)
    strength, X = model.strength_["own"], np.vstack([d.X for d in found])
    for k, d in enumerate(found):
        Z = (d.X - X.mean(axis=0)) / X.std(axis=0)
        plain = Ridge(strength) if kind == "numbers" else LogisticRegression(C=1 / strength, tol=1e-8)
        coef = plain.fit(Z, d.y).coef_.ravel() / X.std(axis=0)
        assert np.allclose(model.coef_[k], coef, atol=5e-3)


@pytest.mark.parametrize("method", METHODS)
def test_units_play_no_part(method, rng):
    found = domains("numbers", coefficients(3, 0.3, rng), rng)
    units = np.array([1e3, 1e-2, 7.0, 1.0])
    other = [hs.Domain(d.X * units + 5, 40 * d.y - 3, name=d.name) for d in found]
    X = rng.normal(size=(5, 4))
    one, two = (MultiTaskLinearRegressor(method, folds=None).fit(d) for d in (found, other))
    assert np.allclose(40 * one.predict(X) - 3, two.predict(X * units + 5), rtol=1e-3, atol=1e-2)


def test_shared_strengths_follow_how_alike_tasks_are(rng):
    alike = MultiTaskLinearRegressor("mean", folds=None).fit(domains("numbers", coefficients(8, 0.0, rng), rng))
    apart = MultiTaskLinearRegressor("mean", folds=None).fit(domains("numbers", coefficients(8, 1.5, rng), rng))
    assert alike.strength_["own"] >= 100 * apart.strength_["own"]


def test_low_rank_finds_the_directions(rng):
    W = rng.normal(size=(12, 1)) * np.array([[2.0, -1.0, 1.0, 0.5, 0.0, 1.0]])
    model = MultiTaskLinearRegressor("low-rank", folds=None).fit(domains("numbers", W, rng))
    s = np.linalg.svd(model.coef_, compute_uv=False)
    assert s[1] < 0.15 * s[0]


@pytest.mark.parametrize("kind", KINDS)
def test_clustered_finds_the_groups_and_auto_takes_it(kind, rng):
    W = np.array([[2.0, -2.0, 0.0, 0.0], [-2.0, 0.0, 0.0, 2.0]])[np.arange(8) % 2]
    found = domains(kind, W, rng)
    model = KINDS[kind](folds=None).fit(found)
    assert model.method_ == "clustered" == min(model.candidates_, key=model.candidates_.get)
    assert model.groups_.tolist() == [0, 1] * 4
    assert model.group_probability_.shape == (8, 2)
    assert set(model.candidates_) == set(METHODS)


def test_number_of_groups_may_be_given(rng):
    found = domains("numbers", coefficients(6, 0.0, rng), rng)
    assert MultiTaskLinearRegressor("clustered", folds=None).fit(found).groups_.max() == 0
    assert MultiTaskLinearRegressor("clustered", n_groups=3, folds=None).fit(found).group_probability_.shape == (6, 3)


# whether it helps


def test_like_tasks_help_and_the_table_says_so(rng):
    W = np.hstack([coefficients(10, 0.0, rng), np.ones((10, 8))])
    model = MultiTaskLinearRegressor("mean").fit(domains("numbers", W, rng, n=15))
    assert model.table_.gain.mean() > 0.1
    assert not (model.table_.decision == "hurts").any()
    assert np.allclose(model.table_.gain, model.table_.joint - model.table_.alone)
    assert model.table_.task.tolist() == model.tasks_
    assert [v.decision for v in model.verdicts_] == model.table_.decision.tolist()
    assert model.chosen_in_folds_ == ["mean"] * 5


def test_a_verdict_is_what_held_out_losses_say(rng):
    p = problem("numbers", rng)
    fold = np.tile(np.arange(5), 18)
    alone = 1 + 0.01 * rng.random(90)
    less = np.repeat([0.5, -0.5, 0.0], 30) + np.repeat([0, 0, 1], 30) * np.array([0.1, -0.1, 0.1, -0.1, 0.0])[fold]
    found = verdicts(p, Held(alone - less, alone, fold, ("mean",) * 5), 5)
    assert [v.decision for v in found] == ["helps", "hurts", "undetermined"]
    assert [v.task for v in found] == ["a", "b", "c"]
    for t, v in enumerate(found):
        y = p.y[30 * t : 30 * t + 30]
        assert np.isclose(v.gain, less[30 * t : 30 * t + 30].mean() / y.var())
        assert np.isclose(v.score_alone, 1 - alone[30 * t : 30 * t + 30].mean() / y.var())
        assert np.isclose(v.gain, v.score - v.score_alone)


def test_tasks_that_pooling_harms_are_told(rng):
    W = np.vstack([coefficients(9, 0.0, rng), [[-1.5, 1.5, -0.5, 0.0]]])
    model = MultiTaskLinearRegressor("pooled").fit(domains("numbers", W, rng))
    assert model.verdicts_[9].decision == "hurts"
    assert model.verdicts_[9].interval[1] < 0


def test_independent_models_neither_gain_nor_lose(rng):
    model = MultiTaskLinearRegressor("independent").fit(domains("numbers", coefficients(3, 1.0, rng), rng))
    assert np.all(model.table_.gain == 0)
    assert set(model.table_.decision) == {"undetermined"}


def test_labels_of_one_row_do_not_tell_each_other(rng):
    """Pure noise, the same in each task: whoever deals labels of one row into different folds predicts it."""
    X = rng.normal(size=(40, 30))
    noise = rng.normal(size=(40, 1))
    model = MultiTaskLinearRegressor("mean").fit(X, np.repeat(noise, 5, axis=1))
    assert model.table_.joint.max() < 0.2


def problem(kind, rng, n=30):
    found = domains(kind, coefficients(3, 0.3, rng), rng, n=n)
    y = np.concatenate([d.y for d in found])
    classes = (np.array(["no", "yes"]),) * 3 if kind == "classes" else None
    y = (y == "yes").astype(float) if kind == "classes" else y
    return Problem(("a", "b", "c"), np.vstack([d.X for d in found]), y, np.arange(4) * n, None, classes)


def test_folds_hold_their_share_of_each_task_and_class(rng):
    p = problem("classes", rng)
    parts = p.folds(5, np.random.default_rng(0))
    assert np.array_equal(np.sort(np.concatenate([test for _, test in parts])), np.arange(90))
    for train, test in parts:
        assert not set(train) & set(test)
        for t in range(3):
            assert (p.task[test] == t).sum() == 6
            ones = p.y[p.task == t].sum() / 5
            assert abs(p.y[test][p.task[test] == t].sum() - ones) < 1


def test_what_is_held_out_touches_neither_strengths_nor_choice_nor_scales(rng):
    p = problem("numbers", rng)
    train, test = p.folds(5, np.random.default_rng([0, 1]))[0]
    spoiled = p.y.copy()
    spoiled[test] += 100.0
    X = p.X.copy()
    X[test] *= 50.0
    other = Problem(p.names, X, spoiled, p.starts)
    same = [choose(METHODS, q.take(train), 0, None) for q in (p, other)]
    assert same[0] == same[1]
    held = [hold_out(("mean",), q, 0, None, 5) for q in (p, other)]
    # what the first fold predicts for its rows: the same model, so the errors grow as rows and labels did
    part = p.take(train)
    scale, s = Scale.of(part), tune("mean", part, 0)
    assert s == same[0].settings["mean"]
    assert np.allclose(scale.mean, part.X.mean(axis=0))
    assert not np.allclose(held[0].joint[test], held[1].joint[test])


# what they refuse


def refused(match, *arguments, kind="classes", error=hs.InputError, **parameters):
    with pytest.raises(error, match=match):
        KINDS[kind](**parameters).fit(*arguments)


def test_labels_that_cannot_be_learned_from(rng):
    X, Y = shared_table("classes", rng)
    refused(r"task 't1' has one class: all of its 60 labels are 'yes'; expected two", X, Y.assign(t1="yes"))
    refused(r"task 't1' has no labels: all of its 60 rows are gaps", X, Y.assign(t1=np.nan))
    refused(r"task 't0' has no labels: all of its 60 rows are gaps", X, Y.assign(t0=None, t1=None, t2=None))
    refused(r"task 't2' has 3 classes; expected two a task: make one task", X, Y.assign(t2=["a", "b", "c"] * 20))
    refused(r"task 't2': Unknown label type: continuous", X, Y.assign(t2=X["a"]))
    X, Y = shared_table("numbers", rng)
    refused(r"task 't1' has no labels", X, Y.assign(t1=np.nan), kind="numbers")
    refused(r"task 't1' has infinite labels", X, Y.assign(t1=np.inf), kind="numbers")
    one = Y["t1"].where(Y.index == 3)
    refused(r"task 't1' has one label; expected at least two", X, Y.assign(t1=one), kind="numbers")


def test_names_that_are_not_one_each(rng):
    X, Y = shared_table("classes", rng)
    Y.columns = ["a", "b", "a"]
    refused(r"several tasks are called a; expected names that differ", X, Y)
    found = domains("classes", coefficients(2, 0.1, rng), rng)
    refused(r"several tasks are called t0", [found[0], hs.Domain(found[1].X, found[1].y, name="t0")])
    refused(r"there is 1 task; expected at least two", X, Y.iloc[:, :1])
    refused(r"there is 1 task; expected at least two", found[:1])


def test_domains_with_other_columns_or_without_labels(rng):
    a, b = domains("classes", coefficients(2, 0.1, rng), rng)
    refused(
        r"X of task 't1' has 3 columns; expected the 4 that all tasks share", [a, hs.Domain(b.X[:, 1:], b.y, name="t1")]
    )
    frame = pd.DataFrame(a.X, columns=list("abcd"))
    other = hs.Domain(frame.rename(columns={"d": "e"}), a.y, name="t1")
    refused(
        r"X of task 't1' lacks 'd' and has 'e' besides; expected the 4 columns",
        [hs.Domain(frame, a.y, name="t0"), other],
    )
    refused(r"task 't1' has no labels; pass them as hs.Domain\(X, y", [a, hs.Domain(b.X, name="t1")])
    refused(r"holds a ndarray at position 1; expected Domain objects", [a, b.X], error=hs.InputTypeError)
    refused(r"X of task 't1'.*NaN", [a, hs.Domain(np.where(b.X > 1, np.nan, b.X), b.y, name="t1")])
    refused(r"domain 't1' is no table", [a, hs.Domain(["some", "words"], [0, 1], name="t1")])
    refused(r"fit was given 2 domains and Y besides", [a, b], b.y)


def test_tables_that_do_not_fit(rng):
    X, Y = shared_table("classes", rng)
    refused(r"Y has one dimension; expected a table with a column for each task", X, Y["t0"])
    refused(r"X has 60 rows and Y 59", X, Y.iloc[1:])
    refused(r"requires y to be passed", X)
    refused(r"columns that are not numbers: 'a'; expected numbers: fit one hs.TableEncoder\(\)", X.assign(a="text"), Y)


def test_parameters(rng):
    X, Y = shared_table("classes", rng)
    refused(r"method='trace'; expected one of 'auto', 'pooled', 'independent'", X, Y, method="trace")
    refused(r"n_groups=2 with method='mean'; expected", X, Y, method="mean", n_groups=2)
    refused(r"n_groups=0 with method='clustered'", X, Y, method="clustered", n_groups=0)
    refused(r"n_groups=4 and there are 3 tasks", X, Y, method="clustered", n_groups=4)
    refused(r"folds=1; expected at least 2, or None", X, Y, folds=1)


def test_unknown_tasks_and_other_columns_in_predict(rng):
    X, Y = shared_table("classes", rng)
    model = MultiTaskLinearClassifier("mean", folds=None).fit(X, Y)
    with pytest.raises(hs.InputError, match=r"task='t9' is none of the 3 tasks; expected one of 't0', 't1', 't2'"):
        model.predict(X, task="t9")
    with pytest.raises(hs.InputError, match=r"X has 3 columns; expected the 4 that all tasks share"):
        model.predict(X.to_numpy()[:, 1:])
    with pytest.raises(hs.InputError, match=r"Y lacks the tasks \['t0'\]; expected a column for each of"):
        model.score(X, Y.iloc[:, 1:])
    with pytest.raises(hs.InputError, match=r"Y has 2 columns; expected one for each of 3 tasks"):
        model.score(X, Y.to_numpy()[:, 1:])
    # Columns of a frame are known by name, in whatever order they come.
    assert model.score(X, Y.iloc[:, ::-1]) == model.score(X, Y)


# files and imports


@pytest.mark.parametrize("kind", KINDS)
def test_models_are_kept_in_files(kind, rng, tmp_path):
    X, Y = shared_table(kind, rng)
    model = KINDS[kind]("clustered", folds=2).fit(X, Y)
    hs.save(model, tmp_path / "tasks.headstart")
    again = hs.load(tmp_path / "tasks.headstart")
    assert np.array_equal(again.predict(X), model.predict(X))
    assert again.verdicts_ == model.verdicts_
    pd.testing.assert_frame_equal(again.table_, model.table_)


def test_no_torch_is_loaded():
    code = "import sys; from headstart.multitask import MultiTaskLinearClassifier; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
