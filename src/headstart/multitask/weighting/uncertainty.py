"""Weights from learnt variances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...neural.training.settings import check_real
from .arrays import Draw, Memory, Vector
from .base import Weighting
from .learnt import adam, adam_memory


@dataclass(frozen=True)
class UncertaintyWeighting(Weighting):
    """Weigh each loss by a learnt noise: L = sum_k exp(-s_k) L_k + s_k / 2.

    s_k is the logarithm of the variance of task k's noise. It is learnt with the network; where it has settled, a loss
    counts by 1 / (2 L_k), so that noisy tasks, and losses in large units, count less.

    Parameters
    ----------
    learning_rate : float, default=0.025
        Of the s_k. A loss of 100 then takes some hundred steps to come down to its weight; on shorter trainings
        standardise the targets.

    Raises
    ------
    InputError
        Where the rate is not above 0.

    Notes
    -----
    That is the paper's form for classification. For regression it has exp(-s_k) / 2 in place of exp(-s_k): pass half of
    the squared error for that; both settle at the same weights.

    The paper trains s_k by the optimiser of the network. Here it has an Adam of its own, without decay and schedule,
    and learns from the losses of all processes.

    References
    ----------
    Kendall, Gal and Cipolla (2018). Multi-task learning using uncertainty to weigh losses for scene geometry and
    semantics. CVPR.

    Examples
    --------
    >>> import torch
    >>> from headstart.multitask import UncertaintyWeighting, weighted_backward
    >>> state = UncertaintyWeighting(learning_rate=0.1).start(2)
    >>> for _ in range(150):
    ...     step = weighted_backward(torch.tensor([2.0, 0.25], requires_grad=True), state)
    >>> step.weights.round(2)
    array([0.25, 2.  ])
    """

    learning_rate: float = 0.025

    scale_free: ClassVar[bool] = True
    positive: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_real("learning_rate", self.learning_rate)

    def memory(self, n_tasks: int) -> Memory:
        """The logarithms of the variances, 0 at the start, and what Adam keeps."""
        return adam_memory(np.zeros(n_tasks))

    def loss_weights(self, losses: Vector, there: np.ndarray, memory: Memory, rng: Draw) -> Vector:
        """exp(-s_k), and a step of the s_k."""
        weights = np.exp(-memory["value"])
        adam(memory, 0.5 - weights * losses, there, self.learning_rate)
        return weights
