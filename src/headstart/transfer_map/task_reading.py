"""From what ``map_tasks`` was given to the cells that it asks for: tasks as columns of labels, with gaps."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..choose.problem import schema
from ..choose.task_columns import TaskColumn
from ..choose.task_trials import nothing_to_learn
from ..choose.verdict import FEWEST_ROWS
from ..core.checks import check_labels
from ..core.domain import Task, as_table
from ..core.errors import InputError, InputTypeError
from ..core.frames import stack_tables
from ..core.row_order import refuse_other_order
from ..core.rows import refuse_rows
from ..multitask.given import as_domains, label_table, refuse_twice
from .asked import Asked, check_sizes, read_names, sets_of, some, split_targets, warn_of_few
from .drawing import drawn_places, generator

KINDS = ("classification", "regression")
# Where a quarter of the labels or more differ, so many classes are names or dates rather than classes.
MANY_CLASSES = 20


@dataclass(frozen=True)
class AskedTasks(Asked[TaskColumn]):
    """Checked tasks, with the table of all rows and the kind of each column."""

    table: Any = None
    schema: dict[str, str] | None = None


def read_tasks(
    X: Any,
    Y: Any,
    *,
    targets: Any,
    sources: Any,
    orders: int,
    n_target: int | None,
    task: Any,
    scoring: Any,
    max_source_rows: int | None,
    seed: int,
) -> AskedTasks:
    """Check all that a map of tasks is asked for."""
    check_sizes(orders, n_target, max_source_rows, FEWEST_ROWS)
    table, labels = _read_both(X, Y)
    kinds = _kinds(task, list(labels))
    known = {name: _column(name, values, kinds.get(name)) for name, values in labels.items()}
    wanted = read_names(targets, known, "targets", "tasks")
    givers = read_names(sources, known, "sources", "tasks")
    for name in givers if sources is not None else ():
        if why := nothing_to_learn(known[name]):
            raise InputError(f"source {name!r} {why}")
    as_target, skipped = split_targets(
        wanted,
        lambda name: _drawn(known[name], n_target, seed, "target"),
        nothing_to_learn,
        strict=targets is not None,
    )
    warn_of_few(n_target, {name: len(t.y) for name, t in as_target.items()}, "labels")
    for name in givers:
        if why := nothing_to_learn(known[name]):
            skipped.setdefault(name, why)
    sets, as_target = sets_of([n for n in givers if not nothing_to_learn(known[n])], as_target, orders, skipped, "task")
    used = dict.fromkeys(n for s in sets for n in s)
    return AskedTasks(
        {name: t.kind for name, t in known.items()},
        _scoring(scoring, as_target),
        {n: _drawn(known[n], max_source_rows, seed, "source") for n in used},
        as_target,
        sets,
        skipped,
        table,
        schema(table, ()),
    )


def _read_both(X: Any, Y: Any) -> tuple[Any, dict[str, np.ndarray]]:
    """The table of all rows, and the labels (n_rows,) of each task, with gaps."""
    domains = as_domains(X)
    if domains is not None:
        if Y is not None:
            raise InputError(
                f"map_tasks was given {len(domains)} domains and Y besides; the labels of a task are those of its "
                "domain: expected map_tasks(domains) alone"
            )
        return _of_domains(domains)
    if Y is None:
        raise InputError(
            "Y is None; expected map_tasks(X, Y) with one column of Y for each task, or map_tasks([hs.Domain(X, y, "
            "name=...), ...]) with one domain a task"
        )
    if X is not None:
        refuse_rows(X, what="X")
    table = as_table(X)
    if table.shape[1] == 0:
        raise InputError("X has no columns; expected some to learn the tasks from")
    if isinstance(Y, Mapping):
        for name, labels in Y.items():
            refuse_other_order(X, labels, labels=f"Y[{name!r}]")
        lengths = {str(k): len(v) for k, v in Y.items()}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{k!r} {n}" for k, n in list(lengths.items())[:5])
            raise InputError(f"the tasks of Y have different numbers of rows: {told}; expected a label or a gap a row")
        Y = pd.DataFrame({k: pd.Series(list(v), dtype=object).infer_objects() for k, v in Y.items()})
    frame = label_table(Y, X)
    if len(frame) != table.shape[0]:
        raise InputError(
            f"X has {table.shape[0]} rows and Y {len(frame)}; expected as many rows of labels as of X: "
            "where a task has no label for a row, a gap (NaN or None)"
        )
    _check_names([str(c) for c in frame.columns])
    if isinstance(table, pd.DataFrame):
        both = [str(c) for c in table.columns if str(c) in set(map(str, frame.columns))]
        if both:
            raise InputError(
                f"X has the column {some(both)}, which is a task of Y too; expected columns that are known of new "
                f"rows, which labels are not: drop it from X: X.drop(columns={both[:5]!r})"
            )
    return table, {str(c): frame.iloc[:, k].to_numpy() for k, c in enumerate(frame.columns)}


def _of_domains(domains: list[Any]) -> tuple[Any, dict[str, np.ndarray]]:
    _check_names([d.label for d in domains])
    for d in domains:
        refuse_rows(d.X, what=f"X of task {d.label!r}")
        if d.y is None:
            raise InputError(f"task {d.label!r} has no labels; pass them as hs.Domain(X, y, name={d.label!r})")
    tables = [as_table(d.X) for d in domains]
    first = tables[0]
    if isinstance(first, pd.DataFrame):
        wanted = list(first.columns)
        for d, t in zip(domains, tables, strict=True):
            if not isinstance(t, pd.DataFrame) or set(t.columns) != set(wanted):
                raise InputError(
                    f"the columns of task {d.label!r} are not those of {domains[0].label!r}; expected the same columns "
                    "in all tasks, since models of one are asked about rows of another"
                )
        tables = [t[wanted] for t in tables]
    elif any(t.shape[1] != first.shape[1] for t in tables):
        raise InputError("the tables of the tasks have different numbers of columns; expected the same columns in all")
    lengths = [t.shape[0] for t in tables]
    ends = np.cumsum(lengths)
    labels = {}
    for d, end, length in zip(domains, ends, lengths, strict=True):
        whole = np.full(ends[-1], None, dtype=object)
        whole[end - length : end] = np.asarray(d.y).tolist()
        labels[d.label] = whole
    return stack_tables(tables), labels


def _check_names(names: list[str]) -> None:
    refuse_twice(names)
    if len(names) < 2:
        raise InputError(f"{len(names)} task is given; expected at least two to transfer between")


def _kinds(task: Any, names: list[str]) -> dict[str, str]:
    """The kinds that were told, by name."""
    if task is None:
        return {}
    if isinstance(task, str):
        task = dict.fromkeys(names, task)
    if not isinstance(task, Mapping):
        raise InputTypeError(f"task is a {type(task).__name__}; expected a word, or a dictionary: the kind by task")
    for name, kind in task.items():
        if str(name) not in names:
            raise InputError(f"task names {name!r}, which is none of the tasks; expected some of {some(names, 8)}")
        if kind not in KINDS:
            raise InputError(f"task says {kind!r} of {name!r}; expected 'classification' or 'regression'")
    return {str(name): kind for name, kind in task.items()}


def _column(name: str, values: np.ndarray, kind: str | None) -> TaskColumn:
    rows = np.flatnonzero(~pd.isna(values))
    if not len(rows):
        raise InputError(
            f"task {name!r} has no labels: all of its {len(values)} rows are gaps; expected some, or leave the task out"
        )
    y = np.asarray(values[rows].tolist())
    if y.dtype.kind in "mM" or isinstance(y[0], (datetime.date, datetime.timedelta)):
        raise InputError(
            f"task {name!r} holds dates or times, such as {y[0]!s:.40}; expected classes or numbers: make a number of "
            "them, such as the days since the first"
        )
    kind = kind or Task.of(y).kind
    n_classes = len(pd.unique(y)) if kind == "classification" else 0
    if n_classes > max(2, len(y) / 2) or n_classes > max(MANY_CLASSES, len(y) / 4):
        raise InputError(
            f"task {name!r} has {n_classes} classes in {len(y)} labels; expected classes that many rows share: leave "
            f"it out, or say task={{{name!r}: 'regression'}} where labels are amounts"
        )
    if kind == "classification" and y.dtype.kind == "f" and np.all(y == np.round(y)):
        y = y.astype(np.int64)  # beside gaps whole numbers stand as floats
    if kind == "regression" and y.dtype.kind not in "biuf":
        numbers = pd.to_numeric(pd.Series(y, dtype=object), errors="coerce").to_numpy()
        word = y[int(np.isnan(numbers).argmax())]
        raise InputError(
            f"task {name!r} is said to be a regression, and holds words such as {str(word)!r:.40}; expected numbers"
        )
    return TaskColumn(name, kind, rows, check_labels(y, classification=kind == "classification", what=f"task {name!r}"))


def _drawn(task: TaskColumn, n: int | None, seed: int, role: str) -> TaskColumn:
    """At most ``n`` labels, drawn at random in proportion to classes or sizes."""
    if n is None or len(task.y) <= n:
        return task
    places = drawn_places(task.y, n, generator(seed, "rows", role, task.name))
    return TaskColumn(task.name, task.kind, task.rows[places], task.y[places])


def _scoring(scoring: Any, targets: Mapping[str, TaskColumn]) -> dict[str, Any]:
    """The metric of each target."""
    if isinstance(scoring, Mapping):
        odd = [str(k) for k in scoring if str(k) not in targets]
        if odd:
            raise InputError(
                f"scoring names {some(odd)}, which is no target; expected some of {some(list(targets), 8)}"
            )
        return {name: scoring.get(name) for name in targets}
    if scoring is not None and len({t.kind for t in targets.values()}) > 1:
        classes = [n for n, t in targets.items() if t.kind == "classification"]
        numbers = [n for n in targets if n not in classes]
        raise InputError(
            f"scoring={scoring!r} is one metric, and the targets are classes ({some(classes)}) and numbers "
            f"({some(numbers)}); expected a dictionary, such as {{{classes[0]!r}: 'accuracy', {numbers[0]!r}: 'r2'}}"
        )
    return dict.fromkeys(targets, scoring)
