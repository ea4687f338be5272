"""Some rows of a problem, as a problem."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from torch.utils.data import Dataset, Subset

from ...core.rows import is_dataset
from ..fitting import stacked
from ..inputs.kinds import as_entries
from ..problem import Problem


def taken(X: Any, index: np.ndarray) -> Any:
    """The rows at ``index`` of anything that holds rows."""
    if isinstance(X, (pd.DataFrame, pd.Series)):
        return X.iloc[index]
    if isinstance(X, np.ndarray) or sp.issparse(X):
        return X[index]
    if isinstance(X, Dataset) or is_dataset(X):
        return Subset(X, index.tolist())
    entries = as_entries(X)
    return [entries[k] for k in index]


def narrowed(problem: Problem, rows: np.ndarray | None, source_rows: np.ndarray | None) -> Problem:
    """The problem with these target rows and these source rows alone; None leaves them as they are."""
    changes: dict[str, Any] = {}
    if rows is not None:
        changes |= {"X": taken(problem.X, rows), "y": None if problem.y is None else problem.y[rows]}
    if source_rows is not None and problem.ys is not None:
        block = taken(stacked(problem.source_blocks), source_rows)
        changes |= {"source_blocks": (block,), "ys": problem.ys[source_rows]}
    return replace(problem, **changes)
