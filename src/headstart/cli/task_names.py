"""What options name where a table has several tasks: columns, and kinds of tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.errors import InputError
from ..files.labels import require_column

KINDS = ("classification", "regression")


def columns_named(given: Sequence[str], frame: pd.DataFrame, *, option: str, path: Path) -> list[str]:
    """Columns of a table, named with commas between them; a column whose name has a comma is named on its own.

    Raises
    ------
    InputError
        Where nothing is named, a column is named twice, or there is no such column.
    """
    names = []
    for text in given:
        parts = [text] if text in frame.columns else [part.strip() for part in text.split(",")]
        names += [part for part in parts if part]
    if given and not names:
        raise InputError(f"{option} names no column; expected some with commas between them, such as {option} a,b,c")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{option} names {twice[0]!r} twice; expected each column once")
    for name in names:
        require_column(frame, name, path=path, what=f"{option} names")
    return names


def kinds_named(given: Sequence[str], tasks: Sequence[str]) -> dict[str, str]:
    """The kinds that were told: ``NAME=KIND``, or a ``KIND`` for all tasks that are not named.

    Raises
    ------
    InputError
        Where a kind is none, or a task is none or named twice.
    """
    found: dict[str, str] = {}
    rest: str | None = None
    for text in given:
        for part in [text] if text.rpartition("=")[0] in tasks else text.split(","):
            name, _, kind = part.strip().rpartition("=")
            if kind not in KINDS:
                raise InputError(
                    f"--kinds says {part.strip()!r}; expected NAME=classification or NAME=regression, or one of the "
                    "two for all tasks"
                )
            if not name:
                if rest not in (None, kind):
                    raise InputError(f"--kinds says both {rest} and {kind} for all tasks; expected one, or NAME=KIND")
                rest = kind
                continue
            if name not in tasks:
                near = get_close_matches(name, list(tasks), n=1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise InputError(
                    f"--kinds names {name!r}, which is no task; expected some of {', '.join(map(repr, tasks))}{hint}"
                )
            if found.get(name, kind) != kind:
                raise InputError(f"--kinds says two kinds for {name!r}; expected one")
            found[name] = kind
    return {name: found.get(name, rest) for name in tasks if name in found or rest is not None}  # type: ignore[misc]


def kinds_of(labels: pd.DataFrame, told: Mapping[str, str], *, path: Path) -> dict[str, str]:
    """The kind of each task that has labels: as it was told, else as labels tell.

    Raises
    ------
    InputError
        Where labels of a task are whole numbers that may be classes or amounts, and nothing was told.
    """
    from ..multitask.networks.labels import told_kind

    found, unclear = dict(told), {}
    for name in labels.columns:
        present = np.asarray(labels[name].dropna().tolist())
        if name in told or not len(present):
            continue
        try:
            found[name] = told_kind(present, name)
        except InputError:
            unclear[name] = len(np.unique(present))
    if unclear:
        counted = " and ".join(f"task {name!r} has {n} distinct whole numbers" for name, n in unclear.items())
        mend = (
            " or ".join(f"--kinds {next(iter(unclear))}={kind}" for kind in KINDS)
            if len(unclear) == 1
            else f"--kinds {','.join(f'{name}=KIND' for name in unclear)}, each classification or regression"
        )
        raise InputError(
            f"{str(path)!r}: {counted}, which may be classes or amounts; expected to be told which: {mend}"
        )
    return found
