"""The nearest source row of each target row: by a tree in few dimensions, by blocks of distances in many."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from .types import Floats, Ints

# Up to here a k-d tree prunes well; beyond, the matrix product over all pairs is faster.
TREE_COLUMNS = 15
# Rows of target and source in a block of distances: 1000 x 3000 float32 are 12 MB and keep the product at full speed.
_TARGET_ROWS, _SOURCE_ROWS = 1000, 3000
# A row is found again in float64 where rounding may have moved the squared distance by more than this share.
_SURE = 1e-3


def nearest(Xs: Floats, Xt: Floats, *, n_neighbors: int = 1, slack: float = 0.0, workers: int = 1) -> Ints:
    """Positions (n_target, n_neighbors) of the rows of ``Xs`` nearest to each row of ``Xt``.

    With ``slack`` > 0 a tree may stop at rows at most (1 + slack) times as far as the nearest. Distances over all
    pairs are taken in float32 and again in float64 for those rows where rounding could decide: the row found is
    as near as the nearest, to within 0.1 % of the squared distance. They leave ``slack`` aside.
    """
    if Xs.shape[1] <= TREE_COLUMNS:
        return _by_tree(Xs, Xt, n_neighbors, slack, workers)
    return _by_blocks(Xs, Xt, n_neighbors)


def _by_tree(Xs: Floats, Xt: Floats, k: int, slack: float, workers: int) -> Ints:
    # Many equal rows make a tree without balanced cuts deep; with them it only takes longer to build.
    tree = cKDTree(Xs, leafsize=16, balanced_tree=False)
    # Neighbouring questions follow each other, so that the part of the tree they need stays in the cache: 3 to 5 times
    # as fast as in random order.
    order = cKDTree(Xt, leafsize=64, balanced_tree=False).indices
    _, found = tree.query(Xt[order], k=list(range(1, k + 1)), eps=slack, workers=workers)
    result = np.empty((Xt.shape[0], k), dtype=np.intp)
    result[order] = found
    return result


def _by_blocks(Xs: Floats, Xt: Floats, k: int) -> Ints:
    # The largest value becomes 1, so that no square leaves the range of float32.
    top = max(float(np.max(np.abs(Xs))), float(np.max(np.abs(Xt)))) or 1.0
    Xs, Xt = Xs / top, Xt / top
    # |y|^2 - 2 x'y by the product alone, with one column more: [-2x, 1] [y, |y|^2]'
    source = np.empty((Xs.shape[1] + 1, Xs.shape[0]), dtype=np.float32)
    source[:-1] = Xs.T
    source[-1] = np.einsum("ij,ij->i", Xs, Xs)
    target = np.ones((_TARGET_ROWS, source.shape[0]), dtype=np.float32)
    room = np.empty(_TARGET_ROWS * _SOURCE_ROWS, dtype=np.float32)
    best = np.full((Xt.shape[0], k), np.inf, dtype=np.float32)
    where = np.zeros((Xt.shape[0], k), dtype=np.intp)
    for i in range(0, Xt.shape[0], _TARGET_ROWS):
        rows = slice(i, min(i + _TARGET_ROWS, Xt.shape[0]))
        n = rows.stop - i
        np.multiply(Xt[rows], -2.0, out=target[:n, :-1], casting="same_kind")
        for j in range(0, Xs.shape[0], _SOURCE_ROWS):
            block = source[:, j : j + _SOURCE_ROWS]
            D = room[: n * block.shape[1]].reshape(n, -1)
            _keep_nearest(best[rows], where[rows], np.matmul(target[:n], block, out=D), j)
    unsure = _unsure(Xs, Xt, where)
    for i in range(0, unsure.size, 200):
        rows_again = unsure[i : i + 200]
        where[rows_again] = _exactly(Xs, Xt[rows_again], k)
    return where


def _keep_nearest(best: np.ndarray, where: Ints, D: np.ndarray, offset: int) -> None:
    """Merge the nearest of a block of distances into the nearest so far, in place."""
    k = best.shape[1]
    if k == 1:
        at = D.argmin(axis=1)
        value = D[np.arange(at.size), at]
        better = value < best[:, 0]
        best[better, 0] = value[better]
        where[better, 0] = at[better] + offset
        return
    # A few columns give a limit, under which few of the others fall; partitioning all columns takes longer than
    # the distances themselves.
    first = max(k, D.shape[1] // 10) if np.isinf(best[0, -1]) else 0
    if first:
        _merge(best, where, *_smallest(D[:, :first], k, offset))
    below = np.flatnonzero((D[:, first:] < best[:, -1:]).ravel())
    if below.size:
        rows, columns = np.divmod(below, D.shape[1] - first)
        values = D[rows, columns + first]
        # the entries of a row stand together: sort each by its value, and number them
        order = np.lexsort((values, rows))
        rows, columns, values = rows[order], columns[order], values[order]
        rank = np.arange(rows.size) - np.searchsorted(rows, rows)
        keep = rank < k
        table = np.full(best.shape, np.inf, dtype=best.dtype)
        places = np.zeros(where.shape, dtype=np.intp)
        table[rows[keep], rank[keep]] = values[keep]
        places[rows[keep], rank[keep]] = columns[keep] + first + offset
        _merge(best, where, table, places)


def _smallest(D: np.ndarray, k: int, offset: int) -> tuple[np.ndarray, Ints]:
    at = np.argsort(D, axis=1, kind="stable")[:, :k]
    values = np.take_along_axis(D, at, axis=1)
    missing = k - at.shape[1]
    if missing:  # fewer source rows in this block than neighbours
        values = np.pad(values, ((0, 0), (0, missing)), constant_values=np.inf)
        at = np.pad(at, ((0, 0), (0, missing)))
    return values, at + offset


def _merge(best: np.ndarray, where: Ints, values: np.ndarray, places: Ints) -> None:
    """Keep the k smallest of two tables of k each, sorted, in place."""
    both, at = np.hstack([best, values]), np.hstack([where, places])
    order = np.argsort(both, axis=1, kind="stable")[:, : best.shape[1]]
    best[:] = np.take_along_axis(both, order, axis=1)
    where[:] = np.take_along_axis(at, order, axis=1)


def _unsure(Xs: Floats, Xt: Floats, where: Ints) -> Ints:
    """The target rows at which float32 may have named another row than the nearest."""
    nearest_rows = Xs[where[:, 0]]
    squared = np.einsum("ij,ij->i", Xt - nearest_rows, Xt - nearest_rows)
    size = np.einsum("ij,ij->i", Xt, Xt) + np.einsum("ij,ij->i", nearest_rows, nearest_rows)
    rounding = 4.0 * np.finfo(np.float32).eps * size + np.finfo(np.float32).tiny
    return np.flatnonzero(rounding > _SURE * squared)


def _exactly(Xs: Floats, Xt: Floats, k: int) -> Ints:
    """The nearest rows by float64 differences of the best candidates of float64 products."""
    D = Xt @ (-2.0 * Xs.T)
    D += np.einsum("ij,ij->i", Xs, Xs)
    few = min(k + 8, D.shape[1])
    at = np.argpartition(D, few - 1, axis=1)[:, :few]
    gaps = Xs[at] - Xt[:, None, :]
    true = np.einsum("ikj,ikj->ik", gaps, gaps)
    first = np.lexsort((at, true), axis=1)[:, :k]
    return np.asarray(np.take_along_axis(at, first, axis=1))


def distinct_rows(X: Floats) -> tuple[Ints, Ints]:
    """The positions of the distinct rows of ``X``, and for each row which of them it equals.

    Rows are sorted by one random projection instead of by all columns; the result is checked, and taken by the
    slow way in the case, never seen, that different rows have the same projection.
    """
    direction = np.random.default_rng(0).normal(size=X.shape[1])
    # A sum along each row, not a matrix product, whose last bits depend on the position of the row.
    _, first, inverse = np.unique(np.sum(X * direction, axis=1), return_index=True, return_inverse=True)
    if first.size < X.shape[0] and not np.array_equal(X[first][inverse], X):
        _, first, inverse = np.unique(X, axis=0, return_index=True, return_inverse=True)
    return first, inverse.ravel()


def share_out(where: Ints, inverse: Ints) -> Floats:
    """The target rows that fall to each source row, each as 1 / n_neighbors; they add up to the target rows.

    ``where`` (n_target, n_neighbors) are positions of distinct source rows, ``inverse`` (n_source,) tells which of
    these each source row equals: equal rows share what falls to their place.
    """
    n_distinct = int(inverse.max()) + 1
    counts = np.bincount(where.ravel(), minlength=n_distinct) / where.shape[1]
    return np.asarray((counts / np.bincount(inverse, minlength=n_distinct))[inverse])
