"""Rows that stand in both domains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.stats import binom

from .columns import SharedRows


@dataclass(frozen=True)
class Duplicates:
    """Target rows that stand in the source too, with the same label.

    Attributes
    ----------
    n_rows : int
        How many of the target rows that were looked at.
    share : float
        Their share.
    expected : float
        The share of source rows that stand in the source twice: what coarse columns explain.
    leak : bool
        Whether there are more than that explains.
    """

    n_rows: int
    share: float
    expected: float
    leak: bool


def find_duplicates(shared: SharedRows, y: np.ndarray | None, ys: np.ndarray | None) -> Duplicates | None:
    """Look for target rows in the source; None where no column is shared."""
    if not shared.number_names and not shared.words:
        return None
    labelled = y is not None and ys is not None
    return compare_rows(_hashes(shared, 0, y if labelled else None), _hashes(shared, 1, ys if labelled else None))


def compare_rows(t: np.ndarray, s: np.ndarray) -> Duplicates:
    """Count target rows that stand in the source too, from a checksum of each."""
    n = int(np.isin(t, s).sum())
    _, counts = np.unique(s, return_counts=True)
    within = int(counts[counts > 1].sum())
    # Rows repeat by chance in tables of few coarse columns; a leak shows as more repeats than within the source.
    expected = (within + 1) / (len(s) + 2)
    leak = n > 0 and float(binom.sf(n - 1, len(t), min(1.5 * expected, 1.0))) < 0.001
    return Duplicates(n, n / len(t), within / len(s), leak)


def _hashes(shared: SharedRows, which: int, y: np.ndarray | None) -> np.ndarray:
    numbers = (shared.target_numbers, shared.source_numbers)[which]
    if sp.issparse(numbers):
        # Two random projections tell sparse rows apart without making them dense.
        numbers = numbers @ np.random.default_rng(0).standard_normal((numbers.shape[1], 2))
        numbers = np.round(numbers, 9)
    frame = pd.DataFrame(np.asarray(numbers) + 0.0)
    for k, pair in enumerate(shared.words.values()):
        frame[f"w{k}"] = pair[which].fillna("").astype(str).to_numpy()
    if y is not None:
        frame["y"] = y.astype(float) if y.dtype.kind in "biuf" else y.astype(str)
    return pd.util.hash_pandas_object(frame, index=False).to_numpy()
