"""Losses of whole batches in float32, whatever the layers are computed in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import torch


def precise(loss: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    """Compute a loss of two sets of features without autocast: differences of means drown in bfloat16."""

    @wraps(loss)
    def computed(a: torch.Tensor, b: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        with torch.autocast(a.device.type, enabled=False):
            return loss(_wide(a), _wide(b), *args, **kwargs)

    return computed


def _wide(values: torch.Tensor) -> torch.Tensor:
    return values if values.dtype == torch.float64 else values.float()
