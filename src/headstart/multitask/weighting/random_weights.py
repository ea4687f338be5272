"""Weights drawn anew at each step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import Draw, Memory, Vector, softmax
from .base import Weighting


@dataclass(frozen=True)
class RandomWeighting(Weighting):
    """Draw the weights anew at each step: w = softmax(x), x standard normal.

    A baseline: what a clever weighting gains must be more than what noise gains. The weights sum to 1, as in the paper.

    References
    ----------
    Lin, Ye, Zhang and Tsang (2022). Reasonable effectiveness of random weighting: a litmus test for multi-task
    learning. TMLR.

    Examples
    --------
    >>> import torch
    >>> from headstart.multitask import RandomWeighting, weighted_backward
    >>> state = RandomWeighting().start(3, seed=0)
    >>> step = weighted_backward(torch.ones(3, requires_grad=True), state)
    >>> round(float(step.weights.sum()), 6)
    1.0
    """

    def loss_weights(self, losses: Vector, there: np.ndarray, memory: Memory, rng: Draw) -> Vector:
        """A draw; tasks that are not there have no part in the sum."""
        x = rng().standard_normal(len(losses))
        weights = np.zeros(len(losses))
        weights[there] = softmax(x[there])
        return weights
