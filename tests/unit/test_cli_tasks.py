"""``headstart tasks``: a table in, policies and a page out, errors in one sentence."""

import json

import pandas as pd
import pytest

import headstart as hs
from headstart.cli.app import run as call
from headstart.cli.map import TASKS
from headstart.cli.task_transfers import BESIDE
from headstart.cli.task_transfers import GAINS as GAINS_OF_MAP
from headstart.transfer_map.tables import COLUMNS

TABLE = pd.DataFrame(
    {
        "sources": ["a", "b", "c", "a+c", "a", "b", "c", "a", "b", "c"],
        "target": [*"tttt", *"uuu", *"vvv"],
        "affinity": [0.5, 0.2, 0.1, 0.6, 0.1, 0.5, 0.3, 0.0, 0.1, 0.9],
    }
)


@pytest.fixture
def table(tmp_path):
    TABLE.to_csv(tmp_path / "measured.csv", index=False)
    return str(tmp_path / "measured.csv")


def test_a_budget_prints_its_policy(table, capsys):
    assert call(["tasks", table, "--budget", "2"]) == 0
    assert "supervise a, c." in capsys.readouterr().out


def test_a_range_prints_a_table_and_json_is_all_of_it(table, capsys):
    assert call(["tasks", table, "--budget", "1-3"]) == 0
    assert "budget" in capsys.readouterr().out
    assert call(["tasks", table, "--json", "--quiet"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [p["budget"] for p in found["policies"]] == [1, 2, 3]
    assert found["policies"][1]["sources"] == ["a", "c"] and found["least_budget"] == 1


def test_limits_reach_the_policy(table, capsys):
    options = ["--cost", "c=5", "--importance", "u=2", "--max-order", "1", "--sources", "a,b", "--targets", "t,u"]
    assert call(["tasks", table, "-b", "1", "--json", "--alike", *options[:-4]]) == 0
    first = json.loads(capsys.readouterr().out)["policies"][0]
    assert first["sources"] == ["b"]
    assert call(["tasks", table, "-b", "1", "--json", *options[2:]]) == 0
    second = json.loads(capsys.readouterr().out)["policies"][0]
    assert set(second["transfers"]) == {"t", "u"} and second["affinity"] == pytest.approx(0.2 + 2 * 0.5)


def test_folder_holds_page_and_tables_and_a_map_that_is_read_again(table, tmp_path, capsys):
    out = tmp_path / "out"
    assert call(["tasks", table, "-b", "1,2", "--out", str(out), "--cost", "c=1"]) == 0
    assert sorted(p.name for p in out.iterdir()) == [
        "affinity.csv",
        "policies.csv",
        "task_map.html",
        "task_map.json",
        "tasks.json",
    ]
    assert "costs: c 1" in (out / "task_map.html").read_text()
    assert json.loads((out / "tasks.json").read_text())["run"]["table"] == "measured.csv"
    capsys.readouterr()
    assert call(["tasks", str(out / "task_map.json"), "-b", "2"]) == 0
    assert "supervise a, c." in capsys.readouterr().out


@pytest.mark.parametrize("column", ["repeat", "when"])
def test_scores_are_compared_on_repeats(tmp_path, capsys, column):
    rows = [(s, "t", k, v + k) for s, v in (("scratch", 9), ("a", 5), ("b", 1)) for k in range(5)]
    place = tmp_path / "scores.csv"
    pd.DataFrame(rows, columns=["sources", "target", column, "score"]).to_csv(place, index=False)
    row = [] if column == "repeat" else ["--row", column]
    assert call(["tasks", str(place), "--lower-is-better", "--baseline", "scratch", "-b", "1", "--json", *row]) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert found["policies"][0]["sources"] == ["b"] and found["normalize"] == "ahp"
    assert ("compared on the column 'repeat'" in said.err) == (column == "repeat")


def test_scores_without_rows_are_taken_as_they_are_and_it_is_said(tmp_path, capsys):
    TABLE.rename(columns={"affinity": "score"}).to_csv(tmp_path / "s.csv", index=False)
    assert call(["tasks", str(tmp_path / "s.csv"), "-b", "1"]) == 0
    assert "scores are summed as they are" in capsys.readouterr().err


def test_win_rates_are_read_and_gaps_said(tmp_path, capsys):
    place = tmp_path / "wins.csv"
    pd.DataFrame({"sources": ["a__b", "b"], "target": "t", "against": ["b", "c"], "win_rate": [0.75, 0.75]}).to_csv(
        place, index=False
    )
    assert call(["tasks", str(place), "-b", "2", "--separator", "__"]) == 0
    said = capsys.readouterr()
    assert "supervise a, b." in said.out and "never compared" in said.err


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (["--budget", "x"], "--budget is 'x'; expected a number, several with commas, or a range"),
        (["--budget", "5-2"], "--budget is '5-2'"),
        (["--budget", "-1"], "budget is -1.0; expected a finite number of 0 or more"),
        (["--cost", "a"], "--cost is 'a'; expected a task and a number, such as depth=2"),
        (["--sources", "z"], "sources names 'z', which the map does not know"),
        (["--budget", "1", "--cost", "a=2", "--cost", "b=2", "--cost", "c=2"], "a budget of 1 does not reach all 3"),
    ],
)
def test_bad_options_exit_with_2(table, capsys, options, match):
    assert call(["tasks", table, *options]) == 2
    assert match in " ".join(capsys.readouterr().err.split())


