"""Names of files and sources, and names in messages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..core.errors import InputError


def named_path(source: str) -> tuple[str | None, str]:
    """Part ``NAME=FILE``; a file that has an equals sign in its name is still a file."""
    name, mark, path = source.partition("=")
    if mark and not Path(source).exists():
        return name, path
    return None, source


def names_of_sources(given: list[str | None], tables: Sequence[Any], target: Any) -> list[str]:
    """The names of the sources: as given, else of the files, made different from each other and from the target."""
    plain = [g or t.name for g, t in zip(given, tables, strict=True)]
    names = list(plain)
    for k, (name, table) in enumerate(zip(plain, tables, strict=True)):
        if given[k] is None and (plain.count(name) > 1 or name == target.name):
            names[k] = f"{table.path.absolute().parent.name}/{name}"
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise InputError(
            f"two sources have the name {twice[0]!r}; give each its own: --source first={tables[0].path} "
            "--source second=..."
        )
    return names


def some(names: list[str], most: int = 5) -> str:
    """The first names in quotation marks, and how many more there are."""
    shown = ", ".join(repr(n) for n in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
