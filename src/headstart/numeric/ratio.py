"""Least-squares density ratios (uLSIF, RuLSIF): closed form, with the leave-one-out error in closed form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from .kernels import gaussian, row_blocks
from .types import Floats, Ints


@dataclass(frozen=True)
class LeastSquaresRatio:
    """A fitted ratio sum_l coef_l k(x, c_l), its width and penalty, and the error of each pair that was tried."""

    coef: Floats
    width: float
    penalty: float
    errors: Floats


@dataclass(frozen=True)
class Moments:
    """Of the kernels with the centres: second moments over source and target, and the target's mean."""

    source: Floats
    target: Floats
    mean: Floats
    n_source: int
    n_target: int


def fit_least_squares_ratio(
    Xs: Floats,
    Xt: Floats,
    centers: Floats,
    widths: Floats,
    penalties: Floats,
    pairs: tuple[Ints, Ints],
    *,
    alpha: float = 0.0,
) -> LeastSquaresRatio:
    """Fit p_t / (alpha p_t + (1 - alpha) p_s), with the width and penalty of the least leave-one-out error.

    ``pairs`` are the positions of the target and of the source rows that are left out together, one pair after
    the other. The moments are taken over all rows; no more than a block of kernels is held.
    """
    errors = np.full((widths.size, penalties.size), np.nan)
    moments = [_moments(Xs, Xt, centers, float(width), alpha) for width in widths]
    if errors.size > 1 and pairs[0].size:
        for i, width in enumerate(widths):
            left_t = gaussian(Xt[pairs[0]], centers, float(width))
            left_s = gaussian(Xs[pairs[1]], centers, float(width))
            coefs = leave_one_out_coefs(moments[i], left_t, left_s, penalties, alpha)
            errors[i] = [_error(c, left_t, left_s, alpha) for c in coefs]
        i, j = divmod(int(np.nanargmin(errors)), penalties.size)
    else:  # one pair, or too few rows to leave one out: the middle of the lists
        i, j = widths.size // 2, penalties.size // 2
    return LeastSquaresRatio(
        np.maximum(_solve(moments[i], float(penalties[j]), alpha), 0.0), float(widths[i]), float(penalties[j]), errors
    )


def _moments(Xs: Floats, Xt: Floats, centers: Floats, width: float, alpha: float) -> Moments:
    b = centers.shape[0]
    second = {"s": np.zeros((b, b)), "t": np.zeros((b, b))}
    mean = np.zeros(b)
    for name, X in (("s", Xs), ("t", Xt)):
        for rows in row_blocks(X.shape[0], b):
            K = gaussian(X[rows], centers, width)
            if name == "s" or alpha > 0:
                second[name] += K.T @ K
            if name == "t":
                mean += K.sum(axis=0)
    n_s, n_t = Xs.shape[0], Xt.shape[0]
    return Moments(second["s"] / n_s, second["t"] / n_t, mean / n_t, n_s, n_t)


def _solve(m: Moments, penalty: float, alpha: float) -> Floats:
    H = alpha * m.target + (1.0 - alpha) * m.source
    H[np.diag_indices_from(H)] += penalty
    return np.asarray(cho_solve(cho_factor(H), m.mean))


def leave_one_out_coefs(
    m: Moments, left_t: Floats, left_s: Floats, penalties: Floats, alpha: float
) -> Iterator[Floats]:
    """For each penalty the coefficients (n_pairs, n_centers) without target row and source row i, not yet cut at 0.

    Leaving both out takes a matrix of rank 2 from M, the second moments with the penalty; Woodbury's identity gives
    (M - U D U')^-1 = A + A U D (I - U'A U D)^-1 U'A with A = M^-1, where the columns of U are the kernels of the two
    rows. All is done in the eigenvectors of M, which are the same for each penalty.
    """
    n_t, n_s = m.n_target, m.n_source
    d_t, d_s = alpha / (n_t - 1), (1.0 - alpha) / (n_s - 1)
    values, vectors = np.linalg.eigh(n_t * d_t * m.target + n_s * d_s * m.source)
    T, S, mean = left_t @ vectors, left_s @ vectors, m.mean @ vectors
    for penalty in penalties:
        A = 1.0 / (np.maximum(values, 0.0) + penalty)
        P, Q = T * A, S * A
        z = (n_t * (mean * A) - P) / (n_t - 1)
        tt, ts, ss, zt, zs = (np.einsum("pl,pl->p", a, b) for a, b in ((T, P), (T, Q), (S, Q), (T, z), (S, z)))
        # x = (I - U'A U D)^-1 [zt, zs] by Cramer's rule for 2 x 2
        a, b, c, e = 1.0 - tt * d_t, -ts * d_s, -ts * d_t, 1.0 - ss * d_s
        det = a * e - b * c
        z += Q * (d_s * (a * zs - c * zt) / det)[:, None]
        if d_t > 0:
            z += P * (d_t * (e * zt - b * zs) / det)[:, None]
        yield z @ vectors.T


def _error(coefs: Floats, left_t: Floats, left_s: Floats, alpha: float) -> float:
    """The mean over the pairs of the squared error of the ratio at the rows left out, up to a constant."""
    coefs = np.maximum(coefs, 0.0)
    at_t = np.einsum("pl,pl->p", coefs, left_t)
    at_s = np.einsum("pl,pl->p", coefs, left_s)
    return float(np.mean(0.5 * alpha * at_t**2 + 0.5 * (1.0 - alpha) * at_s**2 - at_t))
