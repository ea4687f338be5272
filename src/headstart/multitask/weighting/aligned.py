"""Gradients made orthogonal and of one length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import RANK, Draw, Matrix, Vector
from .base import GradientWeighting


def aligned_weights(gramian: Matrix) -> Vector:
    """The mean of the rows of the orthogonal matrix nearest to J, times its smallest singular value, in terms of J."""
    K = len(gramian)
    values, vectors = np.linalg.eigh(gramian)
    kept = values > RANK * max(values[-1], 0.0)
    if not kept.any():
        return np.full(K, 1.0 / K)
    v, root = vectors[:, kept], np.sqrt(values[kept])
    return root[0] * v @ ((v.T @ np.full(K, 1.0 / K)) / root)


@dataclass(frozen=True)
class AlignedMTL(GradientWeighting):
    """Align the principal components of the gradients: no direction dominates, and none conflicts.

    With J = V S U' the gradients are replaced by s_min V U', the orthogonal matrix nearest to J times its smallest
    singular value, and averaged.

    Parameters
    ----------
    level : {"representation", "parameter"}, default="representation"
        Where gradients are compared; the paper has both, and calls this one the upper bound.

    Notes
    -----
    Components whose squared singular value is below 1e-6 of the largest are taken for rounding and left out; with
    gradients that differ by more than a thousandfold in length the smallest ones are.

    References
    ----------
    Senushkin, Patakin, Kuznetsov and Konushin (2023). Independent component alignment for multi-task learning. CVPR.

    Examples
    --------
    >>> import numpy as np
    >>> from headstart.multitask.weighting.aligned import aligned_weights
    >>> J = np.array([[1.0, 0.0], [0.0, 4.0]])
    >>> (aligned_weights(J @ J.T) @ J).round(6)
    array([0.5, 0.5])
    """

    def of_gramian(self, gramian: Matrix, losses: Vector, rng: Draw) -> Vector:
        """The weights of the mean aligned gradient."""
        return aligned_weights(gramian)
