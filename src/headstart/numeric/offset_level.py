"""The level that is added to given offsets: the best constant on top of what a source model says.

``offset`` is in the link's units: log odds, or the number that is predicted or its logarithm. Losses of regressions are
those of scikit-learn's histogram boosting.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logsumexp, softmax

Array = NDArray[np.float64]

# Raw predictions of these losses are the logarithm of what is predicted.
LOG_LINK = ("poisson", "gamma")


def regression_level(loss: str, y: Array, offset: Array, quantile: float = 0.5) -> float:
    """The constant that, added to ``offset`` (n_rows,), has the least loss on ``y`` (n_rows,)."""
    if loss == "poisson":
        return float(np.log(np.sum(y)) - logsumexp(offset))
    if loss == "gamma":
        return float(np.log(np.mean(y * np.exp(-offset))))
    if loss == "squared_error":
        return float(np.mean(y - offset))
    return float(np.quantile(y - offset, 0.5 if loss == "absolute_error" else quantile))


def without_offset(loss: str, y: Array, offset: Array) -> tuple[Array, Array | None]:
    """Labels and weights whose loss without an offset is that of ``y`` with it, but for a constant.

    An additive loss looks at ``y - offset`` alone. Of the others, with ``f`` the part to be learned,
    ``exp(o + f) - y (o + f)`` is ``exp(o)`` times ``exp(f) - y exp(-o) f``, and ``o + f + y exp(-o - f)`` has the
    label ``y exp(-o)``.
    """
    if loss == "poisson":
        return y * np.exp(-offset), np.exp(offset)
    if loss == "gamma":
        return y * np.exp(-offset), None
    return y - offset, None


def regression_loss(loss: str, y: Array, raw: Array, quantile: float = 0.5) -> Array:
    """The loss of each row; ``raw`` (..., n_rows) are raw predictions."""
    if loss == "poisson":
        return np.asarray(np.exp(raw) - y * raw)
    if loss == "gamma":
        return np.asarray(raw + y * np.exp(-raw))
    gap = y - raw
    if loss == "squared_error":
        return np.asarray(gap**2)
    if loss == "absolute_error":
        return np.abs(gap)
    return np.maximum(quantile * gap, (quantile - 1.0) * gap)


def class_level(codes: NDArray[np.intp], offset: Array) -> Array:
    """The constants (n_classes,) of the least log loss on top of ``offset`` (n_rows, n_classes); their mean is 0.

    Each class must be among ``codes`` (n_rows,): the constant of one that is not has no lower end.
    """
    n, K = offset.shape
    count = np.bincount(codes, minlength=K).astype(float)
    rows = np.arange(n)

    def loss(c: Array) -> float:
        out = offset + c
        return float(np.sum(logsumexp(out, axis=1) - out[rows, codes]))

    # The answer where all offsets are equal, and a fair start elsewhere.
    level = np.log(count / n) - logsumexp(offset, axis=0) + np.log(n)
    level -= level.mean()
    if loss(level) > loss(np.zeros(K)):
        level = np.zeros(K)
    now = loss(level)
    for _ in range(100):
        P = softmax(offset + level, axis=1)
        gradient = P.sum(axis=0) - count
        if np.abs(gradient).max() < 1e-10 * n:
            break
        H = np.diag(P.sum(axis=0)) - P.T @ P
        # What all constants have in common changes nothing; a little ridge where rows are all but certain.
        H += 1.0 / K + 1e-10 * n * np.eye(K)
        step = np.linalg.solve(H, gradient)
        size = 1.0
        while loss(level - size * step) > now and size > 1e-10:
            size /= 2
        level = level - size * step
        level -= level.mean()
        before, now = now, loss(level)
        if before - now < 1e-14 * (1.0 + abs(now)):
            break
    return np.asarray(level)


def absence_level(log_odds: Array) -> float:
    """By how much the ``log_odds`` (n_rows,) of an event that happened in no row should fall.

    The fall has a normal prior of variance 1, so that few rows prove little and it never is without end.
    """
    level = 0.0
    for _ in range(100):
        p = expit(log_odds + level)
        step = (p.sum() + level) / ((p * (1.0 - p)).sum() + 1.0)
        level -= float(np.clip(step, -2.0, 2.0))
        if abs(step) < 1e-12:
            break
    return level
