"""A map of tasks that are columns of labels: nothing leaks, what is there is found, and bad input is named."""

import numpy as np
import pandas as pd
import pytest

import headstart as hs
from headstart.choose import task_columns, task_outputs, task_trials
from headstart.choose.folds import make_folds
from headstart.choose.task_columns import TaskColumn, says
from headstart.choose.task_outputs import TaskOutputs
from headstart.core.errors import InputError, InputTypeError

QUICK = {"repeats": 1, "random_state": 0}


@pytest.fixture
def linear_alone(monkeypatch):
    """Linear models and three folds in the place of all, which take a small part of the time."""
    only = {
        "target_candidates": task_trials.target_candidates,
        "task_candidates": task_trials.task_candidates,
    }
    for name, whole in only.items():
        keep = lambda *a, whole=whole: [c for c in whole(*a) if "linear" in c.name]  # noqa: E731
        monkeypatch.setattr(task_trials, name, keep)
    monkeypatch.setattr(task_columns, "trees", task_columns.linear)
    monkeypatch.setattr(task_columns, "MANY", 10**9)
    monkeypatch.setattr(task_trials, "n_folds_for", lambda *sizes: 3)


def table(n=60, d=3, seed=0):
    return pd.DataFrame(np.random.default_rng(seed).normal(size=(n, d)), columns=[f"x{k}" for k in range(d)])


def with_gaps(y, keep):
    found = pd.Series(np.asarray(y)).astype(object)
    found[~np.asarray(keep)] = None
    return found


def test_a_copy_of_the_target_gains_nothing_where_rows_tell_nothing():
    """With every label of the copy at hand a model that had seen those of held-out rows would score near 1."""
    X = table(n=120, d=2)
    y = np.random.default_rng(1).permutation(np.arange(120) % 2)
    found = hs.map_tasks(X, {"b": y, "copy": y, "number": y + 0.01 * np.arange(120)}, targets=["b"], **QUICK)
    assert (found.table_["score"] < 0.65).all() and (found.gain_["b"] < 0.1).all()
    assert (found.plain_["b"] < 0.15).all() and "helps" not in set(found.table_["verdict"])


def test_a_task_with_many_more_labels_of_the_same_signal_helps():
    X = table(n=600, d=4)
    signal = (X["x0"] * X["x1"] > 0).to_numpy()
    few = with_gaps(2 * signal + 0.3 * np.random.default_rng(1).normal(size=600), np.arange(600) < 40)
    found = hs.map_tasks(X, {"many": signal, "few": few}, targets=["few"], **QUICK)
    assert found.gain_.loc["many", "few"] > 0.1 and found.plain_.loc["many", "few"] > 0.1


def outputs_with(monkeypatch, n=30, labelled=None):
    """What models saw of each output, in all folds: from a model that says the rows that it was fitted to."""
    seen = []

    def recording(task, kept, table, wanted, kinds):
        seen.append(set(task.rows[kept].tolist()))
        return np.full((len(wanted), 1), len(seen) - 1.0)

    monkeypatch.setattr(task_outputs, "says", recording)
    rows = np.arange(5, 5 + n)
    labelled = np.arange(60) if labelled is None else labelled
    task = TaskColumn("a", "regression", labelled, np.arange(len(labelled), dtype=float))
    return rows, task, seen


