"""Sums over rows that tell means, covariances and least squares; they add up, and can be taken off again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from .kernels import row_blocks
from .types import Floats, Ints

# Rows in one piece of work: 4096 x 512 float64 are 16 MB.
_ROWS = 4096


@dataclass(frozen=True)
class RowSums:
    """Sums over rows z = x - origin, and over their targets.

    ``third`` is the sum of |z|^2 z and ``fourth`` of |z|^4. For classes the targets are one column of zeros and ones
    each, so that ``y`` and ``yy`` (n_targets,) are counts, and ``yz`` (n_targets, d) the sums over each class.
    """

    n: float
    z: Floats
    gram: Floats
    third: Floats
    fourth: float
    y: Floats
    yy: Floats
    yz: Floats

    def __add__(self, other: RowSums) -> RowSums:
        return _combined(self, other, 1.0)

    def __sub__(self, other: RowSums) -> RowSums:
        return _combined(self, other, -1.0)

    @property
    def mean(self) -> Floats:
        """The mean of z."""
        return self.z / self.n

    @property
    def covariance(self) -> Floats:
        """The covariance, over n."""
        return self.gram / self.n - np.outer(self.mean, self.mean)


def _combined(a: RowSums, b: RowSums, sign: float) -> RowSums:
    return RowSums(
        a.n + sign * b.n,
        a.z + sign * b.z,
        a.gram + sign * b.gram,
        a.third + sign * b.third,
        a.fourth + sign * b.fourth,
        a.y + sign * b.y,
        a.yy + sign * b.yy,
        a.yz + sign * b.yz,
    )


def sums_over(X: NDArray[np.floating], rows: Ints, Y: NDArray[np.generic], n_targets: int, origin: Floats) -> RowSums:
    """The sums over some rows of ``X``; ``Y`` (n_rows,) are codes of ``n_targets`` classes, or numbers as floats."""
    d = X.shape[1]
    z, gram, third, fourth = np.zeros(d), np.zeros((d, d)), np.zeros(d), 0.0
    y, yy, yz = np.zeros(n_targets), np.zeros(n_targets), np.zeros((n_targets, d))
    for start in range(0, rows.size, _ROWS):
        some = rows[start : start + _ROWS]
        Z = X[some].astype(np.float64)
        Z -= origin
        squares = np.einsum("ij,ij->i", Z, Z)
        z += Z.sum(axis=0)
        gram += Z.T @ Z
        third += squares @ Z
        fourth += float(squares @ squares)
        values = Y[some]
        if values.dtype.kind == "f":
            T = values[None, :].astype(np.float64)
            y += T.sum(axis=1)
            yy += (T * T).sum(axis=1)
            yz += T @ Z
        else:
            counts = np.bincount(values, minlength=n_targets)
            y += counts
            yy += counts
            yz += class_sums(values, n_targets, Z)
    return RowSums(float(rows.size), z, gram, third, fourth, y, yy, yz)


def class_sums(codes: NDArray[np.generic], n_classes: int, Z: Floats) -> Floats:
    """The sum (n_classes, d) of the rows of ``Z`` of each class."""
    entries = np.ones(codes.size), (codes, np.arange(codes.size))
    chosen: Any = sp.csr_array(entries, shape=(n_classes, codes.size))
    return np.asarray(chosen @ Z)


def about(sums: RowSums, shift: Floats) -> tuple[Floats, Floats]:
    """The sums of products (gram, yz) of rows z + ``shift``."""
    cross = np.outer(shift, sums.z)
    gram = sums.gram + cross + cross.T + sums.n * np.outer(shift, shift)
    return gram, sums.yz + np.outer(sums.y, shift)


def column_means(X: NDArray[np.floating]) -> Floats:
    """The mean of each column in float64, without a copy of all rows."""
    total = np.zeros(X.shape[1])
    for rows in row_blocks(X.shape[0], X.shape[1]):
        total += X[rows].sum(axis=0, dtype=np.float64)
    return total / X.shape[0]


def shrinkage(sums: RowSums, n_columns: int) -> float:
    """How far Ledoit and Wolf (2004) draw the covariance towards the identity times its mean variance.

    ``n_columns`` is the number of columns of the rows, of which z may be the coordinates in a subspace.
    """
    S, m = sums.covariance, sums.mean
    c = float(m @ m)
    # |z - m|^4 = (|z|^2 - 2 z'm + |m|^2)^2, summed term by term
    fourth = sums.fourth + 4.0 * float(m @ sums.gram @ m) + sums.n * c * c
    fourth += -4.0 * float(sums.third @ m) + 2.0 * c * float(np.trace(sums.gram)) - 4.0 * c * float(sums.z @ m)
    square, trace = float(np.sum(S * S)), float(np.trace(S))
    distance = square - trace**2 / n_columns
    noise = max(fourth / sums.n - square, 0.0) / sums.n
    if distance <= 1e-14 * square:
        return 0.0  # it is the target already: one column, or columns of one variance without correlations
    return 1.0 if distance <= noise else noise / distance


def in_row_space(X: NDArray[np.floating]) -> NDArray[np.floating]:
    """The rows as they are, or, where there are fewer rows than columns, in as many coordinates as rows.

    It is a rotation: all products of rows stay what they were.
    """
    if X.shape[1] <= X.shape[0]:
        return X
    Z = X.astype(np.float64)
    values, vectors = np.linalg.eigh(Z @ Z.T)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))
