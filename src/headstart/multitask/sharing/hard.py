"""One network for all tasks, up to the heads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ...neural.backbone import Backbone
from .base import Sharing, Trunk
from .split import SplitTrunk


@dataclass(frozen=True)
class HardSharing(Sharing):
    """One network for all tasks; each has a head of its own, or the upper layers too.

    The oldest way (Caruana 1997), the cheapest to train and to run, and what every other has to beat.

    Parameters
    ----------
    at : str or int, default=None
        The last layer that is shared: its name, a pattern or the name of a part (the last layer that fits), or its
        place, counted from the input, or from the end where it is negative. The layers above it are there once for
        each task, all with the weights of the backbone at the start. None shares all layers: nothing is gained by own
        ones where tasks read the same features, and they cost a pass through them for each task.

    Raises
    ------
    InputError
        By ``build``, where there is no such layer, or where something passes it by: a skip connection from below to
        above, or a layer that runs on both sides of it.

    References
    ----------
    Caruana (1997). Multitask learning. Machine Learning 28.

    Examples
    --------
    >>> import headstart as hs
    >>> from headstart.multitask import HardSharing
    >>> backbone = hs.neural.small_backbone("table", (4,))
    >>> trunk = HardSharing(at="1").build(backbone, ["left", "right"], seed=0)
    >>> [group.name for group in trunk.groups]
    ['0', '1', '2 (left)', '2 (right)']
    """

    at: str | int | None = None

    def build(self, backbone: Backbone, tasks: Sequence[str], *, seed: int) -> Trunk:
        """The backbone as it is, or split behind a layer; nothing is random."""
        return HardTrunk(backbone, len(tasks)) if self.at is None else SplitTrunk(backbone, tasks, self.at)


class HardTrunk(Trunk):
    """The backbone, whose features all heads read."""

    same = True
    whole = True

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
