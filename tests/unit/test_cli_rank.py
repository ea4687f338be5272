"""``headstart rank`` on small files."""

import json
import re

import numpy as np
import pandas as pd
import pytest

import headstart as hs
from headstart.choose import trials
from headstart.choose.candidates import target_candidates
from headstart.cli.app import run
from headstart.cli.progress_lines import ProgressLines
from headstart.report import render_ranking


@pytest.fixture(autouse=True)
def only_linear(monkeypatch):
    monkeypatch.setattr(trials, "QUICK", ("source only (linear)", "pooled (linear)", "source prior (linear)"))
    monkeypatch.setattr(trials, "target_candidates", lambda *given: target_candidates(*given)[:1])


@pytest.fixture
def files(tmp_path):
    def write(name, n, seed, column):
        rng = np.random.default_rng(seed)
        X = pd.DataFrame(rng.normal(size=(n, 3)), columns=["a", "b", "c"])
        X["y"] = np.where(X[column] + 0.3 * rng.normal(size=n) > 0, "sick", "well")
        X.to_csv(tmp_path / f"{name}.csv", index=False)
        return str(tmp_path / f"{name}.csv")

    return write("here", 24, 0, "a"), write("<related>", 120, 1, "a"), write("other", 120, 2, "c")


def asked(files, *more):
    here, related, other = files
    given = ["rank", "--target", here, "--source", related, "--source", other, "--label", "y", "--repeats", "1"]
    return run([*given, *more])


def test_the_ranking_is_told_and_left_in_a_folder(files, tmp_path, capsys):
    out = tmp_path / "ranked"
    assert asked(files, "--json", "--out", str(out)) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["best"] == "<related>" and told["sources"][1]["source"] == "other"
    assert sorted(p.name for p in out.iterdir()) == ["ranking.csv", "ranking.html", "ranking.json"]
    assert pd.read_csv(out / "ranking.csv")["source"].tolist() == ["<related>", "other"]
    page = (out / "ranking.html").read_text(encoding="utf-8")
    assert "&lt;related&gt;" in page and "<related>" not in page and "Which source to learn from?" in page
    assert "http://" not in page.replace("http://www.w3.org", "") and "src=" not in page


def test_steps_are_told_where_there_is_no_terminal(files, capsys):
    assert asked(files) == 0
    assert re.search(r"^1 of 2: round 1 of 1, (<related>|other)$", capsys.readouterr().err, re.MULTILINE)


def test_lines_of_progress_come_now_and_then_and_say_how_long_the_rest_takes():
    now, told = iter([0.0, 0.0, 2.0, 6.0, 7.0, 20.0]), []
    lines = ProgressLines(told.append, between=5.0, clock=lambda: next(now))
    for done in range(5):
        lines(done, 4, f"step {done}" if done < 4 else "")
    assert told == ["1 of 4: step 0", "3 of 4: step 2, 6.0 s so far, about 6.0 s left"]


def test_an_interrupted_ranking_says_that_nothing_was_kept(files, monkeypatch, capsys):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("headstart.cli.parts.rank_sources", stop)
    assert asked(files) == 130
    err = capsys.readouterr().err
    assert "interrupted; nothing was kept: a ranking is written when it is done" in err and "half-written" not in err


def test_the_table_is_shown(files, capsys):
    assert asked(files, "--quiet", "--time-limit", "1h", "--scoring", "neg_log_loss") == 0
    out, err = capsys.readouterr()
    assert "ranking the sources" not in err
    assert "1  <related>" in out and "neg_log_loss over target only" in out


def test_a_source_of_no_use_has_a_row_and_the_others_are_ranked(files, tmp_path, capsys):
    good = pd.read_csv(files[1])
    bad = {
        "bare": good.drop(columns="y"),
        "gaps": good.assign(y=np.nan),
        "one": good.assign(y="sick"),
        "coded": good.assign(y=good["y"].map({"sick": "sick", "well": "fine"})),
        "others": good.assign(y=good["y"].map({"sick": "up", "well": "down"})),
        "numbers": good.assign(y=1.5 * np.arange(len(good))),
    }
    more = []
    for name, frame in bad.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
        more += ["--source", str(tmp_path / f"{name}.csv")]
    out = tmp_path / "ranked"
    assert asked(files, *more, "--out", str(out)) == 0
    told, err = capsys.readouterr()
    assert "<related> comes first" in told and "source bare is left out" in err
    table = pd.read_csv(out / "ranking.csv").set_index("source")
    assert list(table.index) == ["<related>", "other", *bad]
    assert (table.loc[list(bad), "verdict"] == "cannot be used").all() and table.loc[list(bad), "rank"].isna().all()
    reasons = ["has no column 'y'", "nothing but gaps", "is 'sick' in all", "coded otherwise", "no label in common"]
    for name, why in zip(bad, [*reasons, "words in"], strict=True):
        assert why in table.loc[name, "note"] and f"{name}: " in told
    page = (out / "ranking.html").read_text(encoding="utf-8")
    assert page.count("has no column") == 1 and "hs.Domain" not in page
    assert json.loads((out / "ranking.json").read_text())["left_out"].keys() == bad.keys()


def test_sources_of_no_use_alone_are_an_error(files, tmp_path, capsys):
    pd.read_csv(files[1]).drop(columns="y").to_csv(tmp_path / "bare.csv", index=False)
    pd.read_csv(files[1]).assign(y="sick").to_csv(tmp_path / "one.csv", index=False)
    bad = [str(tmp_path / "bare.csv"), str(tmp_path / "one.csv")]
    assert run(["rank", "--target", files[0], "--source", bad[0], "--source", bad[1], "--label", "y"]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "no source can be used: " in told and "has no column 'y'" in told and "is 'sick' in all" in told


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--time-limit", "soon"], "is no time"),
        (["--scoring", "auk"], "auk"),
        (["--repeats", "0"], "Invalid value for '--repeats'"),
    ],
)
def test_bad_options_end_with_a_reason(files, more, message, capsys):
    assert asked(files, *more) == 2
    assert message in " ".join(capsys.readouterr().err.split())


def test_only_a_ranking_has_the_page():
    with pytest.raises(hs.InputTypeError, match=r"dict is no ranking; expected what hs\.rank_sources or hs\.rank_back"):
        render_ranking({})


def test_no_option_is_named_that_the_command_lacks(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    pd.DataFrame({"a": [1, 2], "b": [3, 4]}).to_csv("target.csv", index=False)
    pd.DataFrame({"a": [1, 2], "y": [0, 1]}).to_csv("source.csv", index=False)
    assert run(["rank", "--target", "target.csv", "--source", "source.csv", "--label", "y"]) == 2
    assert "--no-target-labels" not in capsys.readouterr().err
