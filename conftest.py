"""Where torch is not installed, what needs it is left out, with a word."""

from importlib.util import find_spec

HAS_TORCH = find_spec("torch") is not None

NEED_TORCH = [
    *(f"{where}/{part}/*" for part in ("neural", "multitask") for where in ("src/headstart", "tests")),
    "src/headstart/choose/networks/*",
]
collect_ignore_glob = [] if HAS_TORCH else NEED_TORCH


def pytest_report_header() -> str | None:
    if HAS_TORCH:
        return None
    return "torch is not installed: networks and many tasks are not tested; `make test-neural` tests them"
