"""The Analytic Hierarchy Process: from win rates between pairs of things to a weight for each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

Array = NDArray[np.float64]

# What Zamir et al. clip win rates to: no pair may say that one thing is infinitely better than another.
CLIP = 0.001


class Preferences(NamedTuple):
    """Weights that sum to 1, and how far the comparisons contradict each other.

    ``inconsistency`` is Saaty's consistency index, (largest eigenvalue - n) / (n - 1): 0 where every comparison of i
    with k follows from those of i with j and j with k.
    """

    weights: Array
    inconsistency: float


def ahp(wins: Array, *, clip: float = CLIP) -> Preferences:
    """Weigh things by the principal eigenvector of the matrix of their odds against each other.

    Parameters
    ----------
    wins : ndarray of shape (n, n)
        At (i, j) how often i is better than j, 0 to 1. The diagonal is not looked at; NaN is a gap. The pairs that
        are compared have to link all things.
    clip : float, default=0.001
        Win rates are held between this and 1 less this, as Zamir et al. do.

    Returns
    -------
    Preferences
        Weights in proportion to the odds: where no comparison contradicts another, ``weights[i] / weights[j]`` is
        ``wins[i, j] / wins[j, i]``.

    Notes
    -----
    A gap is filled in the way of Harker (1987): the odds that are missing are those that the weights say, which makes
    the matrix with 0 in the gaps and 1 + (gaps of the row) on the diagonal have the same eigenvector. Without gaps that
    is Saaty's matrix itself.

    References
    ----------
    Saaty (1987). The analytic hierarchy process: what it is and how it is used. Mathematical Modelling.
    Harker (1987). Incomplete pairwise comparisons in the analytic hierarchy process. Mathematical Modelling.
    Zamir et al. (2018). Taskonomy: disentangling task transfer learning. CVPR.

    Examples
    --------
    >>> ahp(np.array([[np.nan, 0.75, 0.9], [0.25, np.nan, 0.75], [0.1, 0.25, np.nan]])).weights.round(3)
    array([0.692, 0.231, 0.077])
    """
    n = len(wins)
    if n == 1:
        return Preferences(np.ones(1), 0.0)
    rates = np.clip(np.asarray(wins, dtype=float), clip, 1 - clip)
    odds = rates / rates.T
    np.fill_diagonal(odds, np.nan)
    known = np.isfinite(odds)
    matrix = np.where(known, odds, 0.0)
    np.fill_diagonal(matrix, n - known.sum(axis=1))
    # Odds reach a million: balancing by a first guess at the weights keeps small ones exact.
    guess = np.exp(np.where(known, np.log(np.where(known, odds, 1.0)), 0.0).sum(axis=1) / n)
    balanced = matrix * guess[None, :] / guess[:, None]
    values, vectors = np.linalg.eig(balanced)
    at = int(np.argmax(values.real))
    weights = np.abs(vectors[:, at].real) * guess
    index = max((float(values[at].real) - n) / (n - 1), 0.0)
    return Preferences(weights / weights.sum(), index)


def compared_groups(wins: Array) -> NDArray[np.int64]:
    """The number of the group of each thing: comparisons link those of a group, and none joins two groups."""
    known = np.isfinite(wins) & np.isfinite(wins.T)
    np.fill_diagonal(known, True)
    return connected_components(csr_matrix(known.astype(np.int64)), directed=False)[1].astype(np.int64)
