"""Fused AdamW over the layers of a plan."""

from __future__ import annotations

import math

import torch

from .settings import TrainingSettings
from .stages import Stages


def make_optimizer(stages: Stages, settings: TrainingSettings) -> torch.optim.AdamW:
    """AdamW over all that trains at some time, fused where this torch has that for the device."""
    groups = stages.groups()
    try:
        return torch.optim.AdamW(groups, lr=float(settings.learning_rate), fused=True)
    except RuntimeError:
        # The same update, one kernel for each operation.
        return torch.optim.AdamW(groups, lr=float(settings.learning_rate))


def move(optimizer: torch.optim.Optimizer, stages: Stages, rate: float, clip: float | None) -> float:
    """One step of the optimiser at this rate, after the pull; none where the gradient's norm is not finite.

    The norm before clipping is returned, 0 where there is no clipping.
    """
    norm = 0.0
    if clip is not None:
        norm = torch.nn.utils.clip_grad_norm_(stages.training, clip).item()
        if not math.isfinite(norm):
            return norm
    if stages.pulls:
        stages.pull(rate)
    for group in optimizer.param_groups:
        group["lr"] = rate * group["speed"]
    optimizer.step()
    return norm
