"""``headstart map``: tables in, the map out, errors in one sentence."""

import json

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
    assert "Transfer map: 12 of 12 cells measured" in out and "they do not fit" in out


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