def test_bad_tables_exit_with_2(tmp_path, capsys):
    TABLE.drop(columns="affinity").to_csv(tmp_path / "none.csv", index=False)
    assert call(["tasks", str(tmp_path / "none.csv")]) == 2
    assert "expected sources, target and one of score, win_rate" in " ".join(capsys.readouterr().err.split())
    assert call(["tasks", str(tmp_path / "missing.csv")]) == 2


def test_budgets_of_a_range_that_do_not_reach_all_are_left_out_aloud(tmp_path, capsys):
    pd.DataFrame({"sources": ["a", "b"], "target": ["t", "u"], "affinity": [1.0, 1.0]}).to_csv(
        tmp_path / "two.csv", index=False
    )
    assert call(["tasks", str(tmp_path / "two.csv"), "--budget", "1-3", "--json"]) == 0
    said = capsys.readouterr()
    assert [p["budget"] for p in json.loads(said.out)["policies"]] == [2, 3]
    assert "budgets below 2 do not reach all targets" in said.err


def test_a_matrix_of_scores_is_read_as_its_transfers(tmp_path, capsys):
    path = tmp_path / "matrix.csv"
    pd.DataFrame({"from": ["a", "b"], "t": [0.9, 0.2], "u": [None, 0.8]}).to_csv(path, index=False)
    assert call(["tasks", str(path), "--json", "-b", "2"]) == 0
    said = capsys.readouterr()
    policy = json.loads(said.out)["policies"][0]
    assert "read as a matrix of scores" in said.err and policy["sources"] == ["a", "b"]
    pd.DataFrame({"from": ["a", "b"], "t": ["much", "little"], "u": [0.1, 0.8]}).to_csv(path, index=False)
    assert call(["tasks", str(path)]) == 2
    assert "or a matrix of scores with the sources in its first column" in capsys.readouterr().err


@pytest.fixture
def losing(tmp_path):
    """num loses to learning lab alone, in the form that headstart map writes."""
    rows = [("target only", t, k, 0.5) for t in ("lab", "num") for k in range(100)]
    rows += [("num", "lab", k, 0.9 if k < 60 else 0.1) for k in range(100)]
    rows += [("lab", "num", k, 0.9 if k < 20 else 0.1) for k in range(100)]
    table = pd.DataFrame(rows, columns=["sources", "target", "row", "loss"])
    tasks = hs.TaskMap.from_transfers(table, row="row", score="loss", higher_is_better=False, baselines=["target only"])
    tasks.to_json(tmp_path / "task_map.json")
    return tmp_path


