"""LEEP: how likely the labels are, told from a source model's probabilities alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...numeric.row_sums import class_sums
from ..reading import read_classes, read_probabilities, refuse_lengths
from ..rows import Found

_ROWS = 4096


def leep(probabilities: Any, y: Any) -> float:
    """The log expected empirical prediction, from a source model's probabilities of its own classes.

    The mean log-likelihood of the labels under the predictor that sees a row through the source model alone: it takes
    the source's probabilities z and averages p(y | z), found from the same rows. At most 0; higher is better.

    Parameters
    ----------
    probabilities : array-like of shape (n_rows, n_source_classes)
        What the source model says of the target rows; each row sums to 1.
    y : array-like of shape (n_rows,)
        Classes of the target rows. Use rows to learn from, never the rows that a model is tested on.

    Returns
    -------
    float
        The score.

    Raises
    ------
    InputError
        Where rows do not sum to 1, lengths differ, entries are missing, or ``y`` has one class or real numbers.

    See Also
    --------
    nce : The same from hard labels of the source model.

    References
    ----------
    Nguyen, Hassner, Seeger, Archambeau (2020), LEEP: a new measure to evaluate transferability of learned
    representations, ICML.

    Examples
    --------
    >>> import headstart as hs
    >>> P = [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.1, 0.9]]
    >>> print(round(hs.scores.leep(P, ["cat", "cat", "dog", "dog"]), 3))
    -0.343
    """
    P = read_probabilities(probabilities)
    classes, codes = read_classes(y, score="leep")
    refuse_lengths(P.shape[0], codes.size, first="probabilities", second="y")
    return evaluate(P, codes, classes.size, None, 0).value


def evaluate(P: np.ndarray, codes: np.ndarray, n_classes: int, groups: np.ndarray | None, n_groups: int) -> Found:
    """LEEP, and LEEP without each group of rows."""
    n = P.shape[0]
    groups = np.zeros(n, dtype=np.intp) if groups is None else groups
    parts = np.zeros((max(n_groups, 1), n_classes, P.shape[1]))
    cell = groups * n_classes + codes
    for start in range(0, n, _ROWS):
        some = slice(start, start + _ROWS)
        parts += class_sums(cell[some], parts.shape[0] * n_classes, P[some].astype(np.float64)).reshape(parts.shape)
    joint = parts.sum(axis=0)
    value = _mean_log(P, codes, joint, None)
    without = [_mean_log(P, codes, np.maximum(joint - parts[g], 0.0), groups != g) for g in range(n_groups)]
    return Found(value, np.array(without))


def _mean_log(P: np.ndarray, codes: np.ndarray, joint: np.ndarray, kept: np.ndarray | None) -> float:
    """The mean over kept rows of log sum_z p(y | z) p(z | x)."""
    marginal = joint.sum(axis=0)
    conditional = np.divide(joint, marginal, out=np.zeros_like(joint), where=marginal > 0)
    conditional = conditional.astype(P.dtype)
    likelihood = np.empty(P.shape[0])
    for start in range(0, P.shape[0], _ROWS):
        some = slice(start, start + _ROWS)
        likelihood[some] = np.einsum("ij,ij->i", P[some], conditional[codes[some]])
    if kept is not None:
        likelihood = likelihood[kept]
    return float(np.mean(np.log(np.maximum(likelihood, 1e-300))))
