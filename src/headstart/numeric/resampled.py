"""Means over resampled folds, which share their rows: intervals and standard errors that allow for it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Gain:
    """A mean gain with its interval and the probability that the true gain is below zero."""

    mean: float
    low: float
    high: float
    p_harm: float


UNKNOWN = Gain(math.nan, math.nan, math.nan, math.nan)


def corrected_gain(
    differences: Array, test_share: float, *, level: float = 0.9, chosen_of: int = 1, weight: Array | None = None
) -> Gain:
    """The gain over resampled folds, with the corrected resampled t-test of Nadeau & Bengio (2003).

    The folds share training rows, so the variance of the mean is not ``s^2 / J`` but
    ``s^2 (1 / J + n_test / n_train)``.

    Parameters
    ----------
    differences : array of shape (n_folds,)
        Score of the candidate minus score of the baseline, fold by fold; NaN where a fold could not be scored.
    test_share : float
        ``n_test / n_train`` of a fold.
    level : float, default=0.9
        Coverage of the interval.
    chosen_of : int, default=1
        Widens the interval for the largest of so many gains (Bonferroni).
    weight : array of shape (n_folds,), default=None
        How much each fold counts, for folds of unequal size.
    """
    known = np.isfinite(differences)
    d = differences[known]
    J = len(d)
    if J == 0:
        return UNKNOWN
    w = np.ones(J) if weight is None else weight[known]
    w = w / w.sum()
    mean = float(w @ d)
    if J < 2:
        return Gain(mean, -math.inf, math.inf, 0.5)
    error = _error(d, w, mean, test_share)
    if error == 0.0:
        return Gain(mean, mean, mean, float(mean < 0) if mean else 0.5)
    reach = float(student.ppf(1 - (1 - level) / 2 / chosen_of, J - 1)) * error
    return Gain(mean, mean - reach, mean + reach, float(student.cdf(-mean / error, J - 1)))


def corrected_error(values: Array, test_share: float) -> float:
    """The standard error of the mean over resampled folds, with the same correction; NaN for fewer than two folds.

    Parameters
    ----------
    values : array of shape (n_folds,)
        Scores or differences of scores; NaN where a fold could not be scored.
    test_share : float
        ``n_test / n_train`` of a fold.
    """
    known = values[np.isfinite(values)]
    if len(known) < 2:
        return math.nan
    return _error(known, np.full(len(known), 1 / len(known)), float(known.mean()), test_share)


def _error(d: Array, w: Array, mean: float, test_share: float) -> float:
    variance = float(w @ (d - mean) ** 2) * len(d) / (len(d) - 1)
    return math.sqrt(variance * (float(w @ w) + test_share))


def unseen_difference(gain: Gain, n_rows: int, *, level: float) -> Gain:
    """The gain where no fold saw any difference: not "exactly so", but too small for ``n_rows`` rows to see.

    If a row changed the score with probability p, none of n would do so with probability (1 - p)^n: what is not seen
    in n rows is bounded by ``-log(1 - level) / n``, the rule of three.
    """
    if gain.low < gain.high or not math.isfinite(gain.mean):
        return gain
    reach = -math.log(1 - level) / n_rows
    return Gain(gain.mean, gain.mean - reach, gain.mean + reach, 0.5 if gain.mean == 0 else gain.p_harm)
