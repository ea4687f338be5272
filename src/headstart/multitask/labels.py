"""The labels of one task as numbers: finite ones, or places in its classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.checks import check_labels
from ..core.errors import InputError


def typed(values: np.ndarray, name: Any, n_rows: int) -> np.ndarray:
    """Labels without gaps in the type that they have: a column with gaps holds objects.

    ``n_rows`` is the number of rows with and without a label. Raises InputError where there is none.
    """
    if len(values) == 0:
        raise InputError(
            f"task {name!r} has no labels: all of its {n_rows} rows are gaps; expected some, or leave the task out"
        )
    return np.asarray(values.tolist())


def coded(y: np.ndarray, name: Any, *, classes: bool) -> tuple[np.ndarray, np.ndarray | None]:
    """Labels as numbers, and the sorted classes that they are places in; None where labels are numbers themselves.

    Raises InputError where labels are of one class, or there is one number.
    """
    what = f"task {name!r}"
    # Beside gaps whole numbers stand as floats.
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
    return codes.astype(np.float64), found
