"""KLIEP: the density ratio of the greatest likelihood, at its true optimum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor
from scipy.optimize import nnls

from .kernels import gaussian, gaussian_mean, row_blocks
from .types import Floats, Ints

# A centre whose mean kernel over the source is below this lies where the source has no rows: its ratio is unbounded.
_UNREACHED = 1e-12
# The smallest likelihood of a row, so that one row far from all centres costs much and not everything.
_FLOOR = 1e-300
# Rows with which the first guess is found.
_WARM_ROWS = 4000


@dataclass(frozen=True)
class Mixture:
    """Shares p >= 0 that add up to 1, and by how much the mean log-likelihood is below its maximum at most."""

    shares: Floats
    gap: float
    n_iter: int


def mixture_shares(L: Floats, *, tol: float = 1e-6, max_iter: int = 200, start: Floats | None = None) -> Mixture:
    """Maximise mean(log(L p)) over p >= 0, sum(p) = 1, for non-negative ``L`` (n_rows, n_parts).

    Newton steps on mean(-log(L p)) + sum(p), whose minimum has sum(p) = 1 by itself; each solves a quadratic
    programme over p >= 0 (Kim, Carbonetto, Stephens & Anitescu 2020). It ends when the largest component of the
    likelihood's gradient is within ``tol`` of 1, which is its value at every positive share at the optimum, and
    which limits the distance to the maximum.
    """
    n, b = L.shape
    p = np.full(b, 1.0 / b) if start is None else start
    v = L @ p
    for iteration in range(max_iter + 1):
        total = float(np.sum(p))
        p, v = p / total, v / total
        scaled = L / v[:, None]
        rise = scaled.sum(axis=0) / n  # the gradient of the likelihood
        gap = float(np.max(rise)) - 1.0
        if gap <= tol or iteration == max_iter:
            return Mixture(p, max(gap, 0.0), iteration)
        p, v = _step(L, scaled, rise, p, v)
    raise AssertionError("the loop returns")


def _step(L: Floats, scaled: Floats, rise: Floats, p: Floats, v: Floats) -> tuple[Floats, Floats]:
    """One Newton step with a line search; a step of the EM algorithm, which never fails, where it does not descend."""
    n, b = L.shape
    H = scaled.T @ scaled / n
    H[np.diag_indices_from(H)] += 1e-9 * np.trace(H) / b
    try:
        # min z'Hz / 2 - (2 rise - 1)'z over z >= 0, as a least-squares problem with H = R'R
        R = np.triu(cho_factor(H)[0])
        z, _ = nnls(R, np.linalg.solve(R.T, 2.0 * rise - 1.0))
    except (np.linalg.LinAlgError, RuntimeError):
        return _em(L, rise, p)
    move = z - p
    along = L @ move
    slope = float(np.sum(move) - rise @ move)
    length = 1.0
    before = _loss(p, v)
    while slope < 0 and length > 1e-8:
        p_new, v_new = p + length * move, v + length * along
        if np.min(v_new) > 0 and _loss(p_new, v_new) <= before + 1e-4 * length * slope:
            return np.maximum(p_new, 0.0), v_new
        length *= 0.5
    return _em(L, rise, p)


def _em(L: Floats, rise: Floats, p: Floats) -> tuple[Floats, Floats]:
    p = p * rise
    return p, L @ p


def _loss(p: Floats, v: Floats) -> float:
    return float(np.sum(p) - np.mean(np.log(v)))


@dataclass(frozen=True)
class LikelihoodRatio:
    """A fitted ratio sum_l coef_l k(x, c_l) whose mean over the source is 1, its width, and the scores tried."""

    coef: Floats
    width: float
    gap: float
    scores: Floats


def fit_likelihood_ratio(
    Xs: Floats, Xt: Floats, centers: Floats, width: float, *, tol: float = 1e-6
) -> LikelihoodRatio:
    """Maximise the mean over the target of log(sum_l coef_l k(x, c_l)), its mean over the source being 1.

    In the shares coef_l * mean_source(k(., c_l)) this is a mixture of the centres' normed kernels. Where no centre
    is reached by the source, all coefficients are 0.
    """
    base = gaussian_mean(Xs, centers, width)
    reached = base > _UNREACHED
    coef = np.zeros(centers.shape[0])
    no_scores = np.empty(0)
    if not np.any(reached):
        return LikelihoodRatio(coef, width, np.inf, no_scores)
    L = np.empty((Xt.shape[0], int(np.count_nonzero(reached))))
    for rows in row_blocks(Xt.shape[0], centers.shape[0]):
        L[rows] = gaussian(Xt[rows], centers[reached], width)
    L /= base[reached]
    found = mixture_shares(_touched(L), tol=tol, start=_first_guess(L))
    coef[reached] = found.shares / base[reached]
    return LikelihoodRatio(coef, width, found.gap, no_scores)


def _touched(L: Floats) -> Floats:
    """The rows with any likelihood: the others have none whatever the shares are."""
    some = np.max(L, axis=1) > _FLOOR
    return L if some.all() else L[some]


def _first_guess(L: Floats) -> Floats | None:
    """The shares over every k-th row, with a trace of every part, so that Newton starts near the end."""
    step = L.shape[0] // _WARM_ROWS
    if step < 2:
        return None
    few = mixture_shares(_touched(L[::step]), tol=1e-3)
    return 0.99 * few.shares + 0.01 / few.shares.size


def likelihood_score(Xs: Floats, Xt: Floats, centers: Floats, width: float, folds: Ints) -> float:
    """The cross-validated mean log ratio at target rows left out; ``folds`` (n_target,) tells each row's fold."""
    base = gaussian_mean(Xs, centers, width)
    reached = base > _UNREACHED
    if not np.any(reached):
        return -np.inf
    L = gaussian(Xt, centers[reached], width) / base[reached]
    total = 0.0
    for fold in np.unique(folds):
        out = folds == fold
        kept = _touched(L[~out])
        if not kept.shape[0]:
            return -np.inf
        shares = mixture_shares(kept, tol=1e-3).shares
        total += float(np.sum(np.log(np.maximum(L[out] @ shares, _FLOOR))))
    return total / Xt.shape[0]
