"""From one table to several tasks: its rows, a column of labels for each task, and all that should be said of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..core.domain import Domain
from ..core.errors import InputError
from ..files import Table, read_table
from ..files.labels import require_column
from .column_checks import check_columns
from .entries import check_images, from_table, only_column
from .label_checks import twins
from .naming import some
from .problem import Problem
from .task_names import columns_named, kinds_named, kinds_of


@dataclass(frozen=True, kw_only=True)
class TaskWish:
    """What the user asked for, as the options say it."""

    table: str
    tasks: Sequence[str]
    auxiliary: Sequence[str] = ()
    kinds: Sequence[str] = ()
    column: str | None = None
    drop: Sequence[str] = ()
    id_column: str | None = None
    model: str = "network"
    backbone: str | None = None
    folds: int = 5


@dataclass(frozen=True, eq=False)
class TaskTable:
    """Rows, and their labels of several tasks.

    Attributes
    ----------
    problem : Problem
        The rows as a target without labels, what ``run.json`` records, notes and warnings.
    holds : {"table", "texts", "images"}
        What the rows are.
    Y : pandas.DataFrame
        A column for each task, with gaps; each row has a label of at least one.
    kinds : dict
        "classification" or "regression" for each task.
    auxiliary : list of str
        Tasks that only serve.
    """

    problem: Problem
    holds: str
    Y: pd.DataFrame
    kinds: dict[str, str]
    auxiliary: list[str]


def read_task_table(wish: TaskWish) -> TaskTable:
    """Read the table, and check its tasks one by one.

    Raises
    ------
    InputError
        Where the file, a column or the labels of a task are wrong.
    """
    if Path(wish.table).is_dir():
        raise InputError(
            f"{wish.table!r} is a folder; expected a table with a column for each task; of images, one with their "
            "paths in another column"
        )
    as_text = [c for c in (wish.column, wish.id_column) if c is not None]
    table = read_table(wish.table, as_text=as_text)
    names, auxiliary = _tasks(wish, table)
    _check_others(wish, table, names)
    Y = table.frame[names]
    told = kinds_of(Y, kinds_named(wish.kinds, names), path=table.path)
    kinds, lines = {}, []
    for name in names:
        kinds[name], line = _checked(Y[name], name, told.get(name), wish, table, serves=name in auxiliary)
        lines.append(f"task {name}{' (auxiliary)' if name in auxiliary else ''}: {line}")
    kept = np.flatnonzero(Y.notna().any(axis=1).to_numpy())
    notes = [f"{table.path.name}: {n}" for n in table.notes]
    if len(kept) < len(Y):
        notes.append(f"{len(Y) - len(kept)} of {len(Y)} rows have no label of any task and are left out")
    X, holds, column, more, warnings = _rows(wish, table, names, kept)
    warnings = [*twins([(Y[n].dropna().to_numpy(), table) for n in names]), *warnings]
    record = {
        "target": {
            "name": table.name,
            "file": str(table.path),
            "sha256": table.sha256,
            "rows": len(Y),
            "labelled_rows": len(kept),
            "columns": table.frame.shape[1],
            "holds": holds,
        },
        "tasks": names,
        "auxiliary": auxiliary,
        "kinds": kinds,
        "labels": {name: int(Y[name].notna().sum()) for name in names},
        "id_column": wish.id_column,
        "dropped": list(wish.drop),
        "holds": holds,
        "column": column,
        "columns": [str(c) for c in X.columns] if column is None else [column],
    }
    problem = Problem(
        Domain(X, None, name=table.name), None, None, None, record, [*notes, *more, *lines], list(warnings)
    )
    return TaskTable(problem, holds, Y.iloc[kept].reset_index(drop=True), kinds, auxiliary)


def _tasks(wish: TaskWish, table: Table) -> tuple[list[str], list[str]]:
    """All tasks, and those that only serve."""
    mains = columns_named(wish.tasks, table.frame, option="--tasks", path=table.path)
    auxiliary = columns_named(wish.auxiliary, table.frame, option="--auxiliary", path=table.path)
    names = [*mains, *(name for name in auxiliary if name not in mains)]
    if set(mains) <= set(auxiliary):
        raise InputError(
            "all tasks are auxiliary; expected at least one in --tasks that is predicted, beside those in --auxiliary"
        )
    if len(names) < 2:
        raise InputError(
            f"there is one task, {names[0]!r}; expected at least two in --tasks and --auxiliary, for there is nothing "
            "to share else: for one task see headstart fit and headstart finetune"
        )
    return names, auxiliary


def _check_others(wish: TaskWish, table: Table, names: list[str]) -> None:
    """Columns that are named for another use must be there, and be no tasks: labels are never learned from."""
    for option, given, what in (
        ("--drop", wish.drop, "was to be left out"),
        ("--id-column", [wish.id_column] if wish.id_column else [], "should name the rows"),
        ("--column", [wish.column] if wish.column else [], "should hold the texts or the paths of images"),
    ):
        for name in given:
            require_column(table.frame, name, path=table.path, what=what)
            if name in names:
                raise InputError(f"{option} is {name!r}, which is a task; expected another column: labels are no input")


def _checked(
    column: pd.Series, name: str, kind: str | None, wish: TaskWish, table: Table, *, serves: bool
) -> tuple[str, str]:
    """The kind of one task and what is said of it; labels that nothing can be learned from are refused."""
    from ..multitask.networks.labels import read_task

    values = column.to_numpy(dtype=object)
    try:
        _, kind, classes = read_task(values, name, kind)
    except InputError as error:
        raise InputError(f"{str(table.path)!r}: {error}") from error
    n = int(column.notna().sum())
    if not serves and n < 2 * wish.folds:
        more = f", --folds {n // 2}" if n >= 4 else ""
        raise InputError(
            f"{str(table.path)!r}: task {name!r} has {n} labels, too few to judge over {wish.folds} folds; expected at "
            f"least {2 * wish.folds}: label more{more}, or --auxiliary {name} if it only serves"
        )
    if wish.model != "network" and classes is not None and len(classes) != 2:
        raise InputError(
            f"task {name!r} has {len(classes)} classes, and --model {wish.model} takes two a task; expected --model "
            "network, or a task for each class"
        )
    labels = f"{n} labels" if n == len(values) else f"{n} labels in {len(values)} rows"
    shown = "" if classes is None else f" ({', '.join(map(str, classes[:6]))}{', ...' if len(classes) > 6 else ''})"
    return str(kind), f"{kind}{shown}, {labels}"


def _rows(
    wish: TaskWish, table: Table, names: list[str], kept: np.ndarray
) -> tuple[Any, str, str | None, list[str], list[str]]:
    """What is learned from: rows, what they hold, the column that holds them, notes and warnings."""
    besides = [*names, *wish.drop, *([wish.id_column] if wish.id_column else [])]
    rest = table.frame.drop(columns=besides)
    if rest.shape[1] == 0:
        raise InputError(
            f"{str(table.path)!r} has no column beside the tasks and those left out; expected some to learn from"
        )
    column, notes = wish.column, []
    if column is None and wish.model == "network":
        column = only_column(table.frame, besides)
        notes += [f"the rows are column {column!r}, the only one beside the tasks"] if column is not None else []
    if column is not None:
        entries = from_table(table, column, None, kept=kept)
        if entries.kind == "images":
            check_images(entries)
        return entries.X, entries.kind, column, [*notes, f"{len(kept)} {entries.kind} in column {column!r}"], []
    if wish.backbone is not None:
        raise InputError(
            f"--backbone {wish.backbone} reads images or texts, and {wish.table!r} has {rest.shape[1]} columns beside "
            f"the tasks; expected --column NAME, the one that holds them (it has {some([*map(str, rest.columns)])})"
        )
    X = rest.iloc[kept].reset_index(drop=True)
    if wish.model != "network":
        _check_numbers(X, table, wish.model)
    what = "a small network" if wish.model == "network" else f"{wish.model} models"
    notes.append(f"{X.shape[1]} columns of {len(X)} rows go to {what}: {some([str(c) for c in X.columns])}")
    return X, "table", None, notes, [*check_columns(X, [], table, [], []), *_copies(X, table.frame[names].iloc[kept])]


def _check_numbers(X: pd.DataFrame, table: Table, model: str) -> None:
    """Linear and kernel models take numbers without gaps: filling them from all rows would look at those held out."""
    words = [str(c) for c in X.columns if not pd.api.types.is_numeric_dtype(X[c])]
    gaps = [str(c) for c in X.columns if X[c].isna().any()]
    if words or gaps:
        told = f"{some(words)} hold words" if words else f"{some(gaps)} have gaps"
        raise InputError(
            f"{str(table.path)!r}: {told}, and --model {model} takes numbers without gaps; expected --model network, "
            "or those columns left out with --drop"
        )


def _copies(X: pd.DataFrame, Y: pd.DataFrame) -> list[str]:
    """Columns that hold the labels of a task once more, which gives them away."""
    found = []
    for task in Y.columns:
        there = Y[task].notna().to_numpy()
        labels = Y[task].to_numpy(dtype=object)[there]
        same = [str(c) for c in X.columns if (X[c].to_numpy(dtype=object)[there] == labels).all()]
        if same:
            found.append(
                f"column {same[0]!r} holds the same as task {task!r} in each row that has a label; if it is not known "
                "before the label is, leave it out with --drop"
            )
    return found
