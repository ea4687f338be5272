"""``headstart multitask``: a table with several columns of labels in, a run folder out; errors in one sentence."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from headstart import multitask
from headstart.cli import network_job, parts, task_job
from headstart.cli.app import run as call
from headstart.cli.task_parts import exported
from headstart.core.errors import MissingDependencyError

from .. import task_cases as tc


class StandIn(tc.FittedTasks):
    """What the command uses of MultiTaskLearner."""

    seen: dict = {}
    changed: dict = {}

    def __init__(self, **options):
        super().__init__(**options)
        type(self).seen = options

    def fit(self, X, Y):
        type(self).seen |= {"X": X, "Y": Y}
        names = [n for n in Y.columns if n not in self.auxiliary]
        fitted = vars(tc.tasks(names, auxiliary=tuple(self.auxiliary)))
        vars(self).update({k: v for k, v in fitted.items() if k.endswith("_")} | self.changed)
        classes = {k: np.unique(Y[k].dropna()) for k in names if self.kinds[k] == "classification"}
        self.classes_ = [classes.get(k) for k in names]
        return self


@pytest.fixture
def stand_in(monkeypatch):
    monkeypatch.setattr(parts, "network_tasks", StandIn)
    monkeypatch.setattr(parts, "save_model", lambda model, path: path.write_text("model"))
    monkeypatch.setattr(network_job, "check_device", lambda name: None)
    # A weighting needs torch; what is asked of it here is its name.
    monkeypatch.setattr(task_job, "part_of", lambda package, name: name)
    monkeypatch.setattr(StandIn, "changed", {})
    return StandIn


@pytest.fixture
def table(tmp_path):
    """40 rows: two tasks of classes and two of numbers, with gaps; one row without any label."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"age": rng.integers(20, 80, 40) + 0.5, "pressure": rng.normal(size=40)})
    frame["sex"] = np.where(rng.random(40) > 0.5, "m", "f")
    frame["ill"] = np.where(frame["pressure"] > 0, "yes", "no")
    frame["days"] = frame["age"] / 7
    frame["again"] = (rng.random(40) > 0.5).astype(int)
    frame["visits"] = rng.integers(0, 9, 40)
    frame.loc[3:9, "ill"] = None
    frame.loc[8:14, "days"] = np.nan
    frame["nobody"] = "x"
    frame["id"] = [f"{k:03}" for k in range(40)]
    place = tmp_path / "patients.csv"
    frame.to_csv(place, index=False)
    return place


def said(capsys):
    return capsys.readouterr().err.replace("\n", " ")


def test_a_table_leaves_a_run_folder(stand_in, table, tmp_path, capsys):
    out = tmp_path / "run"
    drop = ["--drop", "again", "--drop", "visits", "--drop", "nobody", "--id-column", "id"]
    command = ["multitask", str(table), "--tasks", "ill,days", "--auxiliary", "again", "--out", str(out), *drop[2:]]
    assert call([*command, "--weighting", "UPGrad", "--epochs", "3", "--seed", "7"]) == 0
    told = capsys.readouterr()
    assert "Learning together helps 1 and hurts 1 of 2 tasks" in told.out.replace("\n", " ")
    assert "days is predicted by a network of its own, ill by the joint one" in told.out.replace("\n", " ")
    assert "task ill: classification (no, yes), 33 labels in 40 rows" in told.err
    assert "task again (auxiliary): classification (0, 1), 40 labels" in told.err
    seen = stand_in.seen
    assert list(seen["X"].columns) == ["age", "pressure", "sex"], "no label and no name is learned from"
    assert list(seen["Y"].columns) == ["ill", "days", "again"] and seen["auxiliary"] == ["again"]
    assert seen["kinds"] == {"ill": "classification", "days": "regression", "again": "classification"}
    assert (seen["weighting"], seen["sharing"], seen["epochs"], seen["random_state"]) == ("UPGrad", None, 3, 7)
    names = {p.name for p in out.iterdir()}
    assert names >= {"model.headstart", "verdict.json", "leaderboard.csv", "affinity.csv", "curves.csv", "layers.csv"}
    assert names >= {"report.html", "model_card.md", "run.json"}
    record = json.loads((out / "run.json").read_text())
    assert record["tasks"] == ["ill", "days", "again"] and record["weighting"] == "UPGrad" and record["seed"] == 7
    assert record["labels"] == {"ill": 33, "days": 33, "again": 40} and set(record["files"]) == names - {"run.json"}
    verdict = json.loads((out / "verdict.json").read_text())
    assert [t["uses"] for t in verdict["tasks"]] == ["joint", "alone"] and verdict["decision"] == "undetermined"
    assert pd.read_csv(out / "curves.csv")["network"].unique().tolist() == ["joint", "alone days"]
    assert pd.read_csv(out / "affinity.csv", index_col=0).shape == (3, 3)


