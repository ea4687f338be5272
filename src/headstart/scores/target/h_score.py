"""The H-score with a shrunken covariance: how much of the features' variance lies between the classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from ...numeric.row_sums import RowSums, shrinkage
from ..rows import Found, Rows, read


def h_score(features: Any, y: Any) -> float:
    """The variance of the class means of the features, in units of the features' own (shrunken) covariance.

    tr(S_a^-1 B) (1 - a), where B is the covariance of the class means, and S_a the covariance of the features drawn by
    the share a towards the identity times its mean variance, as far as Ledoit and Wolf ask for it. Between 0 and the
    number of classes less one; higher is better.

    Parameters
    ----------
    features : array-like of shape (n_rows, n_columns)
        What the pretrained model makes of the target rows; it may have more columns than rows.
    y : array-like of shape (n_rows,)
        Classes of the target rows.

    Returns
    -------
    float
        The score.

    Raises
    ------
    InputError
        Where entries are missing, lengths differ, or ``y`` has one class or real numbers.

    Notes
    -----
    Both covariances are over n, where the reference implementation takes B over n - 1: rankings are the same.

    References
    ----------
    Bao, Li, Huang, Zhang, Zheng, Zamir, Guibas (2019), An information-theoretic approach to transferability in task
    transfer learning, ICIP.

    Ibrahim, Ponomareva, Mazumder (2022), Newer is not always better: rethinking transferability metrics, their
    peculiarities, stability and performance, ECML PKDD.

    Examples
    --------
    >>> import headstart as hs
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(90) % 3
    >>> good, noise = np.eye(3)[y] + 0.3 * rng.normal(size=(90, 3)), rng.normal(size=(90, 3))
    >>> hs.scores.h_score(good, y) > hs.scores.h_score(noise, y)
    True
    """
    return evaluate(read(features, y, score="h_score")).value


def evaluate(rows: Rows) -> Found:
    """The H-score, and the H-score without each group of rows."""

    def score(sums: RowSums) -> float:
        S, share = sums.covariance, shrinkage(sums, rows.n_columns)
        level = float(np.trace(S)) / rows.n_columns
        if level <= 0:
            return 0.0
        S = (1.0 - share) * S
        # rounding noise where no shrinkage is asked for and columns depend on each other
        S[np.diag_indices_from(S)] += share * level + 1e-10 * level
        there = sums.y > 0
        between = sums.yz[there] / sums.y[there, None] - sums.mean
        between *= np.sqrt(sums.y[there, None] / sums.n)
        return (1.0 - share) * float(np.sum(between.T * cho_solve(cho_factor(S, lower=True), between.T)))

    return rows.from_sums(score)
