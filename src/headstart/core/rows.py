"""Rows that are no table: images, texts, series and datasets, told without the packages that they come from."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence, Set
from numbers import Number
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from .errors import InputError, InputTypeError

NETWORKS = "FineTuneClassifier and FineTuneRegressor of headstart.neural"


def entry_kind(value: Any) -> str | None:
    """What one row is that is no row of a table: "text", "path", "PIL image" or "array"; None for anything else."""
    if isinstance(value, str):
        return "text"
    if isinstance(value, os.PathLike):
        return "path"
    if any(base.__module__ == "PIL.Image" for base in type(value).__mro__):
        return "PIL image"
    is_array = hasattr(value, "__array__") and not hasattr(value, "columns") and not sp.issparse(value)
    return "array" if is_array and getattr(value, "ndim", 0) >= 2 else None


def is_dataset(X: Any) -> bool:
    """Whether ``X`` gives rows by number, as a torch Dataset does, and is neither a list nor an array nor a frame."""
    # Asked of the class: some frames compute their columns, and warn of it.
    if isinstance(X, (Sequence, Mapping, Set)) or any(hasattr(type(X), n) for n in ("__array__", "columns", "dtype")):
        return False
    return hasattr(type(X), "__len__") and hasattr(type(X), "__getitem__")


def is_column(X: Any) -> bool:
    """Whether ``X`` is a list, tuple, Series or one-dimensional array: entries one after the other."""
    if isinstance(X, (list, tuple, pd.Series)):
        return True
    is_polars_series = hasattr(type(X), "to_list") and hasattr(type(X), "dtype") and not hasattr(type(X), "columns")
    return getattr(X, "ndim", None) == 1 or is_polars_series


def rows_without_columns(X: Any, *, what: str) -> bool:
    """Whether ``X`` holds rows that are no table, all of one type; anything else is for ``as_table`` to judge.

    Raises
    ------
    InputTypeError
        Where entries are of several types, such as texts and images.
    """
    if is_dataset(X):
        return True
    if is_column(X):
        return not _is_of_numbers(X) and _one_kind(X, what=what)
    shape = getattr(X, "shape", ())
    kind = getattr(getattr(X, "dtype", None), "kind", "f")  # types of torch have no kind, and are all numbers
    return hasattr(X, "__array__") and len(shape) in (3, 4) and kind in "fiub"


def _is_of_numbers(X: Any) -> bool:
    kind = getattr(getattr(X, "dtype", None), "kind", "O")
    if kind in "fiubcmM" or len(X) == 0:
        return True
    first = X.iloc[0] if isinstance(X, pd.Series) else X[0]
    return isinstance(first, (Number, list, dict, tuple)) or getattr(first, "ndim", 0) == 1


def _one_kind(X: Any, *, what: str) -> bool:
    first: dict[str | None, int] = {}
    types: dict[str | None, str] = {}
    for row, value in enumerate(X):
        kind = entry_kind(value)
        if kind not in first:
            first[kind], types[kind] = row, type(value).__name__
    if set(first) == {None}:
        return False
    if len(first) > 1:
        _refuse_gaps(X, what=what)
        (_, a), (_, b) = list(first.items())[:2]
        found = list(types.values())
        raise InputTypeError(
            f"{what} holds entries of several types: {found[0]} at row {a}, {found[1]} at row {b}; expected one "
            "type: all texts, all paths, all images or all arrays"
        )
    return True


def _refuse_gaps(X: Any, *, what: str) -> None:
    gaps = [row for row, value in enumerate(X) if value is None or value is pd.NA or (value != value) is True]
    if gaps:
        raise InputTypeError(
            f"{what} has {len(gaps)} gaps (None, NaN) among {len(X)} rows, the first at row {gaps[0]}; expected a "
            "text, path, image or array in each row: drop those rows and their labels"
        )


def describe_rows(X: Any) -> str:
    """What ``X`` is, in words for a message."""
    if is_dataset(X):
        return f"a dataset of type {type(X).__name__}"
    if is_column(X):
        first = X.iloc[0] if isinstance(X, pd.Series) else X[0]
        names = {"text": "texts", "path": "paths", "PIL image": "PIL images", "array": "arrays"}
        return f"a {type(X).__name__} of {len(X)} {names.get(str(entry_kind(first)), 'entries')}"
    shape = tuple(int(n) for n in X.shape)
    return f"an array with {len(shape)} dimension(s), shape {shape}"


def is_table(X: Any) -> bool:
    """Whether ``X``, as a domain keeps it, is a table of rows and columns."""
    return isinstance(X, pd.DataFrame) or sp.issparse(X) or (isinstance(X, np.ndarray) and X.ndim == 2)


def refuse_rows(X: Any, *, what: str) -> None:
    """Raise where ``X``, as a domain keeps it, is no table: say what it is, and which estimators take it."""
    if is_table(X):
        return
    raise InputError(
        f"{what} is {describe_rows(X)}; expected a table of rows and columns: rows such as these are for {NETWORKS}, "
        "everything else takes tables (texts as a column: pd.DataFrame({'text': X}))"
    )
