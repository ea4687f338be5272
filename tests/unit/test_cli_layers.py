"""``headstart layers`` with a small stand-in for the study: files in, results out, errors in one sentence."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from headstart.cli import parts
from headstart.cli.app import run as call
from headstart.core.errors import InputError, MissingDependencyError

from .test_report_layers import SCORES, study


class StandIn:
    """What the command uses of LayerStudy."""

    seen: dict = {}

    def __init__(self, **options):
        type(self).seen = options

    def set_params(self, **options):
        self.progress = options.get("progress")
        type(self).seen |= options
        return self

    def fit(self, X, y, *, source=None):
        type(self).seen |= {"rows": len(X), "source": source}
        self.progress(1, 1)
        vars(self).update(vars(study(SCORES)))
        self.recommendation_ = SimpleNamespace(
            **vars(self.recommendation_), to_dict=lambda: {"decision": "transfer", "gain": np.float64(0.1)}
        )
        return self

    def summary(self):
        return "Keep the first 2 layers."


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    monkeypatch.setattr(parts, "layer_study", StandIn)


@pytest.fixture
def files(tmp_path):
    rng = np.random.default_rng(0)
    found = {}
    for name, n in (("target", 30), ("source", 60)):
        frame = pd.DataFrame(rng.normal(size=(n, 3)), columns=list("abc"))
        frame["sick"] = np.where(frame["a"] > 0, "yes", "no")
        found[name] = tmp_path / f"{name}.csv"
        frame.to_csv(found[name], index=False)
    return found


def test_result_on_stdout_progress_on_stderr_and_three_files(files, tmp_path, capsys):
    out = tmp_path / "run"
    args = ["layers", "-t", str(files["target"]), "-s", f"clinic={files['source']}", "-l", "sick", "--repeats", "3"]
    code = call([*args, "--depths", "1,3", "--seed", "4", "--out", str(out)])
    said = capsys.readouterr()
    assert code == 0 and said.out == "Keep the first 2 layers.\n"
    assert "training the networks" in said.err and "wrote layers.csv, layers.html and layers.json" in said.err
    assert StandIn.seen["depths"] == [1, 3] and StandIn.seen["repeats"] == 3 and StandIn.seen["random_state"] == 4
    assert StandIn.seen["mode"] == "train" and StandIn.seen["controls"] and StandIn.seen["task"] == "classification"
    assert StandIn.seen["rows"] == 30 and StandIn.seen["source"].name == "clinic"
    assert sorted(p.name for p in out.iterdir()) == ["layers.csv", "layers.html", "layers.json"]
    assert len(pd.read_csv(out / "layers.csv")) == 14
    page = (out / "layers.html").read_text(encoding="utf-8")
    assert "the network trained on clinic" in page and "30 labelled rows" in page
    record = json.loads((out / "layers.json").read_text(encoding="utf-8"))
    assert record["recommendation"] == {"decision": "transfer", "gain": 0.1} and record["run"]["seed"] == 4


def test_json_alone_and_nothing_written_without_out(files, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    args = ["layers", "-t", str(files["target"]), "-s", str(files["source"]), "-l", "sick", "--probe", "--no-controls"]
    assert call([*args, "--json", "--quiet"]) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert found["table"][0]["mode"] == "source" and found["table"][0]["gain"] is None and said.err == ""
    assert StandIn.seen["mode"] == "probe" and not StandIn.seen["controls"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["source.csv", "target.csv"]


def test_a_backbone_needs_no_source(files, capsys):
    args = ["layers", "-t", str(files["target"]), "-l", "sick"]
    assert call(args) == 2
    assert "no --source is given" in capsys.readouterr().err
    assert call([*args, "--backbone", "hf/some", "--weights", "folder"]) == 0
    assert StandIn.seen["source"] is None
    assert (StandIn.seen["backbone"], StandIn.seen["weights"]) == ("hf/some", "folder")


def test_bad_input_in_one_sentence(files, tmp_path, capsys, monkeypatch):
    args = ["layers", "-t", str(files["target"]), "-s", str(files["source"]), "-l", "sick"]
    assert call([*args, "--depths", "1;2"]) == 2
    assert "--depths is '1;2'; expected whole numbers with commas" in capsys.readouterr().err
    assert call([*args, "--out", str(tmp_path)]) == 2
    assert "exists and is not empty" in capsys.readouterr().err
    assert call([*args[:-1], "ill"]) == 2
    assert "'ill'" in capsys.readouterr().err

    def refuse(self, *_, **__):
        raise InputError("too few rows to hold out")

    monkeypatch.setattr(StandIn, "fit", refuse)
    assert call([*args, "--out", str(tmp_path / "run")]) == 2
    assert "error: too few rows to hold out" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_without_torch(files, capsys, monkeypatch):
    def missing(**_):
        raise MissingDependencyError("headstart.neural.LayerStudy needs the package 'torch'")

    monkeypatch.setattr(parts, "layer_study", missing)
    assert call(["layers", "-t", str(files["target"]), "-s", str(files["source"]), "-l", "sick"]) == 2
    assert "error: headstart.neural.LayerStudy needs the package 'torch'" in capsys.readouterr().err
