"""Who is told apart from the best: row by row, or by the scores of folds."""

from __future__ import annotations

import numpy as np

from ..numeric.resampled import Gain, corrected_gain, paired_gain, unseen_difference
from .halving import Course


def behind_best(course: Course, n_train: float, level: float) -> dict[str, Gain]:
    """How much more each name loses on a row than the best does, with an interval corrected for all comparisons.

    Two names are compared on the shufflings that both were measured on. A name whose interval holds zero is tied with
    the best. The best itself is behind by nothing.
    """
    names = course.order()
    best, others = names[0], names[1:]
    found = {best: Gain(0.0, 0.0, 0.0, 0.5)}
    for name in others:
        common = max(r for r, losses in course.losses.items() if name in losses and best in losses)
        apart = course.losses[common][name] - course.losses[common][best]
        found[name] = paired_gain(apart, n_train, level=level, chosen_of=len(others))
    return found


def behind_best_by_folds(
    gains: dict[int, dict[str, np.ndarray]], order: list[str], sizes: np.ndarray, test_share: float, level: float
) -> dict[str, Gain]:
    """The same by scores of folds: how much more the best gains than each name, on the folds that both have.

    Parameters
    ----------
    gains : dict of int to dict of str to array of shape (n_folds,)
        Of each number of shufflings the gains of each fold, by name.
    order : list of str
        From the best to the worst.
    sizes : array of shape (n_folds,)
        Rows of each fold of all shufflings.
    test_share : float
        ``n_test / n_train`` of a fold.
    level : float
        Coverage of the intervals.
    """
    best, others = order[0], order[1:]
    found = {best: Gain(0.0, 0.0, 0.0, 0.5)}
    n_rows = int(sizes[: len(next(iter(gains[1].values())))].sum())
    for name in others:
        common = max(r for r, known in gains.items() if name in known and best in known)
        apart = gains[common][best] - gains[common][name]
        gap = corrected_gain(apart, test_share, level=level, chosen_of=len(others), weight=sizes[: len(apart)])
        found[name] = unseen_difference(gap, n_rows, level=level)
    return found


def gain_of_choosing(fold_gains: dict[str, np.ndarray], sizes: np.ndarray, test_share: float, level: float) -> Gain:
    """What the chosen one gains, each fold judged by the choice of the other folds.

    The best of many on some rows looks better on these rows than it is. Here the rows of a fold have no part in
    choosing who is scored on them: the name with the largest mean gain over the other folds is.

    Parameters
    ----------
    fold_gains : dict of str to array of shape (n_folds,)
        What each name adds to the score of each fold of one pass through all rows.
    sizes : array of shape (n_folds,)
        Rows of each fold.
    test_share : float
        ``n_test / n_train`` of a fold.
    level : float
        Coverage of the interval.
    """
    table = np.stack(list(fold_gains.values()))
    known = np.isfinite(table)
    weighed = np.where(known, table, 0.0) * sizes
    weight = known * sizes
    gains = np.empty(table.shape[1])
    for k in range(len(gains)):
        others = np.arange(len(gains)) != k
        mean = weighed[:, others].sum(axis=1) / np.maximum(weight[:, others].sum(axis=1), 1e-12)
        gains[k] = table[int(mean.argmax()), k]
    return unseen_difference(
        corrected_gain(gains, test_share, level=level, weight=sizes), int(sizes.sum()), level=level
    )
