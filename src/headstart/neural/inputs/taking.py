"""Some of the rows of anything that holds rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from torch.utils.data import Dataset, Subset

from ...core.rows import is_dataset
from .kinds import as_entries


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
