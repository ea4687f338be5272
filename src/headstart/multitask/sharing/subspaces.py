"""Parts of a layer's channels: their mixtures between tasks, and how alike they are."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ...neural.groups import LayerGroup
from .cut import CutLayer


class SubspaceUnit(nn.Module):
    """Mixes the subspaces of a layer in all networks."""

    def __init__(self, layer: CutLayer, n_tasks: int, subspaces: int, start: float) -> None:
        super().__init__()
        self.axis, self.n_tasks, self.subspaces = layer.axis, n_tasks, subspaces
        own = torch.eye(n_tasks)
        tasks = own * start + (1 - own) * ((1 - start) / max(n_tasks - 1, 1)) if n_tasks > 1 else own
        # A subspace starts from the same one of all tasks.
        self.register_buffer("start", torch.kron(tasks, torch.eye(subspaces)))
        self.moved = nn.Parameter(torch.zeros(n_tasks * subspaces, n_tasks * subspaces))

    def weights(self) -> torch.Tensor:
        """(n_tasks * subspaces, n_tasks * subspaces): how much a subspace takes of each, those of a task together."""
        return self.start + self.moved  # type: ignore[operator]

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Mixtures of values (n_tasks, n_rows, ...), of the same shape."""
        channels = values.movedim(self.axis + 1, -1)
        parts = channels.unflatten(-1, (self.subspaces, -1))
        weights = self.weights().to(values.dtype).view(self.n_tasks, self.subspaces, self.n_tasks, self.subspaces)
        mixed = torch.einsum("kgjh,j...hc->k...gc", weights, parts)
        # In the common layout again: a convolution of torch 2.14 for CPUs wrote past its memory with another one.
        return mixed.flatten(-2).movedim(-1, self.axis + 1).contiguous()


def mean_over_places(values: torch.Tensor, axis: int, batch: Any) -> torch.Tensor:
    """Values (n_tasks, n_rows, ...) averaged to (n_tasks, n_rows, channels); tokens that are padding are left out."""
    places = values.movedim(axis, -1)
    mask = batch.get("attention_mask") if isinstance(batch, dict) else None
    if mask is not None and places.shape[1:-1] == mask.shape:
        weight = mask.unsqueeze(-1).to(places.dtype)
        return (places * weight).sum(2) / weight.sum(1).clamp(min=1)
    return places.flatten(2, -2).mean(2) if places.dim() > 3 else places


def outgoing(module: nn.Module, group: LayerGroup, layer: CutLayer) -> tuple[str, str, int] | None:
    """The last weight of a layer that makes its channels: its owner, its name there, and which axis they are."""
    found = None
    for name, part in group.modules(module):
        weight = part._parameters.get("weight")
        if weight is None or weight.dim() < 2:
            continue
        axis = 1 if isinstance(part, nn.Embedding) else 0
        if weight.shape[axis] == layer.channels:
            found = name, "weight", axis
    return found


def likeness(weight: torch.Tensor, axis: int, subspaces: int) -> torch.Tensor:
    """The mean squared cosine between the weights of channels of different subspaces."""
    rows = nn.functional.normalize(weight.movedim(axis, 0).flatten(1), dim=1)
    squares = (rows @ rows.T).square().unflatten(0, (subspaces, -1)).unflatten(2, (subspaces, -1)).sum((1, 3))
    apart = squares.sum() - squares.diagonal().sum()
    size = len(rows) // subspaces
    return apart / (subspaces * (subspaces - 1) * size**2)
