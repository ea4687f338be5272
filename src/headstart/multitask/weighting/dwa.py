"""Weights from how fast each loss has fallen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...neural.training.settings import check_real
from .arrays import SMALLEST, Draw, Memory, Vector, softmax
from .base import Weighting


@dataclass(frozen=True)
class DynamicWeightAverage(Weighting):
    """Give more weight to the tasks whose loss fell least: w_k = K softmax(r_k / T).

    r_k is the mean loss of task k in the last epoch over that in the one before. In the first two epochs all tasks
    count 1.

    Parameters
    ----------
    temperature : float, default=2.0
        T, as in the paper; larger makes the weights more alike.

    Raises
    ------
    InputError
        Where the temperature is not above 0.

    Notes
    -----
    The training has to call ``state.end_epoch()``. An epoch in which a task has no loss counts as one in which it did
    not change.

    References
    ----------
    Liu, Johns and Davison (2019). End-to-end multi-task learning with attention. CVPR.

    Examples
    --------
    >>> import torch
    >>> from headstart.multitask import DynamicWeightAverage, weighted_backward
    >>> state = DynamicWeightAverage().start(["falls", "stays"])
    >>> for losses in ([1.0, 1.0], [0.2, 1.0], [0.2, 1.0]):
    ...     step = weighted_backward(torch.tensor(losses, requires_grad=True), state)
    ...     state.end_epoch()
    >>> step.weights.round(2)
    array([0.8, 1.2])
    """

    temperature: float = 2.0

    positive: ClassVar[bool] = True
    by_epochs: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_real("temperature", self.temperature)

    def memory(self, n_tasks: int) -> Memory:
        """The weights; sum and number of the losses of this epoch; the mean of the last, NaN before there is one."""
        return {
            "weights": np.ones(n_tasks),
            "sum": np.zeros(n_tasks),
            "number": np.zeros(n_tasks),
            "last": np.full(n_tasks, np.nan),
        }

    def loss_weights(self, losses: Vector, there: np.ndarray, memory: Memory, rng: Draw) -> Vector:
        """The weights of this epoch."""
        memory["sum"][there] += losses[there]
        memory["number"][there] += 1
        return memory["weights"].copy()

    def end_epoch(self, memory: Memory) -> None:
        """Compare the means of two epochs."""
        seen = memory["number"] > 0
        mean = np.where(seen, memory["sum"] / np.maximum(memory["number"], 1), memory["last"])
        mean = np.maximum(mean, SMALLEST)
        ratio = mean / memory["last"]
        if np.isfinite(memory["last"]).any():
            memory["weights"][:] = len(ratio) * softmax(np.where(np.isnan(ratio), 1.0, ratio) / self.temperature)
        memory["last"][:] = mean
        memory["sum"][:] = 0
        memory["number"][:] = 0
