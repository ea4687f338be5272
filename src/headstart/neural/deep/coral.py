"""Deep CORAL: features of equal covariance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from ..network import Network
from .alignment import Alignment
from .batch import PairedBatch
from .precise import precise


@precise
def coral_loss(source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """The squared Frobenius distance of the covariances over 4 d^2; 0 where a domain has a single row."""
    if min(len(source), len(target)) < 2:
        return (source.sum() + target.sum()) * 0.0
    apart = _covariance(source) - _covariance(target)
    return apart.square().sum() / (4 * source.shape[1] ** 2)


def _covariance(features: torch.Tensor) -> torch.Tensor:
    centred = features - features.mean(0)
    return centred.T @ centred / (len(features) - 1)


@dataclass(frozen=True)
class DeepCORAL(Alignment):
    """Deep CORAL: bring the covariances of the features of source and target together.

    The cheapest of the methods, and the steadiest: nothing is trained against anything else. It sees second moments
    alone.

    Parameters
    ----------
    weight : float, default=100.0
        Of the loss beside the task's. The paper wants both to be about equal at the end of training; features of
        headstart's small networks then ask for about this weight.
    ramp : float or None, default=None
        How fast the weight rises from 0: as 2 / (1 + exp(-ramp p)) - 1, where p is the share of the steps done.
        None: it is there from the start, as in the paper.

    Raises
    ------
    InputError
        Where the weight is negative or the ramp not above 0.

    References
    ----------
    Sun and Saenko (2016). Deep CORAL: correlation alignment for deep domain adaptation. ECCV workshops.

    Examples
    --------
    >>> import headstart as hs
    >>> hs.neural.DeepCORAL(weight=10.0)
    DeepCORAL(weight=10.0, ramp=None)
    """

    weight: float = 100.0
    ramp: float | None = None

    def __post_init__(self) -> None:
        self.check()

    def losses(self, batch: PairedBatch, network: Network, parts: Any) -> dict[str, torch.Tensor]:
        """The task's loss and the distance of the covariances."""
        apart = coral_loss(batch.source, batch.target)
        return {"task": batch.task_loss(), "alignment": self.strength(batch.progress) * apart}
