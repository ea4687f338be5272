"""Each gradient turned until it harms no task."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import RIDGE, Draw, Matrix, Vector, cosines
from .base import GradientWeighting
from .complementarity import nonnegative


def upgrad_weights(gramian: Matrix) -> Vector:
    """The mean of the gradients projected onto the cone of directions that harm no task, in terms of the gradients.

    The projection of g_i is ``g_i + J'x``, x >= 0, ``G(e_i + x) >= 0`` and ``x'G(e_i + x) = 0``.
    """
    C, norms = cosines(gramian)
    A = C + RIDGE * np.eye(len(C))
    # Row i is x in terms of unit gradients, for a g_i of unit length.
    x = nonnegative(A, C)
    inverse = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)
    return (1.0 + (norms @ x) * inverse) / len(C)


@dataclass(frozen=True)
class UPGrad(GradientWeighting):
    """Project each gradient onto the cone of directions that harm no task, and take the mean of the projections.

    The result has no negative inner product with any gradient; where the gradients do not conflict, it is their mean.

    Parameters
    ----------
    level : {"representation", "parameter"}, default="representation"
        Where gradients are compared.

    Notes
    -----
    Solved by pivoting, for all tasks at once, on the cosines of the gradients with 1e-6 added to the diagonal: exact up
    to the rounding of float32 gradients, whatever their lengths.

    References
    ----------
    Quinton and Rey (2024). Jacobian descent for multi-objective optimization. arXiv:2406.16232.

    Examples
    --------
    >>> import numpy as np
    >>> from headstart.multitask.weighting.upgrad import upgrad_weights
    >>> J = np.array([[1.0, 0.0], [-1.0, 1.0]])
    >>> (upgrad_weights(J @ J.T) @ J).round(6) + 0.0
    array([0.25, 0.75])
    """

    def of_gramian(self, gramian: Matrix, losses: Vector, rng: Draw) -> Vector:
        """The weights of the mean projection."""
        return upgrad_weights(gramian)
