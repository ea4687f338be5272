"""The tables of ``headstart map``: a file for each domain, one with a column that names them, or one of tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..core.domain import Domain
from ..core.errors import InputError
from ..files import Table, read_table, split_label
from ..files.labels import require_column
from .label_checks import twins
from .naming import named_path, some
from .task_names import columns_named, kinds_named, kinds_of

# A class with fewer labels is told of: a metric rests on few pairs then.
FEW = 20


@dataclass(frozen=True)
class MapTables:
    """Domains, what is recorded of them, and what was decided without being told."""

    domains: list[Domain]
    record: list[dict[str, Any]]
    notes: list[str]


@dataclass(frozen=True)
class Wish:
    """What the user asked for, as the options say it."""

    files: Sequence[str]
    label: str | None
    tasks: str | None
    domain: str | None
    drop: tuple[str, ...]
    id_column: str | None
    task: str | None
    kinds: tuple[str, ...]
    all_methods: bool

    def check(self) -> None:
        """Raise where options do not go together."""
        if (self.label is None) == (self.tasks is None):
            given = "neither --label nor --tasks is" if self.label is None else "both --label and --tasks are"
            raise InputError(
                f"{given} given; expected one: --label with the column that all domains have, or --tasks with several "
                "columns of labels of one table"
            )
        if self.tasks is None and self.kinds:
            raise InputError("--kinds goes with --tasks; with --label expected --task classification or regression")
        if self.tasks is None:
            return
        for option, given in (("--domain", self.domain), ("--all-methods", self.all_methods)):
            if given:
                raise InputError(f"{option} goes with --label, for domains, and --tasks is given; leave one out")
        if self.task is not None and self.kinds:
            raise InputError("--task and --kinds are given; expected --kinds alone: a kind without a name is for all")
        if len(self.files) > 1:
            raise InputError(
                f"{len(self.files)} tables are given with --tasks; expected one, with a column for each task: put rows "
                "of several tables below each other, with gaps where a task has no label"
            )


@dataclass(frozen=True)
class MapColumns:
    """Rows and a column of labels for each task, what is recorded, and what was decided without being told."""

    X: pd.DataFrame
    Y: pd.DataFrame
    kinds: dict[str, str]
    record: list[dict[str, Any]]
    notes: list[str]


def read_columns(wish: Wish) -> MapColumns:
    """Read the tasks of a map; their columns are taken out of the rows.

    Raises
    ------
    InputError
        Where the file or a column is wrong, or nothing is left to learn from.
    """
    ids = [wish.id_column] if wish.id_column else []
    _, path = named_path(wish.files[0])
    table = read_table(path, as_text=ids)
    names = columns_named([str(wish.tasks)], table.frame, option="--tasks", path=table.path)
    if len(names) < 2:
        raise InputError(f"--tasks names one task, {names[0]!r}; expected at least two to transfer between")
    for name in [*wish.drop, *ids]:
        require_column(table.frame, name, path=table.path, what="was to be left out")
        if name in names:
            raise InputError(f"the task {name!r} cannot be left out; name another column, or drop it from --tasks")
    X = table.frame.drop(columns=[*names, *wish.drop, *ids])
    if X.shape[1] == 0:
        raise InputError(f"{str(table.path)!r} has no column beside the tasks; expected columns to learn from")
    Y = table.frame[names]
    bare = int(Y.isna().all(axis=1).sum())
    notes = [f"{table.path.name}: {n}" for n in table.notes]
    if bare:
        notes.append(f"{bare} of {len(Y)} rows have no label of any task and play no part")
    told = kinds_named(wish.kinds if wish.task is None else [wish.task], names)
    kinds = kinds_of(Y, told, path=table.path)
    notes.append("tasks: " + "; ".join(_told(n, Y[n].dropna(), kinds.get(n)) for n in names))
    notes += twins([(Y[n].dropna().to_numpy(), table) for n in names])
    record = [{"name": table.name, "file": str(table.path), "sha256": table.sha256, "rows": len(Y)}]
    return MapColumns(X, Y, kinds, record, notes)


def _told(name: str, labels: pd.Series, kind: str | None) -> str:
    """What a task is taken for: "rating: 5 classes, 300 labels"."""
    if kind is None:
        return f"{name}: no labels"
    n_labels = f"{len(labels)} label{'s' * (len(labels) != 1)}"
    if kind == "regression":
        return f"{name}: numbers, {n_labels}"
    n, least = labels.nunique(), int(labels.value_counts().min())
    rare = f", {least} of the smallest class" if n > 1 and least < FEW else ""
    return f"{name}: {n} class{'es' * (n != 1)}, {n_labels}{rare}"


def read_tables(
    files: Sequence[str], *, label: str, domain: str | None, drop: Sequence[str], id_column: str | None
) -> MapTables:
    """Read the domains of a map.

    Raises
    ------
    InputError
        Where a file or column is wrong, or there are fewer than two domains.
    """
    ids = [id_column] if id_column else []
    left_out = [*drop, *ids]
    if label in left_out:
        raise InputError(f"the label {label!r} cannot be left out; name another column")
    given = [(*named_path(f), f) for f in files]
    tables = [read_table(path, as_text=[*ids, *([domain] if domain else [])]) for _, path, _ in given]
    notes = [f"{t.path.name}: {n}" for t in tables for n in t.notes]
    for name in left_out:
        if not any(name in t.frame.columns for t in tables):
            require_column(tables[0].frame, name, path=tables[0].path, what="was to be left out")
    if domain is not None:
        parts = [part for table in tables for part in _split(table, domain, label, notes)]
    elif len(tables) == 1:
        raise InputError(
            f"one table is given, {str(tables[0].path)!r}; expected one for each domain, or --domain with the column "
            "that tells the domains of its rows apart"
        )
    else:
        parts = [(name or t.name, t, t.frame) for (name, _, _), t in zip(given, tables, strict=True)]
    names = [name for name, _, _ in parts]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        mend = "put the tables into one" if domain else f"name each: first={given[0][1]} second={given[-1][1]}"
        raise InputError(f"two domains have the name {twice[0]!r}; {mend}")
    domains, record = [], []
    for name, table, frame in parts:
        found = split_label(frame.drop(columns=left_out, errors="ignore"), label, path=table.path)
        if len(found.unlabeled):
            notes.append(f"{name}: {len(found.unlabeled)} of {len(frame)} rows have no label and are left out")
        domains.append(Domain(found.X, found.y, name=name))
        record.append({"name": name, "file": str(table.path), "sha256": table.sha256, "rows": len(found.y)})
    return MapTables(domains, record, notes)


def _split(table: Table, column: str, label: str, notes: list[str]) -> list[tuple[str, Table, pd.DataFrame]]:
    """A table by the values of a column."""
    require_column(table.frame, column, path=table.path, what="should name the domain of each row")
    if column == label:
        raise InputError(f"--domain and --label both name {column!r}; expected two columns")
    values = table.frame[column]
    gaps = int(values.isna().sum())
    if gaps:
        notes.append(f"{table.path.name}: {gaps} rows have a gap in {column!r} and are left out")
    names = list(dict.fromkeys(values.dropna()))
    if len(names) < 2:
        raise InputError(
            f"the column {column!r} of {str(table.path)!r} holds one domain, {some([str(n) for n in names])}; expected "
            "at least two"
        )
    if len(names) > len(values) / 4:
        raise InputError(
            f"the column {column!r} of {str(table.path)!r} has {len(names)} values in {len(values)} rows; expected the "
            "name of a domain, which many rows share"
        )
    rest = table.frame.drop(columns=column)
    return [(str(n), table, rest.loc[values == n].reset_index(drop=True)) for n in names]
