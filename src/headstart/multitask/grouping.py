"""Which tasks to train together, proposed from who helps whom."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..core.errors import InputError, InputTypeError
from ..numeric.task_partition import best_partition


def propose_groups(affinity: pd.DataFrame, n_networks: int | None = None) -> list[list[Any]]:
    """Which tasks to train together, so that each has company that helps it more than the average task does.

    A group scores, summed over its tasks, what the mean of the others in it helps a task beyond what the mean of all
    others does; a task alone scores 0. Up to 12 tasks all partitions are compared; beyond, a local optimum is found.

    Parameters
    ----------
    affinity : DataFrame of shape (n_tasks, n_tasks)
        What a step on the task of the row takes off the loss of the task of the column, such as ``affinity_`` of a
        fitted model. NaN counts as no better than the average; the diagonal is not looked at.
    n_networks : int, default=None
        In how many groups. None: the best number.

    Returns
    -------
    list of list
        Names of the tasks of each group.

    Raises
    ------
    InputError
        Where rows and columns are not the same tasks, or ``n_networks`` cannot be had.
    InputTypeError
        Where ``affinity`` is no DataFrame.

    Notes
    -----
    A proposal, to be tried and judged like any other model: affinities are measured in one training of all tasks, and
    how well they foresee the gain of a group differs from data to data (Fifty et al. 2021). There groups may overlap;
    here each task is in one.

    References
    ----------
    Fifty et al. (2021). Efficiently identifying task groupings for multi-task learning. NeurIPS.

    Examples
    --------
    >>> import pandas as pd
    >>> from headstart.multitask import propose_groups
    >>> names = ["rain", "snow", "price"]
    >>> affinity = pd.DataFrame([[0.3, 0.2, -0.1], [0.2, 0.3, -0.1], [-0.1, 0.0, 0.3]], index=names, columns=names)
    >>> propose_groups(affinity)
    [['rain', 'snow'], ['price']]
    """
    if not isinstance(affinity, pd.DataFrame):
        raise InputTypeError(f"affinity is a {type(affinity).__name__}; expected a DataFrame, such as model.affinity_")
    names = list(affinity.columns)
    if list(affinity.index) != names or len(set(names)) < len(names):
        raise InputError(
            f"affinity has the rows {list(affinity.index)[:5]} and the columns {names[:5]}; expected the same tasks in "
            "the same order, each once"
        )
    n = len(names)
    if n_networks is not None and not 1 <= n_networks <= n:
        raise InputError(f"n_networks is {n_networks!r}; expected 1 to {n}, the number of tasks")
    beyond = _beyond_average(affinity.to_numpy(dtype=float))

    def score(group: tuple[int, ...]) -> float:
        if len(group) == 1:
            return 0.0
        inside = beyond[np.ix_(group, group)]
        return float((inside.sum() - np.trace(inside)) / (len(group) - 1))

    return [[names[k] for k in group] for group in best_partition(n, score, groups=n_networks)]


def _beyond_average(Z: np.ndarray) -> np.ndarray:
    """Each column less its mean over the other tasks; gaps and the diagonal are 0."""
    Z = Z.copy()
    np.fill_diagonal(Z, np.nan)
    known = np.isfinite(Z)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, Z, 0.0).sum(axis=0) / count
    return np.where(known, Z - mean, 0.0)
