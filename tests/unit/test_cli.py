"""The command line with a small stand-in for the model: files in, results out, errors in one sentence."""

from __future__ import annotations

import errno
import json
import math
import os
import shlex
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from headstart import run_folder
from headstart.cli import main, options, parts
from headstart.cli.app import run as call
from headstart.cli.errors import guarded
from headstart.core.errors import HeadstartWarning
from headstart.store import load, save
from headstart.tables import TableEncoder

DECISION = "helps"


class StandIn(BaseEstimator):
    """What the commands use of TransferClassifier, and nothing else."""

    def __init__(
        self,
        policy="blend",
        scoring=None,
        time_limit=None,
        n_jobs=None,
        progress=False,
        random_state=None,
        source_model=None,
        candidates="auto",
        select_sources=True,
    ):
        self.select_sources = select_sources
        self.source_model = source_model
        self.candidates = candidates
        self.policy = policy
        self.scoring = scoring
        self.time_limit = time_limit
        self.n_jobs = n_jobs
        self.progress = progress
        self.random_state = random_state

    def fit(self, X, y, *, source=None, unlabeled=None):
        sources = getattr(source, "domains", (source,))
        y = np.asarray(sources[0].y) if y is None else y
        self.source_model = None
        X = sources[0].X[list(X.columns)] if len(y) != len(X) else X
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.inner_ = make_pipeline(TableEncoder(), self._learner()).fit(X, y)
        self.verdict_ = SimpleVerdict(DECISION) if unlabeled is None or len(y) else None
        self.verdict_note_ = ""
        self.leaderboard_ = pd.DataFrame(
            {
                "candidate": ["target only (linear)", "pooled (linear)", "feature augmentation (linear)"],
                "kind": ["baseline", "baseline", "feature"],
                "score": [0.7, 0.75, 0.8],
                "gain": [0.0, 0.05, 0.1],
                "gain_low": [0.0, -0.1, 0.02],
                "gain_high": [0.0, 0.2, math.nan],
                "p_harm": [math.nan, 0.3, 0.02],
                "weight": [0.2, 0.0, 0.8],
                "seconds": [0.1, 0.1, 0.1],
                "note": ["", "", ""],
            }
        )
        if callable(self.progress):
            self.progress(1, 1)
        return self

    def predict(self, X):
        return self.inner_.predict(X)


class Classifier(ClassifierMixin, StandIn):
    def _learner(self):
        return LogisticRegression()

    @property
    def classes_(self):
        return self.inner_.classes_

    def predict_proba(self, X):
        return self.inner_.predict_proba(X)


class Regressor(RegressorMixin, StandIn):
    def _learner(self):
        return Ridge()


class SimpleVerdict:
    metric, score, interval = "roc_auc", 0.8, (-0.1, 0.1)

    def __init__(self, decision):
        self.decision = decision

    def sentence(self):
        return f"Transfer {self.decision}: +0.100 AUC over target only."

    def to_dict(self):
        return {"decision": self.decision, "gain": 0.1, "worth_labels": math.inf}


@pytest.fixture(autouse=True)
def stand_ins(monkeypatch):
    """Quick parts in the place of those that other tests look after."""
    made = []

    def make_model(task, **options):
        made.append(options)
        return (Classifier if task == "classification" else Regressor)(**options)

    trusted = [Classifier, Regressor, SimpleVerdict]
    found = SimpleNamespace(setting=("identical",), to_dict=lambda: {"setting": ["identical"], "auc": math.nan})
    monkeypatch.setattr(parts, "make_model", make_model)
    monkeypatch.setattr(parts, "diagnose", lambda *args, **kwargs: found)
    monkeypatch.setattr(parts, "write_report", lambda path, **kwargs: path.write_text("<!doctype html>"))
    monkeypatch.setattr(parts, "model_card", lambda *args: "# Model card\n")
    monkeypatch.setattr(parts, "load_model", lambda path, names=(): load(path, trusted=[*trusted, *names]))
    monkeypatch.setenv("COLUMNS", "100")
    return made


