"""Auxiliary weights that follow the loss of the main tasks on rows held out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...core.errors import InputError
from .base import AuxiliaryWeights


@dataclass(frozen=True)
class LearnedWeight(AuxiliaryWeights):
    """Raise the weight of an auxiliary task while its steps lower the main loss on rows held out, else lower it.

    The derivative of the held-out loss after a step with respect to the weight of an auxiliary loss is minus the
    product of their gradients, times the rate (Lin et al. 2019, who take the training loss; held-out rows tell help
    from memory). Every few steps the logarithm of each weight moves by ``pace`` times the cosine of the two. A share
    ``validation_share`` of the rows, an estimator's parameter, is held out for it and not learnt from.

    Parameters
    ----------
    value : float, default=1.0
        The weight at first.
    pace : float, default=0.1
        How far a weight moves at a time: by a tenth at most.
    every : int, default=5
        After how many steps it moves.
    most : float, default=10.0
        The largest weight; the smallest is one over it.

    References
    ----------
    Lin, Baweja, Kantor & Held (2019). Adaptive auxiliary task weighting for reinforcement learning. NeurIPS.

    Examples
    --------
    >>> from headstart.multitask import LearnedWeight
    >>> LearnedWeight(pace=0.05)
    LearnedWeight(value=1.0, pace=0.05, every=5, most=10.0)
    """

    value: float = 1.0
    pace: float = 0.1
    every: int = 5
    most: float = 10.0
    learns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not self.most >= 1 or not 1 / self.most <= self.value <= self.most:
            raise InputError(
                f"LearnedWeight(value={self.value!r}, most={self.most!r}); expected most of at least 1, and a value "
                "between one over it and it"
            )
        if not self.pace > 0:
            raise InputError(f"LearnedWeight(pace={self.pace!r}); expected a number above 0")
        if isinstance(self.every, bool) or not isinstance(self.every, int) or self.every < 1:
            raise InputError(f"LearnedWeight(every={self.every!r}); expected a whole number of at least 1")

    def start(self) -> float:
        """The first weight."""
        return self.value

    def moved(self, weights: np.ndarray, cosines: np.ndarray) -> np.ndarray:
        """The weights after a look at the held-out rows."""
        return np.clip(weights * np.exp(self.pace * cosines), 1 / self.most, self.most)
