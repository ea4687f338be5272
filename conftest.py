"""Where torch is not installed, what needs it is left out, with a word."""

from importlib.util import find_spec

HAS_TORCH = find_spec("torch") is not None

NEED_TORCH = ["src/headstart/neural/*", "src/headstart/choose/networks/*", "tests/neural/*"]

collect_ignore_glob = [] if HAS_TORCH else NEED_TORCH


def pytest_report_header() -> str | None:
    if HAS_TORCH:
        return None
    return "torch is not installed: the tests of headstart.neural are left out; `make test-neural` runs them"
