"""Linear discriminants from sums over rows, the covariance within classes shrunk."""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from .row_sums import RowSums, shrinkage
from .types import Floats


def discriminant(sums: RowSums, n_columns: int, *, balanced: bool = False) -> tuple[Floats, Floats]:
    """Weights (d, K) and offsets (K,): a row z goes to the class with the largest z'weights + offset.

    The covariance within classes is drawn towards the identity by the share that Ledoit and Wolf find for that of all
    rows. ``balanced`` counts classes alike. A class without rows is never chosen.
    """
    there = sums.y > 0
    counts = np.maximum(sums.y, 1.0)
    means = sums.yz / counts[:, None]
    S = (sums.gram - (means * counts[:, None]).T @ means) / sums.n
    share = shrinkage(sums, n_columns)
    level = max(float(np.trace(S)), 0.0) / n_columns
    S *= 1.0 - share
    # rounding noise where no shrinkage is asked for and columns depend on each other
    S[np.diag_indices_from(S)] += share * level + 1e-9 * (level if level > 0 else 1.0)
    weights = cho_solve(cho_factor(S, lower=True), means.T)
    shares = np.full(counts.size, 1.0) if balanced else counts / sums.n
    offsets = np.log(shares) - 0.5 * np.einsum("kd,dk->k", means, weights)
    return weights, np.where(there, offsets, -np.inf)
