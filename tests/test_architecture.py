"""The floors of the package: who may import whom. docs/architecture.md tells why."""

import subprocess
import sys

import pytest

from .imports import PACKAGE, all_imports

# From the ground up. A part may import from lower floors and from itself; parts of one floor do not know each other.
FLOORS = [
    {"core", "numeric"},
    {"backbone_catalogue", "bins", "datasets", "columns", "files"},
    {"tables"},
    {"learners", "scores"},
    {"instance", "feature", "parameter", "neural"},
    {"multitask"},
    {"compose"},
    {"diagnosis"},
    {"guard"},
    {"choose"},
    {"ranking", "task_map"},
    {"transfer_map"},
    {"report", "store"},
    {"run_folder"},
    {"testing"},
    {"cli"},
]
FLOOR_OF = {part: floor for floor, parts in enumerate(FLOORS) for part in parts}

# Heavy or optional packages, and the only parts that may import them.
ONLY_IN = {
    "torch": {"neural", "multitask"},
    "ray": {"run"},
    "matplotlib": {"report"},
    "skrub": {"columns", "tables"},
    "typer": {"cli"},
    "jinja2": {"report"},
    "skops": {"store"},
    "polars": {"testing"},
}


def own_imports():
    # the package's __init__ names every export and belongs to no floor
    return [found for found in all_imports() if found.is_own and found.module]


def test_every_part_stands_on_a_floor():
    parts = {p.stem for p in PACKAGE.iterdir() if p.suffix == ".py" or (p.is_dir() and any(p.glob("*.py")))}
    parts -= {"__init__", "__main__", "__pycache__"}
    assert parts <= FLOOR_OF.keys(), f"name the floor of {sorted(parts - FLOOR_OF.keys())} in FLOORS"


def test_imports_only_look_down():
    upward = [
        str(found)
        for found in own_imports()
        if found.target_unit
        and found.unit != found.target_unit
        and found.unit in FLOOR_OF
        and FLOOR_OF.get(found.target_unit, len(FLOORS)) >= FLOOR_OF[found.unit]
    ]
    assert not upward, "imports that look up or sideways:\n" + "\n".join(upward)


def test_nobody_imports_the_package_itself():
    found = [str(f) for f in own_imports() if f.target in ("headstart", "headstart.__version__")]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("package", ONLY_IN)
def test_heavy_packages_are_imported_where_they_belong(package):
    found = [str(f) for f in all_imports() if f.target.partition(".")[0] == package and f.unit not in ONLY_IN[package]]
    assert not found, f"{package} may be imported by {sorted(ONLY_IN[package])} only:\n" + "\n".join(found)


def test_no_file_is_too_long():
    long = [f"{p.relative_to(PACKAGE)}: {n} lines" for p in PACKAGE.rglob("*.py") if (n := _lines(p)) > 400]
    assert not long, "files of one idea are shorter than 400 lines:\n" + "\n".join(long)


def _lines(path):
    return len(path.read_text(encoding="utf-8").splitlines())


def _run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_import_is_light():
    loaded = _run("import sys, headstart; dir(headstart); print(*sys.modules)")
    heavy = {"numpy", "pandas", "sklearn", "scipy", "torch", "matplotlib", "skrub", "typer", "rich", "skops"} & set(
        loaded
    )
    assert not heavy, f"import headstart loads {sorted(heavy)}; expected names to be imported when they are used"


def test_the_main_job_needs_no_plots():
    loaded = _run("import sys, headstart; headstart.TransferClassifier(); print(*sys.modules)")
    assert not {"torch", "matplotlib", "typer"} & set(loaded)
