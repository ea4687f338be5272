"""Losses scaled to one size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...neural.training.settings import check_real
from .arrays import Draw, Memory, Vector
from .base import Weighting
from .learnt import adam, adam_memory


@dataclass(frozen=True)
class IMTLL(Weighting):
    """Learn to scale all losses to 1: L = sum_k exp(s_k) L_k - s_k.

    The loss half of impartial multi-task learning. Where s_k has settled, exp(s_k) L_k = 1, whatever the units of the
    loss.

    Parameters
    ----------
    learning_rate : float, default=0.025
        Of the s_k.

    Raises
    ------
    InputError
        Where the rate is not above 0.

    Notes
    -----
    The paper trains s_k by the optimiser of the network; here it has an Adam of its own, without decay and schedule.

    References
    ----------
    Liu, Li, Kuang, Xue, Chen, Yang, Liao and Zhang (2021). Towards impartial multi-task learning. ICLR.

    Examples
    --------
    >>> import torch
    >>> from headstart.multitask import IMTLL, weighted_backward
    >>> state = IMTLL(learning_rate=0.1).start(2)
    >>> for _ in range(150):
    ...     step = weighted_backward(torch.tensor([4.0, 0.5], requires_grad=True), state)
    >>> step.weights.round(2)
    array([0.25, 2.  ])
    """

    learning_rate: float = 0.025

    scale_free: ClassVar[bool] = True
    positive: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_real("learning_rate", self.learning_rate)

    def memory(self, n_tasks: int) -> Memory:
        """The logarithms of the scales, 0 at the start, and what Adam keeps."""
        return adam_memory(np.zeros(n_tasks))

    def loss_weights(self, losses: Vector, there: np.ndarray, memory: Memory, rng: Draw) -> Vector:
        """exp(s_k), and a step of the s_k."""
        weights = np.exp(memory["value"])
        adam(memory, weights * losses - 1.0, there, self.learning_rate)
        return weights
