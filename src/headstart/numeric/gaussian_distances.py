"""How far Gaussians lie apart: Bures and Wasserstein's distance, and Bhattacharyya's."""

from __future__ import annotations

import numpy as np

from .types import Floats


def squared_wasserstein_diagonal(mean_a: Floats, var_a: Floats, mean_b: Floats, var_b: Floats) -> Floats:
    """Squared 2-Wasserstein distances (n_a, n_b) of Gaussians with diagonal covariances, by means and variances."""
    return _squared(mean_a, mean_b) + _squared(np.sqrt(var_a), np.sqrt(var_b))


def squared_wasserstein_full(mean_a: Floats, cov_a: Floats, mean_b: Floats, cov_b: Floats) -> Floats:
    """Squared 2-Wasserstein distances (n_a, n_b) of Gaussians; covariances are (n, d, d)."""
    D = _squared(mean_a, mean_b)
    trace_b = np.einsum("jdd->j", cov_b)
    for i, S in enumerate(cov_a):
        values, vectors = np.linalg.eigh(S)
        root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
        for j, T in enumerate(cov_b):
            both = np.linalg.eigvalsh(root @ T @ root)
            D[i, j] += np.trace(S) + trace_b[j] - 2.0 * np.sqrt(np.maximum(both, 0.0)).sum()
    return np.maximum(D, 0.0)


def bhattacharyya_diagonal(mean: Floats, var: Floats) -> Floats:
    """Bhattacharyya distances (K, K) between Gaussians with diagonal covariances."""
    K = mean.shape[0]
    D = np.zeros((K, K))
    logs = np.log(var)
    for i in range(K):
        middle = (var[i] + var) / 2.0
        D[i] = np.sum((mean[i] - mean) ** 2 / middle, axis=1) / 8.0
        D[i] += np.sum(np.log(middle) - (logs[i] + logs) / 2.0, axis=1) / 2.0
    return D


def _squared(A: Floats, B: Floats) -> Floats:
    D = -2.0 * (A @ B.T)
    D += np.einsum("ij,ij->i", A, A)[:, None]
    D += np.einsum("ij,ij->i", B, B)
    return np.maximum(D, 0.0)
