"""What ``fit`` was given, as labelled texts of each task: a table of labels with gaps, or one domain a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...core.errors import InputError, InputTypeError
from ...neural.inputs.texts import read_texts
from ..given import FORMS, as_domains, label_table, refuse_twice
from .task import TextTask


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
    domains = as_domains(X)
    if domains is not None:
        if Y is not None:
            raise InputError(
                f"fit was given {len(domains)} domains and Y besides; the labels of a task are those of its domain: "
                "expected fit(domains) alone"
            )
        refuse_twice([d.label for d in domains])
        return [_labelled(d.label, read_texts(d.X, f"X of task {d.label!r}"), d.y) for d in domains]
    if Y is None:
        raise InputError(f"there are texts and no labels, Y is None; expected {FORMS}")
    texts, table = read_texts(X, "X"), label_table(Y, X)
    refuse_twice(list(table.columns))
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


def match_tasks(given: Any, found: Sequence[Labelled]) -> list[TextTask]:
    """The words of each task, in the order of the labels; the default ones where none are given."""
    names = [task.name for task in found]
    listed = list(given.values()) if isinstance(given, Mapping) else [] if given is None else given
    if isinstance(listed, TextTask):
        listed = [listed]
    if not isinstance(listed, (list, tuple)) or not all(isinstance(t, TextTask) for t in listed):
        raise InputTypeError(f"tasks is {given!r:.60}; expected a list of TextTask, or None for default prompts")
    refuse_twice([t.name for t in listed])
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