def test_rows_without_any_label_are_told_and_left_out(stand_in, table, tmp_path, capsys):
    assert call(["multitask", str(table), "--tasks", "ill,days", "--out", str(tmp_path / "run"), "--json"]) == 0
    told = capsys.readouterr()
    assert "2 of 40 rows have no label of any task and are left out" in told.err
    assert len(stand_in.seen["X"]) == len(stand_in.seen["Y"]) == 38
    assert stand_in.seen["Y"]["ill"].isna().sum() == 5 and stand_in.seen["Y"].index.tolist() == list(range(38))
    found = json.loads(told.out)
    assert found["verdict"]["tasks"][0]["task"] == "ill" and "report.html" in found["files"]
    assert "column 'nobody'" not in told.err and "column 'id' of the target looks like the names" in told.err


def test_a_column_that_gives_a_label_away_is_told(stand_in, table, tmp_path, capsys):
    frame = pd.read_csv(table)
    frame["copy"] = frame["ill"].fillna("no")
    frame.to_csv(table, index=False)
    assert call(["multitask", str(table), "--tasks", "ill,days", "--out", str(tmp_path / "run")]) == 0
    assert "column 'copy' holds the same as task 'ill' in each row that has a label" in said(capsys)


def test_kinds_are_told_for_one_task_or_for_all(stand_in, table, tmp_path, capsys):
    args = ["multitask", str(table), "--tasks", "visits,again", "--overwrite", "--out", str(tmp_path / "run")]
    assert call(args) == 2
    assert "has 9 distinct whole numbers, which may be classes or amounts" in said(capsys)
    assert call([*args, "--kinds", "visits=regression"]) == 0
    assert stand_in.seen["kinds"] == {"visits": "regression", "again": "classification"}
    assert call([*args, "--kinds", "regression,visits=classification", "--folds", "2"]) == 0
    assert stand_in.seen["kinds"] == {"visits": "classification", "again": "regression"}


def test_a_name_with_a_comma_or_an_equals_sign(stand_in, table, tmp_path):
    frame = pd.read_csv(table).rename(columns={"ill": "ill, or not", "visits": "a=b"})
    frame.to_csv(table, index=False)
    args = ["--tasks", "ill, or not", "--tasks", "a=b,days", "--kinds", "a=b=regression"]
    assert call(["multitask", str(table), *args, "--out", str(tmp_path / "run")]) == 0
    assert list(stand_in.seen["Y"].columns) == ["ill, or not", "a=b", "days"]
    assert stand_in.seen["kinds"]["a=b"] == "regression"


def test_texts_and_images_in_a_column(stand_in, tmp_path, capsys):
    good = np.arange(20) % 2
    frame = pd.DataFrame({"text": [f"thing {k}" for k in range(20)], "good": good, "cheap": good[::-1]})
    frame.loc[4, ["good", "cheap"]] = np.nan
    frame.to_csv(tmp_path / "reviews.csv", index=False)
    args = ["--tasks", "good,cheap", "--out", str(tmp_path / "run"), "--overwrite", "--folds", "2"]
    assert call(["multitask", str(tmp_path / "reviews.csv"), *args, "--backbone", "hf/x"]) == 0
    assert "the rows are column 'text', the only one beside the tasks" in said(capsys)
    assert stand_in.seen["kind"] == "texts" and len(stand_in.seen["X"]) == 19 and "thing 4" not in stand_in.seen["X"]
    assert stand_in.seen["backbone"] == "hf/x"
    (tmp_path / "pictures").mkdir()
    for k in range(20):
        pixels = np.full((4, 4), 10 * k, dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "pictures" / f"{k}.png")
    frame["file"] = [f"pictures/{k}.png" for k in range(20)]
    frame.to_csv(tmp_path / "list.csv", index=False)
    pytest.importorskip("torch", reason="images are read by headstart.neural")
    assert call(["multitask", str(tmp_path / "list.csv"), "--column", "file", *args]) == 0
    assert stand_in.seen["kind"] == "images" and stand_in.seen["X"][4] == str(tmp_path / "pictures/5.png")


