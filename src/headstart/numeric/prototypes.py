"""A few weighted points in the place of many rows: k-means within groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .neighbors import nearest
from .types import Floats, Ints

# After a few steps of Lloyd's algorithm the distances hardly shrink; each step costs one pass over all rows.
_STEPS = 5


@dataclass(frozen=True)
class Prototypes:
    """``centres`` (k, d), ``group`` and number of rows, ``count``, of each; ``of`` (n,): which one a row has."""

    centres: Floats
    group: Ints
    count: Floats
    of: Ints

    def mean(self, V: Floats) -> Floats:
        """The mean of ``V`` (n, m) over the rows of each prototype."""
        order = np.argsort(self.of, kind="stable")
        starts = np.concatenate([[0], np.cumsum(self.count).astype(np.intp)[:-1]])
        return np.asarray(np.add.reduceat(V[order], starts, axis=0) / self.count[:, None])


def prototypes(X: Floats, groups: Ints, most: int, rng: np.random.Generator) -> Prototypes:
    """At most ``most`` points (one for each group at least) for the rows of ``X``; the rows themselves where they fit.

    Each group gets points in proportion to its rows, placed by k-means.
    """
    n = X.shape[0]
    if n <= most:
        return Prototypes(X, groups, np.ones(n), np.arange(n))
    centres, names, counts = [], [], []
    of = np.empty(n, dtype=np.intp)
    k = 0
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        points, own = _k_means(X[rows], max(1, int(most * rows.size / n)), rng)
        of[rows] = own + k
        k += points.shape[0]
        centres.append(points)
        names.append(np.full(points.shape[0], group, dtype=np.intp))
        counts.append(np.bincount(own, minlength=points.shape[0]).astype(np.float64))
    return Prototypes(np.vstack(centres), np.concatenate(names), np.concatenate(counts), of)


def _k_means(X: Floats, k: int, rng: np.random.Generator) -> tuple[Floats, Ints]:
    if k >= X.shape[0]:
        return X, np.arange(X.shape[0])
    points = X[rng.choice(X.shape[0], k, replace=False)]
    for _ in range(_STEPS):
        points, _ = _means(X, nearest(points, X)[:, 0])
    # once more, so that each point is the mean of the rows that it stands for; points of no row are left out
    own = nearest(points, X)[:, 0]
    return _means(X, own)


def _means(X: Floats, own: Ints) -> tuple[Floats, Ints]:
    _, own, count = np.unique(own, return_inverse=True, return_counts=True)
    order = np.argsort(own, kind="stable")
    starts = np.concatenate([[0], np.cumsum(count)[:-1]])
    return np.add.reduceat(X[order], starts, axis=0) / count[:, None], own.ravel()
