"""Which axis of a layer's output holds its features."""

from __future__ import annotations

import torch
from torch import nn

from .groups import LayerGroup

_ALONG = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_WIDTHS = ("out_channels", "out_features", "num_features", "num_channels", "embedding_dim")


def feature_axis(values: torch.Tensor, module: nn.Module, group: LayerGroup) -> int:
    """The axis of the features, as long as a layer of the group is wide; where two are, as convolutions have it."""
    last = values.dim() - 1
    parts = [part for _, part in group.modules(module)]
    widths = {getattr(part, name) for part in parts for name in _WIDTHS if hasattr(part, name)}
    widths |= {part.normalized_shape[-1] for part in parts if isinstance(part, nn.LayerNorm)}
    fits = [k for k in (1, last) if values.shape[k] in widths]
    if len(fits) == 1:
        return fits[0]
    return 1 if any(isinstance(part, _ALONG) for part in parts) or values.dim() != 3 else last
