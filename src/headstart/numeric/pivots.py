"""Structural correspondence: what a row says about pivots, columns that both domains use alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp

from .moments import Rows, is_sparse
from .types import Floats, Ints


def presence(X: Rows) -> Any:
    """1 where a value is above 0, else 0: sparse of sparse rows."""
    if is_sparse(X):
        found = X.copy()
        found.data = (found.data > 0).astype(np.float64)
        return found
    return (X > 0).astype(np.float64)


def counts_of(B: Rows) -> Floats:
    """In how many rows each column is present."""
    return np.asarray(B.sum(axis=0), dtype=np.float64).ravel()


def mutual_information(B: Rows, codes: Ints, n_classes: int) -> Floats:
    """Mutual information, in nats, between the presence of each column and the class of the row."""
    n = B.shape[0]
    rows = sp.csr_array((np.ones(n), (codes, np.arange(n))), shape=(n_classes, n))
    present = rows @ B
    together = np.asarray(present.toarray() if is_sparse(present) else present) / n
    of_class = np.bincount(codes, minlength=n_classes)[:, None] / n
    there = together.sum(axis=0)
    total = np.zeros(B.shape[1])
    for joint, share in ((together, there), (of_class - together, 1.0 - there)):
        expected = of_class * share
        held = (joint > 0) & (expected > 0)
        ratio = np.divide(joint, expected, out=np.ones_like(joint), where=held)
        total += np.sum(np.where(held, joint, 0.0) * np.log(ratio), axis=0)
    return total


def choose_pivots(in_source: Floats, in_target: Floats, value: Floats, n_pivots: int, least: int) -> Ints:
    """The columns with the highest ``value`` of those that are in at least ``least`` rows of either domain, sorted.

    Where no column is that frequent, frequency in the rarer domain decides alone.
    """
    common = np.minimum(in_source, in_target)
    frequent = common >= least
    order = np.lexsort((-common, -np.where(frequent, value, -np.inf)))
    most = min(n_pivots, int(frequent.sum()) or 1, max(value.size - 1, 1))
    if not frequent.any():
        order = np.argsort(-common, kind="stable")
    return np.sort(order[:most])


def denoising_predictors(B: Rows, inputs: Ints, pivots: Ints, corruption: float) -> tuple[Floats, Floats]:
    """W (n_inputs, n_pivots) and b (n_pivots,): the least squares prediction x W + b of the pivots from corrupted rows.

    Each input is set to 0 with probability ``corruption``, and the mean over all ways to do so is taken in closed form
    (Chen et al. 2012): a pivot that is an input cannot merely copy itself. The constant b is never corrupted.
    """
    keep = 1.0 - corruption
    part = B[:, inputs]

    def product(M: Any) -> Floats:
        return np.asarray(M.toarray() if is_sparse(M) else M, dtype=np.float64)

    d = inputs.size
    Q = np.empty((d + 1, d + 1))
    Q[:d, :d] = product(part.T @ part) * keep**2
    count = counts_of(part) * keep
    # a value meets itself: both are kept, or neither
    Q[np.arange(d), np.arange(d)] = count
    Q[:d, d] = Q[d, :d] = count
    Q[d, d] = B.shape[0]
    P = np.vstack([product(part.T @ B[:, pivots]) * keep, counts_of(B[:, pivots])])
    # columns that are never present, and the paper's small ridge
    Q[np.diag_indices_from(Q)] += 1e-5 * max(float(np.trace(Q)) / (d + 1), 1e-300)
    W = np.asarray(la.solve(Q, P, assume_a="pos"))
    return W[:d], W[d]
