"""Who is told apart from the best, row by row."""

from __future__ import annotations

import numpy as np

from ..numeric.resampled import UNKNOWN, Gain, corrected_gain, paired_gain
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


def gain_of_choosing(
    losses: dict[str, np.ndarray],
    fold_gains: dict[str, np.ndarray],
    tests: list[np.ndarray],
    test_share: float,
    level: float,
) -> Gain:
    """What the chosen one gains, each fold judged by the choice of the other rows.

    The best of many on some rows looks better on these rows than it is. Here the rows of a fold have no part in
    choosing who is scored on them: the name with the smallest mean loss over all other rows is.

    Parameters
    ----------
    losses : dict of str to array of shape (n_rows,)
        Row losses of each name over one pass through the rows.
    fold_gains : dict of str to array of shape (n_folds,)
        What each name adds to the score of each fold of the same pass.
    tests : list of arrays
        The rows of each fold.
    test_share : float
        ``n_test / n_train`` of a fold.
    level : float
        Coverage of the interval.
    """
    if not losses:
        return UNKNOWN
    names = list(losses)
    table = np.stack([losses[n] for n in names])
    gains = np.empty(len(tests))
    for k, rows in enumerate(tests):
        kept = np.ones(table.shape[1], dtype=bool)
        kept[rows] = False
        gains[k] = fold_gains[names[int(np.nanmean(table[:, kept], axis=1).argmin())]][k]
    sizes = np.array([len(rows) for rows in tests], dtype=float)
    return corrected_gain(gains, test_share, level=level, weight=sizes)
