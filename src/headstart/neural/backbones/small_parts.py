"""The networks that are small enough to train from scratch on little data, one for each kind of input.

None has batch statistics: they work with one row, and a row's features do not depend on its neighbours in the batch.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional

# The smallest side at which an image or a series is still halved.
_LEAST = 6


def table_network(shape: tuple[int, ...], width: int) -> nn.Module:
    """Three dense layers, each normalised over its own outputs."""
    (columns,) = shape
    layers: list[nn.Module] = []
    for inputs in (columns, width, width):
        layers.append(nn.Sequential(nn.Linear(inputs, width), nn.LayerNorm(width), nn.GELU()))
    return nn.Sequential(*layers)


def image_network(shape: tuple[int, ...], width: int) -> nn.Module:
    """Four convolutions, halving the image between them, and the mean over what is left, whatever the size."""
    channels, *sides = shape
    side = min(sides)
    layers: list[nn.Module] = []
    first = 1
    while side // first > 64:  # photographs: the first layer looks at patches, or all the work would be there
        first *= 2
    side //= first
    widths = (width, 2 * width, 4 * width, 4 * width)
    for i, outputs in enumerate(widths):
        step = first if i == 0 else 1
        conv = nn.Conv2d(channels, outputs, max(3, 2 * step - 1), stride=step, padding=max(1, step - 1))
        block: list[nn.Module] = [conv, nn.GroupNorm(_parts_of(outputs), outputs), nn.GELU()]
        if side >= _LEAST and i < len(widths) - 1:
            block.append(nn.MaxPool2d(2, ceil_mode=True))
            side = -(-side // 2)
        layers.append(nn.Sequential(*block))
        channels = outputs
    return nn.Sequential(*layers, _MeanOver(2))


def series_network(shape: tuple[int, ...], width: int) -> nn.Module:
    """Three convolutions along the series, the mean and the maximum over it."""
    channels, length = shape
    layers: list[nn.Module] = []
    for i, (outputs, kernel) in enumerate(((width, 7), (2 * width, 5), (2 * width, 3))):
        # A norm after the first layer would take level and amplitude of a series away, often all there is to know.
        norm = nn.GroupNorm(_parts_of(outputs), outputs) if i else nn.Identity()
        block: list[nn.Module] = [nn.Conv1d(channels, outputs, kernel, padding=kernel // 2), norm, nn.GELU()]
        if length >= 4 * _LEAST and i < 2:
            block.append(nn.MaxPool1d(2, ceil_mode=True))
            length = -(-length // 2)
        layers.append(nn.Sequential(*block))
        channels = outputs
    return nn.Sequential(*layers, _MeanAndMax())


class TextNetwork(nn.Module):
    """Word vectors and a convolution over three tokens; mean and maximum over the tokens of a text."""

    def __init__(self, vocabulary: int, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        nn.init.normal_(self.embedding.weight, std=width**-0.5)
        self.phrases = nn.Conv1d(width, width, 3, padding=1)

    def forward(self, batch: Any) -> torch.Tensor:
        """Features (n, 2 * width) of ``input_ids`` and ``attention_mask``, both (n, length)."""
        mask = batch["attention_mask"].unsqueeze(-1).to(self.embedding.weight.dtype)
        words = self.embedding(batch["input_ids"]) * mask
        phrases = words + functional.gelu(self.phrases(words.transpose(1, 2)).transpose(1, 2))
        mean = (phrases * mask).sum(1) / mask.sum(1).clamp(min=1)
        top = phrases.masked_fill(mask == 0, torch.finfo(phrases.dtype).min).amax(1)
        # A text without tokens has no maximum.
        top = torch.where(mask.sum(1) > 0, top, torch.zeros_like(top))
        return torch.cat([mean, top], dim=1)


def text_network(shape: tuple[int, ...], width: int) -> nn.Module:
    """See ``TextNetwork``."""
    (vocabulary,) = shape
    return TextNetwork(vocabulary, width)


class _MeanOver(nn.Module):
    """The mean over the last ``dims`` axes."""

    def __init__(self, dims: int) -> None:
        super().__init__()
        self.dims = dims

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return values.flatten(-self.dims).mean(-1)


class _MeanAndMax(nn.Module):
    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return torch.cat([values.mean(-1), values.amax(-1)], dim=-1)


def _parts_of(channels: int) -> int:
    """Groups of a group norm: of eight channels each, fewer where they do not divide."""
    return max(g for g in range(1, max(1, channels // 8) + 1) if channels % g == 0)
