"""The accuracy of the nearest neighbours of each row: a baseline that assumes no line."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core.errors import InputError
from ...numeric.group_bootstrap import replicates, without_each
from ..rows import Found, Rows, read

_ENTRIES = 20_000_000


def knn_score(
    features: Any,
    y: Any,
    *,
    n_neighbors: int = 5,
    task: str | None = None,
    max_queries: int | None = 2000,
    random_state: int = 0,
) -> float:
    """Accuracy, or R2, of the nearest other rows: each row is judged by all rows but itself.

    Parameters
    ----------
    features : array-like of shape (n_rows, n_columns)
        What the pretrained model makes of the target rows; distances are Euclidean, in the features' own units.
    y : array-like of shape (n_rows,)
        Classes or numbers of the target rows.
    n_neighbors : int, default=5
        Neighbours that vote (a tie goes to the class of the nearer ones) or are averaged.
    task : {"classification", "regression"} or None, default=None
        What ``y`` is. None: regression where it holds real numbers, else classification.
    max_queries : int or None, default=2000
        Rows that are judged, drawn at random where there are more; None for all. Neighbours are always looked for among
        all rows, so that time grows with n_rows, not its square. The accuracy is then known to a point or so.
    random_state : int, default=0
        Seed of that draw.

    Returns
    -------
    float
        The share of rows whose neighbours vote for their class; for numbers R2.

    Raises
    ------
    InputError
        Where entries are missing, lengths differ, ``y`` is constant, or there are no more rows than neighbours.

    Notes
    -----
    Rows that stand there twice know each other: drop duplicates first.

    References
    ----------
    Cover, Hart (1967), Nearest neighbor pattern classification, IEEE Transactions on Information Theory 13.

    Examples
    --------
    >>> import headstart as hs
    >>> hs.scores.knn_score([[0.0], [0.1], [0.2], [1.0], [1.1], [1.2]], list("aaabbb"), n_neighbors=2)
    1.0
    """
    rows = read(features, y, score="knn_score", task=task, seed=random_state)
    return evaluate(rows, n_neighbors=n_neighbors, max_queries=max_queries).value


def evaluate(rows: Rows, *, n_neighbors: int = 5, max_queries: int | None = 2000) -> Found:
    """The score, and the score without each group of rows, be they judged or neighbours."""
    if n_neighbors < 1 or n_neighbors >= rows.n:
        raise InputError(
            f"n_neighbors={n_neighbors!r} with {rows.n} rows; expected at least 1 and fewer than there are rows"
        )
    if max_queries is not None and max_queries < 1:
        raise InputError(f"max_queries={max_queries!r}; expected at least 1, or None for all rows")
    chosen = np.arange(rows.n)
    if max_queries is not None and rows.n > max_queries:
        chosen = np.sort(np.random.default_rng(rows.seed).permutation(rows.n)[:max_queries])
    # More than are needed, so that enough remain of half of the groups.
    spare = 2 * n_neighbors + 20 if rows.leave_out else 0
    where = _nearest(rows.X, rows.origin, chosen, min(n_neighbors + spare, rows.n - 1))
    everyone = np.ones(where.shape, dtype=bool)
    value = _score(rows, chosen, where, everyone, n_neighbors)
    if not rows.leave_out:
        return Found(value)
    kept, found = replicates(rows.n_groups), []
    for there in kept:
        judged = there[rows.groups[chosen]]
        allowed = there[rows.groups[where[judged]]]
        found.append(_score(rows, chosen[judged], where[judged], allowed, n_neighbors))
    return Found(value, without_each(value, np.array(found), kept))


def _nearest(X: np.ndarray, origin: np.ndarray, chosen: np.ndarray, k: int) -> np.ndarray:
    """The ``k`` nearest other rows of each chosen row, the nearest first; distances in single precision."""
    centre = origin.astype(np.float32)
    Q = X[chosen].astype(np.float32) - centre
    best = np.full((chosen.size, k), np.inf, dtype=np.float32)
    where = np.zeros((chosen.size, k), dtype=np.intp)
    step = max(1, min(_ENTRIES // chosen.size, X.shape[0]))
    for start in range(0, X.shape[0], step):
        Z = X[start : start + step].astype(np.float32) - centre
        # |q|^2 is the same for all rows of a query
        D = Q @ (-2.0 * Z.T)
        D += np.einsum("ij,ij->i", Z, Z)
        own = np.flatnonzero((chosen >= start) & (chosen < start + Z.shape[0]))
        D[own, chosen[own] - start] = np.inf
        near = np.argpartition(D, min(k, D.shape[1]) - 1, axis=1)[:, :k]
        values = np.hstack([best, np.take_along_axis(D, near, axis=1)])
        places = np.hstack([where, near + start])
        order = np.argsort(values, axis=1, kind="stable")[:, :k]
        best, where = np.take_along_axis(values, order, axis=1), np.take_along_axis(places, order, axis=1)
    return where


def _score(rows: Rows, queries: np.ndarray, where: np.ndarray, allowed: np.ndarray, k: int) -> float:
    used = allowed & (np.cumsum(allowed, axis=1) <= k)
    labels = rows.labels
    if rows.codes is None:
        means = (labels[where] * used).sum(axis=1) / np.maximum(used.sum(axis=1), 1)
        truth = labels[queries]
        return 1.0 - float(np.sum((truth - means) ** 2) / max(np.sum((truth - truth.mean()) ** 2), 1e-300))
    votes = np.zeros((queries.size, rows.n_classes))
    # a vote counts a little more the nearer it is, which only ever decides a tie
    weight = used * (1.0 + 0.5 / (k * np.maximum(np.cumsum(allowed, axis=1), 1) * (k + 1)))
    np.add.at(votes, (np.repeat(np.arange(queries.size), where.shape[1]), labels[where].ravel()), weight.ravel())
    return float(np.mean(votes.argmax(axis=1) == labels[queries]))
