"""Conflicting parts of the gradients taken away, pair by pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import Draw, Matrix, Vector
from .base import GradientWeighting


def orders(n: int, rng: np.random.Generator) -> np.ndarray:
    """For each of n tasks the others in a random order; (n, n - 1)."""
    others = np.array([[j for j in range(n) if j != i] for i in range(n)], dtype=np.intp).reshape(n, n - 1)
    return rng.permuted(others, axis=1)


def pcgrad_weights(gramian: Matrix, order: np.ndarray) -> Vector:
    """The sum of the projected gradients, in terms of the gradients.

    Row i of ``order`` (K, K - 1) tells in which order the others are met by gradient i. All gradients meet their next
    one at the same time, which is as good as one after the other, since they meet the gradients as they were.
    """
    K = len(gramian)
    rows = np.arange(K)
    made_of = np.eye(K)
    products = gramian.copy()
    squares = np.diagonal(gramian)
    inverse = np.divide(1.0, squares, out=np.zeros(K), where=squares > 0)
    for j in order.T:
        take = np.minimum(products[rows, j], 0.0) * inverse[j]
        made_of[rows, j] -= take
        products -= take[:, None] * gramian[j]
    return made_of.sum(axis=0)


@dataclass(frozen=True)
class PCGrad(GradientWeighting):
    """Gradient surgery: where two gradients conflict, take away of the one what points against the other.

    Gradient i meets the others in a random order; where its inner product with g_j is negative, it becomes
    g_i - (g_i.g_j / ||g_j||^2) g_j. The results are added.

    Parameters
    ----------
    level : {"representation", "parameter"}, default="representation"
        Where gradients are compared; the paper compares those of the parameters.

    References
    ----------
    Yu, Kumar, Gupta, Levine, Hausman and Finn (2020). Gradient surgery for multi-task learning. NeurIPS.

    Examples
    --------
    >>> import numpy as np
    >>> from headstart.multitask.weighting.pcgrad import pcgrad_weights
    >>> J = np.array([[1.0, 0.0], [-1.0, 1.0]])
    >>> pcgrad_weights(J @ J.T, np.array([[1], [0]]))
    array([2. , 1.5])
    """

    def of_gramian(self, gramian: Matrix, losses: Vector, rng: Draw) -> Vector:
        """The weights of the sum."""
        return pcgrad_weights(gramian, orders(len(gramian), rng()))
