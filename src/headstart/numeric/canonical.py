"""Regularised canonical correlations: what two tables of the same things say alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .moments import correlation_noise, decorrelated, even, moments
from .types import Floats

# Below this share of the largest, an eigenvalue of a covariance is rounding noise.
_RANK = 1e-10


@dataclass(frozen=True)
class Canonical:
    """Maps of two tables onto pairs of directions that go together, the closest first.

    ``A`` (n_columns_a, n_pairs) and ``B`` (n_columns_b, n_pairs) map rows less ``mean_a`` and ``mean_b``;
    ``correlation`` (n_pairs,) are the correlations in the regularised covariances; ``shrinkage`` the two shares.
    """

    mean_a: Floats
    mean_b: Floats
    A: Floats
    B: Floats
    correlation: Floats
    shrinkage: tuple[float, float]

    def of_a(self, X: Floats) -> Floats:
        """Rows of the first table on the directions."""
        return np.asarray((X - self.mean_a) @ self.A, dtype=np.float64)

    def of_b(self, X: Floats) -> Floats:
        """Rows of the second table on the directions."""
        return np.asarray((X - self.mean_b) @ self.B, dtype=np.float64)


def canonical_pairs(X: Floats, Y: Floats, shrinkage: float | None = None) -> Canonical:
    """Canonical correlation analysis of rows that belong together, with correlations shrunk towards 0.

    ``shrinkage`` None: by Ledoit and Wolf's share of each table, so that there are inverses at any number of rows.
    Between the tables by the geometric mean of both, so that no correlation is above 1.
    """
    mean_a, mean_b = X.mean(axis=0), Y.mean(axis=0)
    root_a, share_a = _inverse_root(X, shrinkage)
    root_b, share_b = _inverse_root(Y, shrinkage)
    # The joint covariance stays one where all correlations within and between the tables are shrunk.
    cross = np.sqrt((1.0 - share_a) * (1.0 - share_b)) * (X - mean_a).T @ (Y - mean_b) / len(X)
    U, S, Vt = np.linalg.svd(root_a.T @ cross @ root_b, full_matrices=False)
    return Canonical(mean_a, mean_b, root_a @ U, root_b @ Vt.T, S, (share_a, share_b))


def held_out_correlations(X: Floats, Y: Floats, folds: int, shrinkage: float | None = None) -> Floats:
    """The correlation of each pair of directions on rows that they were not learned from.

    Each fold has every ``folds``-th row. Directions of equal rank are taken for the same one in all folds.
    """
    rank = min(X.shape[1], Y.shape[1], len(X) - 1 - -(-len(X) // folds))
    products = np.zeros((3, rank))
    for k in range(folds):
        out = np.arange(len(X)) % folds == k
        found = canonical_pairs(X[~out], Y[~out], shrinkage)
        a, b = found.of_a(X[out]), found.of_b(Y[out])
        rank = min(rank, a.shape[1])
        products = products[:, :rank] + np.array([(a * b).sum(0)[:rank], (a * a).sum(0)[:rank], (b * b).sum(0)[:rank]])
    scale = np.sqrt(products[1] * products[2])
    return np.divide(products[0], scale, out=np.zeros(rank), where=scale > 0)


def _inverse_root(X: Floats, shrinkage: float | None) -> tuple[Floats, float]:
    """R with R.T S R = 1 for the shrunk covariance S; directions without variance are left out."""
    found = moments(X, even(len(X)))
    share = correlation_noise(found, X, even(len(X))) if shrinkage is None else shrinkage
    S = decorrelated(found, share).covariance
    scale = np.sqrt(np.diag(S))
    scale = np.where(scale > 0, scale, 1.0)
    value, vector = np.linalg.eigh(S / scale[:, None] / scale)
    keep = value > _RANK * max(float(value[-1]), 1e-300)
    return (vector[:, keep] / np.sqrt(value[keep])) / scale[:, None], share
