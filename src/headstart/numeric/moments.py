"""Means and covariances of two domains, each as far as its rows can tell them.

What a domain's few rows cannot tell is taken from the other domain: the target's moments are drawn towards the
source's by the share of their difference that sampling noise explains. Rows may be weighted; weights sum to 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from .types import Floats

# Rows in one piece of work: of 100 columns they fit into a processor's cache.
_BLOCK = 4096
# A mean over this many rows is known to 2 %, which is all that a share of noise needs.
_NOISE_ROWS = 5000
# Below this share of the column's mean a deviation is rounding noise: the column is constant.
_ROUNDING = 1e-10

Rows = Any
"""A dense array or CSR matrix of shape (n_rows, n_columns)."""


@dataclass(frozen=True)
class Moments:
    """Mean (d,) and covariance (d, d) of a domain, and the squared error that sampling leaves in each.

    ``mean_noise`` estimates E||mean - truth||^2 and ``noise`` E||covariance - truth||^2 (Frobenius); ``log_noise``
    (d,), or one number for all columns, estimates E(log variance - log truth)^2.
    """

    mean: Floats
    covariance: Floats
    mean_noise: float
    noise: float
    log_noise: Floats | float = 0.0


def is_sparse(X: Rows) -> bool:
    """Whether rows are sparse."""
    return bool(sp.issparse(X))


def even(n: int) -> Floats:
    """The weights of rows that count alike."""
    return np.full(n, 1.0 / n)


def blocks(n: int) -> Iterator[slice]:
    """Slices that cover ``n`` rows."""
    for start in range(0, n, _BLOCK):
        yield slice(start, start + _BLOCK)


def mean_of(X: Rows, weight: Floats) -> Floats:
    """The weighted mean of each column."""
    return np.asarray(X.T @ weight, dtype=np.float64).ravel()


def variance_of(X: Rows, weight: Floats, mean: Floats) -> Floats:
    """The weighted variance of each column."""
    if is_sparse(X):
        return np.maximum(np.asarray(X.multiply(X).T @ weight).ravel() - mean**2, 0.0)
    total = np.zeros(X.shape[1])
    for b in blocks(X.shape[0]):
        Z = X[b] - mean
        total += np.einsum("i,ij,ij->j", weight[b], Z, Z)
    return total


def covariance_of(X: Rows, weight: Floats, mean: Floats) -> Floats:
    """The weighted covariance; rows are centred before they are multiplied, so that a large mean costs no digits."""
    d = X.shape[1]
    if is_sparse(X):
        weighted = sp.diags_array(weight) @ X
        return np.asarray((X.T @ weighted).toarray(), dtype=np.float64) - np.outer(mean, mean)
    S = np.zeros((d, d))
    # sqrt(w) on either side keeps the product symmetric, which halves its cost
    root = np.sqrt(weight)[:, None]
    room = np.empty((min(_BLOCK, X.shape[0]), d))
    for b in blocks(X.shape[0]):
        Z = np.subtract(X[b], mean, out=room[: X[b].shape[0]])
        Z *= root[b]
        S += Z.T @ Z
    return S


def noise_of(X: Rows, weight: Floats, mean: Floats, scale: Floats, trace: float, square: float) -> tuple[float, float]:
    """Squared errors of the mean and the covariance of rows over ``scale``, as Ledoit and Wolf estimate them.

    ``trace`` and ``square`` are those of the covariance S: tr(S) and ||S||^2. The fourth moment, E||x - mean||^4, is
    taken from evenly spaced rows where there are many.
    """
    some = _some_rows(X.shape[0])
    part = X[some]
    unit, centre = 1.0 / scale, mean / scale
    if is_sparse(part):
        part = part @ sp.diags_array(unit)
        norms = np.asarray(part.multiply(part).sum(axis=1)).ravel() - 2.0 * (part @ centre) + centre @ centre
    else:
        Z = part * unit - centre
        norms = np.einsum("ij,ij->i", Z, Z)
    w = weight[some]
    fourth = float(w @ norms**2 / w.sum()) if w.sum() > 0 else square
    # sum of squared weights: 1 / n for rows that count alike
    spread = float(weight @ weight)
    return spread * trace, spread * max(fourth - square, 0.0)


def _some_rows(n: int) -> np.ndarray:
    return np.unique(np.linspace(0, n - 1, min(n, _NOISE_ROWS)).astype(np.intp))


def log_noise_of(X: Floats, weight: Floats, mean: Floats, variance: Floats) -> Floats:
    """The squared error of the logarithm of each variance, (kurtosis - 1) / (n - 1); 0 for a constant column.

    The kurtosis of few rows is too small: it is raised by (n + 1) / (n - 1), which is right for a normal column.
    """
    some = _some_rows(X.shape[0])
    w = weight[some] / max(float(weight[some].sum()), 1e-300)
    Z = X[some] - mean
    Z /= np.sqrt(np.where(variance > 0, variance, 1.0))
    Z *= Z
    n = 1.0 / float(weight @ weight)
    kurtosis = (w @ (Z * Z)) * (n + 1.0) / max(n - 1.0, 1.0)
    return np.where(variance > 0, np.maximum(kurtosis - 1.0, 0.0) / max(n - 1.0, 1.0), 0.0)


def moments(X: Rows, weight: Floats, scale: Floats | None = None) -> Moments:
    """The moments of weighted rows, each column over ``scale``."""
    mean = mean_of(X, weight)
    found = Moments(mean, covariance_of(X, weight, mean), 0.0, 0.0)
    return found if scale is None else rescaled(found, X, weight, scale)


def rescaled(raw: Moments, X: Rows, weight: Floats, scale: Floats) -> Moments:
    """Moments of the same rows with each column over ``scale``, and their noise."""
    S = raw.covariance / scale[:, None] / scale
    noise = noise_of(X, weight, raw.mean, scale, float(np.trace(S)), float(np.sum(S * S)))
    return Moments(raw.mean / scale, S, *noise)


def common_scale(mean_a: Floats, variance_a: Floats, mean_b: Floats, variance_b: Floats) -> Floats:
    """The standard deviation of each column over two domains that count alike; 1 for a constant column."""
    spread = np.sqrt((variance_a + variance_b) / 2 + (mean_a - mean_b) ** 2 / 4)
    level = np.abs(mean_a) + np.abs(mean_b)
    return np.where(spread > _ROUNDING * level, spread, 1.0)


def noise_share(noise: float, distance: float) -> float:
    """The share of a squared distance that noise explains: the weight of the other domain, from 0 to 1.

    (1 - share) times the estimate plus share times the other domain has the least expected squared error
    (Ledoit & Wolf 2004, with the other domain in the place of the identity; for means, James & Stein 1961).
    """
    return 1.0 if distance <= noise else noise / distance


def correlation_noise(raw: Moments, X: Rows, weight: Floats) -> float:
    """How far correlations are to be shrunk towards 0: Ledoit and Wolf's share, over columns of variance 1.

    ``raw`` are the moments of the rows ``X``. Variances are not shrunk: each rests on all rows of its column.
    """
    variance = np.diag(raw.covariance)
    found = rescaled(raw, X, weight, common_scale(raw.mean, variance, raw.mean, variance))
    off = found.covariance - np.diag(np.diag(found.covariance))
    return noise_share(found.noise, float(np.sum(off * off)))


def decorrelated(found: Moments, share: float) -> Moments:
    """The moments with correlations shrunk by ``share``."""
    S = (1.0 - share) * found.covariance
    np.fill_diagonal(S, np.diag(found.covariance))
    return replace(found, covariance=S)


def source_shares(target: Moments, source: Moments, share: float | None = None) -> tuple[float, float]:
    """The weights of the source in the target's mean and covariance; ``share`` None: as much as noise asks for each.

    For the covariance it is the noise of the variances that asks, relative to each variance. That of the correlations
    is taken out by shrinking them, see ``decorrelated``; if it counted here too, the source would stand in for what is
    known well, its columns' spread.
    """
    if share is not None:
        return share, share
    gap = target.mean - source.mean
    in_mean = noise_share(target.mean_noise, float(gap @ gap))
    ours, theirs = np.diag(target.covariance), np.diag(source.covariance)
    vary = (ours > 0) & (theirs > 0)
    change = np.log(ours[vary]) - np.log(theirs[vary])
    noise = np.broadcast_to(target.log_noise, ours.shape)[vary]
    return in_mean, noise_share(float(noise.sum()), float(change @ change))


def drawn(target: Moments, source: Moments, in_mean: float, in_covariance: float) -> Moments:
    """The target's moments, with the source's mixed in by those weights."""
    return replace(
        target,
        mean=(1.0 - in_mean) * target.mean + in_mean * source.mean,
        covariance=(1.0 - in_covariance) * target.covariance + in_covariance * source.covariance,
    )


def class_weights(codes: np.ndarray, shares: Floats) -> Floats:
    """Weights of rows, summing to 1, under which each class has its share; a class without rows is left out."""
    counts = np.bincount(codes, minlength=shares.size)
    each = np.divide(shares, counts, out=np.zeros(shares.size), where=counts > 0)
    return np.asarray(each[codes] / each[codes].sum(), dtype=np.float64)


def drawn_shares(counts: Floats, prior: Floats) -> Floats:
    """Class shares of the target, drawn towards ``prior`` (the source's) by what chance explains.

    Pearson's statistic X2 of the counts against the prior is K - 1 in the mean where the shares are the same: the
    prior gets the weight (K - 1) / X2, at most 1. So twenty labels that look like the source's change nothing.
    """
    n = counts.sum()
    held = prior > 0
    if n == 0 or held.sum() < 2:
        return prior
    shares = np.where(held, counts, 0.0)
    if shares.sum() == 0:
        return prior
    shares = shares / shares.sum()
    x2 = n * float(np.sum((shares[held] - prior[held]) ** 2 / prior[held]))
    share = noise_share(float(held.sum() - 1), x2)
    return np.asarray(share * prior + (1.0 - share) * shares, dtype=np.float64)
