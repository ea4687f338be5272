"""One small problem that several methods come down to, solved exactly and for many right-hand sides at once."""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from .arrays import Matrix

_PATIENCE = 3
_LIMIT = 60


def nonnegative(A: Matrix, Q: Matrix) -> Matrix:
    """For each row q of Q the x >= 0 that minimises x'Ax / 2 + q'x; (n_rows, K).

    Equivalently x >= 0, Ax + q >= 0 and x'(Ax + q) = 0. ``A`` (K, K) is symmetric and positive definite.

    Block principal pivoting: all entries that break a sign change sides at once, in all rows; a row that does not get
    better by this changes one entry at a time, which ends for certain.

    References
    ----------
    Kim and Park (2011). Fast nonnegative matrix factorization: an active-set-like method and comparisons. SIAM Journal
    on Scientific Computing 33.
    """
    K = len(A)
    X = np.zeros_like(Q)
    free = np.zeros(Q.shape, dtype=bool)
    slack = Q.copy()
    # What counts as a broken sign: rounding does not.
    tolerance = 1e-12 * np.maximum(np.abs(Q).max(axis=1, keepdims=True), 1e-300)
    best = np.full(len(Q), K + 1)
    patience = np.full(len(Q), _PATIENCE)
    for _ in range(_LIMIT):
        wrong = np.where(free, -tolerance > X, slack < -tolerance)
        count = wrong.sum(axis=1)
        open_rows = np.flatnonzero(count)
        if open_rows.size == 0:
            return X
        better = count < best
        patience = np.where(better, _PATIENCE, patience - 1)
        best = np.where(better, count, best)
        # Out of patience: the last entry that is wrong alone.
        single = patience < 0
        if single.any():
            last = K - 1 - np.argmax(wrong[:, ::-1], axis=1)
            only = np.zeros_like(wrong)
            only[np.arange(len(Q)), last] = True
            wrong = np.where(single[:, None], wrong & only, wrong)
        free ^= wrong
        rows = free[open_rows]
        both = rows[:, :, None] & rows[:, None, :]
        systems = np.where(both, A, np.eye(K))
        right = np.where(rows, -Q[open_rows], 0.0)
        X[open_rows] = np.linalg.solve(systems, right[:, :, None])[:, :, 0]
        slack[open_rows] = X[open_rows] @ A + Q[open_rows]
    return _one_by_one(A, Q, X, open_rows)


def _one_by_one(A: Matrix, Q: Matrix, X: Matrix, rows: np.ndarray) -> Matrix:
    """The rows that pivoting did not settle, by Lawson and Hanson's method."""
    values, vectors = np.linalg.eigh(A)
    root = np.sqrt(np.maximum(values, 1e-15 * values[-1]))
    for i in rows:
        X[i], _ = nnls(root[:, None] * vectors.T, -(vectors.T @ Q[i]) / root, maxiter=100 * len(A))
    return X
