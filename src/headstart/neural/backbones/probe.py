"""A dry run: what a network makes of one small batch."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ...core.errors import InputError


def text_batch() -> dict[str, torch.Tensor]:
    """One text of two tokens."""
    return {name: torch.ones(1, 2, dtype=torch.int64) for name in ("input_ids", "attention_mask")}


def features_of(module: nn.Module, batch: Any, name: str) -> int:
    """Length of a row's features, from a run on ``batch``; the module and the random state stay as they are.

    Raises
    ------
    InputError
        Where what comes out are no features.
    """
    training = module.training
    module.eval()
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            out = module(batch)
    finally:
        module.train(training)
    n_rows = len(batch["input_ids"] if isinstance(batch, dict) else batch)
    if not isinstance(out, torch.Tensor):
        raise InputError(
            f"{name!r} gives a {type(out).__name__}; expected a tensor of features (rows, features): "
            "wrap it in a module whose forward takes them out"
        )
    if out.dim() != 2 or len(out) != n_rows:
        mend = (
            "add the mean over places and flatten: "
            "torch.nn.Sequential(module, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())"
            if out.dim() == 4
            else "add a layer that makes one row of features of each row"
        )
        raise InputError(
            f"{name!r} gives a tensor of shape {tuple(out.shape)} for a batch of {n_rows}; "
            f"expected (rows, features): {mend}"
        )
    return int(out.shape[1])


def image_batch(takes: Any, channels: int, size: tuple[int, int]) -> torch.Tensor:
    """A batch of one image of the size that a reader says, else of ``size``."""
    said = getattr(takes, "size", None) or size
    height, width = (said, said) if isinstance(said, int) else said
    return torch.zeros(1, getattr(takes, "channels", None) or channels, height, width)