def test_harm_has_an_exit_code_where_nothing_mends_it(stand_in, table, tmp_path, capsys, monkeypatch):
    args = ["multitask", str(table), "--tasks", "ill,days", "--overwrite", "--out", str(tmp_path / "run")]
    assert call([*args, "--fail-on-harm"]) == 0, "the task that loses has a network of its own"
    monkeypatch.setattr(StandIn, "changed", {"alone_": []})
    assert call([*args, "--fail-on-harm", "--fallback", "never"]) == 3
    assert stand_in.seen["fallback"] == "never"
    assert "days loses by learning together" in capsys.readouterr().out
    assert call(args) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--tasks", "ill"], "there is one task, 'ill'; expected at least two"),
        (["--tasks", ","], "--tasks names no column; expected some with commas between them"),
        (["--tasks", "ill,dys"], "has no column 'dys', which --tasks names; did you mean 'days'?"),
        (["--tasks", "ill,ill"], "--tasks names 'ill' twice"),
        (["--tasks", "ill,days", "--auxiliary", "agan"], "has no column 'agan', which --auxiliary names; did you mean"),
        (["--tasks", "ill,days", "--auxiliary", "ill,days"], "all tasks are auxiliary; expected at least one"),
        (["--tasks", "ill,nobody"], "task 'nobody' has one class: all of its 40 labels are 'x'"),
        (["--tasks", "ill,days", "--drop", "ill"], "--drop is 'ill', which is a task; expected another column"),
        (["--tasks", "ill,days", "--column", "days"], "--column is 'days', which is a task"),
        (["--tasks", "ill,days", "--id-column", "ill"], "--id-column is 'ill', which is a task"),
        (["--tasks", "ill,days", "--sharing", "hardsharing"], "did you mean HardSharing"),
        (["--tasks", "ill,days", "--weighting", "UpGrad"], "did you mean UPGrad"),
        (["--tasks", "ill,days", "--kinds", "ill=class"], "--kinds says 'ill=class'; expected NAME=classification"),
        (["--tasks", "ill,days", "--kinds", "il=regression"], "--kinds names 'il', which is no task"),
        (["--tasks", "ill,days", "--kinds", "ill=regression"], "task 'ill'"),
        (["--tasks", "ill,days", "--fallback", "harm"], "--fallback is 'harm'; expected hurts, doubt, never"),
        (["--tasks", "ill,days", "--model", "tree"], "--model is 'tree'; expected network, linear, kernel"),
        (["--tasks", "ill,days", "--folds", "20"], "too few to judge over 20 folds; expected at least 40"),
        (["--tasks", "ill,days", "--backbone", "hf/x"], "reads images or texts, and"),
        (["--tasks", "ill,days", "--weights", "w"], "--weights is 'w' without --backbone"),
        (["--tasks", "ill,days", "--learning-rate", "0"], "--learning-rate is 0; expected a number above 0"),
        (["--tasks", "ill,days", "--column", "words"], "has no column 'words', which should hold the texts"),
        (["--tasks", "ill,again", "--model", "linear"], "hold words, and --model linear takes numbers without gaps"),
        (["--tasks", "ill,again", "--model", "linear", "--fallback", "never"], "--fallback is about networks"),
        (["--tasks", "ill,again", "--model", "linear", "--auxiliary", "days"], "--auxiliary is about networks"),
    ],
)  # fmt: skip
def test_bad_input_in_one_sentence(stand_in, table, tmp_path, capsys, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    assert call(["multitask", table.name, *options, "--out", "run"]) == 2
    assert message in said(capsys)
    assert not (tmp_path / "run").exists()


def test_all_columns_are_tasks_or_it_is_a_folder(stand_in, table, tmp_path, capsys):
    frame = pd.read_csv(table)[["ill", "days"]]
    frame.to_csv(tmp_path / "two.csv", index=False)
    assert call(["multitask", str(tmp_path / "two.csv"), "--tasks", "ill,days"]) == 2
    assert "has no column beside the tasks and those left out" in said(capsys)
    assert call(["multitask", str(tmp_path), "--tasks", "ill,days"]) == 2
    assert "is a folder; expected a table with a column for each task" in said(capsys)


def test_the_names_of_parts_are_those_of_the_package():
    assert "HardSharing" in exported("sharing") and "EqualWeighting" in exported("weighting")
    assert set(exported("sharing")) | set(exported("weighting")) <= set(multitask.__all__)
    assert not {"Sharing", "Trunk", "Weighting", "WeightingState"} & {*exported("sharing"), *exported("weighting")}


def test_without_torch(table, capsys, monkeypatch):
    def missing(**_):
        raise MissingDependencyError("headstart.multitask needs the package 'torch': pip install 'headstart[neural]'")

    monkeypatch.setattr(parts, "network_tasks", missing)
    assert call(["multitask", str(table), "--tasks", "ill,days"]) == 2
    assert "headstart[neural]" in said(capsys)


@pytest.fixture(scope="module")
def linear(tmp_path_factory):
    """A real run of linear models, which need no torch."""
    place = tmp_path_factory.mktemp("linear")
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(80, 3)), columns=list("abc")).round(3)
    for k, name in enumerate(("one", "two")):
        frame[name] = np.where(frame["a"] + 0.3 * rng.normal(size=80) > 0.2 * k, "yes", "no")
    frame.loc[:9, "one"] = None
    frame["id"] = [f"{k:03}" for k in range(80)]
    frame.to_csv(place / "t.csv", index=False)
    options = ["--model", "linear", "--folds", "2", "--id-column", "id", "--quiet", "--out", str(place / "run")]
    assert call(["multitask", str(place / "t.csv"), "--tasks", "one,two", *options]) == 0
    return place


