"""Types, and small array functions that several weightings use. Gramians are (K, K) and float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Memory = dict[str, npt.NDArray[Any]]
# Makes the generator of a step: one that is not asked for costs nothing.
Draw = Callable[[], np.random.Generator]

# Eigenvalues of cosines below this share of the largest are taken for rounding: gradients are float32.
RANK = 1e-6
# Added to the cosine of each gradient with itself, so that equal gradients have one solution: as large as the rounding
# of float32 gradients, whatever their lengths.
RIDGE = 1e-6
# A loss is never taken for less, where logarithms or quotients of losses are taken.
SMALLEST = 1e-8


def softmax(x: Vector) -> Vector:
    """Shares that sum to 1."""
    e = np.exp(x - x.max())
    return e / e.sum()


def cosines(gramian: Matrix) -> tuple[Matrix, Vector]:
    """The cosines between the gradients, and their norms; a gradient of 0 has cosine 0 to the others."""
    norms = np.sqrt(np.maximum(np.diagonal(gramian), 0.0))
    inverse = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)
    found = gramian * inverse[:, None] * inverse
    np.fill_diagonal(found, (norms > 0).astype(np.float64))
    return found, norms


def equal_angles(gramian: Matrix) -> Vector:
    """Weights of a direction that has the same cosine to each gradient that is not 0.

    With unit gradients as the rows of U these are ``pinv(U)' applied to ones``, over the norms: the direction
    ``pinv(U) 1`` in terms of the gradients. Where no such direction exists it is the nearest by least squares.
    """
    cosine, norms = cosines(gramian)
    there = norms > 0
    values, vectors = np.linalg.eigh(cosine)
    kept = values > RANK * max(values[-1], 0.0)
    v = vectors[:, kept]
    weights = v @ ((v.T @ there) / values[kept])
    return np.divide(weights, norms, out=np.zeros_like(norms), where=there)
