"""The run folder is whole or not there, whatever interrupts the run."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from headstart import run_folder
from headstart.cli.app import run
from headstart.core.errors import InputError
from headstart.run_folder import check_place, finish, leftovers, new_run_folder, read_run, refresh, write_json


def make(out: Path, text: str = "first", **options) -> None:
    with new_run_folder(out, **options) as folder:
        (folder / "report.html").write_text(text)
        finish(folder, {"seed": 0})


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_a_whole_run(tmp_path):
    make(tmp_path / "deep" / "run")
    run = read_run(tmp_path / "deep" / "run")
    assert run["seed"] == 0 and list(run["files"]) == ["report.html"]
    assert names(tmp_path / "deep") == ["run"]
    plain = tmp_path / "plain"
    plain.mkdir()
    assert (tmp_path / "deep" / "run").stat().st_mode == plain.stat().st_mode


def test_an_empty_folder_is_used(tmp_path):
    (tmp_path / "run").mkdir()
    make(tmp_path / "run")
    assert read_run(tmp_path / "run")


@pytest.mark.parametrize("error", [RuntimeError("bug"), KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left")])
@pytest.mark.parametrize("overwrite", [False, True])
def test_an_interrupted_run_leaves_nothing(tmp_path, error, overwrite):
    if overwrite:
        make(tmp_path / "run", "old")
    with pytest.raises(type(error)), new_run_folder(tmp_path / "run", overwrite=overwrite) as folder:
        (folder / "report.html").write_text("half")
        raise error
    assert names(tmp_path) == (["run"] if overwrite else [])
    if overwrite:
        assert (tmp_path / "run" / "report.html").read_text() == "old"


@pytest.mark.parametrize("name", ["rename", "fsync"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_failure_in_the_last_step_leaves_the_old_run(tmp_path, monkeypatch, name, overwrite):
    if overwrite:
        make(tmp_path / "run", "old")
    real, calls = getattr(os, name), []

    def fail(*args, **kwargs):
        calls.append(args)
        # with an old run the first rename moves it away and only the second one fails
        if name == "rename" and overwrite and len(calls) != 2:
            return real(*args, **kwargs)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, name, fail)
    with pytest.raises(OSError, match="No space left"):
        make(tmp_path / "run", "new", overwrite=overwrite)
    monkeypatch.undo()
    assert names(tmp_path) == (["run"] if overwrite else [])
    if overwrite:
        assert (tmp_path / "run" / "report.html").read_text() == "old"


def test_a_killed_run_leaves_nothing_that_looks_whole(tmp_path):
    code = (
        "import sys, time\n"
        "from headstart.run_folder import new_run_folder, finish\n"
        "with new_run_folder(sys.argv[1]) as folder:\n"
        "    (folder / 'report.html').write_text('half')\n"
        "    finish(folder, {'seed': 0})\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "run")], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not (tmp_path / "run").exists()
    (left,) = leftovers(tmp_path / "run")
    with pytest.raises(InputError, match="was left by a run that was killed; it is not whole"):
        read_run(left)
    make(tmp_path / "run")  # and the name is free for the next one
    assert read_run(tmp_path / "run")


def test_a_folder_that_holds_something_is_refused(tmp_path):
    make(tmp_path / "run", "old")
    with pytest.raises(InputError, match="exists and is not empty; choose another name, or pass --overwrite"):
        check_place(tmp_path / "run", overwrite=False)
    make(tmp_path / "run", "new", overwrite=True)
    assert (tmp_path / "run" / "report.html").read_text() == "new" and names(tmp_path) == ["run"]


def test_overwrite_replaces_nothing_but_runs(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("years of work")
    (tmp_path / "thesis" / "run.json").write_text("[1]")
    with pytest.raises(InputError, match=r"holds something else than a run .* and is not replaced"):
        make(tmp_path / "thesis", overwrite=True)
    assert names(tmp_path / "thesis") == ["chapter.tex", "run.json"]


def test_places_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file; expected the name of a folder"):
        check_place(tmp_path / "file", overwrite=True)
    with pytest.raises(InputError, match="file' is a file; expected a folder to put 'run' into"):
        check_place(tmp_path / "file" / "deep" / "run", overwrite=False)


def test_a_place_that_may_not_be_written(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(run_folder.tempfile, "mkdtemp", refuse)
    with pytest.raises(InputError, match=r"may not be written to \(Read-only file system\); choose another place"):
        check_place(tmp_path / "run", overwrite=False)


def test_trying_a_place_leaves_nothing(tmp_path):
    check_place(tmp_path / "deep" / "run", overwrite=False)
    assert names(tmp_path) == []


def test_somebody_else_was_faster(tmp_path):
    with (
        pytest.raises(InputError, match="exists and is not empty"),
        new_run_folder(tmp_path / "run") as folder,
    ):
        (folder / "report.html").write_text("mine")
        make(tmp_path / "run", "theirs")
    assert (tmp_path / "run" / "report.html").read_text() == "theirs"


def test_no_run(tmp_path):
    with pytest.raises(InputError, match="there is no run folder"):
        read_run(tmp_path / "none")
    with pytest.raises(InputError, match=r"is not a run folder \(it has no run.json\)"):
        read_run(tmp_path)
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        read_run(tmp_path)
    (tmp_path / "run.json").write_text('{"format": "npm"}')
    with pytest.raises(InputError, match="is not of headstart"):
        read_run(tmp_path)
    with pytest.raises(InputError, match="is a file; expected a run folder"):
        read_run(tmp_path / "run.json")


def test_a_run_that_lost_a_file_or_is_newer(tmp_path):
    make(tmp_path / "run")
    (tmp_path / "run" / "report.html").write_text("again")
    refresh(tmp_path / "run", read_run(tmp_path / "run"))
    run = read_run(tmp_path / "run")
    (tmp_path / "run" / "report.html").unlink()
    with pytest.raises(InputError, match=r"lacks report\.html; fit again"):
        read_run(tmp_path / "run")
    write_json(tmp_path / "run" / "run.json", {**run, "format_version": 2})
    with pytest.raises(InputError, match="was left by a newer headstart"):
        read_run(tmp_path / "run")


@pytest.mark.parametrize(
    "command",
    [
        ["map", "a.csv", "b.csv", "--label", "y"],
        ["rank", "--target", "a.csv", "--source", "b.csv", "--label", "y"],
        ["tasks", "a.csv"],
    ],
)
def test_a_command_without_the_option_does_not_name_it(tmp_path, capsys, command):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "notes").write_text("mine")
    assert run([*command, "--out", str(tmp_path / "kept")]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "exists and is not empty; choose another name, or remove it" in told and "--overwrite" not in told
