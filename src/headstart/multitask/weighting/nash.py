"""The tasks bargain about the direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .arrays import RIDGE, Draw, Matrix, Vector, cosines
from .base import GradientWeighting

_STEPS = 100


def nash_weights(gramian: Matrix) -> Vector:
    """The w > 0 with ``G w = 1 / w``, entry by entry; 0 for a gradient of 0.

    It minimises w'Gw / 2 - sum(log w), which is convex and self-concordant: damped Newton steps find it from anywhere.
    Gradients are taken at unit length first, which only scales w.
    """
    cosine, norms = cosines(gramian)
    there = norms > 0
    if not there.any():
        return np.zeros(len(norms))
    C = cosine[np.ix_(there, there)] + RIDGE * np.eye(int(there.sum()))
    w = 1.0 / np.sqrt(np.maximum(C.sum(axis=1), 1.0))
    for _ in range(_STEPS):
        gradient = C @ w - 1.0 / w
        step = np.linalg.solve(C + np.diag(1.0 / w**2), gradient)
        decrement = np.sqrt(max(float(gradient @ step), 0.0))
        w = w - (step if decrement < 0.25 else step / (1.0 + decrement))
        if decrement < 1e-11:
            break
    weights = np.zeros(len(norms))
    weights[there] = w / norms[there]
    return weights


@dataclass(frozen=True)
class NashMTL(GradientWeighting):
    """The Nash bargaining solution: weights w > 0 with G w = 1 / w, where G holds the gradients' inner products.

    The direction sum_k w_k g_k maximises the sum of log(g_k.d) over a ball: each task gains by the same share. Losses
    in any units count alike.

    Parameters
    ----------
    level : {"representation", "parameter"}, default="representation"
        Where gradients are compared; the paper compares those of the parameters.

    Notes
    -----
    Solved exactly by Newton's method in some ten small systems; the authors solve a series of convex approximations,
    and only at some steps. The direction has length sqrt(K) whatever the gradients are, so that the size of a step is
    the learning rate's to decide; the authors limit the norm of the gradient to 1, as training with ``clip`` does.

    Where gradients cancel, so that no direction is good for all, 1e-6 beside the cosines keeps the weights finite.

    References
    ----------
    Navon, Shamsian, Achituve, Maron, Kawaguchi, Chechik and Fetaya (2022). Multi-task learning as a bargaining game.
    ICML.

    Examples
    --------
    >>> import numpy as np
    >>> from headstart.multitask.weighting.nash import nash_weights
    >>> J = np.array([[1.0, 0.0], [0.0, 100.0]])
    >>> nash_weights(J @ J.T).round(6)
    array([1.  , 0.01])
    """

    scale_free: ClassVar[bool] = True

    def of_gramian(self, gramian: Matrix, losses: Vector, rng: Draw) -> Vector:
        """The weights of the bargain."""
        return nash_weights(gramian)
