"""A smooth maximum of the losses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...neural.training.settings import check_real, check_whole
from .arrays import SMALLEST, Draw, Memory, Vector, softmax
from .base import Weighting


@dataclass(frozen=True)
class STCH(Weighting):
    """Minimise a smooth maximum of the losses: L = K mu log(sum_k exp(f_k / mu)), with f_k = log(L_k / R_k).

    The worst task, seen from where it was, decides most. R_k is the mean loss of task k in the last epoch of the
    warmup. During the warmup the sum of log L_k is minimised.

    Parameters
    ----------
    mu : float, default=1.0
        How smooth the maximum is: towards 0 the worst task alone counts, towards infinity all count alike.
    warmup : int, default=1
        Epochs before the references R_k are taken: one, so that they are of a network that has learnt something.

    Raises
    ------
    InputError
        Where mu is not above 0, or the warmup is no whole number of at least 1.

    Notes
    -----
    The paper's smooth Tchebycheff scalarisation is mu log sum_k exp(p_k (f_k - z_k) / mu) with preferences p_k and an
    ideal point z. For networks its authors take f_k, the warmup and the factor K as here, with equal preferences and
    z = 0. The training has to call ``state.end_epoch()``. A task without a loss in the reference epoch has reference 1.

    References
    ----------
    Lin, Zhang, Yang, Liu, Wang and Zhang (2024). Smooth Tchebycheff scalarization for multi-objective optimization.
    ICML.

    Examples
    --------
    >>> import torch
    >>> from headstart.multitask import STCH, weighted_backward
    >>> state = STCH(mu=0.5).start(["falls", "stays"])
    >>> for losses in ([1.0, 1.0], [0.5, 1.0]):
    ...     step = weighted_backward(torch.tensor(losses, requires_grad=True), state)
    ...     state.end_epoch()
    >>> step.weights
    array([0.8, 1.6])
    """

    mu: float = 1.0
    warmup: int = 1

    scale_free: ClassVar[bool] = True
    positive: ClassVar[bool] = True
    by_epochs: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_real("mu", self.mu)
        check_whole("warmup", self.warmup)

    def memory(self, n_tasks: int) -> Memory:
        """Epochs done; sum and number of the losses of the epoch; the references."""
        zero = np.zeros(n_tasks)
        return {"epoch": np.zeros(()), "sum": zero, "number": zero.copy(), "reference": np.ones(n_tasks)}

    def loss_weights(self, losses: Vector, there: np.ndarray, memory: Memory, rng: Draw) -> Vector:
        """K softmax(f / mu)_k / L_k; in the warmup 1 / L_k."""
        mine = np.maximum(losses[there], SMALLEST)
        if memory["epoch"] < self.warmup:
            memory["sum"][there] += losses[there]
            memory["number"][there] += 1
            share = np.ones(len(mine))
        else:
            share = len(mine) * softmax(np.log(mine / memory["reference"][there]) / self.mu)
        weights = np.zeros(len(losses))
        weights[there] = share / mine
        return weights

    def end_epoch(self, memory: Memory) -> None:
        """Take the references at the end of the warmup."""
        memory["epoch"] += 1
        if memory["epoch"] == self.warmup:
            seen = memory["number"] > 0
            mean = memory["sum"][seen] / memory["number"][seen]
            memory["reference"][seen] = np.maximum(mean, SMALLEST)
        memory["sum"][:] = 0
        memory["number"][:] = 0