@pytest.mark.parametrize(("n", "n_folds"), [(30, 10), (30, 5), (31, 7), (30, 2), (8, 3)])
def test_no_model_saw_what_it_must_not_have_seen(monkeypatch, n, n_folds):
    labelled = np.setdiff1d(np.arange(60), [6, 8, 11])
    rows, task, seen = outputs_with(monkeypatch, n, labelled)
    y = np.random.default_rng(0).normal(size=n)
    folds = make_folds(y, classes=False, n_folds=n_folds, n_repeats=2, random=np.random.default_rng(0))
    outputs = TaskOutputs(table(60), rows, folds, None, None)
    apart = set(labelled.tolist()) - set(rows.tolist())
    for fold in folds:
        S = outputs.of(task, fold)
        held_out = set(rows[fold.test].tolist())
        for place, row in enumerate(rows.tolist()):
            model = seen[int(S[place, 0])]
            assert not model & held_out, "a label of a held-out row was seen"
            assert row not in model, "a row's own label was seen"
            assert apart <= model, "labels that only the source task has were left out"
    groups = -(-n_folds // 2) if n_folds > 5 else n_folds
    assert len(seen) <= 2 * groups * (groups + 1) / 2


def test_models_are_fitted_once_where_the_rows_are_apart(monkeypatch):
    rows, task, seen = outputs_with(monkeypatch, 20, np.arange(30, 60))
    folds = make_folds(np.arange(20.0), classes=False, n_folds=5, n_repeats=2, random=np.random.default_rng(0))
    outputs = TaskOutputs(table(60), rows, folds, None, None)
    for fold in folds:
        outputs.of(task, fold)
    assert seen == [set(range(30, 60))]


def test_outputs_are_learned_from_kept_labels_alone():
    X, kept = table(40), np.arange(40) < 25
    for kind, y in (("regression", X["x0"].to_numpy()), ("classification", np.arange(40) % 3)):
        other = y.copy()
        other[~kept] = other[::-1][~kept]
        first, second = (
            says(TaskColumn("a", kind, np.arange(40), v), kept, X, np.arange(40), None) for v in (y, other)
        )
        assert np.array_equal(first, second) and first.shape == (40, 2 if kind == "regression" else 6)
    nothing = says(TaskColumn("a", "classification", np.arange(40), kept.astype(int)), kept, X, np.arange(4), None)
    assert np.array_equal(nothing, np.zeros((4, 2)))


def test_rows_that_stand_in_the_table_twice_are_told(linear_alone):
    X = table(60)
    y = X["x0"].to_numpy()
    both = pd.concat([X, X.iloc[:30]], ignore_index=True)
    a = with_gaps(np.r_[np.zeros(60), y[:30]], np.arange(90) >= 60)
    b = with_gaps(np.r_[y, np.zeros(30)], np.arange(90) < 60)
    found = hs.map_tasks(both, {"a": a, "b": b}, targets=["b"], **QUICK)
    note = found.table_["note"][0]
    assert "30 of 60 rows of b stand in the table a second time, with a label of a" in note
    assert found.table_["verdict"][0] != "helps"


def mixed(n=60):
    X = table(n)
    rng = np.random.default_rng(3)
    number = X["x0"].to_numpy() + rng.normal(size=n)
    word = np.where(number + rng.normal(size=n) > 0, "yes", "no")
    three = np.digitize(X["x1"], [-0.4, 0.4])
    return X, pd.DataFrame({"number": number, "word": word, "three": three})


def test_classes_and_numbers_each_in_its_own_metric(linear_alone, tmp_path):
    X, Y = mixed()
    Y.loc[:9, "number"] = np.nan
    Y.loc[5:14, "three"] = np.nan
    found = hs.map_tasks(X, Y, resume=tmp_path / "map.jsonl", **QUICK)
    assert found.metrics == {"number": "r2", "word": "roc_auc", "three": "accuracy"} and found.metric == ""
    assert found.table_.groupby("target")["n_target"].first().to_dict() == {"number": 50, "three": 50, "word": 60}
    assert list(found.table_["metric"][:2]) == ["roc_auc", "accuracy"]
    assert found.asymmetry()["difference"].isna().all()
    told = str(found)
    assert "R2: number; AUC: word; accuracy: three" in told and "pool" not in told
    with pytest.raises(AttributeError, match="a map of tasks has no pooling_.*see plain_"):
        _ = found.pooling_
    assert found.to_dict()["between"] == "tasks"
    again = hs.map_tasks(X, Y, resume=tmp_path / "map.jsonl", **QUICK)
    assert again.table_.equals(found.table_)
    tasks = found.to_task_map()
    assert tasks.targets == ("word", "three", "number") or set(tasks.targets) == {"word", "three", "number"}
    assert tasks.baselines == ("target only",) and set(tasks.policy(2).sources) <= {"word", "three", "number"}
    Y.loc[20, "word"] = "no" if Y.loc[20, "word"] == "yes" else "yes"
    with pytest.raises(InputError, match="the labels of task 'word' have changed"):
        hs.map_tasks(X, Y, resume=tmp_path / "map.jsonl", **QUICK)
    with pytest.raises(InputError, match="the rows have changed"):
        hs.map_tasks(X + 1, Y, resume=tmp_path / "map.jsonl", **QUICK)


def test_a_task_more_changes_no_other_cell_and_repeats_are_gone_on_with(linear_alone, tmp_path):
    X, Y = mixed(40)
    two = hs.map_tasks(X, Y[["number", "word"]], targets=["word"], **QUICK)
    file = tmp_path / "map.jsonl"
    options = {"targets": ["word"], "time_limit": 1e-9, "resume": file, "repeats": 2}
    hs.map_tasks(X, Y, **options)
    hs.map_tasks(X, Y, **options)
    at_once = hs.map_tasks(X, Y, targets=["word"], repeats=2)
    gone_on = hs.map_tasks(X, Y, **{**options, "time_limit": None})
    assert np.array_equal(at_once.gain_, gone_on.gain_)
    assert two.gain_.loc["number", "word"] == hs.map_tasks(X, Y, targets=["word"], **QUICK).gain_.loc["number", "word"]


def test_tasks_with_rows_of_their_own(linear_alone):
    X, Y = mixed()
    domains = [hs.Domain(X[:30], Y["number"][:30], name="number"), hs.Domain(X[30:], Y["word"][30:], name="word")]
    found = hs.map_tasks(domains, **QUICK)
    assert found.task == {"number": "regression", "word": "classification"}
    assert list(found.table_["n_target"]) == [30, 30] and list(found.table_["n_source"]) == [30, 30]
    with pytest.raises(InputError, match="expected map_tasks\\(domains\\) alone"):
        hs.map_tasks(domains, Y)
    with pytest.raises(InputError, match="the columns of task 'word' are not those of 'number'"):
        hs.map_tasks([domains[0], hs.Domain(X[["x0"]], Y["word"], name="word")])


def test_pairs_of_sources_and_few_labels(linear_alone):
    X, Y = mixed(40)
    found = hs.map_tasks(X, Y, targets=["word"], orders=2, n_target=20, max_source_rows=30, **QUICK)
    assert list(found.gain_.index) == ["number", "three", "number + three"]
    assert set(found.table_["n_target"]) == {20} and list(found.table_["n_source"]) == [30, 30, 60]


def test_tasks_that_cannot_be_measured_are_left_out_and_named(linear_alone):
    X, Y = mixed()
    Y["rare"] = with_gaps(np.arange(60) % 2, np.arange(60) < 5)
    Y["same"] = 1
    found = hs.map_tasks(X, Y, targets=None, sources=["number", "word"], **QUICK)
    assert found.skipped_["rare"].startswith("has 5 labels; expected at least 8")
    assert found.skipped_["same"].startswith("has one class among its labels, 1; expected at least two")
    assert "Left out as a target or source:\n  rare has 5 labels" in str(found)
    for role in ("targets", "sources"):
        with pytest.raises(InputError, match=f"{role[:-1]} 'rare' has 5 labels"):
            hs.map_tasks(X, Y, **{role: ["rare"]})


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda X, Y: (X, Y[["word"]]), {}, "1 task is given; expected at least two"),
        (lambda X, Y: (X[:50], Y), {}, "X has 50 rows and Y 60; expected as many rows of labels as of X"),
        (lambda X, Y: (X, Y.set_axis(["a", "a", "b"], axis=1)), {}, "several tasks are called a"),
        (lambda X, Y: (X, Y.assign(number=np.nan)), {}, "task 'number' has no labels: all of its 60 rows are gaps"),
        (lambda X, Y: (X, Y.assign(number=np.inf)), {"task": {"number": "regression"}}, "'number' has infinite labels"),
        (lambda X, Y: (X.assign(word=1), Y), {}, "X has the column 'word', which is a task of Y too.*drop it from X"),
        (lambda X, Y: (X[[]], Y), {}, "X has no columns; expected some"),
        (lambda X, Y: (X, Y.assign(number=[np.inf] + [1.0] * 59)), {}, "'number' has infinite labels"),
        (lambda X, Y: (X, Y[::-1]), {}, r"X and Y have the same index in different orders \(in row 0 0 and 59\)"),
        (
            lambda X, Y: (X, {n: Y[n][::-1] for n in Y}),
            {},
            r"X and Y\['number'\] have the same index in different orders",
        ),
        (lambda X, Y: (X, None), {}, "Y is None; expected map_tasks\\(X, Y\\)"),
        (lambda X, Y: (X, Y["word"]), {}, "Y has one dimension; expected a table with a column for each task"),
        (lambda X, Y: (X, {"a": [1, 2], "b": [1]}), {}, "different numbers of rows: 'a' 2, 'b' 1"),
        (lambda X, Y: (X, Y), {"targets": ["nmber"]}, "targets names 'nmber', which is none of the tasks"),
        (lambda X, Y: (X, Y), {"task": {"nmber": "regression"}}, "task names 'nmber', which is none of the tasks"),
        (lambda X, Y: (X, Y), {"task": {"word": "regression"}}, "'word' is said to be a regression, and holds words"),
        (lambda X, Y: (X, Y), {"task": {"number": "number"}}, "task says 'number' of 'number'; expected 'class"),
        (lambda X, Y: (X, Y), {"scoring": "accuracy"}, "is one metric, and the targets are classes"),
        (lambda X, Y: (X, Y), {"scoring": {"nmber": "r2"}}, "scoring names 'nmber', which is no target"),
        (lambda X, Y: (X, Y), {"orders": 3}, "orders=3 asks for sets of as many sources; there are at most 2"),
        (lambda X, Y: (X, Y), {"n_target": 5}, "n_target=5; expected a whole number of at least 8"),
        (lambda X, Y: (X, Y), {"level": 2}, "level=2; expected a share between 0 and 1"),
        (lambda X, Y: (list(X["x0"].astype(str)), Y), {}, "X is .*expected a table of rows and columns"),
        (lambda X, Y: (hs.Domain(X, Y["word"]), None), {}, "1 task is given"),
        (lambda X, Y: ([hs.Domain(X), hs.Domain(X, Y["word"])], None), {}, "task 'task 1' has no labels"),
    ],
)
def test_bad_input_is_named(change, options, message):
    with pytest.raises(InputError, match=message):
        hs.map_tasks(*change(*mixed()), **options)


