"""From a transformer's output for each token to the features of a row."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ...core.errors import InputError

POOLINGS = ("mean", "cls", "last", "max")


def pool(states: torch.Tensor, mask: torch.Tensor, pooling: str) -> torch.Tensor:
    """Features (n, width) of the states (n, length, width) of the tokens that ``mask`` (n, length) marks with 1.

    ``"mean"`` and ``"max"`` over the tokens of a text, ``"cls"`` its first one, ``"last"`` its last one. Padding,
    left or right, has no part in it.
    """
    places = torch.arange(mask.shape[1], device=mask.device)
    if pooling in ("cls", "last"):
        marked = torch.where(mask > 0, places, -1 if pooling == "last" else mask.shape[1])
        found = marked.amax(1) if pooling == "last" else marked.amin(1)
        # A text without tokens has no first and no last one: its place 0 stands in.
        found = torch.where(mask.sum(1) > 0, found, torch.zeros_like(found))
        return states[torch.arange(len(states), device=states.device), found]
    weight = mask.unsqueeze(-1)
    if pooling == "max":
        return states.masked_fill(weight == 0, torch.finfo(states.dtype).min).amax(1)
    weight = weight.to(states.dtype)
    return (states * weight).sum(1) / weight.sum(1).clamp(min=1)


class TextEncoder(nn.Module):
    """A transformer of texts and how its tokens become features.

    Parameters
    ----------
    model : torch.nn.Module
        Takes ``input_ids`` and ``attention_mask``, gives ``last_hidden_state``.
    pooling : {"mean", "cls", "last", "max"}
        See ``pool``.
    """

    def __init__(self, model: nn.Module, pooling: str) -> None:
        super().__init__()
        if pooling not in POOLINGS:
            raise InputError(f"pooling is {pooling!r}; expected one of {', '.join(map(repr, POOLINGS))}")
        self.model = model
        self.pooling = pooling

    def forward(self, batch: Any) -> torch.Tensor:
        """Features (n, width) of ``input_ids`` and ``attention_mask``, both (n, length)."""
        mask = batch["attention_mask"]
        states = self.model(input_ids=batch["input_ids"], attention_mask=mask).last_hidden_state
        return pool(states, mask, self.pooling)


class ImageEncoder(nn.Module):
    """A vision model of the transformers library, and its pooled output, or the state of its class token."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """Features (n, width) of images (n, channels, height, width)."""
        out = self.model(pixel_values=batch)
        pooled = getattr(out, "pooler_output", None)
        return out.last_hidden_state[:, 0] if pooled is None else pooled.flatten(1)
