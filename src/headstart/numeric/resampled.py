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
    differences: Array,
    test_share: float,
    *,
    level: float = 0.9,
    chosen_of: int = 1,
    weight: Array | None = None,
    of_rows: Array | None = None,
) -> Gain:
    """The gain over resampled folds, with the corrected resampled t-test of Nadeau & Bengio (2003).

    The folds share rows, so the variance of the mean is not ``s^2 / J`` but ``s^2 (1 / J + n_test / n_train)``; with
    ``of_rows`` it is that of ``shared_variance``.

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
    of_rows : array of shape (n_folds,), default=None
        The variance of each difference that its test rows alone make: the variance over rows, over their number.
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
    error = _error(d, w, mean, test_share, None if of_rows is None else of_rows[known])
    if error == 0.0:
        return Gain(mean, mean, mean, float(mean < 0) if mean else 0.5)
    reach = float(student.ppf(1 - (1 - level) / 2 / chosen_of, J - 1)) * error
    return Gain(mean, mean - reach, mean + reach, float(student.cdf(-mean / error, J - 1)))


def paired_gain(differences: Array, n_train: float, *, level: float = 0.9, chosen_of: int = 1) -> Gain:
    """The mean over rows of a difference of held-out losses, with an interval that allows for shared training rows.

    The correction of Nadeau & Bengio (2003), row by row: a fold's mean over m = n_test rows has the variance s^2 / m of
    its rows, so that ``s_fold^2 (1 / J + n_test / n_train)`` over the J = n / m folds of one pass through all rows is
    ``s^2 (1 / n + 1 / n_train)``, with n - 1 degrees of freedom instead of J - 1.

    Parameters
    ----------
    differences : array of shape (n_rows,)
        Loss of one model less that of another, for each row that was held out; NaN for others. Where rows were held out
        several times, the mean of each row.
    n_train : float
        Rows that the models of a fold learned from.
    level : float, default=0.9
        Coverage of the interval.
    chosen_of : int, default=1
        Widens the interval for the largest of so many (Bonferroni).
    """
    d = differences[np.isfinite(differences)]
    n = len(d)
    if n == 0:
        return UNKNOWN
    mean = float(d.mean())
    if n < 2:
        return Gain(mean, -math.inf, math.inf, 0.5)
    error = math.sqrt(float(d.var(ddof=1)) * (1 / n + 1 / n_train))
    if error == 0.0:
        return Gain(mean, mean, mean, float(mean < 0) if mean else 0.5)
    reach = float(student.ppf(1 - (1 - level) / 2 / chosen_of, n - 1)) * error
    return Gain(mean, mean - reach, mean + reach, float(student.cdf(-mean / error, n - 1)))


def corrected_error(values: Array, test_share: float, of_rows: Array | None = None) -> float:
    """The standard error of the mean over resampled folds, with the same correction; NaN for fewer than two folds.

    Parameters
    ----------
    values : array of shape (n_folds,)
        Scores or differences of scores; NaN where a fold could not be scored.
    test_share : float
        ``n_test / n_train`` of a fold.
    of_rows : array of shape (n_folds,), default=None
        The variance of each value that its test rows alone make, as in ``corrected_gain``.
    """
    known = np.isfinite(values)
    n = int(known.sum())
    if n < 2:
        return math.nan
    v = values[known]
    return _error(v, np.full(n, 1 / n), float(v.mean()), test_share, None if of_rows is None else of_rows[known])


def shared_variance(between: float, of_rows: float, test_share: float) -> float:
    """What of the variance of a mean over resampled folds no number of folds takes away, since folds share rows.

    The score of a fold varies with its test rows and with its training rows. Two folds have ``n_test / n`` of their
    test rows in common (n = n_test + n_train, in expectation), and as much of the first part, whose size the test
    rows themselves tell. They have ``n_train / n`` of their training rows in common, and at most as much of the second
    part: the covariance of a symmetric function of independent rows, taken on two samples, is at most the share of
    rows in common of its variance (Hoeffding 1948). With V = ``of_rows`` and s^2 = ``between``, of which
    ``V n_train / n`` is what the test rows make different between two folds, that is::

        V n_test / n + (s^2 - V n_train / n) n_train / n_test

    The ratio ``n_test / n_train`` of Nadeau & Bengio (2003) takes all of s^2 to come from test rows. It is right where
    it does and large where folds score on many more rows than they learn from, though their training rows are
    all but disjoint then. With at least as many training rows as test rows the bound of Hoeffding is the larger one,
    and empty where training sets are nearly the same: their ratio is used for the second part too, so that the sum is
    ``s^2 n_test / n_train``, or the test rows' own ``V n_test / n`` where s^2 is small by chance.

    Parameters
    ----------
    between : float
        The variance s^2 between folds.
    of_rows : float
        V, the variance of a fold's score that its test rows alone make.
    test_share : float
        ``n_test / n_train`` of a fold.
    """
    in_train = 1 / (1 + test_share)
    learned = max(between - in_train * of_rows, 0.0)
    return (1 - in_train) * of_rows + min(test_share, 1 / test_share) * learned


def _error(d: Array, w: Array, mean: float, test_share: float, of_rows: Array | None) -> float:
    variance = float(w @ (d - mean) ** 2) * len(d) / (len(d) - 1)
    if of_rows is None:
        return math.sqrt(variance * (float(w @ w) + test_share))
    return math.sqrt(variance * float(w @ w) + shared_variance(variance, float(w @ of_rows), test_share))


def unseen_difference(gain: Gain, n_rows: int, *, level: float) -> Gain:
    """The gain where no fold saw any difference: not "exactly so", but too small for ``n_rows`` rows to see.

    If a row changed the score with probability p, none of n would do so with probability (1 - p)^n: what is not seen
    in n rows is bounded by ``-log(1 - level) / n``, the rule of three.
    """
    if gain.low < gain.high or not math.isfinite(gain.mean):
        return gain
    reach = -math.log(1 - level) / n_rows
    return Gain(gain.mean, gain.mean - reach, gain.mean + reach, 0.5 if gain.mean == 0 else gain.p_harm)
