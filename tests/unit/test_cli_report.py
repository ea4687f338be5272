"""``headstart report`` makes the page that ``fit`` made, from what the run folder holds."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import headstart as hs
from headstart import run_folder as rf
from headstart.choose.members import SharedMember
from headstart.cli.app import run as call
from headstart.cli.job import write_files
from headstart.cli.spaces import read_spaces
from headstart.cli.voice import plain
from headstart.report.shown import DRAWN

from .. import report_cases as rc


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The run folder of a model with every look of an alignment and of a source that is gone on with."""
    model = hs.TransferClassifier()
    for name, value in vars(rc.model(alignments=rc.alignments())).items():
        if name.endswith("_"):
            setattr(model, name, value)
    model.members_ = {}
    for name, known in rc.carried().items():
        model.members_[name] = SharedMember(known.model_)
        model.members_[name].model_ = known.model_
    folder = tmp_path_factory.mktemp("runs") / "run"
    with rf.new_run_folder(folder) as partial:
        write_files(partial, model, None, plain(rc.RUN))
    return folder


def section(page, name):
    found = re.search(rf'<section id="{name}".*?</section>', page, re.DOTALL)
    return found and found[0]


def again(run, tmp_path, change=lambda folder: None):
    """The page that ``report`` makes of a copy of the run."""
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in run.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    change(copy)
    (copy / rf.REPORT).write_text("")
    code = call(["report", "--run", str(copy), "--quiet"])
    return code, (copy / rf.REPORT).read_text()


def test_the_same_page_is_made_again(run, tmp_path, capsys):
    before = (run / rf.REPORT).read_text()
    code, after = again(run, tmp_path)
    assert code == 0 and after == before
    assert section(after, "space").count('class="scatter"') == 2 * len(rc.alignments()) - 1
    assert section(after, "carried").count("<summary><b>") == len(rc.carried())
    assert (run / rf.SPACES).stat().st_size < 20_000 * len(rc.alignments())
    assert not capsys.readouterr().err


def test_without_its_file_the_page_says_that_pictures_are_missing(run, tmp_path):
    before = (run / rf.REPORT).read_text()
    code, after = again(run, tmp_path, lambda copy: (copy / rf.SPACES).unlink())
    assert code == 0
    told = section(after, "space")
    assert "The pictures are missing: they show rows, of which a saved model holds none" in told
    assert "scatter" not in told
    # All but the pictures is there: the sentences and the table of distances.
    assert re.findall("<tbody>.*", told) == re.findall("<tbody>.*", section(before, "space"))
    assert section(after, "carried") == section(before, "carried")
    assert rf.SPACES not in json.loads((tmp_path / "copy" / rf.RUN).read_text())["files"]


def test_the_file_holds_what_the_page_draws_and_nothing_more(run):
    model = hs.load(run / rf.MODEL)
    found = read_spaces(run)
    assert found.keys() == model.alignments_.keys() == rc.alignments().keys()
    for name, alignment in found.items():
        for picture in (alignment.before, alignment.after):
            assert picture is None or max(len(picture.target), len(picture.source)) <= DRAWN
        kept = model.alignments_[name]
        assert kept.before is None and kept.after is None
        assert alignment.without_rows().to_dict() == kept.to_dict()
    destroyed = found["destroyed"].after
    assert destroyed.source.shape == (DRAWN, 2) and destroyed.source_labels.shape == (DRAWN,)
    assert len(rc.alignments()["destroyed"].after.source) > DRAWN


@pytest.mark.parametrize("content", ["[1]", "{", '{"CORAL": {"aligner": "CORAL"}}'])
def test_a_spoilt_file_is_refused_with_the_mend(run, tmp_path, capsys, content):
    code, _ = again(run, tmp_path, lambda copy: (copy / rf.SPACES).write_text(content))
    assert code == 2
    error = capsys.readouterr().err
    assert "spaces.json' cannot be read (" in error
    assert "delete it to have the page without the pictures, or fit again" in error


def test_a_run_without_alignments_has_no_such_file(tmp_path):
    hungary = hs.datasets.load_heart()["Hungary"]
    model = hs.TransferClassifier(random_state=0).fit(hungary.X[::50], hungary.y[::50])
    with rf.new_run_folder(tmp_path / "run") as partial:
        write_files(partial, model, None, {"seed": 0})
    assert not (tmp_path / "run" / rf.SPACES).exists()
    assert read_spaces(Path(tmp_path / "run")) is None
