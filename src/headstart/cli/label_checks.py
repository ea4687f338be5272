"""Labels of several files held against each other: what cannot be learned from, and what is likely a mistake."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..core.domain import Task
from ..core.errors import InputError
from ..files import Labelled, Table

# Whole numbers of so many kinds are as likely to be amounts as classes.
MANY_CLASSES = 6


def check_labels(label: str, task: str | None, parts: Sequence[Labelled], tables: Sequence[Table]) -> list[str]:
    """Refuse labels that nothing can be learned from, or that mean two things; return warnings.

    Parameters
    ----------
    label : str
        What the label is called in the target.
    task : {"classification", "regression"} or None
        The task that the user named.
    parts, tables : sequences of the same length
        The labels and their files, the target's first.
    """
    known = [(p.y, t) for p, t in zip(parts, tables, strict=True) if len(p.y)]
    for y, table in known:
        if len(pd.unique(y)) == 1:
            raise InputError(
                f"{_file(table)}: the label is {_shown(y[0])} in all {len(y)} rows; expected at least two different "
                "labels"
            )
    _refuse_words_beside_numbers(known)
    if task == "regression":
        _refuse_words(known)
        return []
    if len(parts[0].y):
        for y, table in known[1:]:
            _refuse_another_label(*known[0], y, table, insisted=task is not None)
    return [*twins(known), *_amounts(label, task, known)]


def is_words(y: np.ndarray) -> bool:
    """Whether labels are words rather than numbers or truth values."""
    return y.dtype.kind in "OUS"


def _refuse_words_beside_numbers(known: list[tuple[np.ndarray, Table]]) -> None:
    words = next(((y, t) for y, t in known if is_words(y)), None)
    numbers = next(((y, t) for y, t in known if not is_words(y)), None)
    if words and numbers:
        raise InputError(
            f"the labels are words in {_file(words[1])} (such as {_shown(_a_word(words[0]))}) and numbers in "
            f"{_file(numbers[1])} (such as {_shown(numbers[0][0])}); expected the same labels: translate one of them"
        )


def _a_word(labels: np.ndarray) -> Any:
    """The first label that is no number, since one of them makes words of all."""
    numbers = pd.to_numeric(pd.Series(labels, dtype=object), errors="coerce")
    return labels[int(numbers.isna().to_numpy().argmax())]


def _refuse_words(known: list[tuple[np.ndarray, Table]]) -> None:
    for y, table in known:
        if is_words(y):
            raise InputError(
                f"{_file(table)}: the labels are words (such as {_shown(_a_word(y))}); --task regression needs numbers"
            )


def _refuse_another_label(mine: np.ndarray, own: Table, theirs: np.ndarray, other: Table, *, insisted: bool) -> None:
    """Refuse a source whose label is plainly not that of the target, though the column has its name."""
    a, b = set(mine.tolist()), set(theirs.tolist())
    if not insisted and "regression" in (Task.of(mine).kind, Task.of(theirs).kind):
        if 2 not in (len(a), len(b)) or len(a) == len(b):
            return
        raise InputError(
            f"the label has {_counted(mine)} in {_file(own)} and {_counted(theirs)} in {_file(other)}: classes in the "
            "one, amounts in the other; expected the same label in both: name the source's with --source-label, or "
            "make classes of the amounts"
        )
    if not a & b:
        near = {str(v).casefold() for v in a} & {str(v).casefold() for v in b}
        hint = "they differ in capitals: write them alike" if near else "write those that mean the same alike"
        raise InputError(
            f"no label in common: {_file(own)} has {_listed(a)} and {_file(other)} has {_listed(b)}; expected the "
            f"same labels: {hint}"
        )
    if not insisted and len(a) == len(b) == 2 and len(a & b) == 1:
        raise InputError(
            f"the labels are {_listed(a)} in {_file(own)} and {_listed(b)} in {_file(other)}: two in each, and one in "
            "common, as if they were coded otherwise; expected the same labels: recode one of the two, or pass "
            "--task classification if there are three classes"
        )


def twins(known: Sequence[tuple[np.ndarray, Any]]) -> list[str]:
    """Warn of labels that are one word in two spellings: as they stand they are two classes."""
    spellings: dict[str, set[str]] = {}
    for y, _ in known:
        if is_words(y):
            for v in {str(v) for v in y}:
                spellings.setdefault(v.casefold(), set()).add(v)
    twins = [sorted(s) for s in spellings.values() if len(s) > 1]
    return [
        f"the labels {' and '.join(repr(v) for v in t)} differ in capitals only and are taken for different classes; "
        "if they mean the same, write them alike"
        for t in twins
    ]


def _amounts(label: str, task: str | None, known: list[tuple[np.ndarray, Table]]) -> list[str]:
    """Warn where amounts, such as marks from 0 to 20, may have been taken for classes."""
    seen = [y for y, _ in known]
    if task is not None or not seen or any(y.dtype.kind not in "if" for y in seen):
        return []
    values = np.unique(np.concatenate(seen))
    if len(values) < MANY_CLASSES or any(Task.of(y).kind == "regression" for y in seen):
        return []
    return [
        f"the label {label!r} has {len(values)} different whole numbers ({values[0]} to {values[-1]}), which are "
        "taken for classes; if they are amounts, pass --task regression"
    ]


def _file(table: Table) -> str:
    return repr(str(table.path))


def _shown(value: Any) -> str:
    """A label as a user wrote it: NumPy's numbers would show their type."""
    return repr(value.item() if isinstance(value, np.generic) else value)


def _counted(y: np.ndarray) -> str:
    values = pd.unique(y)
    if len(values) == 2:
        return f"two values ({_listed(set(values.tolist()))})"
    return f"{len(values)} values (such as {_shown(y[0])})"


def _listed(labels: set[Any], most: int = 5) -> str:
    shown = [_shown(v) for v in sorted(labels, key=lambda v: (str(type(v)), v))]
    return ", ".join(shown[:most]) + (f" and {len(shown) - most} more" if len(shown) > most else "")
