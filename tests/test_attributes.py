"""Parts of the package that the documentation names are there right after ``import headstart``."""

import re
import subprocess
import sys

import headstart as hs

from .imports import PACKAGE

ROOT = PACKAGE.parents[1]
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def in_a_fresh_interpreter(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)


def named_in_the_docs():
    """All that is written as headstart.PART.NAME."""
    found = {m for file in DOCS for m in re.findall(r"\bheadstart\.([a-z_]+\.[A-Za-z_]+)", file.read_text("utf-8"))}
    return sorted(n for n in found if (PACKAGE / n.partition(".")[0]).is_dir())


def test_what_the_docs_name_is_an_attribute_without_a_further_import():
    names = [n for n in named_in_the_docs() if not n.startswith(hs._OF_NETWORKS)]
    assert "report.write_ranking" in names
    code = "import importlib, headstart\n"
    for name in names:
        part, _, last = name.partition(".")
        is_module = (PACKAGE / part / f"{last}.py").is_file()
        code += f"importlib.import_module('headstart.{name}')\n" if is_module else f"headstart.{name}\n"
    done = in_a_fresh_interpreter(code)
    assert done.returncode == 0, done.stderr


def test_every_part_is_an_attribute_and_none_is_imported_at_the_start():
    parts = sorted([*hs._PARTS, "datasets", "scores", "testing"])
    code = "import sys, headstart\n"
    code += f"early = [p for p in {parts} if f'headstart.{{p}}' in sys.modules]\nassert not early, early\n"
    code += "".join(f"assert headstart.{p}.__name__ == 'headstart.{p}'\n" for p in parts)
    done = in_a_fresh_interpreter(code)
    assert done.returncode == 0, done.stderr
    there = {p.name for p in PACKAGE.iterdir() if (p / "__init__.py").is_file()}
    assert hs._PARTS <= there
    assert not hs._PARTS & set(hs.__all__)  # `from headstart import *` gives the public names alone


def test_the_command_is_no_attribute():
    done = in_a_fresh_interpreter("import headstart\nassert not hasattr(headstart, 'cli')\n")
    assert done.returncode == 0, done.stderr
