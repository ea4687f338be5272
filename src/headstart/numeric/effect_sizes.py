"""How far two samples lie apart, in units that do not depend on the number of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ks_2samp

Array = NDArray[np.float64]


def standardised_mean_difference(first: Array, second: Array) -> float:
    """Mean of ``first`` minus mean of ``second``, over the root mean of the two variances (Cohen's d).

    Two constants that differ are infinitely far apart; two that are equal, 0.
    """
    difference = float(np.mean(first) - np.mean(second))
    spread = float(np.sqrt((np.var(first) + np.var(second)) / 2))
    if spread > 1e-12 * max(abs(float(np.mean(first))), abs(float(np.mean(second))), 1e-300):
        return difference / spread
    return 0.0 if spread == 0 and difference == 0 else float(np.copysign(np.inf, difference)) if difference else 0.0


def cohen_h(first: float | Array, second: float | Array) -> Array:
    """Cohen's h of two shares: difference of 2 arcsin(sqrt(p)); 0.2 small, 0.5 medium, 0.8 large."""
    p, q = np.clip(first, 0, 1), np.clip(second, 0, 1)
    return np.asarray(2 * np.arcsin(np.sqrt(p)) - 2 * np.arcsin(np.sqrt(q)))


def cramers_v(first: Array, second: Array) -> float:
    """Cramer's V between "which sample" and "which category", both samples counted as if equally large.

    With raw counts V depends on how unequal the samples are; here 0 means the same shares and 1 no category in
    common. ``first`` and ``second`` are counts or shares of the same categories.
    """
    p, q = np.asarray(first, float), np.asarray(second, float)
    p, q = p / p.sum(), q / q.sum()
    both = p + q > 0
    return float(np.sqrt(0.5 * ((p - q)[both] ** 2 / (p + q)[both]).sum()))


def kolmogorov_smirnov(first: Array, second: Array) -> tuple[float, float]:
    """Largest distance of the two distribution functions and its p value (exact where both samples are small)."""
    small = len(first) * len(second) <= 40_000
    result: Any = ks_2samp(first, second, method="exact" if small else "asymp")
    return float(result.statistic), float(result.pvalue)
