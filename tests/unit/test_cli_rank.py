"""``headstart rank`` on small files."""

import json

import numpy as np
import pandas as pd
import pytest

import headstart as hs
from headstart.choose import trials
from headstart.choose.candidates import target_candidates
from headstart.cli.app import run
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


def test_the_table_is_shown(files, capsys):
    assert asked(files, "--quiet", "--time-limit", "1h", "--scoring", "neg_log_loss") == 0
    out, err = capsys.readouterr()
    assert "ranking the sources" not in err
    assert "1  <related>" in out and "neg_log_loss over target only" in out


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
