"""``headstart multitask`` with real networks: fit, predict, evaluate, the page again."""

import json

import numpy as np
import pandas as pd
import pytest

from headstart import multitask
from headstart.cli.app import run as call
from headstart.cli.task_parts import exported, part_of


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    place = tmp_path_factory.mktemp("tasks")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(40, 2)), columns=["a", "b"]).round(3)
    frame["sex"] = np.where(rng.random(40) > 0.5, "m", "f")
    frame["ill"], frame["days"] = np.where(frame["a"] > 0, "yes", "no"), 5 + frame["b"]
    frame["served"] = frame["a"] - frame["b"]
    frame.loc[:5, "ill"] = None
    frame.to_csv(place / "t.csv", index=False)
    options = ["--folds", "2", "--epochs", "1", "--fallback", "doubt", "--weighting", "RandomWeighting", "--quiet"]
    command = ["multitask", str(place / "t.csv"), "--tasks", "ill,days", "--auxiliary", "served", *options]
    assert call([*command, "--out", str(place / "run")]) == 0
    return place


def test_it_is_loaded_and_predicts(run, tmp_path, capsys):
    new = pd.read_csv(run / "t.csv")[["sex", "b", "a"]].head(7)
    new.to_csv(tmp_path / "n.csv", index=False)
    for which in (["--run", str(run / "run")], ["--model", str(run / "run" / "model.headstart")]):
        assert call(["predict", *which, "-t", str(tmp_path / "n.csv"), "--out", str(tmp_path / "p.csv")]) == 0
        found = pd.read_csv(tmp_path / "p.csv")
        names = ["row", "prediction_ill", "probability_ill_no", "probability_ill_yes", "prediction_days"]
        assert list(found.columns) == names and len(found) == 7
        assert (found["prediction_ill"] == np.where(found["probability_ill_yes"] > 0.5, "yes", "no")).all()
    record = json.loads((run / "run" / "run.json").read_text())
    assert (
        record["auxiliary"] == ["served"] and record["weighting"] == "RandomWeighting" and "torch" in record["versions"]
    )


def test_it_is_evaluated_and_its_page_made_again(run, capsys):
    assert call(["evaluate", "--run", str(run / "run"), "-t", str(run / "t.csv"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["tasks"]
    assert found["ill"]["rows"] == 34 and found["days"]["metric"] == "r2" and found["days"]["expected"] is not None
    args = ["evaluate", "--run", str(run / "run"), "-t", str(run / "t.csv"), "--scoring", "accuracy"]
    assert call(args) == 2
    assert "some tasks have classes and others numbers; expected --label NAME" in capsys.readouterr().err
    assert call([*args, "--label", "ill"]) == 0
    before = (run / "run" / "report.html").read_text()
    assert call(["report", "--run", str(run / "run")]) == 0
    assert (run / "run" / "report.html").read_text() == before
    assert "Who helps whom" in before and "RandomWeighting()" in before


@pytest.mark.parametrize("package", ["sharing", "weighting"])
def test_every_part_that_can_be_named_can_be_made(package):
    base = {"sharing": multitask.Sharing, "weighting": multitask.Weighting}[package]
    for name in exported(package):
        assert isinstance(part_of(package, name), base)
