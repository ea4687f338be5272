"""The geometric mean of the losses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .arrays import SMALLEST, Draw, Memory, Vector
from .base import Weighting


@dataclass(frozen=True)
class GeometricMean(Weighting):
    """Minimise the geometric mean of the losses: L = (prod_k L_k)^(1/K).

    The gradient of loss k is weighted by L / (K L_k): losses in any units count alike. Tasks without a loss at a step
    have no part in the mean.

    References
    ----------
    Chennupati, Sistu, Yogamani and Rawashdeh (2019). MultiNet++: multi-stream feature aggregation and geometric loss
    strategy for multi-task learning. CVPR workshops.

    Examples
    --------
    >>> import torch
    >>> from headstart.multitask import GeometricMean, weighted_backward
    >>> step = weighted_backward(torch.tensor([4.0, 1.0], requires_grad=True), GeometricMean().start(2))
    >>> step.weights
    array([0.25, 1.  ])
    """

    scale_free: ClassVar[bool] = True
    positive: ClassVar[bool] = True

    def loss_weights(self, losses: Vector, there: np.ndarray, memory: Memory, rng: Draw) -> Vector:
        """L / (K L_k)."""
        mine = np.maximum(losses[there], SMALLEST)
        weights = np.zeros(len(losses))
        weights[there] = np.exp(np.log(mine).mean()) / (len(mine) * mine)
        return weights
