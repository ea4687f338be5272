"""The shortest convex combination of the gradients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...core.errors import InputError
from .arrays import RIDGE, SMALLEST, Draw, Matrix, Vector, cosines
from .base import GradientWeighting
from .complementarity import nonnegative

_NORMALISE = ("none", "l2", "loss", "loss+")


def min_norm(gramian: Matrix) -> Vector:
    """The w >= 0 with sum 1 that minimises w' G w; (K,).

    For a direction of w, the best length of x in x'Gx + (sum(x) - 1)^2 leaves q / (1 + q), where q = w'Gw: so the
    minimiser over x >= 0, scaled to the sum 1, is the w looked for. It is sought in terms of unit gradients.
    """
    C, norms = cosines(gramian)
    if not norms.min() > 0:
        zero = (norms == 0).astype(np.float64)
        return zero / zero.sum()
    inverse = norms.min() / norms
    A = C + np.outer(inverse, inverse)
    A[np.diag_indices_from(A)] += RIDGE
    x = np.maximum(nonnegative(A, -inverse[None])[0], 0.0) * inverse
    return x / x.sum()


@dataclass(frozen=True)
class MGDA(GradientWeighting):
    """The shortest vector in the convex hull of the gradients: min ||sum_k w_k g_k||^2 over w >= 0, sum(w) = 1.

    No loss rises along it, to first order; it is 0 only where no direction is good for all tasks.

    Parameters
    ----------
    level : {"parameter", "representation"}, default="parameter"
        As in the paper's algorithm. "representation" is its upper bound MGDA-UB, which costs no more than one pass
        through the encoder.
    normalise : {"none", "l2", "loss", "loss+"}, default="none"
        What the gradients are divided by before the weights are sought: nothing, their norm, the loss, or both. The
        weights are applied to the gradients as they are. Without it the task with the smallest gradient decides most.

    Raises
    ------
    InputError
        Where the level or the normalisation is none of these, or a loss is 0 or less where it divides.

    Notes
    -----
    Solved exactly, by an active set. A task whose gradient is 0 takes all the weight, and nothing shared moves.

    References
    ----------
    Sener and Koltun (2018). Multi-task learning as multi-objective optimization. NeurIPS.

    Désidéri (2012). Multiple-gradient descent algorithm (MGDA) for multiobjective optimization. Comptes Rendus
    Mathematique 350.

    Examples
    --------
    >>> import numpy as np
    >>> from headstart.multitask.weighting.mgda import min_norm
    >>> J = np.array([[1.0, 0.0], [0.0, 2.0]])
    >>> min_norm(J @ J.T)
    array([0.8, 0.2])
    """

    level: str = "parameter"
    normalise: str = "none"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.normalise not in _NORMALISE:
            raise InputError(f"normalise is {self.normalise!r}; expected one of {', '.join(map(repr, _NORMALISE))}")

    def of_gramian(self, gramian: Matrix, losses: Vector, rng: Draw) -> Vector:
        """The weights of the shortest vector."""
        by = np.ones(len(losses))
        if "loss" in self.normalise:
            if not (losses > 0).all():
                raise InputError(
                    f"normalise={self.normalise!r} divides by the loss, and one is {losses.min():.4g}; expected losses "
                    "above 0, or normalise='l2'"
                )
            by = by * np.maximum(losses, SMALLEST)
        if self.normalise in ("l2", "loss+"):
            norms = np.sqrt(np.maximum(np.diagonal(gramian), 0.0))
            by = by * np.where(norms > 0, norms, 1.0)
        return min_norm(gramian / by[:, None] / by)
