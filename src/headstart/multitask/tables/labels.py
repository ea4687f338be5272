"""The labels of one task of a table: finite numbers, or two classes as 0 and 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core.errors import InputError
from ..labels import coded, typed


def read_labels(y: np.ndarray, name: Any, n_rows: int, *, classes: bool) -> tuple[np.ndarray, Any]:
    """The labels of the rows that have one as numbers, and the two classes, or None where labels are numbers.

    ``n_rows`` is the number of rows with and without a label.
    """
    codes, found = coded(typed(y, name, n_rows), name, classes=classes)
    if found is not None and len(found) > 2:
        raise InputError(
            f"task {name!r} has {len(found)} classes; expected two a task: make one task for each class (is it "
            f"{found[0].item()!r} or not, and so on)"
        )
    return codes, found
