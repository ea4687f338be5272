"""Where torch is not installed, what needs it is left out, with a word."""

from importlib.util import find_spec
from pathlib import Path

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
