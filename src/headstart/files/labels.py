"""The label column of a table: found by name, its gaps told apart from its labels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.errors import InputError


@dataclass(frozen=True, eq=False)
class Labelled:
    """The rows of a table parted from their labels.

    Attributes
    ----------
    X : pandas.DataFrame
        The rows with a label, without the label column.
    y : numpy.ndarray
        Their labels.
    unlabeled : pandas.DataFrame
        The rows whose label is a gap.
    kept : numpy.ndarray
        The positions, in the table, of the rows with a label.
    """

    X: pd.DataFrame
    y: np.ndarray
    unlabeled: pd.DataFrame
    kept: np.ndarray


def closest(name: str, among: Iterable[str]) -> list[str]:
    """The names most like ``name``, without regard to case; at most three."""
    lower = {n.lower(): n for n in among}
    return [lower[n] for n in get_close_matches(name.lower(), list(lower), n=3, cutoff=0.6)]


def require_column(frame: pd.DataFrame, name: str, *, path: Path, what: str) -> None:
    """Raise where a table has no such column, and name those that are most like it."""
    if name in frame.columns:
        return
    columns = [str(c) for c in frame.columns]
    near = closest(name, columns)
    shown = ", ".join(columns[:8]) + (f" and {len(columns) - 8} more" if len(columns) > 8 else "")
    hint = f"did you mean {' or '.join(repr(n) for n in near)}?" if near else f"it has {shown}"
    parts = [part.strip() for part in name.split(",")]
    if len(parts) > 1 and set(parts) <= set(columns):
        hint = f"it has {' and '.join(map(repr, parts))}: name each on its own, with the option given once for each"
    raise InputError(f"{str(path)!r} has no column {name!r}, which {what}; {hint}")


def split_label(frame: pd.DataFrame, label: str, *, path: Path, what: str = "should hold the label") -> Labelled:
    """Part a table from its label column.

    Raises
    ------
    InputError
        Where there is no such column, or it holds nothing but gaps.
    """
    require_column(frame, label, path=path, what=what)
    y = frame[label]
    gaps = y.isna().to_numpy()
    if gaps.all():
        raise InputError(
            f"{str(path)!r}: the label column {label!r} holds nothing but gaps in {len(y)} rows; expected labels"
        )
    X = frame.drop(columns=label)
    if X.shape[1] == 0:
        raise InputError(f"{str(path)!r} has no column beside the label {label!r}; expected columns to learn from")
    kept = np.flatnonzero(~gaps)
    return Labelled(
        X.iloc[kept].reset_index(drop=True),
        _plain(y.iloc[kept]),
        X.loc[gaps].reset_index(drop=True),
        kept,
    )


def _plain(y: pd.Series) -> np.ndarray:
    """Labels as an array: whole numbers that became floats because of gaps are whole again."""
    if pd.api.types.is_bool_dtype(y.dtype) or y.map(lambda v: isinstance(v, bool)).all():
        return y.to_numpy(dtype=bool)
    if not pd.api.types.is_numeric_dtype(y.dtype):
        return np.asarray(y.astype(object))
    values = y.to_numpy(dtype=float)
    whole = bool(np.all(np.mod(values, 1) == 0)) and bool(np.abs(values).max() < 2**53)
    return values.astype(np.int64) if whole else values