def frame(n, seed=0, *, regression=False):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {"age": rng.integers(30, 80, n).astype(float), "sex": rng.choice(["f", "m"], n), "dose": rng.normal(size=n)}
    )
    z = X["age"] / 20 + X["dose"] + 0.3 * rng.normal(size=n)
    X.loc[X.index % 7 == 3, "dose"] = np.nan
    return X.assign(outcome=z.round(3) if regression else np.where(z > z.median(), "sick", "well"))


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame(30).to_csv("target.csv", index=False)
    frame(60, 1).to_csv("source.csv", index=False)
    return tmp_path


FIT = ["fit", "--target", "target.csv", "--source", "source.csv", "--label", "outcome", "--out", "run"]


def error_of(capsys, arguments, code=2):
    assert call(arguments) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    (line,) = [line for line in err.splitlines() if line.startswith("error: ")]
    return line.removeprefix("error: ")


# ---- fit ------------------------------------------------------------------------------------------------------


def test_fit_leaves_a_run(data, capsys, stand_ins):
    assert call([*FIT, "--seed", "7", "--time-limit", "2m", "--policy", "strict"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Transfer helps: +0.100 AUC")
    assert "feature augmentation (linear)" in out and "run/report.html" in out
    assert "target target: 30 labelled rows; task: classification (sick, well)" in err
    assert sorted(p.name for p in Path("run").iterdir()) == [
        "diagnosis.json",
        "leaderboard.csv",
        "model.headstart",
        "model_card.md",
        "report.html",
        "run.json",
        "verdict.json",
    ]
    run = run_folder.read_run("run")
    assert run["seed"] == 7 and run["label"] == "outcome" and run["time_limit"] == 120
    assert run["target"]["rows"] == 30 and len(run["target"]["sha256"]) == 64
    assert run["sources"][0]["name"] == "source" and "scikit-learn" in run["versions"]
    assert run["command"].startswith("headstart")
    verdict = json.loads(Path("run/verdict.json").read_text())
    assert verdict["decision"] == "helps" and verdict["worth_labels"] is None
    assert len(pd.read_csv("run/leaderboard.csv")) == 3
    (options_given,) = stand_ins
    assert options_given["policy"] == "strict" and options_given["random_state"] == 7
    assert load_run().progress is False


def load_run():
    return parts.load_model(Path("run/model.headstart"))


def test_json_is_all_there_is_on_stdout(data, capsys):
    assert call([*FIT, "--json"]) == 0
    given = json.loads(capsys.readouterr().out)
    assert given["verdict"]["decision"] == "helps" and given["run"] == "run"
    assert given["leaderboard"][2]["gain_high"] is None and Path(given["files"]["report.html"]).exists()


def test_quiet(data, capsys):
    assert call([*FIT, "--quiet"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("decision", "code"), [("hurts", 3), ("helps", 0), ("undetermined", 0)])
def test_fail_on_harm(data, capsys, monkeypatch, decision, code):
    monkeypatch.setattr(sys.modules[__name__], "DECISION", decision)
    assert call([*FIT, "--fail-on-harm"]) == code
    assert call([*FIT, "--overwrite"]) == 0
    assert Path("run/run.json").exists()


def test_an_existing_run_is_refused_before_any_work(data, capsys, stand_ins):
    assert call(FIT) == 0
    capsys.readouterr()
    message = error_of(capsys, FIT)
    assert "exists and is not empty; choose another name, or pass --overwrite" in message and len(stand_ins) == 1
    assert call([*FIT, "--overwrite"]) == 0


def test_a_leak_stands_beside_the_verdict(data, capsys, monkeypatch):
    leaky = SimpleNamespace(
        source="source", duplicates=SimpleNamespace(leak=True), setting=("identical",), to_dict=lambda: {}
    )
    monkeypatch.setattr(parts, "diagnose", lambda *args, **kwargs: leaky)
    assert call(FIT) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "But do not trust these scores: rows of the target stand in source too." in out
    assert call([*FIT, "--overwrite", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["leaks"] == ["source"]


def test_several_sources_and_their_names(data, capsys):
    (data / "b").mkdir()
    frame(40, 2).to_csv("b/source.csv", index=False)
    more = ["--source", "b/source.csv", "--source", "third=source.csv"]
    assert call([*FIT, *more]) == 0
    names = [s["name"] for s in run_folder.read_run("run")["sources"]]
    assert names == [f"{data.name}/source", "b/source", "third"]
    capsys.readouterr()
    assert "two sources have the name 'a'" in error_of(
        capsys, [*FIT, "--overwrite", "--source", "a=source.csv", "--source", "a=b/source.csv"]
    )


def test_rows_without_a_label(data, capsys):
    table = frame(30)
    table.loc[:4, "outcome"] = None
    table.to_csv("target.csv", index=False)
    assert call(FIT) == 0
    err = capsys.readouterr().err
    assert "target target: 5 of 30 rows have no label and are used as unlabelled rows" in err
    assert run_folder.read_run("run")["target"]["labelled_rows"] == 25


def test_regression(data, capsys):
    frame(30, regression=True).to_csv("target.csv", index=False)
    frame(60, 1, regression=True).to_csv("source.csv", index=False)
    assert call(FIT) == 0
    assert "task: regression" in capsys.readouterr().err
    assert call(["predict", "--run", "run", "--target", "target.csv"]) == 0
    assert capsys.readouterr().out.startswith("row,prediction\n1,")


def test_columns_that_only_one_side_has(data, capsys):
    frame(60, 1).rename(columns={"dose": "Dose"}).to_csv("source.csv", index=False)
    call(FIT)
    err = capsys.readouterr().err
    assert "warning: source source lacks 'dose' and has 'Dose', which the target lacks" in err
    assert "'Dose' may be the target's 'dose' (names alike" in err


def test_no_shared_column_is_said_with_what_may_mend_it(data, capsys):
    target = frame(30)
    target.rename(columns=lambda c: c if c == "outcome" else f"{c} (old)").to_csv("target.csv", index=False)
    assert call(["diagnose", *FIT[1:7]]) == 0
    told = capsys.readouterr()
    assert "source source shares no column with the target (which has 'age (old)'" in told.err
    assert "'age' may be the target's 'age (old)' (names alike" in told.err
    assert "if so, --rename 'sex=sex (old)'" in told.err
    assert call(["diagnose", *FIT[1:7], "--rename", "age=age (old)"]) == 0
    assert "source source lacks" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ("age", "--rename is 'age'; expected SOURCE_COLUMN=TARGET_COLUMN"),
        ("agee=age", "--rename agee=age: no source has a column 'agee'; expected one of 'age'"),
        ("age=sex", "--rename age=sex: a source has 'age' and 'sex' already"),
        ("age=years", "--rename age=years: the target has no column 'years'; expected one of 'age'"),
    ],
)
def test_wrong_renames(data, capsys, wish, message):
    assert message in error_of(capsys, [*FIT, "--rename", wish])


def test_a_run_of_another_place_takes_the_part_of_a_source(data, capsys, stand_ins):
    assert call([*FIT[:-1], "there"]) == 0
    frame(40, 5).to_csv("mine.csv", index=False)
    wish = ["fit", "--target", "mine.csv", "--label", "outcome", "--out", "run"]
    assert call([*wish, "--source-model", "there", "--json"]) == 0
    assert json.loads("{" + capsys.readouterr().out.partition("\n{")[2])["setting"] is None
    assert list(stand_ins[-1]["source_model"]) == ["target"]
    run = json.loads(Path("run/run.json").read_text())
    assert run["source_models"][0]["name"] == "target" and len(run["source_models"][0]["sha256"]) == 64
    assert run["sources"] == [] and not Path("run/diagnosis.json").exists()
    assert call(["report", "--run", "run"]) == 0
    assert call([*wish, "--overwrite", "--source-model", "north=there/model.headstart"]) == 0
    assert list(stand_ins[-1]["source_model"]) == ["north"]


def test_every_candidate_on_request(data, capsys, stand_ins):
    assert call([*FIT, "--candidates", "every"]) == 0
    assert stand_ins[-1]["candidates"] == "every"
    capsys.readouterr()
    assert "--candidates is 'most'; expected auto or every" in error_of(
        capsys, [*FIT, "--overwrite", "--candidates", "most"]
    )


def test_the_source_models_decide_the_task_only_of_numbers(data, capsys):
    frame(60, 3, regression=True).to_csv("numbers.csv", index=False)
    assert call(["fit", "--target", "numbers.csv", *FIT[3:-1], "there", "--task", "regression"]) == 2  # words there
    capsys.readouterr()
    frame(80, 4, regression=True).to_csv("more.csv", index=False)
    assert call(["fit", "--target", "numbers.csv", "--source", "more.csv", *FIT[5:-1], "there"]) == 0
    frame(40, 5).assign(outcome=lambda t: (t["outcome"] == "sick").astype(int)).to_csv("grades.csv", index=False)
    capsys.readouterr()
    wish = ["fit", "--label", "outcome", "--source-model", "there", "--out", "run", "--overwrite", "--target"]
    assert call([*wish, "grades.csv"]) == 0
    assert "task: regression, as the source models are for numbers" in capsys.readouterr().err
    call([*wish, "target.csv"])
    assert "as the source models are for numbers" not in capsys.readouterr().err


def test_a_source_model_that_saw_the_target_is_refused(data, capsys):
    assert call([*FIT[:-1], "there"]) == 0
    capsys.readouterr()
    wish = ["fit", "--target", "target.csv", "--label", "outcome", "--out", "run", "--source-model", "there"]
    assert "the run 'there' was fitted to this very target table" in error_of(capsys, wish)
    wish[2] = "source.csv"
    assert "the run 'there' was fitted to this very target table" in error_of(capsys, wish)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ([], "no --source is given; expected at least one table, or --source-model"),
        (
            ["--source-model", "nowhere"],
            "there is no 'nowhere'; expected a run folder of headstart fit, or a model file",
        ),
        (["--source-model", "target.csv"], "'target.csv' is not a model file"),
        (["--source-model", ".", "--source", "source.csv"], "both --source and --source-model are given"),
        (["--source-model", "."], "'.' is not a run folder"),
        (["--source-model", ".", "--no-target-labels"], "leaves nothing to fit or judge; ask the model itself"),
    ],
)
def test_wrong_source_models(data, capsys, more, message):
    assert message in error_of(capsys, ["fit", "--target", "target.csv", "--label", "outcome", "--out", "run", *more])


def test_columns_left_out(data, capsys):
    frame(30).assign(patient_id=range(100, 130)).to_csv("target.csv", index=False)
    call(FIT)
    assert "column 'patient_id' of the target looks like the names of its rows" in capsys.readouterr().err
    assert call([*FIT, "--overwrite", "--id-column", "patient_id", "--drop", "sex"]) == 0
    assert "looks like the names" not in capsys.readouterr().err
    run = run_folder.read_run("run")
    assert run["columns"] == ["age", "dose"] and run["id_column"] == "patient_id" and run["dropped"] == ["sex"]


def test_warnings_are_said_once_as_sentences(data, capsys, monkeypatch):
    def warn(*args, **kwargs):
        for _ in range(2):
            warnings.warn("30 of 30 target rows stand in the source too", HeadstartWarning, stacklevel=1)
            warnings.warn("something deep inside", RuntimeWarning, stacklevel=1)
        return SimpleNamespace(setting=(), to_dict=dict)

    monkeypatch.setattr(parts, "diagnose", warn)
    monkeypatch.setattr(sys, "warnoptions", [])
    assert call(FIT) == 0
    err = capsys.readouterr().err
    assert err.count("warning: 30 of 30 target rows stand in the source too") == 1 and "deep inside" not in err


# ---- fit: bad input -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fit"], "Missing option '--target'"),
        (["fit", "--targett", "x"], "No such option: --targett"),
        (["fti"], "No such command 'fti'"),
        ([*FIT, "--seed", "x"], "Invalid value for '--seed'"),
        ([*FIT, "--time-limit", "soon"], "'soon' is no time; expected seconds, or a number with s, m or h"),
        ([*FIT, "--policy", "bold"], "--policy is 'bold'; expected blend, best or strict"),
        ([*FIT, "--scoring", "rocauc"], "did you mean roc_auc"),
        ([*FIT, "--task", "sorting"], "--task is 'sorting'; expected classification or regression"),
        ([*FIT, "--label", "outcom"], "has no column 'outcom', which should hold the label; did you mean 'outcome'?"),
        ([*FIT, "--drop", "agee"], "has no column 'agee', which was to be left out; did you mean 'age'?"),
        ([*FIT, "--drop", "outcome"], "the label 'outcome' cannot be left out"),
        ([*FIT, "--source", "sauce.csv"], "there is no file 'sauce.csv'; did you mean 'source.csv'?"),
        ([*FIT, "--task", "regression"], "the labels are words (such as"),
        ([*FIT, "--source-label", "y"], "has no column 'y', which should hold the label of the source"),
        ([*FIT, "--out", "target.csv"], "is a file; expected the name of a folder"),
        (
            ["diagnose", "--target", "target.csv", "--label", "outcome"],
            "no --source is given; expected at least one table to compare the target with",
        ),
        (["predict", "--target", "target.csv"], "pass either --run"),
        (["predict", "--target", "target.csv", "--run", "a", "--model", "b"], "not both"),
        (["evaluate", "--target", "target.csv", "--run", "nowhere"], "there is no run folder 'nowhere'"),
        (
            ["evaluate", "--target", "target.csv", "--run", "a", "--scoring", "r2x"],
            "--scoring is 'r2x'; expected a metric of scikit-learn: did you mean r2",
        ),
        (["report", "--run", "."], "is not a run folder (it has no run.json)"),
    ],
)
def test_wrong_options(data, capsys, arguments, message):
    told = error_of(capsys, arguments)
    assert message in told
    assert arguments[0] != "diagnose" or "--source-model" not in told  # an option that diagnose lacks
    assert not Path("run").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.assign(outcome="sick"), "the label is 'sick' in all 30 rows; expected at least two different"),
        (
            lambda t: t.assign(outcome=None),
            "holds nothing but gaps in 30 rows; expected labels; where the target has no",
        ),
        (lambda t: t.drop(columns="outcome"), "has no column 'outcome'"),
        (
            lambda t: t.iloc[:5],
            "'target.csv' has 5 labelled rows; expected at least 8 to judge by: label more, or pass --no-t",
        ),
        (lambda t: t.assign(outcome=np.arange(30) % 2), "the labels are words in 'source.csv' (such as"),
        (lambda t: t[["outcome"]].assign(age=np.inf), "column 'age' holds infinity in 30 rows"),
    ],
)
def test_wrong_targets(data, capsys, change, message):
    change(frame(30)).to_csv("target.csv", index=False)
    assert message in error_of(capsys, FIT)


