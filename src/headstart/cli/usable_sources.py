"""Sources whose labels can be used, where one that cannot be is told and left out rather than refused."""

from __future__ import annotations

from typing import Any

from ..core.errors import InputError
from ..files import Labelled, Table
from .label_checks import check_labels


def usable_sources(
    wish: Any,
    target: Table,
    tables: list[Table],
    names: list[str],
    parts: list[Labelled],
    unusable: dict[str, str],
) -> tuple[list[Table], list[str], list[Labelled]]:
    """The tables, names and labels (the target's first) without the sources that go into ``unusable``.

    Parameters
    ----------
    wish : Wish
        What the user asked for.
    target, tables : Table, list of Table
        The target and the sources.
    names : list of str
        Of the sources.
    parts : list of Labelled
        The labels of the target, then of each source.
    unusable : dict of str to str
        Sources without labels, and why; those are added whose labels do not go with the target's.

    Raises
    ------
    InputError
        Where no source is left, or the target's own labels cannot be used.
    """
    check_labels(wish.label, wish.task, parts[:1], [target])
    for name, part, table in zip(names, parts[1:], tables, strict=True):
        if name not in unusable:
            try:
                check_labels(wish.label, wish.task, [parts[0], part], [target, table])
            except InputError as error:
                unusable[name] = str(error)
    kept = [k for k, name in enumerate(names) if name not in unusable]
    if not kept:
        told = list(unusable.values())
        raise InputError(told[0] if len(told) == 1 else f"no source can be used: {'; '.join(told)}")
    return [tables[k] for k in kept], [names[k] for k in kept], [parts[0], *(parts[1 + k] for k in kept)]
