"""The nearest rows among all pairs: bounds by a float32 product, distances in float64 where these leave a doubt."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from scipy.spatial.distance import cdist

from .types import Floats, Ints

# Source and target rows of one product: 256 x 512 float32 fill a cache of 512 KB.
_SOURCE_ROWS, _TARGET_ROWS = 256, 512
# Source rows that share one bound, and groups that are looked at together for a first guess.
_GROUP, _BLOCK = 32, 16
# Bounds (float32) held at a time, 16 MB, and values (float64) of the rows compared at a time, 32 MB.
_MOST_BOUNDS, _MOST_VALUES = 4_000_000, 4_000_000


def nearest_of_all(Xs: Floats, Xt: Floats, n_neighbors: int = 1, *, workers: int = 1) -> Ints:
    """Positions (n_target, n_neighbors) of the rows of ``Xs`` nearest to each row of ``Xt``, the nearest first.

    Exact: as if all distances were summed from the differences in float64, and of equal ones the first row's taken.
    For each group of source rows the product gives a lower bound of their distances that holds whatever was rounded;
    only groups whose bound is not above the distance of a neighbour found before are compared in float64.
    """
    groups = _Groups(*_same_scale(Xs, Xt), n_neighbors)
    workers = (os.cpu_count() or 1) if workers < 0 else workers
    size = max(1, min(_MOST_BOUNDS // (groups.n_groups * workers), -(-Xt.shape[0] // workers)))
    chunks = [slice(i, min(i + size, Xt.shape[0])) for i in range(0, Xt.shape[0], size)]
    if workers == 1:
        return np.concatenate([groups.nearest(rows) for rows in chunks])
    with ThreadPoolExecutor(workers) as pool:
        return np.concatenate(list(pool.map(groups.nearest, chunks)))


def _same_scale(Xs: Floats, Xt: Floats) -> tuple[Floats, Floats]:
    """Both as they are, or divided by one power of two, which rounds nothing: no square may leave float32's range."""
    top = max(float(np.max(Xs)), -float(np.min(Xs)), float(np.max(Xt)), -float(np.min(Xt)))
    if 1e-4 < top < 1e4:
        return Xs, Xt
    exponent = -int(np.frexp(top)[1])
    return np.ldexp(Xs, exponent), np.ldexp(Xt, exponent)


