"""Where torch is not installed, what needs it is left out, with a word; tests measured to be slow are marked."""

from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest

HAS_TORCH = find_spec("torch") is not None
ROOT = Path(__file__).parent
NEED_TORCH = ("src/headstart/neural", "tests/neural", "src/headstart/choose/networks", "src/headstart/multitask")
FILES = tuple(f"src/headstart/ranking/{name}.py" for name in ("backbone_inputs", "backbones", "heads"))
# Of tasks, the models of tables need none.
TABLES = ("kernel", "linear", "tables", "test_kernel.py", "test_linear.py", "__init__.py")


def _left_out() -> list[str]:
    files = [file for folder in (*NEED_TORCH, "tests/multitask") for file in (ROOT / folder).rglob("*.py")]
    files += [ROOT / file for file in FILES]
    return [str(f) for f in files if not ("multitask" in f.parts and set(TABLES) & set(f.parts))]


collect_ignore = [] if HAS_TORCH else _left_out()


def pytest_report_header() -> str | None:
    if HAS_TORCH:
        return None
    return "torch is not installed: the tests of headstart.neural are left out; `make test-neural` runs them"


# Tests, or whole files of them, that `make test-fast` leaves out besides those that say so themselves.
SLOW = ROOT / "tests" / "slow_tests.txt"


def pytest_addoption(parser):
    parser.addoption(
        "--list-slow", type=float, metavar="SECONDS", help="write anew which tests of this run took longer than that"
    )


@pytest.hookimpl(tryfirst=True)  # before -m leaves tests out
def pytest_collection_modifyitems(items):
    listed = set(SLOW.read_text(encoding="utf-8").splitlines())
    for item in items:
        if item.nodeid in listed or item.nodeid.partition("::")[0] in listed:
            item.add_marker(pytest.mark.slow)


def pytest_terminal_summary(terminalreporter, config):
    """A file with a slow set-up is slow as a whole: whichever of its tests comes first pays for it."""
    least = config.getoption("--list-slow")
    if least is None:
        return
    reports = [r for part in ("", "passed") for r in terminalreporter.stats.get(part, ()) if hasattr(r, "duration")]
    files = {r.nodeid.partition("::")[0] for r in reports if r.when == "setup" and r.duration > least}
    seconds = Counter()
    for r in reports:
        seconds[r.nodeid] += r.duration
    tests = {n for n, s in seconds.items() if s > least and n.partition("::")[0] not in files}
    SLOW.write_text("".join(f"{name}\n" for name in sorted(files | tests)), encoding="utf-8")
