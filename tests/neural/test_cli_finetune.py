"""``headstart finetune``: files and folders in, a run folder out; errors in one sentence."""

import json
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from headstart.cli import image_folder, parts
from headstart.cli.app import run as call
from headstart.core.errors import InputError, MissingDependencyError
from headstart.neural.inputs.kinds import SUFFIXES
from headstart.ranking.backbone_result import BACKBONE_COLUMNS, BackboneRanking

from .. import network_cases as nc
from ..report_cases import FittedClassifier


class StandIn(FittedClassifier):
    """What the command uses of NeuralTransferSearch."""

    seen: dict = {}
    found = staticmethod(nc.search)

    def __init__(self, **options):
        type(self).seen = options
        self.backbone = options.get("backbone")

    def set_params(self, **options):
        self.progress = options.get("progress") or None
        type(self).seen |= options
        return self

    def fit(self, X, y, *, source=None):
        type(self).seen |= {"X": X, "y": y, "source": source}
        self.progress(0, 0, "the source's network")
        self.progress(1, 2, "LoRA")
        vars(self).update({k: v for k, v in vars(self.found()).items() if k.endswith("_")}, policy="best", notes_=[])
        return self


@pytest.fixture
def stand_in(monkeypatch):
    monkeypatch.setattr(parts, "network_search", StandIn)
    monkeypatch.setattr(parts, "save_model", lambda model, path: path.write_text("model"))
    return StandIn


def picture(path, light):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(len(str(path.name)) + light).integers(0, 100, size=(8, 8)) + light
    Image.fromarray(pixels.astype(np.uint8)).save(path)


@pytest.fixture
def photos(tmp_path):
    for k in range(6):
        picture(tmp_path / "photos" / "dark" / f"{k}.png", k)
        picture(tmp_path / "photos" / "light" / "more" / f"{k}.png", 100 + k)
    return tmp_path / "photos"


@pytest.fixture
def reviews(tmp_path):
    rng = np.random.default_rng(0)
    good = rng.permutation(np.arange(24) % 2)
    texts = [f"{'lovely' if g else 'awful'} thing {k}" for k, g in enumerate(good)]
    place = tmp_path / "reviews.csv"
    pd.DataFrame({"text": texts, "stars": rng.normal(size=24), "good": np.where(good, "yes", "no")}).to_csv(
        place, index=False
    )
    return place


def said(capsys):
    return capsys.readouterr().err.replace("\n", " ")


def test_a_folder_of_images(stand_in, photos, tmp_path, capsys):
    (photos / ".DS_Store").write_text("x")
    (photos / "dark" / "readme.txt").write_text("x")
    picture(photos / "loose.png", 3)
    out = tmp_path / "run"
    assert call(["finetune", "-t", str(photos), "--backbone", "timm/resnet18", "--epochs", "3", "--out", str(out)]) == 0
    told = capsys.readouterr()
    assert "Transfer helps: +0.149 accuracy" in told.out and "--target NEW_FOLDER" in told.out
    assert "left out: 1 hidden file, 1 file that is no image, 1 image in no class folder" in told.err
    assert "12 labelled images; task: classification (dark, light)" in told.err
    seen = stand_in.seen
    assert seen["kind"] == "images" and seen["backbone"] == "timm/resnet18" and seen["epochs"] == 3
    assert seen["y"].tolist() == ["dark"] * 6 + ["light"] * 6 and seen["source"] is None
    assert all(os.path.isfile(file) for file in seen["X"])
    names = {p.name for p in out.iterdir()}
    assert names >= {"model.headstart", "verdict.json", "leaderboard.csv", "curves.csv", "layers.csv", "report.html"}
    record = json.loads((out / "run.json").read_text())
    assert record["holds"] == "images" and record["target"]["rows"] == 12 and record["epochs"] == 3
    assert set(record["files"]) == names - {"run.json"}
    assert pd.read_csv(out / "layers.csv").columns[0] == "candidate"
    assert not (tmp_path / ".run.search").exists() and seen["folder"] is None


