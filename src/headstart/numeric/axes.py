"""The leading axes of a covariance, also where the columns are too many for the covariance itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse.linalg as sla

from .moments import Rows, covariance_of
from .types import Floats

# Up to here a covariance and all its eigenvectors take a second; beyond, only its products with vectors are formed.
DENSE_COLUMNS = 1000
# ||S||^2 is a mean over random directions: 64 of them know it to a fifth, which is all that a share of noise needs.
_PROBES = 64


@dataclass(frozen=True)
class Spread:
    """A covariance (d, d) as what it does to vectors; ``matrix`` is None where there are too many columns for it.

    ``trace`` is the sum of the variances.
    """

    d: int
    product: Callable[[Floats], Floats]
    trace: float
    matrix: Floats | None = None

    def square(self) -> float:
        """||S||^2, the sum of squares of all entries."""
        if self.matrix is not None:
            return float(np.sum(self.matrix * self.matrix))
        signs = np.random.default_rng(0).choice((-1.0, 1.0), size=(self.d, _PROBES))
        return float(np.sum(self.product(signs) ** 2) / _PROBES)


def spread_of(X: Rows, weight: Floats, mean: Floats, variance: Floats, scale: Floats) -> Spread:
    """The covariance of weighted rows, each column over ``scale``; sparse rows stay sparse."""
    d = X.shape[1]
    if d <= DENSE_COLUMNS:
        return dense(covariance_of(X, weight, mean) / scale[:, None] / scale)

    def product(V: Floats) -> Floats:
        U = V / scale.reshape((-1,) + (1,) * (V.ndim - 1))
        W = np.asarray(X @ U) - mean @ U
        W = W * weight.reshape((-1,) + (1,) * (V.ndim - 1))
        # centred rows: what their common mean adds to X' W is taken out again
        out = np.asarray(X.T @ W) - np.multiply.outer(mean, W.sum(axis=0))
        return np.asarray(out / scale.reshape((-1,) + (1,) * (V.ndim - 1)))

    return Spread(d, product, float(np.sum(variance / scale**2)))


def dense(S: Floats) -> Spread:
    """A covariance that has room."""
    return Spread(S.shape[0], lambda V: S @ V, float(np.trace(S)), S)


def mixed(a: Spread, b: Spread, of_a: float, of_b: float) -> Spread:
    """``of_a`` a + ``of_b`` b."""
    if a.matrix is not None and b.matrix is not None:
        return dense(of_a * a.matrix + of_b * b.matrix)
    return Spread(a.d, lambda V: of_a * a.product(V) + of_b * b.product(V), of_a * a.trace + of_b * b.trace)


def leading(S: Spread, k: int) -> tuple[Floats, Floats]:
    """The ``k`` largest eigenvalues, falling, and their axes (d, k); signs are fixed, so that results repeat."""
    if S.matrix is not None or k >= S.d - 1:
        M = S.product(np.eye(S.d)) if S.matrix is None else S.matrix
        values, V = np.linalg.eigh((M + M.T) / 2)
        values, V = values[::-1][:k], V[:, ::-1][:, :k]
    else:
        operator = sla.LinearOperator((S.d, S.d), matvec=S.product, matmat=S.product, dtype=np.float64)
        # a fixed start, in no special direction
        start = np.random.default_rng(0).normal(size=S.d)
        values, V = sla.eigsh(operator, k=k, v0=start, ncv=min(S.d, 2 * k + 20))
        order = np.argsort(values)[::-1]
        values, V = values[order], V[:, order]
    largest = V[np.argmax(np.abs(V), axis=0), np.arange(V.shape[1])]
    return np.maximum(values, 0.0), np.asarray(V * np.where(largest < 0, -1.0, 1.0))
