"""Gaussian kernels over many rows: blocks, the median width, and low-rank features (Nystrom)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .types import Floats

# Entries of a block of distances; 4 million float64 are 32 MB.
_BLOCK = 4_000_000
# An eigenvalue of a kernel matrix below this share of the largest one is rounding noise.
_NOISE = 1e-10


def row_blocks(n_rows: int, n_columns: int) -> Iterator[slice]:
    """Slices over ``n_rows`` such that a block with ``n_columns`` columns stays within 32 MB."""
    step = max(1, _BLOCK // max(1, n_columns))
    for start in range(0, n_rows, step):
        yield slice(start, min(start + step, n_rows))


def squared_distances(X: Floats, C: Floats) -> Floats:
    """The squared Euclidean distance of each row of ``X`` to each row of ``C``, by one matrix product."""
    D = X @ (-2.0 * C.T)
    D += np.einsum("ij,ij->i", X, X)[:, None]
    D += np.einsum("ij,ij->i", C, C)
    return np.maximum(D, 0.0, out=D)


def gaussian(X: Floats, C: Floats, width: float) -> Floats:
    """The kernel exp(-||x - c||^2 / (2 width^2)) of each row of ``X`` with each row of ``C``."""
    K = squared_distances(X, C)
    K *= -0.5 / width**2
    return np.exp(K, out=K)


def gaussian_mean(X: Floats, C: Floats, width: float) -> Floats:
    """The mean over the rows of ``X`` of their kernel with each row of ``C``, in blocks."""
    total = np.zeros(C.shape[0])
    for rows in row_blocks(X.shape[0], C.shape[0]):
        total += gaussian(X[rows], C, width).sum(axis=0)
    return total / X.shape[0]


def gaussian_sum(X: Floats, C: Floats, width: float, coef: Floats) -> Floats:
    """The kernel expansion sum_l coef_l k(x, c_l) at each row of ``X``, in blocks."""
    values = np.empty(X.shape[0])
    for rows in row_blocks(X.shape[0], C.shape[0]):
        values[rows] = gaussian(X[rows], C, width) @ coef
    return values


def median_distance(A: Floats, B: Floats, rng: np.random.Generator, n_rows: int = 1000) -> float:
    """The median distance between rows drawn from ``A`` and ``B`` alike; 1 where all rows are the same.

    At most ``n_rows`` rows are drawn, half of them from each side where it has that many: the median of the
    distances between 1000 rows is within about 1 % of the one over all rows. Pairs of equal rows are left out.
    """
    half = n_rows // 2
    sample = np.vstack([_draw(A, half, rng), _draw(B, half, rng)])
    D = squared_distances(sample, sample)[np.triu_indices(sample.shape[0], 1)]
    # The matrix product leaves rounding of this size where two rows are equal.
    D = D[D > 1e-12 * (1.0 + np.max(np.einsum("ij,ij->i", sample, sample)))]
    return float(np.sqrt(np.median(D))) if D.size else 1.0


def _draw(A: Floats, n_rows: int, rng: np.random.Generator) -> Floats:
    return A if A.shape[0] <= n_rows else A[rng.choice(A.shape[0], n_rows, replace=False)]


def nystrom_map(landmarks: Floats, sample: Floats, width: float, keep: float, most: int | None = None) -> Floats:
    """The matrix M that turns kernels with landmarks into features: k(x, x') is nearly f(x) f(x'), f(x) = k(x, L) M.

    Of the Nystrom features, rotated to the main axes of ``sample``, the leading ones that hold the share ``keep``
    of their sum of squares are kept, at most ``most``. ``keep=1`` keeps all, and is exact for rows that are
    landmarks themselves.
    """
    values, vectors = np.linalg.eigh(gaussian(landmarks, landmarks, width))
    sound = values > _NOISE * values[-1]
    M: Floats = vectors[:, sound] / np.sqrt(values[sound])
    if keep >= 1.0:
        return M
    F = gaussian(sample, landmarks, width) @ M
    energy, axes = np.linalg.eigh(F.T @ F)
    energy, axes = np.maximum(energy[::-1], 0.0), axes[:, ::-1]
    share = np.cumsum(energy) / np.sum(energy)
    rank = min(int(np.searchsorted(share, keep)) + 1, energy.size)
    return np.ascontiguousarray(M @ axes[:, : rank if most is None else min(rank, most)])


def features(X: Floats, landmarks: Floats, width: float, M: Floats) -> Floats:
    """The features of ``nystrom_map`` for each row of ``X``, in blocks."""
    F = np.empty((X.shape[0], M.shape[1]))
    for rows in row_blocks(X.shape[0], landmarks.shape[0]):
        np.matmul(gaussian(X[rows], landmarks, width), M, out=F[rows])
    return F