class _Groups:
    """Source rows in groups of consecutive rows, and what their bounds need."""

    def __init__(self, Xs: Floats, Xt: Floats, k: int) -> None:
        n, d = Xs.shape
        self.k, self.Xt = k, Xt
        # With few source rows groups are smaller, so that there are many for each neighbour.
        self.size = min(max(n // (8 * k), 1), _GROUP)
        self.block = min(max(n // (8 * k * self.size), 1), _BLOCK)
        self.n_groups = -(-n // (self.size * self.block)) * self.block
        # Rows that fill the last groups are infinitely far.
        self.Xs = np.full((self.n_groups * self.size, d), np.inf)
        self.Xs[:n] = Xs
        # Rounding is in proportion to the distance from the origin, so that the origin is moved among the rows.
        self.center = Xs.mean(axis=0)
        # For |x - y|^2 = |y|^2 + 2 (|x|^2 / 2 - x'y), the sum in brackets as one product [|x|^2 / 2, -x] [1, y]',
        # is off by at most share * (|x|^2 / 2 + |x| |y|); one column more takes that off.
        share = 1.2 * (d + 8) * 2.0**-24
        Z = Xs - self.center
        squares = np.einsum("ij,ij->i", Z, Z)
        self.left = np.zeros((self.Xs.shape[0], d + 2), dtype=np.float32)
        self.left[:n, :d] = -Z
        # What underflows is below 1e-37 for each column.
        self.left[:n, d] = (0.5 - share) * squares - (d + 8) * 1e-37
        self.left[n:, d] = np.finfo(np.float32).max
        self.left[:n, d + 1] = -share * np.sqrt(squares)

    def nearest(self, rows: slice) -> Ints:
        """The nearest source rows of some target rows."""
        Xt, n = self.Xt[rows], rows.stop - rows.start
        Z = Xt - self.center
        squares = np.einsum("ij,ij->i", Z, Z)
        bounds = self._bounds(Z, squares)
        best = _Best(n, self.k, self.Xs.shape[0])
        guess = self._promising(bounds)
        order = np.argsort(guess, axis=None, kind="stable")
        groups, targets = guess.ravel()[order], np.tile(np.arange(n), self.k)[order]
        found = self._distances(Xt, groups, targets)
        # The nearest row of each of k groups: the farthest of these is not nearer than the neighbour wanted.
        limit = np.zeros(n)
        np.maximum.at(limit, targets, found.min(axis=1))
        self._merge(best, limit, found, groups, targets)
        limit = best.distance[:, -1]
        # The rounding of float64 itself is allowed for too.
        rounding = 1e-15 * (Xt.shape[1] + 8) * (limit + squares)
        doubtful = bounds <= (0.5 * (limit - squares) + rounding)
        doubtful[guess, np.arange(n)] = False
        groups, targets = np.divmod(np.flatnonzero(doubtful), n)
        for part in _parts(groups.size, self.size):
            found = self._distances(Xt, groups[part], targets[part])
            self._merge(best, best.distance[:, -1], found, groups[part], targets[part])
        return best.where

    def _bounds(self, Z: Floats, squares: Floats) -> np.ndarray:
        """A lower bound (n_groups, n_target) of |x|^2 / 2 - x'y over each group."""
        n, d = Z.shape
        right = np.ones((d + 2, n), dtype=np.float32)
        right[:d] = Z.T
        right[d + 1] = np.sqrt(squares)
        bounds = np.empty((self.n_groups, n), dtype=np.float32)
        step = max(1, _SOURCE_ROWS // self.size)
        room = np.empty(step * self.size * _TARGET_ROWS, dtype=np.float32)
        for j in range(0, n, _TARGET_ROWS):
            some = right[:, j : j + _TARGET_ROWS]
            for i in range(0, self.n_groups, step):
                part = self.left[i * self.size : (i + step) * self.size]
                product = room[: part.shape[0] * some.shape[1]].reshape(part.shape[0], -1)
                np.matmul(part, some, out=product)
                table = product.reshape(-1, self.size, some.shape[1])
                np.minimum.reduce(table, axis=1, out=bounds[i : i + step, j : j + _TARGET_ROWS])
        return bounds

    def _promising(self, bounds: np.ndarray) -> Ints:
        """For each target row ``k`` different groups (k, n_target) with low bounds: the lowest of the best blocks."""
        table = bounds.reshape(-1, self.block, bounds.shape[1])
        lowest = table.min(axis=1)
        best = lowest.argmin(axis=0)[None] if self.k == 1 else lowest.argpartition(self.k - 1, axis=0)[: self.k]
        inside = table[best, :, np.arange(bounds.shape[1])].argmin(axis=2)
        return np.asarray(best * self.block + inside)

    def _distances(self, Xt: Floats, groups: Ints, targets: Ints) -> Floats:
        """Squared distances (n_pairs, size) of target rows to the rows of a group each; groups in ascending order."""
        found = np.empty((groups.size, self.size))
        edges = np.flatnonzero(np.diff(groups, prepend=-1, append=-1)).tolist()
        for start, stop in pairwise(edges):
            first = int(groups[start]) * self.size
            rows = Xt[targets[start:stop]]
            cdist(rows, self.Xs[first : first + self.size], "sqeuclidean", out=found[start:stop])
        return found

    def _merge(self, best: _Best, limit: Floats, found: Floats, groups: Ints, targets: Ints) -> None:
        pair, inside = np.divmod(np.flatnonzero(found <= limit[targets, None]), self.size)
        best.merge(targets[pair], found[pair, inside], groups[pair] * self.size + inside)


class _Best:
    """For each target row the ``k`` nearest source rows so far, the nearest first."""

    def __init__(self, n_target: int, k: int, n_source: int) -> None:
        self.distance = np.full((n_target, k), np.inf)
        self.where = np.full((n_target, k), n_source)

    def merge(self, targets: Ints, distance: Floats, where: Ints) -> None:
        """Take up the pairs that are nearer, or as near and with an earlier source row."""
        k = self.where.shape[1]
        touched = np.unique(targets)
        owner = np.concatenate([targets, np.repeat(touched, k)])
        values = np.concatenate([distance, self.distance[touched].ravel()])
        places = np.concatenate([where, self.where[touched].ravel()])
        order = np.lexsort((places, values, owner))
        first = np.searchsorted(owner[order], touched)
        order = order[first[:, None] + np.arange(k)]
        self.distance[touched], self.where[touched] = values[order], places[order]


def _parts(n_rows: int, n_columns: int) -> Iterator[slice]:
    step = max(1, _MOST_VALUES // n_columns)
    for start in range(0, n_rows, step):
        yield slice(start, min(start + step, n_rows))
