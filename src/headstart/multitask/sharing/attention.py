"""What a task takes of a layer that all share: a mask between 0 and 1, learned for it."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

from .cut import CutLayer

_CONVOLUTIONS: dict[int, type[nn.Module]] = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
_POOLS = {1: functional.adaptive_max_pool1d, 2: functional.adaptive_max_pool2d, 3: functional.adaptive_max_pool3d}


class TaskAttention(nn.Module):
    """The attention modules of one task, one a layer.

    Parameters
    ----------
    layers : sequence of CutLayer
        The shared layers.
    width : int, optional
        Channels between the two maps of a module; None: as many as the layer has.
    """

    def __init__(self, layers: list[CutLayer], width: int | None) -> None:
        super().__init__()
        self.masks = nn.ModuleList(
            Mask(layer.channels * (2 if k else 1), width or layer.channels, layer) for k, layer in enumerate(layers)
        )
        self.steps = nn.ModuleList(Step(below, above) for below, above in pairwise(layers))

    def forward(self, shared: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """What the task takes of the last layer, from what all layers give."""
        taken = shared[0] * self.masks[0](shared[0])
        for mask, step, values in zip(self.masks[1:], self.steps, shared[1:], strict=True):  # type: ignore[arg-type]
            taken = values * mask(torch.cat([values, step(taken, values)], dim=mask.axis))
        return taken


class Mask(nn.Module):
    """Two maps of the channels at each place, normalised, and the sigmoid."""

    def __init__(self, inputs: int, width: int, layer: CutLayer) -> None:
        super().__init__()
        self.axis = layer.axis
        self.first, self.first_norm = nn.Linear(inputs, width), nn.LayerNorm(width)
        self.second, self.second_norm = nn.Linear(width, layer.channels), nn.LayerNorm(layer.channels)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        hidden = torch.relu(self.first_norm(self.first(values.movedim(self.axis, -1))))
        return torch.sigmoid(self.second_norm(self.second(hidden))).movedim(-1, self.axis)


class Step(nn.Module):
    """From what a task took of one layer to the places and channels of the next one."""

    def __init__(self, below: CutLayer, above: CutLayer) -> None:
        super().__init__()
        self.below, self.above = below.axis, above.axis
        places = len(below.shape) - 1
        # Images and series: over neighbours, as in the paper. Tokens and vectors: each for itself.
        near = places in _CONVOLUTIONS and below.axis == 1 and len(above.shape) - 1 == places
        if near:
            self.map: nn.Module = _CONVOLUTIONS[places](below.channels, above.channels, 3, padding=1)
        else:
            self.map = nn.Linear(below.channels, above.channels)
        self.near = near

    def forward(self, taken: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        mapped = self.map(taken) if self.near else self.map(taken.movedim(self.below, -1)).movedim(-1, 1)
        wanted = values.movedim(self.above, 1)
        return _resized(mapped, wanted.shape[2:]).movedim(1, self.above)


def _resized(values: torch.Tensor, places: torch.Size) -> torch.Tensor:
    """Values (n, channels, ...) with other places."""
    if values.shape[2:] == places:
        return values
    if values.dim() - 2 == len(places) and len(places) in _POOLS:
        if all(own >= wanted for own, wanted in zip(values.shape[2:], places, strict=True)):
            return _POOLS[len(places)](values, places)
        return functional.interpolate(values, size=tuple(places))
    mean = values.flatten(2).mean(2) if values.dim() > 2 else values
    return mean.reshape(*mean.shape, *(1 for _ in places)).expand(*mean.shape, *places)
