"""``headstart map``: tables in, the map out, errors in one sentence."""

import json
import pathlib

import numpy as np
import pandas as pd
import pytest

from headstart.cli.app import run as call

from ..transfer_map_cases import domains, stand_in


@pytest.fixture
def trials(monkeypatch):
    return stand_in(monkeypatch)


@pytest.fixture
def files(tmp_path):
    paths = []
    for d in domains():
        d.X.assign(ill=d.y, id=np.arange(d.n_rows)).to_csv(tmp_path / f"{d.label}.csv", index=False)
        paths.append(str(tmp_path / f"{d.label}.csv"))
    return paths


@pytest.fixture
def one_file(tmp_path, files):
    parts = [pd.read_csv(f).assign(place=n) for f, n in zip(files, "abcd", strict=True)]
    whole = pd.concat(parts).sample(frac=1, random_state=0)
    whole.to_csv(tmp_path / "all.csv", index=False)
    return str(tmp_path / "all.csv")


def test_a_file_for_each_domain(trials, files, capsys):
    assert call(["map", *files, "--label", "ill", "--id-column", "id"]) == 0
    out = capsys.readouterr().out
    assert "Transfer map: 11 of 12 cells measured" in out and "they do not fit" in out


def test_one_file_with_a_column_of_domains(trials, one_file, capsys):
    options = ["--domain", "place", "--label", "ill", "--targets", "a,b", "--sources", "c", "--n-target", "20"]
    assert call(["map", one_file, *options, "--json", "--quiet"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["targets"] == ["a", "b"] and found["sources"] == [["c"]]
    assert [c["n_target"] for c in found["cells"]] == [20, 20]


def test_options_reach_the_map(trials, files, tmp_path, capsys):
    options = ["--orders", "2", "--repeats", "3", "--correction", "none", "--time-limit", "9s", "--seed", "4"]
    resume = ["--resume", str(tmp_path / "map.jsonl")]
    assert call(["map", *files, "-l", "ill", *options, *resume, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["repeats"] == 3 and found["correction"] is None and len(found["unmeasured"]) > 0
    assert (tmp_path / "map.jsonl").read_text().count("\n") == 1 + len(found["cells"])
    assert call(["map", *files, "-l", "ill", *resume]) == 2
    assert "is of another run: repeats was 3 and is 2" in capsys.readouterr().err.replace("\n", " ")


def test_the_folder_holds_page_and_table(trials, files, tmp_path):
    out = tmp_path / "out"
    assert call(["map", f"first={files[0]}", *files[1:], "-l", "ill", "--out", str(out), "--time-limit", "4s"]) == 0
    assert sorted(p.name for p in out.iterdir()) == ["transfer_map.html", "transfer_map.json", "transfers.csv"]
    assert "first" in pd.read_csv(out / "transfers.csv")["target"].tolist()
    record = json.loads((out / "transfer_map.json").read_text())
    assert [t["name"] for t in record["run"]["tables"]] == ["first", "b", "c", "d"] and record["unmeasured"]
    assert "4s" in (out / "transfer_map.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.csv"], "one table is given, 'a.csv'; expected one for each domain, or --domain"),
        (["a.csv", "b.csv", "--drop", "nothing"], "has no column 'nothing', which was to be left out"),
        (["a.csv", "b.csv", "--drop", "ill"], "the label 'ill' cannot be left out"),
        (["a.csv", "x=b.csv", "x=c.csv"], "two domains have the name 'x'; name each: first=a.csv"),
        (["a.csv", "b.csv", "--targets", "z"], "targets names 'z', which is none of the domains"),
        (["all.csv", "--domain", "town"], "has no column 'town', which should name the domain of each row"),
        (["all.csv", "--domain", "ill"], "--domain and --label both name 'ill'"),
        (["all.csv", "--domain", "u"], "has 160 values in 160 rows; expected the name of a domain"),
        (["a.csv", "b.csv", "--correction", "sidak"], "correction='sidak'; expected 'bh'"),
        (["a.csv", "none.csv"], "there is no file 'none.csv'"),
    ],
)
def test_errors_are_one_sentence(trials, one_file, files, tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert call(["map", *arguments, "--label", "ill"]) == 2
    assert message in capsys.readouterr().err.replace("\n", " ")


def test_gaps_in_labels_are_left_out_and_told(trials, files, capsys):
    frame = pd.read_csv(files[0])
    frame["ill"] = frame["ill"].astype(object)
    frame.loc[:3, "ill"] = None
    frame.to_csv(files[0], index=False)
    assert call(["map", *files, "-l", "ill"]) == 0
    assert "a: 4 of 40 rows have no label and are left out" in capsys.readouterr().err


@pytest.fixture
def people(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("headstart.choose.task_trials.n_folds_for", lambda *sizes: 3)
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(30, 2)), columns=["u", "v"])
    frame["wage"] = frame["u"] + random.normal(size=30)
    frame["union"] = np.resize(["yes", "no", None], 30)
    frame["rare"] = [1, 0, 1] + [None] * 27
    frame["id"] = np.arange(30)
    frame.to_csv("people.csv", index=False)
    return frame


def test_what_tasks_are_taken_for_is_told(people, capsys):
    people.assign(stars=np.resize([1, 2, 3], 30)).to_csv("people.csv", index=False)
    args = ["map", "people.csv", "--tasks", "wage,union,stars", "--targets", "wage", "--repeats", "1"]
    assert call([*args, "--kinds", "stars=classification"]) == 0
    told = "tasks: wage: numbers, 30 labels; union: 2 classes, 20 labels, 10 of the smallest class; stars: "
    assert told in capsys.readouterr().err.replace("\n", " ")
    assert call([*args, "--kinds", "stars=regression"]) == 0
    assert "stars: numbers, 30 labels" in capsys.readouterr().err.replace("\n", " ")


def test_whole_numbers_are_asked_about_before_anything_is_measured(people, capsys, monkeypatch):
    from headstart.cli import parts

    monkeypatch.setattr(parts, "map_tasks", lambda *a, **k: pytest.fail("measured"))
    people.assign(stars=np.resize([1, 2, 3], 30)).to_csv("people.csv", index=False)
    assert call(["map", "people.csv", "--tasks", "wage,union,stars"]) == 2
    assert (
        "task 'stars' has 3 distinct whole numbers, which may be classes or amounts; expected to be told which: "
        "--kinds stars=classification or --kinds stars=regression"
    ) in capsys.readouterr().err.replace("\n", " ")
    assert call(["map", "people.csv", "--tasks", "wage,id,union,stars", "--kinds", "wage=regression"]) == 2
    assert "--kinds id=KIND,stars=KIND, each classification or regression" in capsys.readouterr().err.replace("\n", " ")


def test_an_interrupted_map_says_what_is_kept_and_goes_on(trials, files, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    trials.stop_after = 3
    assert call(["map", *files, "-l", "ill", "--repeats", "1"]) == 130
    assert "no measurement is kept; with --resume FILE each one is" in capsys.readouterr().err.replace("\n", " ")
    trials.stop_after = len(trials.measured) + 3
    resumed = ["map", *files, "-l", "ill", "--repeats", "1", "--resume", "map.jsonl"]
    assert call(resumed) == 130
    told = "the 4 cells that were measured stand in 'map.jsonl': the same command goes on from there"
    assert told in capsys.readouterr().err.replace("\n", " ")
    trials.stop_after = None
    assert call(resumed) == 0
    assert "'map.jsonl' holds 4 cells measured before" in capsys.readouterr().err.replace("\n", " ")


def test_jobs_reach_the_trials(trials, files, monkeypatch):
    seen = []
    monkeypatch.setattr(trials, "__init__", recording(trials.__init__, seen))
    assert call(["map", *files, "-l", "ill", "--repeats", "1", "--jobs", "2"]) == 0
    assert set(seen) == {2}


def recording(made, seen):
    def begin(self, *arguments, **options):
        seen.append(options["n_jobs"])
        made(self, *arguments, **options)

    return begin


def test_tasks_of_one_table(people, capsys):
    options = ["--tasks", "wage,union,rare", "--id-column", "id", "--kinds", "wage=regression", "--repeats", "1"]
    assert call(["map", "people.csv", *options, "--out", "out", "--json"]) == 0
    out = capsys.readouterr()
    found = json.loads(out.out)
    assert found["between"] == "tasks" and found["metrics"] == {"wage": "r2", "union": "roc_auc"}
    assert [c["n_target"] for c in found["cells"]] == [20, 30]
    assert found["skipped"] == {"rare": "has 3 labels; expected at least 8 to measure by: label more"}
    names = ["task_map.json", "transfer_map.html", "transfer_map.json", "transfers.csv"]
    assert sorted(p.name for p in pathlib.Path("out").iterdir()) == names
    page = pathlib.Path("out/transfer_map.html").read_text(encoding="utf-8")
    assert "Map of tasks" in page and "Left out as a target or source: rare" in page
    assert "R\N{SUPERSCRIPT TWO}: wage; AUC: union" in page and "ooling" not in page
    assert {"plain_gain", "metric"} <= set(pd.read_csv("out/transfers.csv").columns)
    assert call(["tasks", "out/task_map.json", "--budget", "2", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["policies"][0]["sources"]) == {"wage", "union"}
    assert call(["tasks", "out/transfers.csv", "--budget", "2"]) == 2
    assert "task_map.json" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "neither --label nor --tasks is given; expected one"),
        (["--label", "wage", "--tasks", "wage,union"], "both --label and --tasks are given; expected one"),
        (["--tasks", "wage"], "--tasks names one task, 'wage'; expected at least two"),
        (["--tasks", "wage,wage"], "--tasks names 'wage' twice"),
        (["--tasks", "wage,unin"], "has no column 'unin', which --tasks names; did you mean 'union'?"),
        (["--tasks", "wage,union", "--domain", "u"], "--domain goes with --label"),
        (["--tasks", "wage,union", "--all-methods"], "--all-methods goes with --label"),
        (["--tasks", "wage,union", "--drop", "wage"], "the task 'wage' cannot be left out"),
        (["--tasks", "wage,union", "--kinds", "x=regression"], "--kinds names 'x', which is no task"),
        (["--tasks", "wage,union", "--task", "regression", "--kinds", "regression"], "--task and --kinds are given"),
        (["--label", "wage", "--kinds", "regression"], "--kinds goes with --tasks"),
        (["people.csv", "--tasks", "wage,union"], "2 tables are given with --tasks; expected one"),
        (["--tasks", "u,v,wage,union,rare,id"], "has no column beside the tasks"),
        (["--tasks", "wage,union,rare", "--targets", "rare"], "target 'rare' has 3 labels; expected at least 8"),
    ],
)
def test_errors_of_tasks_are_one_sentence(people, capsys, arguments, message):
    assert call(["map", "people.csv", *arguments]) == 2
    assert message in capsys.readouterr().err.replace("\n", " ")