def test_wrong_sources(data, capsys):
    frame(60, 1).assign(outcome="sick").to_csv("source.csv", index=False)
    assert "'source.csv': the label is 'sick' in all 60 rows" in error_of(capsys, FIT)


def test_a_target_without_labels(data, capsys):
    frame(30).drop(columns="outcome").to_csv("target.csv", index=False)
    assert call([*FIT, "--no-target-labels"]) == 0
    assert "30 rows without labels" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (KeyboardInterrupt(), 130, "interrupted; nothing half-written was left"),
        (OSError(errno.ENOSPC, "No space left on device"), 1, "the disk is full; nothing half-written was left"),
        (PermissionError(errno.EACCES, "Permission denied", "x"), 1, "'x': Permission denied"),
        (MemoryError(), 1, "the memory is not enough"),
    ],
)
@pytest.mark.parametrize("step", ["diagnose", "save_model", "model_card"])
def test_an_interrupted_fit_leaves_nothing(data, capsys, monkeypatch, error, code, message, step):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(parts, step, fail)
    assert message in error_of(capsys, FIT, code)
    assert sorted(p.name for p in data.iterdir()) == ["source.csv", "target.csv"]


def test_bugs_are_not_hidden():
    def bug():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        guarded(bug)()


@pytest.mark.parametrize(
    ("text", "value"), [(None, None), ("90", 90), ("90s", 90), ("5m", 300), ("1.5h", 5400), ("2 min", 120)]
)
def test_times(text, value):
    assert options.seconds(text) == value


