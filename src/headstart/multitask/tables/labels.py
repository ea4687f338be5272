"""The labels of one task: finite numbers, or two classes as 0 and 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core.checks import check_labels
from ...core.errors import InputError


def read_labels(y: np.ndarray, name: Any, n_rows: int, *, classes: bool) -> tuple[np.ndarray, Any]:
    """The labels of the rows that have one as numbers, and the two classes, or None where labels are numbers.

    ``n_rows`` is the number of rows with and without a label.
    """
    what = f"task {name!r}"
    if len(y) == 0:
        raise InputError(
            f"{what} has no labels: all of its {n_rows} rows are gaps; expected some, or leave the task out"
        )
    # A column with gaps holds objects, or whole numbers as floats.
    y = np.asarray(y.tolist())
    if y.dtype.kind == "f" and classes and np.all(y == np.round(y)):
        y = y.astype(np.int64)
    y = check_labels(y, classification=classes, what=what)
    if not classes:
        if len(y) < 2:
            raise InputError(f"{what} has one label; expected at least two, or leave the task out")
        return y, None
    found, codes = np.unique(y, return_inverse=True)
    if len(found) == 1:
        raise InputError(
            f"{what} has one class: all of its {len(y)} labels are {found[0].item()!r}; expected two: "
            "add rows of another class, or leave the task out"
        )
    if len(found) > 2:
        raise InputError(
            f"{what} has {len(found)} classes; expected two a task: make one task for each class (is it "
            f"{found[0].item()!r} or not, and so on)"
        )
    return codes.astype(np.float64), found
