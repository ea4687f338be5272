"""From files to a transfer problem: domains, task, and all that should be said about them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ..core.domain import Domain, Sources, Task
from ..core.errors import InputError
from ..files import Labelled, Table, read_table, split_label
from ..files.labels import require_column
from .column_checks import check_columns, same_columns
from .label_checks import check_labels
from .naming import named_path, names_of_sources
from .rename import rename_columns
from .source_models import SourceModel, read_source_models
from .usable_sources import usable_sources


@dataclass(eq=False)
class Problem:
    """What ``diagnose`` and ``fit`` need, and what ``run.json`` records of it."""

    target: Domain
    source: Domain | Sources | None
    unlabeled: Domain | None
    task: Task | None
    record: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unusable: dict[str, str] = field(default_factory=dict)  # sources that are left out, and why
    models: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the user asked for, as the options say it.

    ``takes_models``: whether the command has --source-model; ``takes_no_labels``: whether it has --no-target-labels.
    """

    target: str
    source: Sequence[str]
    label: str | None
    source_label: str | None = None
    no_target_labels: bool = False
    unlabeled: str | None = None
    drop: Sequence[str] = ()
    id_column: str | None = None
    task: str | None = None
    rename: Sequence[str] = ()
    source_model: Sequence[str] = ()
    trust: Sequence[str] = ()
    takes_models: bool = True
    takes_no_labels: bool = False
    alone: bool = False  # whether a target without any source will do
    spares_sources: bool = False  # whether a source whose labels cannot be used is left out, not refused


def read_problem(wish: Wish) -> Problem:
    """Read all files, check them against each other, and put them together.

    Raises
    ------
    InputError
        Where a file or a column is wrong, or the tables do not belong together.
    """
    if wish.task not in (None, "classification", "regression"):
        raise InputError(f"--task is {wish.task!r}; expected classification or regression")
    if wish.no_target_labels and wish.label is None:
        raise InputError("--no-target-labels needs --label, which the sources hold")
    ids = [wish.id_column] if wish.id_column else []
    target = read_table(wish.target, as_text=ids)
    sources = [(*named_path(s), s) for s in wish.source]
    if not sources and not wish.source_model and not wish.alone:
        wanted = "at least one table, or --source-model, to learn from"
        wanted = wanted if wish.takes_models else "at least one table to compare the target with"
        raise InputError(f"no --source is given; expected {wanted}")
    _check_source_models(wish)
    models = read_source_models(wish.source_model, wish.trust, target.name, target.sha256)
    tables = [read_table(path, as_text=ids) for _, path, _ in sources]
    names = names_of_sources([name for name, _, _ in sources], tables, target)
    extra = read_table(wish.unlabeled, as_text=ids) if wish.unlabeled else None
    notes = [f"{t.path.name}: {n}" for t in [target, *tables, *([extra] if extra else [])] for n in t.notes]

    everything = [target, *tables, *([extra] if extra else [])]
    frames = _without(everything, wish)
    renamed = rename_columns(frames[1 : 1 + len(tables)], wish.rename, frames[0])
    frames = [frames[0], *renamed, *frames[1 + len(tables) :]]
    unusable: dict[str, str] = {}
    parts = _labelled(wish, target, tables, frames, names, notes, unusable)
    if wish.spares_sources:
        tables, names, parts = usable_sources(wish, target, tables, names, parts, unusable)
        notes += [f"source {name} is left out: {why}" for name, why in unusable.items()]
    warnings = check_labels(wish.label, wish.task, parts, [target, *tables]) if wish.label else []
    X, source_frames = parts[0].X, [p.X for p in parts[1:]]
    rest = parts[0].unlabeled
    if extra is not None:
        more = frames[-1].drop(columns=wish.label, errors="ignore") if wish.label else frames[-1]
        same_columns(X, more, extra)
        rest = pd.concat([rest, more[list(X.columns)]], ignore_index=True) if len(rest) else more[list(X.columns)]
    warnings += check_columns(X, source_frames, target, tables, names)
    has_labels = wish.label is not None and not wish.no_target_labels
    domains = [
        Domain(f, p.y if wish.label else None, name=n) for f, p, n in zip(source_frames, parts[1:], names, strict=True)
    ]
    task = task_of(wish, parts, has_labels, models)
    warnings += _other_labels(wish, models)
    if task is not None:
        counts = _counted(len(X), has_labels)
        told = wish.task is None and task.kind == "regression" and models and _only_regressors(models)
        why = ", as the source models are for numbers" if told else ""
        notes.append(f"target {target.name}: {counts}; task: {described(task)}{why}")
    record = {
        "target": _recorded(target, target.name, n_labelled=len(X) if has_labels else 0),
        "sources": [_recorded(t, n, n_labelled=len(d.X)) for t, n, d in zip(tables, names, domains, strict=True)],
        "source_models": [m.record for m in models],
        "unlabeled": None if extra is None else _recorded(extra, extra.name, n_labelled=0),
        "label": wish.label,
        "source_label": wish.source_label,
        "id_column": wish.id_column,
        "dropped": list(wish.drop),
        "renamed": list(wish.rename),
        "task": None if task is None else task.kind,
        "columns": [str(c) for c in X.columns],
    }
    return Problem(
        Domain(X, parts[0].y if has_labels else None, name=target.name),
        None if not domains else domains[0] if len(domains) == 1 else Sources(domains),
        Domain(rest, name="unlabeled") if len(rest) else None,
        task,
        record,
        notes,
        warnings,
        unusable,
        {m.name: m.model for m in models},
    )


