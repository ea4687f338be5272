"""Importance weights on one scale: mean 1, and none above a bound."""

from __future__ import annotations

import numpy as np

from .types import Floats


def mean_one(raw: Floats, bound: float | None = None) -> tuple[Floats, float]:
    """Scale non-negative ``raw`` to mean 1, no weight above ``bound``; return the weights and the factor.

    The weights are min(factor * raw, bound), with the factor that makes their mean 1, so the order of the rows is
    kept. Where too few rows have a positive weight for that (fewer than n / bound), these stand at the bound and
    the others share what is left; the factor is then infinite. Where all of ``raw`` is 0 all weights are 1 and
    the factor is NaN.
    """
    n = raw.size
    top = float(np.max(raw, initial=0.0))
    if top <= 0.0:
        return np.ones(n), float("nan")
    raw = raw / top  # so that no sum overflows
    factor = n / float(np.sum(raw))
    if bound is None or factor <= bound:
        return raw * factor, factor / top
    positive = int(np.count_nonzero(raw))
    if positive * bound < n:
        weights = np.full(n, (n - positive * bound) / (n - positive))
        weights[raw > 0] = bound
        return weights, float("inf")
    # With the k largest rows at the bound, the others share n - k * bound. The right k is the smallest one that
    # leaves the next row under the bound.
    ordered = np.sort(raw)[::-1]
    rest = np.concatenate([np.cumsum(ordered[::-1])[::-1], [0.0]])
    k = np.arange(n)
    with np.errstate(divide="ignore", invalid="ignore"):
        factors = (n - k * bound) / rest[:-1]
        fits = (rest[:-1] > 0) & (factors >= 0) & (factors * ordered <= bound * (1 + 1e-12))
    found = np.flatnonzero(fits)
    factor = float(factors[found[0]]) if found.size else float(bound / ordered[positive - 1])
    return np.minimum(raw * factor, bound), factor / top


def effective_sample_size(weights: Floats) -> float:
    """Kish's effective number of rows, (sum w)^2 / sum w^2; 0 for no rows."""
    squares = float(weights @ weights)
    return float(np.sum(weights)) ** 2 / squares if squares > 0 else 0.0