def test_a_column_of_texts(stand_in, reviews, tmp_path, capsys):
    args = ["finetune", "-t", str(reviews), "-l", "good", "--column", "text", "-s", f"shop={reviews}"]
    assert call([*args, "--json", "--quiet", "--out", str(tmp_path / "run")]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["verdict"]["decision"] == "helps" and told.err == ""
    assert stand_in.seen["kind"] == "texts" and stand_in.seen["X"][0].endswith("thing 0")
    assert stand_in.seen["source"].name == "shop" and stand_in.seen["source"].X == stand_in.seen["X"]


def test_the_only_column_needs_no_name_and_a_whole_table_is_one(stand_in, reviews, tmp_path, capsys):
    args = ["finetune", "-t", str(reviews), "-l", "good", "-s", f"shop={reviews}", "--overwrite"]
    assert call([*args, "--drop", "stars", "--out", str(tmp_path / "run")]) == 0
    assert "the rows are column 'text', the only one beside the label" in said(capsys)
    assert stand_in.seen["kind"] == "texts"
    assert call([*args, "--out", str(tmp_path / "run")]) == 0
    assert "all 2 columns go to a small network; --column NAME takes one" in said(capsys)
    assert stand_in.seen["kind"] == "table" and list(stand_in.seen["X"].columns) == ["text", "stars"]


def test_paths_are_seen_from_the_table(stand_in, photos, tmp_path, capsys):
    table = tmp_path / "list.csv"
    files = [p.relative_to(tmp_path).as_posix() for p in sorted(photos.rglob("*.png"))]
    pd.DataFrame({"file": files, "light": [0.5 * k for k in range(12)]}).to_csv(table, index=False)
    args = ["finetune", "-t", str(table), "-l", "light", "--backbone", "timm/resnet18"]
    assert call([*args, "--out", str(tmp_path / "run")]) == 0
    assert stand_in.seen["kind"] == "images" and stand_in.seen["task"] == "regression"
    assert stand_in.seen["X"][0] == str(tmp_path / files[0])
    (tmp_path / files[3]).unlink()
    assert call([*args, "--out", str(tmp_path / "other")]) == 2
    assert f"1 of 12 files of column 'file' are not there: '{files[3]}' (first in data row 4)" in said(capsys)


def test_a_search_that_was_begun_is_gone_on_with(stand_in, photos, tmp_path, capsys, monkeypatch):
    args = ["finetune", "-t", str(photos), "--backbone", "timm/resnet18", "--out", str(tmp_path / "run")]
    finish = StandIn.fit

    def stop(self, *_, **__):
        (self.seen["folder"] / "cells").mkdir()
        (self.seen["folder"] / "cells" / "0-0.json").write_text("{}")
        raise KeyboardInterrupt

    monkeypatch.setattr(StandIn, "fit", stop)
    assert call(args) == 130
    assert "what was trained is kept in" in said(capsys) and (tmp_path / ".run.search").is_dir()
    assert call(args) == 2
    assert "holds a search that was begun and is not finished; pass --resume to go on with it" in said(capsys)
    monkeypatch.setattr(StandIn, "fit", finish)
    assert call([*args, "--resume"]) == 0
    assert not (tmp_path / ".run.search").exists() and (tmp_path / "run" / "run.json").is_file()
    capsys.readouterr()
    assert call([*args, "--resume", "--overwrite"]) == 0
    assert "there is no search to go on with" in said(capsys)


def test_an_error_before_any_training_leaves_nothing(stand_in, photos, tmp_path, capsys, monkeypatch):
    def refuse(self, *_, **__):
        (self.seen["folder"] / "search.json").write_text("{}")
        raise InputError("X holds images and the backbone hf/x takes texts; expected the same")

    monkeypatch.setattr(StandIn, "fit", refuse)
    assert call(["finetune", "-t", str(photos), "--backbone", "hf/x", "--out", str(tmp_path / "run")]) == 2
    assert "the backbone hf/x takes texts" in said(capsys)
    assert not (tmp_path / ".run.search").exists() and not (tmp_path / "run").exists()


def test_harm_has_an_exit_code(stand_in, photos, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(StandIn, "found", staticmethod(nc.hurts))
    args = ["finetune", "-t", str(photos), "--backbone", "timm/resnet18", "--overwrite", "--out", str(tmp_path / "run")]
    assert call([*args, "--fail-on-harm"]) == 3
    assert "Fine-tuning all layers hurts" in capsys.readouterr().out
    assert call(args) == 0


def test_bad_images_are_named(stand_in, photos, tmp_path, capsys):
    whole = (photos / "dark" / "2.png").read_bytes()
    (photos / "dark" / "2.png").write_bytes(whole[: len(whole) // 2])
    assert call(["finetune", "-t", str(photos), "--backbone", "timm/resnet18", "--out", str(tmp_path / "run")]) == 2
    assert "1 of 12 images" in (told := said(capsys)) and "dark/2.png" in told and "cannot be read" in told


B, R = ["--backbone", "b"], ["reviews.csv", "-l", "good"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-t", "photos"], "neither --source nor --backbone is given"),
        (["-t", "photos", "-l", "good", *B], "whose subfolders are the labels; leave --label out"),
        (["-t", "photos", *B, "--task", "regression"], "--task is regression, and the labels of"),
        (["-t", "photos/dark", *B], "has 6 images that are in no subfolder; expected one folder for"),
        (["-t", "empty", *B], "has no subfolders; expected one folder for each class"),
        (["-t", "hollow", *B], "hollow/b' holds 1 files that are no images; expected images"),
        (["-t", "one", *B], "has one class folder, 'dark'; expected at least two"),
        (["-t", "reviews.csv", *B], "--label is not given; expected the column of"),
        (["-t", *R, *B], "reads images or texts, and"),
        (["-t", *R, "--column", "txt", *B], "no column 'txt', which should hold"),
        (["-t", *R, "--column", "good", *B], "--column and --label are both"),
        (["-t", *R, "--column", "stars", *B], "column 'stars' holds numbers alone, such as"),
        (["-t", "gaps.csv", "-l", "good", "--column", "text", *B], "in 2 of 24 rows (first in data row 4)"),
        (["-t", "photos", "-s", *R], "expected the column of 'reviews.csv' that holds paths"),
        (["-t", "photos", "-s", *R, "--column", "text"], "holds images and the source reviews texts"),
        (["-t", "photos", *B, "--policy", "first"], "--policy is 'first'; expected best, blend or strict"),
        (["-t", "photos", *B, "--candidates", "all"], "--candidates is 'all'; expected auto or every"),
        (["-t", "photos", "-s", "photos", "--weights", "w"], "--weights is 'w' without --backbone"),
        (["-t", "photos", *B, "--learning-rate", "0"], "--learning-rate is 0; expected a number above 0"),
        (["-t", "photos", *B, "--device", "fpu"], "device is 'fpu'; expected 'auto' or a name of torch"),
        (["-t", "photos", *B, "--scoring", "acuracy"], "did you mean accuracy"),
        (["-t", "photo", *B, "-l", "good"], "there is no file 'photo'"),
        (["-t", "photos", *B, "--backbone", "c", "--plan"], "--plan is of one network, and 2 backbones are given"),
        (["-t", "photos", *B, "--backbone", "c", "--weights", "w"], "--weights is 'w' with 2 backbones"),
    ],
)  # fmt: skip
def test_bad_input_in_one_sentence(stand_in, photos, reviews, tmp_path, capsys, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    picture(tmp_path / "hollow" / "a" / "1.png", 1)
    (tmp_path / "hollow" / "b").mkdir()
    (tmp_path / "hollow" / "b" / "notes.txt").write_text("x")
    picture(tmp_path / "one" / "dark" / "1.png", 1)
    gaps = pd.read_csv(reviews)
    gaps.loc[[3, 5], "text"] = None
    gaps.to_csv("gaps.csv", index=False)
    assert call(["finetune", *options, "--out", "run"]) == 2
    assert message in said(capsys)
    assert not (tmp_path / "run").exists() and not (tmp_path / ".run.search").exists()


def test_without_torch(photos, capsys, monkeypatch):
    def missing(**_):
        raise MissingDependencyError("headstart.neural needs the package 'torch': pip install 'headstart[neural]'")

    monkeypatch.setattr(parts, "network_search", missing)
    assert call(["finetune", "-t", str(photos), "--backbone", "b"]) == 2
    assert "headstart[neural]" in said(capsys)


def test_of_several_backbones_the_best_is_fine_tuned(stand_in, tmp_path, capsys):
    for k in range(8):
        picture(tmp_path / "photos" / "dark" / f"{k}.png", k)
        picture(tmp_path / "photos" / "light" / f"{k}.png", 100 + k)
    args = ["finetune", "-t", str(tmp_path / "photos"), "--out", str(tmp_path / "run")]
    names = [str(tmp_path / "absent"), "timm/resnet18"]
    seen = {}

    def ranked(target, backbones, **options):
        seen.update(options, backbones=backbones, rows=target.n_rows)
        row = [1, "timm/resnet18", "frozen", 0.9, 0.9, 0, 0, 0, True, 4, 20, 1.0, ""]
        table = pd.DataFrame([row], columns=[*BACKBONE_COLUMNS, "seconds", "note"])
        return BackboneRanking(table, 16, "roc_auc", 0.9, "timm/resnet18", ("timm/resnet18",), {names[0]: "no"}, 1.0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "rank_backbones", ranked)
        assert call([*args, "--backbone", names[0], "--backbone", names[1], "--seed", "3"]) == 0
    assert seen["backbones"] == names and seen["rows"] == 16 and seen["random_state"] == 3 and seen["fine_tune"] == 0
    assert stand_in.seen["backbone"] == "timm/resnet18"
    told = said(capsys)
    assert "timm/resnet18 comes first: 0.900 AUC" in told
    assert f"the ranking of the backbones is in {str(tmp_path / 'run' / 'backbones.html')!r}" in told
    assert "timm/<wbr>resnet18" in (tmp_path / "run" / "backbones.html").read_text(encoding="utf-8")
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["backbone"] == "timm/resnet18" and record["backbones"]["best"] == "timm/resnet18"
    assert "backbones.html" in record["files"]


def test_a_plan_counts_weights_and_trains_nothing(photos, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert call(["finetune", "-t", str(photos), "-s", f"old={photos}", "--plan", "--json"]) == 0
    found = {r["candidate"]: r for r in json.loads(capsys.readouterr().out)["candidates"]}
    whole = found["fine-tune all layers"]
    assert whole["trained"] == whole["weights"] > found["freeze lower half"]["trained"] > 0
    assert found["LoRA"]["trained"] < whole["weights"] < found["LoRA"]["weights"]
    assert 0 < found["frozen features (linear)"]["trained"] < found["LoRA"]["trained"]
    assert found["source only"]["trained"] == 0 and found["from scratch (linear)"]["trained"] is None
    assert not (tmp_path / "headstart-run").exists()


def test_images_are_told_by_the_same_names_everywhere():
    assert image_folder.SUFFIXES == SUFFIXES


QUICK = ["--epochs", "1", "--source-epochs", "1", "--folds", "2", "--quiet"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Real searches, on images and on texts, made once."""
    place = tmp_path_factory.mktemp("runs")
    for k in range(6):
        picture(place / "photos" / "dark" / f"{k}.png", k)
        picture(place / "photos" / "light" / f"{k}.png", 100 + k)
    good = np.arange(16) % 2
    frame = pd.DataFrame({"text": [f"{'lovely' if g else 'awful'} thing" for g in good], "good": good, "id": range(16)})
    frame.to_csv(place / "reviews.csv", index=False)
    images = ["finetune", "-t", str(place / "photos"), "-s", f"old={place / 'photos'}", "--out", str(place / "images")]
    texts = ["finetune", "-t", str(place / "reviews.csv"), "-l", "good", "--column", "text", "--policy", "blend"]
    assert call([*images, *QUICK]) == 0
    more = ["-s", f"shop={place / 'reviews.csv'}", "--id-column", "id", "--out", str(place / "texts")]
    assert call([*texts, *more, *QUICK]) == 0
    return place


def test_predict_a_folder_of_images(runs, tmp_path, capsys):
    asked, out = ["predict", "--run", str(runs / "images")], tmp_path / "p.csv"
    picture(tmp_path / "new" / "a.png", 3)
    picture(tmp_path / "new" / "sub" / "b.png", 103)
    assert call([*asked, "-t", str(tmp_path / "new"), "--out", str(out)]) == 0
    found = pd.read_csv(out)
    assert found["file"].tolist() == ["a.png", "sub/b.png"]
    assert list(found.columns[1:]) == ["prediction", "probability_dark", "probability_light"]
    pd.DataFrame({"file": ["sub/b.png"]}).to_csv(tmp_path / "new" / "list.csv", index=False)
    capsys.readouterr()
    assert call([*asked, "-t", str(tmp_path / "new" / "list.csv"), "--quiet"]) == 0
    one = capsys.readouterr().out.splitlines()[1].split(",")
    assert one[1] == found["prediction"][1] and float(one[2]) == pytest.approx(found["probability_dark"][1], abs=1e-5)


def test_predict_the_column_of_a_table(runs, tmp_path, capsys):
    pd.DataFrame({"id": ["007", "008"], "text": ["lovely thing", "awful thing"]}).to_csv(
        tmp_path / "n.csv", index=False
    )
    assert call(["predict", "--run", str(runs / "texts"), "-t", str(tmp_path / "n.csv"), "--quiet"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "id,prediction,probability_0,probability_1" and lines[1].startswith("007,")
    pd.DataFrame({"words": ["lovely"]}).to_csv(tmp_path / "w.csv", index=False)
    for target, message in (
        (tmp_path / "w.csv", "no column 'text'"),
        (tmp_path, "is a folder, and the model reads texts"),
    ):
        assert call(["predict", "--run", str(runs / "texts"), "-t", str(target)]) == 2
        assert message in said(capsys)


def test_evaluate_and_report_of_a_run(runs, capsys):
    assert call(["evaluate", "--run", str(runs / "images"), "-t", str(runs / "photos"), "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["rows"] == 12 and "its score here means nothing" in told.err
    assert call(["evaluate", "--run", str(runs / "texts"), "-t", str(runs / "reviews.csv")]) == 0
    assert "within the model" in capsys.readouterr().out
    before = (runs / "images" / "report.html").read_text()
    assert call(["report", "--run", str(runs / "images")]) == 0
    assert (runs / "images" / "report.html").read_text() == before


@pytest.mark.slow
def test_a_killed_search_resumes_to_the_same_predictions(photos, tmp_path):
    """SIGKILL in the middle, then --resume: the same numbers as without an interruption."""
    command = [sys.executable, "-m", "headstart", "finetune", "-t", str(photos), "-s", f"old={photos}", "--folds", "2"]
    command += ["--epochs", "4", "--source-epochs", "2", "--seed", "3", "--quiet"]
    subprocess.run([*command, "--out", str(tmp_path / "whole")], check=True, capture_output=True, timeout=600)
    killed = [*command, "--out", str(tmp_path / "killed")]
    begun = subprocess.Popen(killed, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    cells = tmp_path / ".killed.search" / "cells"
    while begun.poll() is None and len(list(cells.glob("*.json"))) < 3:
        time.sleep(0.02)
    begun.send_signal(signal.SIGKILL)
    begun.wait()
    assert cells.is_dir() and not (tmp_path / "killed").exists(), "it was finished before it was killed"
    subprocess.run([*killed, "--resume"], check=True, capture_output=True, timeout=600)
    assert not cells.exists()
    found = SimpleNamespace(board=[], predictions=[])
    for name in ("whole", "killed"):
        found.board.append(pd.read_csv(tmp_path / name / "leaderboard.csv").drop(columns="seconds"))
        out = tmp_path / f"{name}.csv"
        assert call(["predict", "--run", str(tmp_path / name), "-t", str(photos), "--quiet", "--out", str(out)]) == 0
        found.predictions.append(out.read_text())
    assert found.predictions[0] == found.predictions[1]
    pd.testing.assert_frame_equal(*found.board)
