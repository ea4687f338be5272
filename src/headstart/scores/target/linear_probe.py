"""The cross-validated accuracy of a linear model on the features."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core.errors import InputError
from ...numeric.group_bootstrap import N_FOLDS, without_each
from ...numeric.ridge_evidence import best_evidence
from ...numeric.row_sums import RowSums
from ...numeric.types import Floats
from ..cross_fitted import cross_fitted_hits, folds_of, keeping
from ..rows import Found, Rows, read, total


def linear_probe(features: Any, y: Any, *, task: str | None = None, random_state: int = 0) -> float:
    """Accuracy, or R2, of a linear model in closed form, over five folds: every row is judged by a model of the others.

    Classes are told apart by linear discriminants whose covariance within classes is shrunk; numbers are predicted by
    ridge regression with the penalty that has the largest evidence. Both are fitted, shrunk and tuned on the rows of
    four folds and judged on the fifth.

    Parameters
    ----------
    features : array-like of shape (n_rows, n_columns)
        What the pretrained model makes of the target rows.
    y : array-like of shape (n_rows,)
        Classes or numbers of the target rows.
    task : {"classification", "regression"} or None, default=None
        What ``y`` is. None: regression where it holds real numbers, else classification.
    random_state : int, default=0
        Seed of the folds.

    Returns
    -------
    float
        The share of rows classified right; for numbers R2, which is below 0 where the mean does better.

    Raises
    ------
    InputError
        Where entries are missing, lengths differ, ``y`` is constant, or there are fewer than five rows.

    Notes
    -----
    Discriminants stand in for logistic regression, whose fits take minutes on 100,000 rows: they need one pass over
    the rows, and folds are sums that are taken off.

    References
    ----------
    Alain, Bengio (2017), Understanding intermediate layers using linear classifier probes, ICLR workshop.

    Ledoit, Wolf (2004), A well-conditioned estimator for large-dimensional covariance matrices, Journal of
    Multivariate Analysis 88.

    Examples
    --------
    >>> import headstart as hs
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 4))
    >>> print(hs.scores.linear_probe(X, X[:, 0] > 0) > 0.8)
    True
    """
    return evaluate(read(features, y, score="linear_probe", task=task, seed=random_state)).value


def evaluate(rows: Rows) -> Found:
    """The score, and the score without each group of rows."""
    if rows.n < N_FOLDS:
        raise InputError(f"linear_probe needs {N_FOLDS} rows at least, one for each fold, and got {rows.n}")
    return _numbers(rows) if rows.codes is None else _classes(rows)


def _classes(rows: Rows) -> Found:
    kept = keeping(rows)
    right, seen = cross_fitted_hits(rows, kept, balanced=False)
    found = right.sum(axis=1) / seen.sum(axis=1)
    return Found(float(found[0]), without_each(float(found[0]), found[1:], kept[1:]) if rows.leave_out else found[1:])


def _numbers(rows: Rows) -> Found:
    """Squared errors follow from sums: no row is looked at again."""
    G, fold = rows.n_groups if rows.leave_out else 0, folds_of(rows)
    held = [total([s for s, f in zip(rows.sums, fold, strict=True) if f == k]) for k in range(N_FOLDS)]
    training = [rows.total - part for part in held]
    errors = np.zeros(G + 1)
    for k in range(N_FOLDS):
        plain = _ridge(training[k])
        errors[0] += _squared_error(held[k], plain)
        for g in range(G):
            if fold[g] == k:
                errors[g + 1] += _squared_error(held[k] - rows.sums[g], plain)
            else:
                errors[g + 1] += _squared_error(held[k], _ridge(training[k] - rows.sums[g]))
    spread = [_spread(rows.total), *(_spread(rows.total - s) for s in rows.sums[:G])]
    scores = 1.0 - errors / np.maximum(spread, 1e-300)
    return Found(float(scores[0]), scores[1:])


def _ridge(sums: RowSums) -> tuple[Floats, float]:
    """Weights and intercept."""
    level, m = float(sums.y[0]) / sums.n, sums.mean
    S = sums.gram - sums.n * np.outer(m, m)
    cross = sums.yz[0] - sums.n * level * m
    left = sums.yy - sums.n * level**2
    if left[0] <= 0 or np.trace(S) <= 0:
        return np.zeros(m.size), level
    penalty = float(best_evidence(S, cross[None, :], left, sums.n)[1][0])
    # a penalty of nearly nothing leaves columns that depend on each other to rounding
    penalty = max(penalty, 1e-10 * float(np.trace(S)))
    w = np.linalg.solve(S + penalty * np.eye(m.size), cross)
    return w, level - float(m @ w)


def _squared_error(sums: RowSums, model: tuple[Floats, float]) -> float:
    w, b = model
    y, yz = float(sums.y[0]), sums.yz[0]
    squares = float(w @ sums.gram @ w) + 2.0 * b * float(sums.z @ w) + sums.n * b * b
    return float(sums.yy[0]) - 2.0 * float(yz @ w) - 2.0 * b * y + squares


def _spread(sums: RowSums) -> float:
    return float(sums.yy[0] - sums.y[0] ** 2 / sums.n)