def _without(tables: list[Table], wish: Wish) -> list[pd.DataFrame]:
    """The frames without the columns that are not learned from."""
    for name in [*wish.drop, *([wish.id_column] if wish.id_column else [])]:
        if not any(name in t.frame.columns for t in tables):
            require_column(tables[0].frame, name, path=tables[0].path, what="was to be left out")
        if name == wish.label:
            raise InputError(f"the label {name!r} cannot be left out; name another column")
    left_out = [*wish.drop, *([wish.id_column] if wish.id_column else [])]
    return [t.frame.drop(columns=left_out, errors="ignore") for t in tables]


def _labelled(
    wish: Wish,
    target: Table,
    tables: list[Table],
    frames: list[pd.DataFrame],
    names: list[str],
    notes: list[str],
    unusable: dict[str, str],
) -> list[Labelled]:
    """The labels of the target and of each source; a source that is spared has none, and its reason is kept."""
    if wish.label is None:
        return [_unlabelled(f) for f in frames[: len(tables) + 1]]
    if wish.no_target_labels:
        first = _unlabelled(frames[0].drop(columns=wish.label, errors="ignore"))
    else:
        try:
            first = split_label(frames[0], wish.label, path=target.path)
        except InputError as error:
            # A column of nearly that name is the likelier mistake.
            told = str(error)
            hint = "; where the target has no labels at all, pass --no-target-labels"
            plain = told.endswith("?") or "beside" in told or not wish.takes_no_labels
            raise InputError(told if plain else told + hint) from error
        if len(first.unlabeled):
            notes.append(
                f"target {target.name}: {len(first.unlabeled)} of {len(frames[0])} rows have no label and are used as "
                "unlabelled rows"
            )
    parts = [first]
    for table, frame, name in zip(tables, frames[1:], names, strict=False):
        column = wish.source_label or wish.label
        try:
            part = split_label(frame, column, path=table.path, what="should hold the label of the source")
        except InputError as error:
            told = str(error)
            if wish.source_label is None and column not in frame.columns:
                mend = " Then name it with" if told.endswith("?") else ": name its label with"
                told = f"{told}{mend} --source-label"
            if not wish.spares_sources:
                raise InputError(told) from error
            unusable[name] = told
            parts.append(_unlabelled(frame))
            continue
        if len(part.unlabeled):
            notes.append(f"source {name}: {len(part.unlabeled)} of {len(frame)} rows have no label and are left out")
        parts.append(part)
    return parts


def _unlabelled(frame: pd.DataFrame) -> Labelled:
    return Labelled(frame, np.empty(0), frame.iloc[:0], np.arange(len(frame)))


def _check_source_models(wish: Wish) -> None:
    if not wish.source_model:
        return
    if wish.source:
        raise InputError("both --source and --source-model are given; expected one: tables, or models without them")
    if wish.no_target_labels:
        raise InputError(
            "--no-target-labels with --source-model leaves nothing to fit or judge; ask the model itself: headstart "
            f"predict --model {shlex.quote(wish.source_model[0])} --target {shlex.quote(wish.target)}"
        )


def _other_labels(wish: Wish, models: list[SourceModel]) -> list[str]:
    return [
        f"source model {m.name} was fitted to predict {m.record['label']!r}; it is asked about {wish.label!r}"
        for m in models
        if m.record["label"] not in (None, wish.label)
    ]


def _only_regressors(models: list[SourceModel]) -> bool:
    return not any(hasattr(m.model, "classes_") for m in models)


def task_of(wish: Wish, parts: Sequence[Any], has_labels: bool, models: list[SourceModel]) -> Task | None:
    """The task, from the labels of all parts, or as the user says."""
    if wish.label is None:
        return None
    numbers = all(p.y.dtype.kind in "fiu" for p in parts if len(p.y))
    if models and wish.task is None and _only_regressors(models) and numbers:
        return Task("regression")
    seen = [p.y for p in parts if len(p.y)]
    if wish.task == "regression":
        return Task("regression")
    if wish.task == "classification":
        return Task("classification", tuple(sorted({v for y in seen for v in y.tolist()}, key=str)))
    kinds = [Task.of(y) for y in seen]
    if any(k.kind == "regression" for k in kinds):
        return Task("regression")
    return Task("classification", tuple(sorted({c for k in kinds for c in k.classes}, key=lambda v: (str(type(v)), v))))


def described(task: Task) -> str:
    """A task in words: its kind, and the classes."""
    if task.kind == "regression":
        return "regression"
    shown = ", ".join(str(c) for c in task.classes[:6]) + (", ..." if len(task.classes) > 6 else "")
    return f"classification ({shown})"


def _counted(n: int, has_labels: bool) -> str:
    return f"{n} labelled rows" if has_labels else f"{n} rows without labels"


def _recorded(table: Table, name: str, *, n_labelled: int) -> dict[str, Any]:
    return {
        "name": name,
        "file": str(table.path),
        "sha256": table.sha256,
        "rows": len(table.frame),
        "labelled_rows": n_labelled,
        "columns": table.frame.shape[1],
    }
