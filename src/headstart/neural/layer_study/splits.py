"""Rows to learn from and rows to score on, again and again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.errors import InputError
from ..problem import Problem

# Of the source, this share is held out, to score the source network and its controls on.
SOURCE_SHARE = 0.2


@dataclass(frozen=True)
class Split:
    """Numbers of rows, ascending."""

    train: np.ndarray
    test: np.ndarray


def held_out(y: np.ndarray, share: float, *, classes: bool, random: np.random.Generator, what: str, mend: str) -> Split:
    """Hold out a share of the rows: of each class alike, and never all rows of one.

    Raises
    ------
    InputError
        Where too few rows are left on either side; the message counts them.
    """
    n = len(y)
    if not classes:
        wanted = round(share * n)
        test = np.sort(random.permutation(n)[:wanted])
    else:
        codes, counts = np.unique(y, return_counts=True)
        quota = _dealt(share * counts, counts - 1)
        parts = [random.permutation(np.flatnonzero(y == code))[:q] for code, q in zip(codes, quota, strict=True)]
        test = np.sort(np.concatenate(parts))
    train = np.setdiff1d(np.arange(n), test)
    if len(test) < 2 or len(train) < 2:
        raise InputError(
            f"{what} has {n} labelled rows; held out are {len(test)} of them, and {len(train)} are left to learn from, "
            f"where at least 2 and 2 are needed{_rare(y) if classes else ''}: {mend}"
        )
    return Split(train, test)


def _dealt(wanted: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Whole numbers near ``wanted``, at most ``most``, that add up to its rounded sum where they can."""
    base = np.minimum(np.floor(wanted), most).astype(int)
    left = round(float(wanted.sum())) - int(base.sum())
    for k in np.argsort(base - wanted, kind="stable"):
        if left > 0 and base[k] < most[k]:
            base[k] += 1
            left -= 1
    return base


def _rare(y: np.ndarray) -> str:
    _, counts = np.unique(y, return_counts=True)
    return f" (the smallest of {len(counts)} classes has {counts.min()}; one row of each class stays)"


def check_problem(problem: Problem, *, classes: bool) -> None:
    """Refuse what nothing can be learned from."""
    if classes and problem.y is not None and len(np.unique(problem.y)) < 2:
        assert problem.classes is not None
        only = problem.classes[problem.y[0]]
        raise InputError(f"all {len(problem.y)} labels of the target are {_said(only)}; expected at least two classes")
    if classes and problem.ys is not None and len(np.unique(problem.ys)) < 2:
        assert problem.source_classes is not None
        only = problem.source_classes[problem.ys[0]]
        raise InputError(
            f"all {len(problem.ys)} labels of the source are {_said(only)}; expected at least two classes, or no layer "
            "can learn from it"
        )


def _said(value: Any) -> str:
    return repr(value.item() if isinstance(value, np.generic) else value)
