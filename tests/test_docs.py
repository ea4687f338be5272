"""The Python blocks of every page run, in order, as a reader would run them; the examples too."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def _blocks(path):
    return BLOCK.findall(path.read_text(encoding="utf-8"))


def _needs_torch(path):
    """Skip what is about networks where torch is not installed; `make test-neural` runs it."""
    if (
        re.search(
            r"hs\.(neural|FineTune|NeuralTransfer)|MultiTask(Classifier|Learner|Regressor)",
            path.read_text(encoding="utf-8"),
        )
        and path.name != "README.md"
    ):
        pytest.importorskip("torch", reason="torch is not installed")


def _run_commands(text, folder):
    """Run the headstart commands of a console block, where the files that they name are there."""
    for line in text.splitlines():
        words = shlex.split(line.removeprefix("$ "))
        files = [word for word in words if word.endswith(".csv") and words[words.index(word) - 1] != "--out"]
        if words[0] != "headstart" or not files or not all((folder / name).exists() for name in files):
            continue
        command = [str(Path(sys.executable).with_name("headstart")), *words[1:]]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"{line}\n{done.stderr[-3000:]}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [p for p in PAGES if _blocks(p)], ids=lambda p: p.relative_to(ROOT).with_suffix("").as_posix()
)
def test_page_runs(page, tmp_path, monkeypatch):
    _needs_torch(page)
    monkeypatch.chdir(tmp_path)
    module = ModuleType(f"page_{page.stem.replace('-', '_')}")  # what a page defines can be pickled, as in a script
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for number, (language, block) in enumerate(_blocks(page), start=1):
        if language == "python":
            exec(compile(block, f"{page.name}, block {number}", "exec"), vars(module))
        else:
            _run_commands(block, tmp_path)
    if page.stem == "tutorial":
        assert (tmp_path / "predictions.csv").exists(), "the commands of the tutorial were not run"


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: p.stem)
def test_example_runs(example, tmp_path):
    _needs_torch(example)
    done = subprocess.run(
        [sys.executable, "-W", "error", str(example)], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.strip(), "an example shows something"


def test_there_are_examples():
    assert len(EXAMPLES) >= 4


LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "CONTRIBUTING.md"], ids=lambda p: p.stem)
def test_links_of_pages_outside_the_site_lead_somewhere(page):
    # mkdocs checks the links of the site itself
    dead = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()]
    assert not dead
