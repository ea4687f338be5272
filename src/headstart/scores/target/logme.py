"""LogME: the evidence of a Bayesian linear model on the features."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...numeric.ridge_evidence import best_evidence
from ...numeric.row_sums import RowSums, about
from ..rows import Found, Rows, read


def logme(features: Any, y: Any, *, task: str | None = None) -> float:
    """The log of maximum evidence: how well linear models on the features explain the labels, without overfitting.

    For each class against all others, or for the numbers, the log evidence of Bayesian linear regression by the number
    of rows, at the prior and noise where it is largest; then the mean over classes. Higher is better.

    Parameters
    ----------
    features : array-like of shape (n_rows, n_columns)
        What the pretrained model makes of the target rows. They are used as they are, without an intercept, as in the
        paper; a common factor of all columns changes nothing.
    y : array-like of shape (n_rows,)
        Classes or numbers of the target rows.
    task : {"classification", "regression"} or None, default=None
        What ``y`` is. None: regression where it holds real numbers, else classification.

    Returns
    -------
    float
        The score.

    Raises
    ------
    InputError
        Where entries are missing, lengths differ, or ``y`` is constant.

    Notes
    -----
    One eigendecomposition of the columns' (or, where there are fewer, the rows') products serves all classes. The
    ratio of noise to prior is then found on one line for all classes at once: it is the maximum that the fixed point
    of You et al. (2022) moves towards in eleven steps. With fewer rows than columns that implementation counts the
    columns beyond the rank in one term of the evidence and not in the other; here the evidence is exact.

    References
    ----------
    You, Liu, Wang, Long (2021), LogME: practical assessment of pre-trained models for transfer learning, ICML.

    You, Liu, Zhang, Wang, Jordan, Long (2022), Ranking and tuning pre-trained models: a new paradigm for exploiting
    model hubs, Journal of Machine Learning Research 23.

    Examples
    --------
    >>> import headstart as hs
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(90) % 3
    >>> good, noise = np.eye(3)[y] + 0.3 * rng.normal(size=(90, 3)), rng.normal(size=(90, 3))
    >>> hs.scores.logme(good, y) > hs.scores.logme(noise, y)
    True
    """
    return evaluate(read(features, y, score="logme", task=task)).value


def evaluate(rows: Rows) -> Found:
    """LogME, and LogME without each group of rows."""

    def score(sums: RowSums) -> float:
        gram, yz = about(sums, rows.origin)
        there = sums.yy > 0
        return float(np.mean(best_evidence(gram, yz[there], sums.yy[there], sums.n)[0]))

    return rows.from_sums(score)
