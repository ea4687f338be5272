"""Read which module of the package imports what, from the source text: nothing is executed."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "src" / "headstart"


@dataclass(frozen=True)
class Import:
    """One import: by which module (``core.domain``), of what (``headstart.core.errors``, ``numpy``), in which line."""

    module: str
    target: str
    line: int

    @property
    def unit(self) -> str:
        """The part of the package that imports: ``core``, ``instance``, ``compose`` ..."""
        return self.module.partition(".")[0]

    @property
    def is_own(self) -> bool:
        return self.target == "headstart" or self.target.startswith("headstart.")

    @property
    def target_unit(self) -> str:
        """The part of the package that is imported; empty for the package's own ``__init__``."""
        return self.target.partition(".")[2].partition(".")[0]

    def __str__(self) -> str:
        return f"{self.module} (line {self.line}) imports {self.target}"


def module_name(path: Path) -> str:
    parts = list(path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> list[Import]:
    """Every import of a file, those inside functions too."""
    module = module_name(path)
    is_package = path.name == "__init__.py"
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [Import(module, alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(module, node.level, node.module, is_package)
            # `from . import x` may name a module: x is then what is imported
            names = [alias.name for alias in node.names]
            targets = [f"{base}.{n}" for n in names] if _is_folder(base) else [base]
            found += [Import(module, t, node.lineno) for t in targets]
    return found


def _absolute(module: str, level: int, name: str | None, is_package: bool) -> str:
    if level == 0:
        return name or ""
    parts = ["headstart", *module.split(".")] if module else ["headstart"]
    up = level - 1 if is_package else level
    kept = parts[: len(parts) - up] if up else parts
    return ".".join([*kept, name] if name else kept)


def _is_folder(name: str) -> bool:
    if name != "headstart" and not name.startswith("headstart."):
        return False
    return (PACKAGE / Path(*name.split(".")[1:])).is_dir()


def all_imports() -> list[Import]:
    """Every import of every file of the package."""
    return [found for path in sorted(PACKAGE.rglob("*.py")) for found in imports_of(path)]
