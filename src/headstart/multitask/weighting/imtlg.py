"""A direction that is equally far along each gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .arrays import Draw, Matrix, Vector, equal_angles
from .base import GradientWeighting


def imtlg_weights(gramian: Matrix) -> Vector:
    """Weights of absolute sum 1 whose combination has the same projection onto each gradient's direction."""
    weights = equal_angles(gramian)
    total = abs(float(weights.sum()))
    if not total > 1e-9 * float(np.abs(weights).sum()):
        return np.zeros(len(weights))
    return weights / total


@dataclass(frozen=True)
class IMTLG(GradientWeighting):
    """Impartial gradients: the combination whose projection onto each gradient's direction is the same.

    With unit gradients u_k and the weights' sum 1, d.u_1 = ... = d.u_K. Losses in any units count alike.

    Parameters
    ----------
    level : {"representation", "parameter"}, default="representation"
        Where gradients are compared; as in the paper.

    Notes
    -----
    The paper scales the weights to the sum 1, which turns the direction against all tasks where that sum is negative.
    Here the weights are divided by the absolute value of their sum. Where the gradients are linearly dependent the
    projections are the same as far as least squares go (Quinton and Rey 2024); a gradient of 0 has weight 0.

    References
    ----------
    Liu, Li, Kuang, Xue, Chen, Yang, Liao and Zhang (2021). Towards impartial multi-task learning. ICLR.

    Examples
    --------
    >>> import numpy as np
    >>> from headstart.multitask.weighting.imtlg import imtlg_weights
    >>> J = np.array([[1.0, 0.0], [0.0, 4.0]])
    >>> (imtlg_weights(J @ J.T) @ J).round(6)
    array([0.8, 0.8])
    """

    scale_free: ClassVar[bool] = True

    def of_gramian(self, gramian: Matrix, losses: Vector, rng: Draw) -> Vector:
        """The weights of the direction."""
        return imtlg_weights(gramian)
