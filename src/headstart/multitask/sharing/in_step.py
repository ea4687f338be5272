"""A network for each task, all in step: behind some layers they see what the others have."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from ...neural.backbone import Backbone
from ...neural.groups import LayerGroup
from .segments import Segments

# From the number of the cut and the outputs of all networks there to those that they go on with.
Mix = Callable[[int, list[torch.Tensor]], Sequence[torch.Tensor]]


class InStep(nn.Module):
    """Copies of a network that run from cut to cut together.

    Parameters
    ----------
    backbone : Backbone
        The network; its module is the first of them.
    count : int
        How many there are.
    ends : sequence of str
        The modules to cut behind.
    """

    def __init__(self, backbone: Backbone, count: int, ends: Sequence[str]) -> None:
        super().__init__()
        module = backbone.module
        self.networks = nn.ModuleList([module, *(copy.deepcopy(module) for _ in range(count - 1))])
        self._segments = Segments(ends)

    def forward(self, batch: Any, mix: Mix) -> list[torch.Tensor]:
        """The features of each network."""
        passages = [self._segments.start(network, batch) for network in self.networks]
        for cut in range(len(self._segments.at)):
            values = mix(cut, [passage.value for passage in passages])
            passages = [passage.on(value) for passage, value in zip(passages, values, strict=True)]
        return [passage.value for passage in passages]

    def groups(self, backbone: Backbone) -> list[LayerGroup]:
        """A layer of all networks as one, so that policies mean all of them by its name."""
        count = range(len(self.networks))
        return [
            LayerGroup(group.name, tuple(p for k in count for p in group.under(f"networks.{k}").prefixes))
            for group in backbone.groups
        ]