def test_linear_models_predict(linear, tmp_path, capsys):
    out = tmp_path / "p.csv"
    rows = pd.read_csv(linear / "t.csv", dtype={"id": str})
    rows.loc[:4, ["id", "c", "b", "a"]].to_csv(tmp_path / "new.csv", index=False)
    assert call(["predict", "--run", str(linear / "run"), "-t", str(tmp_path / "new.csv"), "--out", str(out)]) == 0
    found = pd.read_csv(out, dtype={"id": str})
    assert list(found.columns) == [
        "id", "prediction_one", "probability_one_no", "probability_one_yes",
        "prediction_two", "probability_two_no", "probability_two_yes",
    ]  # fmt: skip
    assert found["id"].tolist() == [f"{k:03}" for k in range(5)]
    sums = found[["probability_one_no", "probability_one_yes"]].sum(axis=1)
    assert np.allclose(sums, 1, atol=1e-5)
    assert (found["prediction_one"] == np.where(found["probability_one_yes"] > 0.5, "yes", "no")).all()


def test_linear_models_are_evaluated_task_by_task(linear, tmp_path, capsys):
    args = ["evaluate", "--run", str(linear / "run")]
    assert call([*args, "-t", str(linear / "t.csv"), "--json"]) == 0
    told = capsys.readouterr()
    found = json.loads(told.out)["tasks"]
    assert found["one"]["rows"] == 70 and found["two"]["rows"] == 80 and found["one"]["score"] > 0.8
    assert "its score here means nothing" in told.err
    part = pd.read_csv(linear / "t.csv").drop(columns="two").iloc[20:60]
    part.to_csv(tmp_path / "part.csv", index=False)
    assert call([*args, "-t", str(tmp_path / "part.csv"), "--scoring", "accuracy"]) == 0
    told = capsys.readouterr()
    assert "accuracy" in told.out and "part.csv has no labels of 'two'; they are not scored" in told.err
    assert call([*args, "-t", str(tmp_path / "part.csv"), "--label", "two"]) == 2
    assert "has no labels of 'two'; expected a column of labels for it" in said(capsys)
    assert call([*args, "-t", str(tmp_path / "part.csv"), "--label", "three"]) == 2
    assert "--label is 'three', which is none of the tasks; expected one of 'one', 'two'" in said(capsys)


def test_kernel_models_are_fitted_in_the_same_way(linear, tmp_path, capsys):
    command = ["multitask", str(linear / "t.csv"), "--tasks", "one,two", "--model", "kernel", "--folds", "2"]
    assert call([*command, "--id-column", "id", "--quiet", "--json", "--out", str(tmp_path / "run")]) == 0
    assert len(json.loads(capsys.readouterr().out)["verdict"]["tasks"]) == 2
    assert call(["predict", "--run", str(tmp_path / "run"), "-t", str(linear / "t.csv"), "--quiet"]) == 0
    assert "probability_two_yes" in capsys.readouterr().out.splitlines()[0]


def test_the_report_is_made_again(linear, capsys):
    before = {name: (linear / "run" / name).read_text() for name in ("report.html", "model_card.md")}
    assert call(["report", "--run", str(linear / "run")]) == 0
    assert "report" in capsys.readouterr().out
    assert {name: (linear / "run" / name).read_text() for name in before} == before
    assert (
        "The joint model predicts" in before["model_card.md"] and "MultiTaskLinearClassifier" in before["report.html"]
    )


def test_linear_models_take_one_kind_and_two_classes(linear, tmp_path, capsys):
    frame = pd.read_csv(linear / "t.csv")
    frame["three"], frame["size"] = np.resize(["x", "y", "z"], 80), np.linspace(0, 1.5, 80)
    frame.to_csv(tmp_path / "t.csv", index=False)
    args = ["multitask", str(tmp_path / "t.csv"), "--model", "linear", "--id-column", "id"]
    assert call([*args, "--tasks", "two,size", "--drop", "one", "--drop", "three"]) == 2
    assert "task 'two' has classes and 'size' numbers" in said(capsys)
    assert call([*args, "--tasks", "two,three"]) == 2
    assert "task 'three' has 3 classes, and --model linear takes two a task" in said(capsys)
