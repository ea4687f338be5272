"""Losses of rows held out of an elastic-net fit whose columns stay in, one step from the fit on all rows."""

from __future__ import annotations

import numpy as np
from scipy.linalg.blas import dtrsm
from scipy.linalg.lapack import dtrtri

from .glm import probabilities
from .types import Floats


def held_numbers(A: Floats, products: Floats, error: Floats, most: Floats, ridge: float) -> Floats:
    """Squared errors (n_rows,) of numbers; ``A`` are the centred columns that are in, ``products`` theirs.

    No output moves by more than ``most`` (n_rows,) and what the intercept moves it by.
    """
    n = len(error)
    leverage = np.full(n, 1.0 / n)
    if A.shape[1]:
        leverage += _leverages(A, products + ridge * np.eye(A.shape[1]))
    most = most + np.abs(error) / (n - 1)
    shift = np.clip(error * leverage / np.maximum(1 - leverage, 1e-8), -most, most)
    return np.asarray((error + shift) ** 2)


def held_outputs(columns: list[Floats], eta: Floats, Y: Floats, ridge: float) -> Floats:
    """Outputs of each row without it; ``columns`` are those that are in, of each output, a column of ones first."""
    n, K = eta.shape
    P = probabilities(eta)
    if K == 1:
        p, B = P[:, 1], columns[0]
        w = np.maximum(p * (1 - p), 1e-9)
        rows = B * np.sqrt(w)[:, None]
        H = rows.T @ rows
        H.flat[len(H) + 1 :: len(H) + 1] += ridge
        leverage = _leverages(B, H)
        return np.asarray(eta + (leverage * (p - Y[:, 0]) / (1 + 1e-3 - leverage * w))[:, None])
    blocks = P[:, :, None] * np.eye(K) - P[:, :, None] * P[:, None, :]
    ends = np.cumsum([B.shape[1] for B in columns])
    starts = ends - [B.shape[1] for B in columns]
    H = np.zeros((ends[-1], ends[-1]))
    for k in range(K):
        for l in range(k + 1):
            part = (columns[k] * blocks[:, k, l, None]).T @ columns[l]
            H[starts[k] : ends[k], starts[l] : ends[l]] = part
            H[starts[l] : ends[l], starts[k] : ends[k]] = part.T
    H[np.diag_indices_from(H)] += ridge
    H[starts, starts] -= ridge
    # What all intercepts have in common changes nothing: held firmly, the matrix is well conditioned.
    H[np.ix_(starts, starts)] += n / K
    half = dtrtri(np.linalg.cholesky(H).T)[0]
    inverse = half @ half.T
    leverage = np.empty((n, K, K))
    for k in range(K):
        for l in range(k + 1):
            across = columns[k] @ inverse[starts[k] : ends[k], starts[l] : ends[l]]
            leverage[:, k, l] = leverage[:, l, k] = np.einsum("ij,ij->i", across, columns[l])
    pull = leverage @ (P - Y)[:, :, None]
    # The floor keeps a row that alone holds a direction of the fit from being thrown to infinity.
    return np.asarray(eta + np.linalg.solve((1 + 1e-3) * np.eye(K) - leverage @ blocks, pull)[:, :, 0])


def _leverages(B: Floats, H: Floats) -> Floats:
    """``b_i H^-1 b_i`` of each row (n_rows,)."""
    half = dtrsm(1.0, np.linalg.cholesky(H).T, B.T, trans_a=1)
    return np.asarray(np.einsum("ji,ji->i", half, half))
