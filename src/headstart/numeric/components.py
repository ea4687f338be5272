"""Transfer components: projections that keep the variance and take out differences of means, by an r x r eigenproblem.

The papers (TCA, JDA) look for W (n x m), n the rows of all domains, with the largest

    trace( (W' (K M K + mu I) W)^-1  W' K H K W ),    M = sum_k l_k l_k',  H the centring matrix.

Each l_k takes the difference of two means, so that M has as many ranks as there are means to match. Where K = F F' with
r features, only the part of W in the span of F counts: W = Q U with F = Q diag(root) R'. Then K H K becomes
``half' T half`` and K l_k becomes ``half' d_k``, where half = R diag(root), T = F' H F and d_k = F' l_k: no matrix has
more than r rows, and the solution is that of the n x n problem.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp

from .kernels import row_blocks
from .types import Floats, Ints

# A component with less than this share of the leading one's value is rounding noise.
_NOISE = 1e-10


@dataclass(frozen=True)
class Components:
    """``V`` (r, m) turns features into components of variance 1; ``values`` (m,) is what each adds to the objective."""

    V: Floats
    values: Floats


def scale_of(gram: Floats, n_rows: int) -> float:
    """By what mu must grow so that a penalty means the same at any number of rows and in any unit of the kernel.

    It is n times the square of the mean of k(x, x): for a Gaussian kernel the number of rows.
    """
    return n_rows * (float(np.trace(gram)) / n_rows) ** 2


def centred(gram: Floats, mean: Floats, n_rows: int) -> Floats:
    """F' H F, the scatter about the mean, from F' F."""
    T: Floats = gram - n_rows * np.outer(mean, mean)
    return 0.5 * (T + T.T)


def find_components(
    gram: Floats, scatter: Floats, differences: Floats, mu: float, n_components: int, variance: Floats
) -> Components:
    """Solve the problem of the module's docstring.

    ``gram`` = F'F (r, r); ``scatter`` (r, r) takes the place of F'HF: what the components keep; ``differences`` (r, k)
    has the d_k as columns; ``variance`` (r, r) is the covariance of the features, by which the components get their
    scale. At most ``n_components`` are returned, fewer where the scatter has a lower rank.
    """
    energy, R = np.linalg.eigh(0.5 * (gram + gram.T))
    half = R * np.sqrt(np.maximum(energy, 0.0))
    a = half.T @ differences
    G = half.T @ scatter @ half
    r = G.shape[0]
    m = min(n_components, r)
    values, U = la.eigh(
        0.5 * (G + G.T), mu * np.eye(r) + a @ a.T, subset_by_index=(r - m, r - 1), driver="gvx", check_finite=False
    )
    values, V = values[::-1], half @ U[:, ::-1]
    spread = np.sqrt(np.maximum(np.einsum("ij,ij->j", V, variance @ V), 0.0))
    sound = (values > _NOISE * max(float(values[0]), 0.0)) & (spread > 0.0)
    V = V[:, sound] / spread[sound]
    # an eigenvector has no sign of its own: the largest entry is made positive, so that one fit equals the next
    V = V * np.where(V[np.argmax(np.abs(V), axis=0), np.arange(V.shape[1])] < 0, -1.0, 1.0)
    return Components(np.ascontiguousarray(V), values[sound])


@dataclass(frozen=True)
class Moments:
    """Sums over the rows of one domain: of the features (r,), of their products (r, r), and of the features in each
    label column (q, r) with the sums of the columns (q,).
    """

    n_rows: int
    total: Floats
    gram: Floats
    sums: Floats
    counts: Floats

    def in_features(self, M: Floats | None) -> Moments:
        """The moments of the features ``F M``; None leaves them as they are."""
        if M is None:
            return self
        return Moments(self.n_rows, self.total @ M, M.T @ self.gram @ M, self.sums @ M, self.counts)


def moments(X: Floats, raw: Callable[[Floats], Floats], Y: sp.csr_matrix, width: int) -> Moments:
    """The moments of ``raw(X)``, of ``width`` columns, in blocks; ``Y`` (n, q) has the label columns."""
    total, gram, sums = np.zeros(width), np.zeros((width, width)), np.zeros((Y.shape[1], width))
    for rows in row_blocks(X.shape[0], width):
        R = raw(X[rows])
        total += R.sum(axis=0)
        gram += R.T @ R
        sums += np.asarray(Y[rows].T @ R)
    return Moments(X.shape[0], total, gram, sums, np.asarray(Y.sum(axis=0), dtype=np.float64).ravel())


def label_sums(X: Floats, raw: Callable[[Floats], Floats], Y: sp.csr_matrix, width: int) -> Floats:
    """The sums of ``raw(X)`` in each label column alone."""
    sums = np.zeros((Y.shape[1], width))
    for rows in row_blocks(X.shape[0], width):
        sums += np.asarray(Y[rows].T @ raw(X[rows]))
    return sums


def indicators(codes: Ints, n_classes: int) -> sp.csr_matrix:
    """One column a class, 1 where a row has it; a row of code -1 is empty."""
    rows = np.flatnonzero(codes >= 0)
    return sp.csr_matrix((np.ones(rows.size), (rows, codes[rows])), shape=(codes.size, n_classes))


def basis_of(X: Floats) -> Floats:
    """An orthonormal basis (d, r) of the rows of ``X`` where they are fewer than its columns."""
    values, U = np.linalg.eigh(X @ X.T)
    sound = values > _NOISE * values[-1]
    return np.asarray((X.T @ U[:, sound]) / np.sqrt(values[sound]))


def class_scatter(sums: Floats, counts: Floats, mean: Floats) -> Floats:
    """The scatter of the class means about ``mean``, from the sums of the features in each class (q, r).

    It is F' H Y (Y'Y)^-1 Y' H F: the HSIC of the features with the classes under a label kernel that is 1 / n_c
    within class c and 0 elsewhere.
    """
    present = counts > 0
    gaps = (sums[present] / counts[present, None] - mean) * np.sqrt(counts[present, None])
    return np.asarray(gaps.T @ gaps)


def mean_differences(sums_s: Floats, counts_s: Floats, sums_t: Floats, counts_t: Floats) -> Floats:
    """The difference of the domains' means in each class that both have, as columns (r, k)."""
    both = (counts_s > 0) & (counts_t > 0)
    return np.asarray((sums_s[both] / counts_s[both, None] - sums_t[both] / counts_t[both, None]).T)
