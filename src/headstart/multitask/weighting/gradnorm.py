"""Weights that bring the gradients to one length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...neural.training.settings import check_real
from .arrays import SMALLEST, Draw, Matrix, Memory, Vector
from .base import GradientWeighting
from .learnt import adam, adam_memory


@dataclass(frozen=True)
class GradNorm(GradientWeighting):
    """Learn weights of the losses so that tasks train at one pace.

    The weights w take steps down sum_k |n_k - mean(n) r_k^alpha|, where n_k = ||w_k g_k|| and r_k is the share of its
    first loss that task k has left, over the mean share. The second term is held. Weights are scaled to the sum K
    after each step.

    Parameters
    ----------
    level : {"representation", "parameter"}, default="representation"
        Where the norms are taken. The paper takes them at the last shared layer.
    alpha : float, default=1.5
        How strongly tasks that lag behind are pulled; 0 gives all gradients one norm. The paper's best values are 0.12
        to 1.5.
    learning_rate : float, default=0.025
        Of the weights, by Adam, as in the paper.

    Raises
    ------
    InputError
        Where the level is none of these, alpha is negative or the rate not above 0.

    Notes
    -----
    The heads feel the weights too, as in the paper. A weight is kept at or above 1e-6.

    References
    ----------
    Chen, Badrinarayanan, Lee and Rabinovich (2018). GradNorm: gradient normalization for adaptive loss balancing in
    deep multitask networks. ICML.

    Examples
    --------
    >>> import torch
    >>> from headstart.multitask import GradNorm, Tap, weighted_backward
    >>> state = GradNorm(alpha=0.0).start(["large", "small"])
    >>> z = torch.ones(4, 3, requires_grad=True)
    >>> for _ in range(120):
    ...     tap = Tap(z, 2)
    ...     step = weighted_backward([(3 * tap[0]).sum(), tap[1].sum()], state, tap=tap)
    >>> step.weights.round(1)
    array([0.5, 1.5])
    """

    alpha: float = 1.5
    learning_rate: float = 0.025

    scale_free: ClassVar[bool] = True
    positive: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_real("alpha", self.alpha, zero=True)
        check_real("learning_rate", self.learning_rate)

    def memory(self, n_tasks: int) -> Memory:
        """The weights, 1 at the start, and what Adam keeps; the first losses."""
        return {**adam_memory(np.ones(n_tasks)), "start": np.full(n_tasks, np.nan)}

    def loss_weights(self, losses: Vector, there: np.ndarray, memory: Memory, rng: Draw) -> Vector:
        """The weights before this step's change."""
        new = there & np.isnan(memory["start"])
        memory["start"][new] = np.maximum(losses[new], SMALLEST)
        return memory["value"].copy()

    def gradient_weights(self, gramian: Matrix, losses: Vector, there: np.ndarray, memory: Memory, rng: Draw) -> Vector:
        """1 for each, since the losses are weighted already; a step of the weights."""
        weighted = np.sqrt(np.maximum(np.diagonal(gramian), 0.0))
        norms = weighted / memory["value"]
        left = losses[there] / memory["start"][there]
        share = left / max(left.mean(), SMALLEST)
        gradient = np.zeros(len(losses))
        aim = weighted[there].mean() * share**self.alpha
        gradient[there] = np.sign(weighted[there] - aim) * norms[there]
        adam(memory, gradient, there, self.learning_rate)
        value = memory["value"]
        np.maximum(value, 1e-6, out=value)
        value[there] *= there.sum() / value[there].sum()
        return there.astype(np.float64)