def test_anything_but_tables_is_refused():
    with pytest.raises(InputTypeError, match="expected a table"):
        hs.map_tasks(None, mixed()[1])


def test_rows_without_any_label_and_gaps_in_columns_do_no_harm(linear_alone):
    X, Y = mixed(40)
    X.iloc[0] = np.nan
    X["city"] = np.where(np.arange(40) % 3 > 0, "north", "south")
    Y = Y.astype(object)
    Y.iloc[1] = None
    found = hs.map_tasks(X, Y[["number", "word"]], **QUICK)
    assert set(found.table_["n_target"]) == {39} and np.isfinite(found.table_["gain"]).all()


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([1] * 3 + [0] * 37, "'b' has 3 labels of the class 1; expected at least 4 of two classes"),
        ([str(k) for k in range(40)], "'b' has 40 classes in 40 labels; expected classes that many rows share"),
        (list(pd.date_range("2020", periods=40)), "'b' holds dates or times, such as 2020-01-01.*days since the first"),
    ],
)
def test_labels_that_nothing_can_be_told_by_are_refused(labels, message):
    X = np.random.default_rng(0).normal(size=(40, 2))
    with pytest.raises(InputError, match=message):
        hs.map_tasks(X, {"a": np.resize([0, 1], 40), "b": labels}, targets=["b"])