# ---- predict --------------------------------------------------------------------------------------------------


@pytest.fixture
def fitted(data, capsys):
    frame(30).assign(id=[f"{k:03d}" for k in range(30)]).to_csv("target.csv", index=False)
    assert call([*FIT, "--id-column", "id"]) == 0
    new = frame(5, 9).assign(id=[f"{k:03d}" for k in range(5)])
    new[["id", "sex", "outcome", "dose", "age"]].to_csv("new.csv", index=False)
    capsys.readouterr()
    return data


def test_predict(fitted, capsys):
    assert call(["predict", "--run", "run", "--target", "new.csv", "--out", "p.csv"]) == 0
    assert "outcome not used" in capsys.readouterr().err
    found = pd.read_csv("p.csv", dtype={"id": str})
    assert found.columns.tolist() == ["id", "prediction", "probability_sick", "probability_well"]
    assert found["id"].tolist() == ["000", "001", "002", "003", "004"]
    model = load_run()
    X = frame(5, 9)[["age", "sex", "dose"]]
    assert found["prediction"].tolist() == model.predict(X).tolist()
    np.testing.assert_allclose(found["probability_sick"], model.predict_proba(X)[:, 0], atol=1e-6)


def test_predict_to_stdout_and_as_json(fitted, capsys):
    assert call(["predict", "--model", "run/model.headstart", "--target", "new.csv", "-q"]) == 0
    assert capsys.readouterr().out.startswith("row,prediction,probability_sick,probability_well\n1,")
    assert call(["predict", "--run", "run", "--target", "new.csv", "--json"]) == 0
    given = json.loads(capsys.readouterr().out)
    assert given["rows"] == 5 and given["predictions"][0]["id"] == "000"


