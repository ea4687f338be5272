"""What estimators of several tasks are given: rows with a table of labels, or one domain a task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..core.domain import Domain, Sources, as_table
from ..core.errors import InputError, InputTypeError
from ..core.row_order import refuse_other_order

FORMS = "fit(X, Y) with one column of Y for each task, or fit([hs.Domain(X, y, name=...), ...]) with one domain a task"


def as_domains(X: Any) -> list[Domain] | None:
    """The domains, with a name each, where ``X`` is a list of them or Sources; else None."""
    listed = list(X.domains) if isinstance(X, Sources) else [X] if isinstance(X, Domain) else X
    if not isinstance(listed, (list, tuple)) or not any(isinstance(d, Domain) for d in listed):
        return None
    for k, d in enumerate(listed):
        if not isinstance(d, Domain):
            raise InputTypeError(
                f"the list of domains holds a {type(d).__name__} at position {k}; expected Domain objects alone: "
                "wrap it as hs.Domain(X, y, name=...)"
            )
    return [d if d.name else Domain(d.X, d.y, name=f"task {k}") for k, d in enumerate(listed, start=1)]


def label_table(Y: Any, X: Any = None) -> pd.DataFrame:
    """Labels as a frame with a column for each task; those of arrays are called ``y0``, ``y1``, and so on.

    Raises
    ------
    InputError
        Where it is no table, or its index has the entries of that of the rows ``X`` in another order.
    """
    refuse_other_order(X, Y, labels="Y")
    if isinstance(Y, (list, tuple)):
        Y = _of_rows(Y)
    if isinstance(Y, pd.Series) or np.ndim(Y) == 1:
        raise InputError(f"Y has one dimension; expected a table with a column for each task: {FORMS}")
    if isinstance(Y, pd.DataFrame):
        return Y
    table = as_table(Y, what="Y")
    if isinstance(table, pd.DataFrame):
        return table
    if not isinstance(table, np.ndarray):
        raise InputTypeError(
            f"Y is a {type(table).__name__}; expected a DataFrame or an array with gaps as NaN or None"
        )
    return pd.DataFrame(table, columns=[f"y{k}" for k in range(table.shape[1])])


def _of_rows(rows: Sequence[Any]) -> np.ndarray:
    """A list of rows as an array of what they hold: NumPy would make words of the numbers beside words."""
    lengths = sorted({len(row) for row in rows if hasattr(row, "__len__") and not isinstance(row, str)})
    if len(lengths) > 1:
        raise InputError(f"Y holds rows of {lengths[0]} to {lengths[-1]} labels; expected one for each task")
    return np.array(rows, dtype=object)


def refuse_twice(names: Sequence[Any]) -> None:
    """Raise where two tasks have one name."""
    shown = [str(n) for n in names]
    twice = sorted({n for n in shown if shown.count(n) > 1})
    if twice:
        raise InputError(f"several tasks are called {', '.join(twice)}; expected names that differ: rename all but one")


def check_names(names: Sequence[Any], instead: str) -> None:
    """Raise where two tasks have one name, or there is one task only; ``instead`` is what to use then."""
    refuse_twice(names)
    if len(names) < 2:
        raise InputError(
            f"there is {len(names)} task; expected at least two, for there is nothing to share else: use {instead}"
        )
