"""Raw tables of several domains: the same columns in the same order, and on top of each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from .checks import align_columns
from .domain import as_table
from .errors import InputError


def same_columns(table: Any, like: Any, *, name: str) -> Any:
    """``table`` with the columns of ``like``, in its order; frames by name, arrays by position."""
    table, like = as_table(table, what=f"X of source {name!r}"), like if hasattr(like, "shape") else np.asarray(like)
    if isinstance(table, pd.DataFrame) and isinstance(like, pd.DataFrame):
        return align_columns(table, like.columns, name=name)
    if table.shape[1] != like.shape[1]:
        raise InputError(
            f"source {name!r} has {table.shape[1]} columns and the target {like.shape[1]}; expected the same columns: "
            "a meta-estimator that selects columns (RFE, BaggingClassifier) cannot reach the source"
        )
    return table


def stack_tables(tables: list[Any]) -> Any:
    """Put raw tables of the same columns on top of each other."""
    if any(sp.issparse(t) for t in tables):
        return sp.vstack([sp.csr_matrix(t) for t in tables], format="csr")
    if all(isinstance(t, pd.DataFrame) for t in tables):
        return _stack_frames(tables)
    return np.vstack([np.asarray(t) for t in tables])


def _stack_frames(frames: list[pd.DataFrame]) -> pd.DataFrame:
    names = list(frames[0].columns)
    columns = {}
    for j in range(len(names)):
        parts = [f.iloc[:, j] for f in frames]
        filled = [p for p in parts if p.notna().any()]
        kinds = {p.dtype for p in filled}
        if len(kinds) > 1 and not all(pd.api.types.is_numeric_dtype(k) for k in kinds):
            parts = [p.astype(object) for p in parts]
        elif len(filled) < len(parts) and filled:
            # An empty column has no type of its own: it takes that of the domain which has values.
            parts = [
                p if p.notna().any() else pd.Series([None] * len(p), dtype=object).astype(_gap_type(filled[0]))
                for p in parts
            ]
        columns[j] = pd.concat([p.reset_index(drop=True) for p in parts], ignore_index=True)
    stacked = pd.DataFrame(columns)
    stacked.columns = names
    return stacked


def _gap_type(column: pd.Series) -> Any:
    """A type that the values of ``column`` share with gaps."""
    return np.dtype(float) if column.dtype.kind in "iub" else column.dtype
