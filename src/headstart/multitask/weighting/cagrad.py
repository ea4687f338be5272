"""The direction near the mean gradient that is best for the worst task."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...neural.training.settings import check_real
from .arrays import RIDGE, Draw, Matrix, Vector, cosines
from .base import GradientWeighting
from .complementarity import nonnegative

_ROUNDS = 60


def cagrad_weights(gramian: Matrix, c: float) -> Vector:
    """The d that maximises min_k g_k.d within ||d - g_0|| <= c ||g_0||, in terms of the gradients; g_0 is their mean.

    d = g_0 + J'x, where x >= 0 and, for one number t, ``Gx + b - t >= 0`` with equality where x > 0, b = J g_0. The
    length of J'x rises with t; the t that makes it c ||g_0|| is found by a closed form on the entries of x that are not
    0, inside a bracket. All is done in terms of unit gradients. A gradient of 0 has no say.
    """
    K = len(gramian)
    weights = np.full(K, 1.0 / K)
    C, norms = cosines(gramian)
    there = norms > 0
    radius2 = c * c * max(float(gramian.mean()), 0.0)
    if not there.any() or not radius2 > 0:
        return weights
    A = C[np.ix_(there, there)] + RIDGE * np.eye(int(there.sum()))
    inverse = norms[there].max() / norms[there]
    along = C[there] @ norms / K
    size = math.sqrt(radius2)
    weights[there] += size * _reach(A, along / size, inverse) / norms[there]
    return weights


def _reach(A: Matrix, b: Vector, ones: Vector) -> Vector:
    """The x(t) with x'Ax = 1, where x(t) minimises x'Ax / 2 + (b - t ones)'x over x >= 0."""
    low, high = float((b / ones).min()), math.inf
    least = low
    # All entries may be free: as good a start as any.
    free = np.ones(len(b), dtype=bool)
    t = _on(A, b, ones, free)
    if not t > low:
        t = low + 1.0 / float(ones.min())
    x = np.zeros(len(b))
    for _ in range(_ROUNDS):
        x = nonnegative(A, (b - t * ones)[None])[0]
        reached = float(x @ A @ x)
        if abs(reached - 1.0) <= 1e-9 or (np.array_equal(x > 0, free) and abs(reached - 1.0) <= 1e-6):
            break
        if reached < 1.0:
            low = t
        else:
            high = t
        free = x > 0
        new = _on(A, b, ones, free)
        if not low < new < high:
            new = least + 4.0 * (t - least) if math.isinf(high) else 0.5 * (low + high)
        if new == t:
            break
        t = new
    return x


def _on(A: Matrix, b: Vector, ones: Vector, free: np.ndarray) -> float:
    """The t for which x, free on these entries and 0 elsewhere, has x'Ax = 1; NaN where none has."""
    if not free.any():
        return math.nan
    right = np.stack([ones[free], b[free]], axis=1)
    y = np.linalg.solve(A[np.ix_(free, free)], right)
    a, d, e = float(right[:, 0] @ y[:, 0]), float(right[:, 0] @ y[:, 1]), float(right[:, 1] @ y[:, 1])
    inside = d * d - a * (e - 1.0)
    return (d + math.sqrt(inside)) / a if inside >= 0 and a > 0 else math.nan


@dataclass(frozen=True)
class CAGrad(GradientWeighting):
    """Conflict-averse descent: the direction in a ball around the mean gradient that is best for the worst task.

    It maximises min_k g_k.d subject to ||d - g_0|| <= c ||g_0||, where g_0 is the mean of the gradients. The paper
    shows that the training still goes to a minimum of the mean loss for c < 1.

    Parameters
    ----------
    level : {"representation", "parameter"}, default="representation"
        Where gradients are compared; the paper compares those of the parameters.
    c : float, default=0.5
        Radius of the ball; 0 is the mean gradient. The paper's best values are 0.4 and 0.5.

    Raises
    ------
    InputError
        Where the level is none of these, or c is negative.

    Notes
    -----
    Solved by pivoting and a closed form. The authors' code can divide by 1 + c or 1 + c^2 afterwards;
    this does not.

    References
    ----------
    Liu, Liu, Jin, Stone and Liu (2021). Conflict-averse gradient descent for multi-task learning. NeurIPS.

    Examples
    --------
    >>> import numpy as np
    >>> from headstart.multitask.weighting.cagrad import cagrad_weights
    >>> J = np.array([[1.0, 0.0], [-0.5, 0.5]])
    >>> (J @ (cagrad_weights(J @ J.T, 0.5) @ J)).round(3)
    array([0.125, 0.125])
    """

    c: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_real("c", self.c, zero=True)

    def of_gramian(self, gramian: Matrix, losses: Vector, rng: Draw) -> Vector:
        """The weights of the direction."""
        return cagrad_weights(gramian, self.c)
