"""One network for all tasks, up to the heads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ...neural.backbone import Backbone
from .base import Sharing, Trunk


@dataclass(frozen=True)
class HardSharing(Sharing):
    """One network for all tasks; each has a head of its own.

    The oldest way (Caruana 1997), the cheapest to train and to run, and what every other has to beat.

    References
    ----------
    Caruana (1997). Multitask learning. Machine Learning 28.

    Examples
    --------
    >>> from headstart.multitask import HardSharing
    >>> HardSharing()
    HardSharing()
    """

    def build(self, backbone: Backbone, tasks: Sequence[str], *, seed: int) -> Trunk:
        """The backbone as it is."""
        return HardTrunk(backbone, len(tasks))


class HardTrunk(Trunk):
    """The backbone, whose features all heads read."""

    same = True

    def __init__(self, backbone: Backbone, n_tasks: int) -> None:
        super().__init__()
        self.encoder = backbone.module
        self.n_tasks, self.n_features = n_tasks, backbone.n_features
        self.groups = tuple(group.under("encoder") for group in backbone.groups)

    def shared(self, batch: Any) -> tuple[torch.Tensor, ...]:
        """The features."""
        return (self.encoder(batch),)

    def own(self, read: tuple[torch.Tensor, ...], task: int) -> torch.Tensor:
        """The features, the same for every task."""
        return read[0]

    def all_own(self, reads: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """The features, once for each task."""
        return reads[0]

    def below(self) -> Iterator[nn.Parameter]:
        """All parameters of the backbone."""
        return self.encoder.parameters()