def test_targets_that_gain_nothing_are_said_first(losing, capsys):
    path = str(losing / "task_map.json")
    assert call(["tasks", path, "-b", "2"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("1 of 2 targets gains nothing that shows over 'target only': 'lab'.")
    assert "supervise lab. num was chosen too" in out
    assert "lab is best learnt alone: no allowed source beats 'target only'." in out
    assert call(["tasks", path, "-b", "1-3"]) == 0
    assert capsys.readouterr().out.startswith("1 of 2 targets gains nothing that shows, whatever the budget")
    assert call(["tasks", path, "--json", "--quiet", "--out", str(losing / "out")]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["policies"][0]["beside"]["lab"]["beats"] == "no"
    assert found["outlook"].startswith("1 of 2 targets gains nothing")
    assert "n_gain" in (losing / "out" / "policies.csv").read_text().splitlines()[0]


GAINS = "sources,order,target,verdict,gain,low,high,score,baseline_score\nnum,1,lab,hurts,-0.1,-0.2,0,0.5,0.6\n"
RECORD = {"between": "tasks", "cells": [], "sources": [], "targets": []}


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [("transfers.csv", GAINS, "the table of gains"), ("transfer_map.json", json.dumps(RECORD), "the record")],
)
def test_other_files_of_headstart_map_point_to_the_map_of_tasks(losing, capsys, name, text, what):
    place = losing / name
    place.write_text(text)
    assert call(["tasks", str(place)]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert f"is {what} that headstart map writes" in said
    assert f"expected the map of tasks that lies beside it: headstart tasks {losing / 'task_map.json'}" in said
    (losing / "task_map.json").unlink()
    assert call(["tasks", str(place)]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "expected task_map.json, which headstart map --tasks writes into the same folder" in said


def test_the_columns_of_headstart_map_are_those_that_are_looked_for():
    assert set(COLUMNS) >= GAINS_OF_MAP and BESIDE == TASKS


@pytest.mark.parametrize("option", [["--row", "q"], ["--lower-is-better"], ["--baseline", "a"], ["--separator", "_"]])
def test_options_of_tables_are_refused_with_a_map(losing, capsys, option):
    assert call(["tasks", str(losing / "task_map.json"), *option]) == 2
    assert f"{option[0]} would do nothing: " in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("option", [["--row", "q"], ["--lower-is-better"]])
def test_options_of_scores_are_refused_with_affinities(table, capsys, option):
    assert call(["tasks", table, *option]) == 2
    assert f"{option[0]} would do nothing: measured.csv holds no scores" in " ".join(capsys.readouterr().err.split())


def test_no_target_at_all_is_refused(table, capsys):
    assert call(["tasks", table, "--targets", ","]) == 2
    assert "targets is empty" in capsys.readouterr().err


def test_what_an_answer_does_not_rest_on_is_told(tmp_path, capsys):
    scores = {("a", "t"): 0.8, ("a", "u"): 0.7, ("t", "u"): 0.6, ("none", "t"): 0.5, ("none", "u"): 0.65}
    frame = pd.DataFrame([(*k, v) for k, v in scores.items()], columns=["sources", "target", "score"])
    frame.to_csv(tmp_path / "few.csv", index=False)
    assert call(["tasks", str(tmp_path / "few.csv"), "--baseline", "none", "-b", "1"]) == 0
    said = capsys.readouterr().err.replace("\n", " ")
    assert "not measured, so that nothing is known of it here: any task to a" in said
    assert "chance is not reckoned with where a source beats a baseline" in said
    assert "scores are taken to be better the higher they are; for losses pass --lower-is-better" in said


def test_options_and_folders_are_named_as_the_command_has_them(tmp_path, capsys):
    frame = pd.DataFrame({"sources": ["a", "a", "b"], "target": ["t"] * 3, "score": [1.0, 2.0, 3.0]})
    frame.to_csv(tmp_path / "twice.csv", index=False)
    assert call(["tasks", str(tmp_path / "twice.csv")]) == 2
    assert "say --row with the column" in capsys.readouterr().err.replace("\n", " ")
    assert call(["tasks", str(tmp_path / "twice.csv"), "--row", "fold"]) == 2
    assert "has no column 'fold', which --row names; it has sources, target" in capsys.readouterr().err.replace(
        "\n", " "
    )
    assert call(["tasks", str(tmp_path / "twice.csv"), "--cost", "a=1", "--cost", "a=2"]) == 2
    assert "--cost names 'a' twice" in capsys.readouterr().err.replace("\n", " ")
    (tmp_path / "task_map.json").write_text("{}")
    assert call(["tasks", str(tmp_path)]) == 2
    assert "is a folder; expected the map of tasks in it" in capsys.readouterr().err.replace("\n", " ")
