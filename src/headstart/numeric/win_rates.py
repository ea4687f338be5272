"""How often each of several things scores better than each other, row by row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def win_rates(scores: Array) -> Array:
    """Share of the rows in which one thing scores above another.

    Parameters
    ----------
    scores : ndarray of shape (n, n_rows)
        Higher is better; NaN where a thing was not scored on a row.

    Returns
    -------
    ndarray of shape (n, n)
        At (i, j) the share of the rows that both were scored on in which i is better; a tie counts half for each, so
        that (i, j) and (j, i) sum to 1. NaN where they share no row, and on the diagonal.

    Examples
    --------
    >>> win_rates(np.array([[0.9, 0.8, 0.7], [0.5, 0.8, 0.6]]))
    array([[       nan, 0.83333333],
           [0.16666667,        nan]])
    """
    scores = np.asarray(scores, dtype=float)
    n = len(scores)
    wins = np.full((n, n), np.nan)
    for i in range(n):
        both = np.isfinite(scores[i]) & np.isfinite(scores)
        count = both.sum(axis=1)
        better = (both & (scores[i] > scores)).sum(axis=1) + 0.5 * (both & (scores[i] == scores)).sum(axis=1)
        wins[i] = np.where(count > 0, better / np.maximum(count, 1), np.nan)
    np.fill_diagonal(wins, np.nan)
    return wins


def shared_rows(scores: Array) -> Array:
    """How many rows two things were both scored on.

    Parameters
    ----------
    scores : ndarray of shape (n, n_rows)
        NaN where a thing was not scored on a row.

    Returns
    -------
    ndarray of shape (n, n)

    Examples
    --------
    >>> shared_rows(np.array([[0.9, 0.8, 0.7], [0.5, np.nan, 0.6]]))
    array([[3., 2.],
           [2., 2.]])
    """
    there = np.isfinite(np.asarray(scores, dtype=float)).astype(float)
    return there @ there.T