def test_predict_with_missing_columns(fitted, capsys):
    frame(5).rename(columns={"dose": "Dose"}).drop(columns="age").to_csv("new.csv", index=False)
    message = error_of(capsys, ["predict", "--run", "run", "--target", "new.csv"])
    assert (
        "'new.csv' lacks 'age', 'dose'; expected the 3 columns that the model was fitted with; is it 'Dose' for"
        in message
    )


def test_predict_refuses_foreign_models(fitted, capsys):
    Path("m.headstart").write_bytes(b"\x80\x04\x95 pickle")
    message = error_of(capsys, ["predict", "--model", "m.headstart", "--target", "new.csv"])
    assert "is a pickle, which can run any code" in message
    save(TableEncoder().fit(frame(5)), "m.headstart")
    message = error_of(capsys, ["predict", "--model", "m.headstart", "--target", "new.csv"])
    assert "holds a TableEncoder, which does not predict" in message


# ---- evaluate and report --------------------------------------------------------------------------------------


def test_evaluate(fitted, capsys):
    frame(80, 5).to_csv("later.csv", index=False)
    assert call(["evaluate", "--run", "run", "--target", "later.csv"]) == 0
    out = capsys.readouterr().out
    assert "roc_auc 0." in out and "on 80 rows (90% interval" in out and "the fit expected 0.800" in out
    assert "predicted probability of well" in out
    assert call(["evaluate", "--run", "run", "--target", "later.csv", "--json", "--scoring", "accuracy"]) == 0
    given = json.loads(capsys.readouterr().out)
    later = frame(80, 5)
    expected = np.mean(load_run().predict(later[["age", "sex", "dose"]]) == later["outcome"])
    assert given["metric"] == "accuracy" and given["score"] == pytest.approx(expected)
    assert given["interval"][0] <= given["score"] <= given["interval"][1]
    assert sum(b["rows"] for b in given["calibration"]["bins"]) == 80


