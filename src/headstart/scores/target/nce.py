"""NCE: how little of the labels stays open once the source model's labels are known."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..reading import read_classes, read_codes, refuse_lengths
from ..rows import Found


def nce(source_labels: Any, y: Any) -> float:
    """The negative conditional entropy of the labels given labels that the source task gives to the same rows.

    -H(y | z), in nats, from the table of both. At most 0, which says that y follows from z; higher is better.

    Parameters
    ----------
    source_labels : array-like of shape (n_rows,)
        Classes of the source task for the target rows: true ones, or those that the source model predicts.
    y : array-like of shape (n_rows,)
        Classes of the target rows.

    Returns
    -------
    float
        The score.

    Raises
    ------
    InputError
        Where lengths differ, labels are missing, or ``y`` has one class or real numbers.

    See Also
    --------
    leep : The same from the source model's probabilities, equal where these are 0 or 1.

    References
    ----------
    Tran, Nguyen, Hassner (2019), Transferability and hardness of supervised classification tasks, ICCV.

    Examples
    --------
    >>> import headstart as hs
    >>> print(round(hs.scores.nce(["day", "day", "night", "night"], [0, 0, 1, 0]), 3))
    -0.347
    """
    source = read_codes(source_labels, what="source_labels")
    classes, codes = read_classes(y, score="nce")
    refuse_lengths(source.size, codes.size, first="source_labels", second="y")
    return evaluate(source, codes, classes.size, None, 0).value


def evaluate(source: np.ndarray, codes: np.ndarray, n_classes: int, groups: np.ndarray | None, n_groups: int) -> Found:
    """NCE, and NCE without each group of rows."""
    n_source = int(source.max()) + 1
    cell = source * n_classes + codes
    size = n_source * n_classes
    joint = np.bincount(cell, minlength=size).reshape(n_source, n_classes)
    without = []
    for g in range(n_groups):
        part = np.bincount(cell[groups == g], minlength=size).reshape(n_source, n_classes)
        without.append(_negative_entropy(joint - part))
    return Found(_negative_entropy(joint), np.array(without))


def _negative_entropy(joint: np.ndarray) -> float:
    counts = joint[joint > 0]
    of_source = np.broadcast_to(joint.sum(axis=1, keepdims=True), joint.shape)[joint > 0]
    return float(np.sum(counts * np.log(counts / of_source)) / counts.sum())
