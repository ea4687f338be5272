"""Weights that make all losses fall at one pace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...neural.training.settings import check_real
from .arrays import SMALLEST, Draw, Memory, Vector, softmax
from .base import Weighting
from .learnt import adam, adam_memory


@dataclass(frozen=True)
class FAMO(Weighting):
    """Learn weights by which the logarithms of all losses fall alike, without any gradient of a single task.

    With z = softmax(x) the loss of task k is weighted by c z_k / L_k, where c = 1 / sum_k z_k / L_k. After each step x
    moves towards the tasks whose loss fell least: its gradient is J' (log L_k(before) - log L_k(after)), where J is the
    Jacobian of the softmax.

    Parameters
    ----------
    learning_rate : float, default=0.025
        Of x, as in the paper; by Adam.
    decay : float, default=0.001
        What pulls x to 0, as in the paper's experiments; 0 for none.

    Raises
    ------
    InputError
        Where the rate is not above 0, or the decay is negative.

    Notes
    -----
    After each step of the optimiser the training has to compute the losses of the same rows again, without gradients,
    and show them by ``state.look_again(losses)``; `weighted_backward` raises where that was forgotten. Losses are taken
    to be at least 0, which is their minimum.

    References
    ----------
    Liu, Feng, Stone and Liu (2023). FAMO: fast adaptive multitask optimization. NeurIPS.

    Examples
    --------
    >>> import torch
    >>> from headstart.multitask import FAMO, weighted_backward
    >>> state = FAMO().start(["falls", "stays"])
    >>> for _ in range(100):
    ...     step = weighted_backward(torch.tensor([1.0, 1.0], requires_grad=True), state)
    ...     state.look_again([torch.tensor(0.9), torch.tensor(1.0)])
    >>> step.weights.argmax()
    np.int64(1)
    """

    learning_rate: float = 0.025
    decay: float = 0.001

    scale_free: ClassVar[bool] = True
    positive: ClassVar[bool] = True
    looks_again: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_real("learning_rate", self.learning_rate)
        check_real("decay", self.decay, zero=True)

    def memory(self, n_tasks: int) -> Memory:
        """x, 0 at the start, and what Adam keeps."""
        return adam_memory(np.zeros(n_tasks))

    def loss_weights(self, losses: Vector, there: np.ndarray, memory: Memory, rng: Draw) -> Vector:
        """c z_k / L_k."""
        weights = np.zeros(len(losses))
        share = softmax(memory["value"][there]) / np.maximum(losses[there], SMALLEST)
        weights[there] = share / share.sum()
        return weights

    def see_again(self, before: Vector, after: Vector, there: np.ndarray, memory: Memory) -> None:
        """Move x by what the step did to the losses."""
        if not there.any():
            return
        z = softmax(memory["value"][there])
        fell = np.log(np.maximum(before[there], SMALLEST)) - np.log(np.maximum(after[there], SMALLEST))
        gradient = np.zeros(len(before))
        gradient[there] = z * (fell - z @ fell) + self.decay * memory["value"][there]
        adam(memory, gradient, there, self.learning_rate)
