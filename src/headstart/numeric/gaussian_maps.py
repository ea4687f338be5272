"""Linear maps between two Gaussians: by whitening and recolouring, and by optimal transport."""

from __future__ import annotations

import numpy as np

from .types import Floats


def roots(S: Floats) -> tuple[Floats, Floats]:
    """The symmetric square root of a covariance and its pseudo-inverse.

    Directions whose variance is rounding noise are left out of both.
    """
    values, V = np.linalg.eigh((S + S.T) / 2)
    least = max(float(values[-1]), 0.0) * S.shape[0] * np.finfo(np.float64).eps
    held = values > least
    root = np.sqrt(np.where(held, values, 0.0))
    inverse = np.divide(1.0, root, out=np.zeros_like(root), where=held)
    return (V * root) @ V.T, (V * inverse) @ V.T


def coral_matrix(source: Floats, target: Floats) -> Floats:
    """A with x A whitened by the source's covariance and recoloured by the target's: source^-1/2 target^1/2."""
    return np.asarray(roots(source)[1] @ roots(target)[0])


def monge_matrix(source: Floats, target: Floats) -> Floats:
    """A of the optimal transport between the Gaussians; it is symmetric.

    A = source^-1/2 (source^1/2 target source^1/2)^1/2 source^-1/2.
    """
    root, inverse = roots(source)
    return np.asarray(inverse @ roots(root @ target @ root)[0] @ inverse)
