"""A direction of equal angles, as long as the gradients together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .arrays import Draw, Matrix, Vector, equal_angles
from .base import GradientWeighting


def config_weights(gramian: Matrix) -> Vector:
    """Weights of the direction with equal cosines, of the length of all gradients' projections onto it together."""
    weights = equal_angles(gramian)
    squared = float(weights @ gramian @ weights)
    if not squared > 0:
        return np.zeros(len(weights))
    return weights * (float(np.sum(gramian @ weights)) / squared)


@dataclass(frozen=True)
class ConFIG(GradientWeighting):
    """The conflict-free direction: the same positive cosine to each gradient, and the length of all projections.

    With unit gradients as the rows of U it is pinv(U) 1, scaled to the sum over k of g_k's projection onto it.

    Parameters
    ----------
    level : {"representation", "parameter"}, default="representation"
        Where gradients are compared; the paper compares those of the parameters.

    Notes
    -----
    From inner products alone: pinv(U) 1 = U' pinv(U U') 1. A gradient of 0 has no part. Where gradients cancel, so that
    no such direction exists, all weights are 0.

    References
    ----------
    Liu, Chu and Thuerey (2025). ConFIG: towards conflict-free training of physics informed neural networks. ICLR.

    Examples
    --------
    >>> import numpy as np
    >>> from headstart.multitask.weighting.conflict_free import config_weights
    >>> J = np.array([[1.0, 0.0], [0.0, 3.0]])
    >>> (config_weights(J @ J.T) @ J).round(6)
    array([2., 2.])
    """

    scale_free: ClassVar[bool] = True

    def of_gramian(self, gramian: Matrix, losses: Vector, rng: Draw) -> Vector:
        """The weights of the direction."""
        return config_weights(gramian)
