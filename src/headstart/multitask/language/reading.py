"""What ``fit`` was given, as labelled texts of each task: a table of labels with gaps, or one domain a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...core.domain import Domain, Sources, as_table
from ...core.errors import InputError, InputTypeError
from ...neural.inputs.texts import read_texts
from .task import TextTask

FORMS = (
    "fit(texts, Y) with one column of Y for each task, or fit([hs.Domain(texts, y, name=...), ...]) with one domain a "
    "task"
)


@dataclass(frozen=True)
class Labelled:
    """The labelled rows of a task: which they are in the table or domain, their texts and their labels."""

    name: str
    rows: np.ndarray
    texts: list[str]
    y: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)


def read_tasks(X: Any, Y: Any) -> list[Labelled]:
    """The labelled texts of each task; a task without labels has none.

    Raises
    ------
    InputError
        Where two tasks have one name, texts are empty, or there are not as many labels as texts.
    InputTypeError
        Where rows are no texts, or a list of domains holds anything else.
    """
    listed = list(X.domains) if isinstance(X, Sources) else [X] if isinstance(X, Domain) else X
    if isinstance(listed, (list, tuple)) and any(isinstance(d, Domain) for d in listed):
        if Y is not None:
            raise InputError(
                f"fit was given {len(listed)} domains and Y besides; the labels of a task are those of its domain: "
                "expected fit(domains) alone"
            )
        return _of_domains(listed)
    if Y is None:
        raise InputError(f"there are texts and no labels, Y is None; expected {FORMS}")
    return _of_table(X, Y)


def _of_domains(domains: Sequence[Any]) -> list[Labelled]:
    for k, d in enumerate(domains):
        if not isinstance(d, Domain):
            raise InputTypeError(
                f"the list of domains holds a {type(d).__name__} at position {k}; expected Domain objects alone: "
                "wrap it as hs.Domain(texts, y, name=...)"
            )
    names = [d.name or f"task {k}" for k, d in enumerate(domains, start=1)]
    _refuse_twice(names)
    return [
        _labelled(name, read_texts(d.X, f"X of task {name!r}"), d.y) for name, d in zip(names, domains, strict=True)
    ]


def _of_table(X: Any, Y: Any) -> list[Labelled]:
    texts = read_texts(X, "X")
    if isinstance(Y, pd.Series) or np.ndim(Y) == 1:
        raise InputError(f"Y has one dimension; expected a table with a column for each task: {FORMS}")
    if isinstance(Y, pd.DataFrame):
        _refuse_twice([str(c) for c in Y.columns])
    table = as_table(Y, what="Y")
    if isinstance(table, np.ndarray):
        table = pd.DataFrame(table, columns=[f"y{k}" for k in range(table.shape[1])])
    if not isinstance(table, pd.DataFrame):
        raise InputTypeError(
            f"Y is a {type(table).__name__}; expected a DataFrame or an array with gaps as NaN or None"
        )
    if len(table) != len(texts):
        raise InputError(f"X has {len(texts)} rows and Y {len(table)}; expected as many rows of labels as of X")
    return [_labelled(str(c), texts, table.iloc[:, k].to_numpy()) for k, c in enumerate(table.columns)]


def _labelled(name: str, texts: list[str], y: Any) -> Labelled:
    values = np.full(len(texts), None, dtype=object) if y is None else np.asarray(y, dtype=object)
    there = np.flatnonzero(~pd.isna(values))
    labels = np.asarray(values[there].tolist())
    # Whole numbers stand as fractions beside gaps.
    if labels.dtype.kind == "f" and np.all(labels == np.round(labels)):
        labels = labels.astype(np.int64)
    return Labelled(name, there, [texts[k] for k in there], labels)


def _refuse_twice(names: Sequence[str]) -> None:
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise InputError(f"several tasks are called {', '.join(twice)}; expected names that differ: rename all but one")


def match_tasks(given: Any, found: Sequence[Labelled]) -> list[TextTask]:
    """The words of each task, in the order of the labels; the default ones where none are given."""
    names = [task.name for task in found]
    listed = list(given.values()) if isinstance(given, Mapping) else [] if given is None else given
    if isinstance(listed, TextTask):
        listed = [listed]
    if not isinstance(listed, (list, tuple)) or not all(isinstance(t, TextTask) for t in listed):
        raise InputTypeError(f"tasks is {given!r:.60}; expected a list of TextTask, or None for default prompts")
    _refuse_twice([t.name for t in listed])
    unknown = [t.name for t in listed if t.name not in names]
    if unknown:
        raise InputError(
            f"tasks names {unknown[0]!r}, of which there are no rows; expected some of "
            f"{', '.join(map(repr, names[:10]))}"
        )
    by_name = {t.name: t for t in listed}
    return [by_name.get(name) or TextTask(name) for name in names]


def classes_of(task: TextTask, found: Labelled, *, needs_labels: str | None) -> tuple[np.ndarray, np.ndarray]:
    """The classes of a task, sorted, and the place of each label among them.

    ``needs_labels`` says what labels are needed for, if they are.

    Raises
    ------
    InputError
        Where labels are needed and there are none, there is one class, or labels are of a class without words.
    """
    named, what = task.known(), f"task {task.name!r}"
    if not len(found) and (needs_labels is not None or named is None):
        raise InputError(
            f"{what} has no labels{f', and {needs_labels} needs some' if needs_labels else ''}; expected some"
            + ("" if named is not None else f", or words: tasks=[TextTask({task.name!r}, labels={{class: words}})]")
        )
    seen = np.unique(found.y) if len(found) else np.empty(0)
    classes = seen if named is None else named
    if named is not None:
        odd = [c for c in seen.tolist() if c not in named.tolist()]
        if odd:
            raise InputError(
                f"{what} has the label {odd[0]!r}, for which it has no words; expected labels among "
                f"{', '.join(map(repr, named.tolist()[:10]))}, or words for it"
            )
    if len(classes) < 2:
        raise InputError(
            f"{what} has one class: all of its {len(found)} labels are {classes.tolist()[0]!r}; expected two or more: "
            f"add rows of another class, or name it in words: TextTask({task.name!r}, labels={{class: words}})"
        )
    if len(classes) > 50 and classes.dtype.kind == "f":
        raise InputError(f"{what} has {len(classes)} different numbers as labels; expected classes")
    return classes, np.searchsorted(classes, found.y) if len(found) else np.empty(0, dtype=int)