def test_evaluate_regression(data, capsys):
    frame(30, regression=True).to_csv("target.csv", index=False)
    frame(60, 1, regression=True).to_csv("source.csv", index=False)
    assert call(FIT) == 0
    frame(50, 5, regression=True).to_csv("later.csv", index=False)
    capsys.readouterr()
    assert call(["evaluate", "--run", "run", "--target", "later.csv"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("r2 0.") and "slope" in out


def test_evaluate_on_the_rows_of_the_fit(fitted, capsys):
    assert call(["evaluate", "--run", "run", "--target", "target.csv"]) == 0
    assert "is a file that the model was fitted with; its score here means nothing" in capsys.readouterr().err


def test_evaluate_with_labels_that_the_model_does_not_know(fitted, capsys):
    frame(20).replace({"sick": "ill"}).to_csv("later.csv", index=False)
    message = error_of(capsys, ["evaluate", "--run", "run", "--target", "later.csv"])
    assert "has labels that the model does not know: ill; expected sick, well" in message
    message = error_of(capsys, ["evaluate", "--model", "run/model.headstart", "--target", "later.csv"])
    assert "does not say what the label is called; pass --label COLUMN" in message


def test_evaluate_with_a_rare_label_that_the_model_does_not_know(fitted, capsys):
    later = frame(40, 5)
    later.loc[3, "outcome"] = "dead"
    later.to_csv("later.csv", index=False)
    assert call(["evaluate", "--run", "run", "--target", "later.csv"]) == 0
    out, err = capsys.readouterr()
    assert (
        "1 of 40 rows have labels that the model does not know (dead) and are left out" in err and "on 39 rows" in out
    )


def test_a_code_for_gaps_is_warned_of(data, capsys):
    frame(30).assign(dose=lambda t: t["dose"].abs().fillna(-999)).to_csv("target.csv", index=False)
    assert call(FIT) == 0
    err = " ".join(capsys.readouterr().err.split())
    assert "target target: -999 in 'dose' is the only negative number there and looks like a code for a gap" in err


def test_an_interruption_while_the_commands_are_loaded(monkeypatch, capsys):
    def stop(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("headstart.cli.app.run", stop)
    with pytest.raises(SystemExit) as left:
        main([])
    assert left.value.code == 130
    assert capsys.readouterr().err == "error: interrupted before anything was done\n"


def test_amounts_that_are_taken_for_classes(data, capsys):
    marks = np.arange(30) % 12
    frame(30).assign(outcome=marks).to_csv("target.csv", index=False)
    frame(30, 1).assign(outcome=marks).to_csv("source.csv", index=False)
    assert call(FIT) == 0
    assert "has 12 different whole numbers (0 to 11), which are taken for classes" in capsys.readouterr().err
    assert call([*FIT, "--overwrite", "--task", "regression"]) == 0
    err = capsys.readouterr().err
    assert "taken for classes" not in err and "task: regression" in err


def test_a_run_that_lost_a_file(fitted, capsys):
    Path("run/verdict.json").unlink()
    assert "lacks verdict.json; fit again" in error_of(capsys, ["report", "--run", "run"])


# ---- the program itself ---------------------------------------------------------------------------------------


def headstart(*arguments, **env):
    return subprocess.run(
        [sys.executable, "-m", "headstart", *arguments],
        capture_output=True, text=True, env={**os.environ, **env}, check=False,
    )  # fmt: skip


def test_help_is_quick_and_loads_nothing_slow():
    start = time.perf_counter()
    done = headstart("--help")
    took = time.perf_counter() - start
    assert done.returncode == 0 and all(c in done.stdout for c in ("demo", "diagnose", "fit", "evaluate", "predict"))
    code = (
        "import sys, headstart.cli.app; print([m for m in ('sklearn', 'pandas', 'numpy', 'skops') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
    assert took < 5  # under one second on an idle machine


def test_version_and_exit_codes():
    assert headstart("--version").stdout.startswith("headstart 0.")
    wrong = headstart("fit", "--target", "none.csv", "--source", "none.csv", "--label", "y")
    assert wrong.returncode == 2 and wrong.stdout == ""
    assert wrong.stderr == "error: there is no file 'none.csv'; check the path\n"


def test_colour_only_where_it_is_wanted():
    arguments = ("fit", "--target", "none.csv", "--source", "none.csv", "--label", "y")
    assert "\x1b[" not in headstart(*arguments, NO_COLOR="1").stderr
    assert "\x1b[1;31m" in headstart(*arguments, FORCE_COLOR="1").stderr


SLOW_FIT = """
import sys, time
from headstart.cli import parts
from headstart.cli.app import run
from types import SimpleNamespace

found = SimpleNamespace(setting=("identical",), to_dict=dict)
parts.diagnose = lambda *args, **kwargs: found
class Model:
    leaderboard_ = __import__("pandas").DataFrame({"kind": [], "candidate": []})
    def set_params(self, **kwargs): return self
    def fit(self, *args, **kwargs): return self
parts.make_model = lambda *args, **kwargs: Model()
parts.save_model = lambda model, path: path.write_text("model")
def slow(path, **kwargs):
    path.write_text("half a page")
    print("writing", flush=True)
    time.sleep(60)
parts.write_report = slow
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.parametrize(("kill", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -9)])
def test_a_process_that_is_stopped_while_it_writes(data, kill, code):
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_FIT, *FIT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    process.send_signal(kill)
    _, err = process.communicate(timeout=30)
    assert process.returncode == code
    left = sorted(p.name for p in data.iterdir() if p.name not in ("source.csv", "target.csv"))
    if kill == signal.SIGKILL:
        # nobody can clean up after that; but what is left does not look like a run
        (name,) = left
        assert name.startswith(".run.partial-") and not (data / name / "run.json").exists()
    else:
        assert left == [] and "interrupted; nothing half-written was left" in err and "Traceback" not in err


@pytest.mark.slow
def test_demo_tells_its_story(data, capsys):
    assert call(["demo", "--quiet"]) == 0
    out = capsys.readouterr().out
    assert "1. VA Long Beach for Hungary" in out and "2. Switzerland for Cleveland" in out
    assert "Was that right? The 234 patients of Hungary that were set aside know" in out
    assert "A model of Switzerland alone would have cost 0." in " ".join(out.split())  # its AUC is about 0.5
    for name in ("va-long-beach-to-hungary", "switzerland-to-cleveland"):
        assert f"headstart-demo/{name}/report.html" in out
        assert run_folder.read_run(f"headstart-demo/{name}")["label"] == "disease"
    # the files that its commands name are there, and it can be repeated in the same place
    assert call(["demo", "--quiet", "--json"]) == 0
    runs = json.loads(capsys.readouterr().out)["runs"]
    assert [r["held_out"]["rows"] for r in runs] == [234, 243]
    command = run_folder.read_run("headstart-demo/va-long-beach-to-hungary")["command"]
    assert call([*shlex.split(command)[1:-1], "again"]) == 0


def test_demo_replaces_nothing_but_a_demo(data, capsys):
    (data / "headstart-demo").mkdir()
    (data / "headstart-demo" / "thesis.tex").write_text("")
    assert "holds something else than a demo (thesis.tex)" in error_of(capsys, ["demo"])
