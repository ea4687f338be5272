"""Columns on a common scale, so that one distance means the same in every direction."""

from __future__ import annotations

import numpy as np

from .types import Floats

# Below this share of its largest value, the spread of a column is rounding noise: the column counts as constant.
_ROUNDING = 1e-12


def pooled_scale(A: Floats, B: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each column over the rows of ``A`` and ``B`` together.

    A constant column gets the scale 1: it stays, and adds nothing to any distance. The columns are divided by
    their largest value before they are squared, so that values near the largest float do not overflow.
    """
    top = np.maximum(_largest(A), _largest(B))
    unit = np.where(top > 0, top, 1.0)
    n = A.shape[0] + B.shape[0]
    mean = (A.shape[0] * np.mean(A / unit, axis=0) + B.shape[0] * np.mean(B / unit, axis=0)) / n
    squares = sum(np.einsum("ij,ij->j", Z, Z) for Z in (A / unit - mean, B / unit - mean))
    spread = np.sqrt(squares / n)
    scale = np.where(spread > _ROUNDING, spread * unit, 1.0)
    return mean * unit, scale


def _largest(A: Floats) -> Floats:
    return np.maximum(np.max(A, axis=0), -np.min(A, axis=0))
