"""The bottleneck adapter of Houlsby et al."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import nn

from .adapter import Adapter, check_patterns, check_whole
from .low_rank import random_down
from .targets import Layer


@dataclass(frozen=True)
class BottleneckAdapter(Adapter):
    """A small network after a layer: down to few units, GELU, up again, plus the layer's own output.

    It stands after the output projection of attention and after the second layer of the feed-forward part, before
    the residual connection. It is not linear, so it cannot be merged.

    Parameters
    ----------
    width : int, default=16
        Units between down and up. The paper finds widths from 8 to 64 to do alike; small target data ask for few.
    layers : str or sequence of str, optional
        Patterns of layers, as in LoRA. None: as above; where a network has no attention, all its linear layers and
        ungrouped convolutions.

    References
    ----------
    Houlsby, N., et al. (2019). Parameter-Efficient Transfer Learning for NLP. ICML.

    Examples
    --------
    >>> import headstart as hs
    >>> from torch import nn
    >>> adapter = hs.neural.BottleneckAdapter(width=2).attach(nn.Sequential(nn.Linear(20, 30)), seed=0)
    >>> sum(p.numel() for p in adapter.parameters())
    152
    """

    width: int = 16
    layers: str | Sequence[str] | None = None

    changes_weights: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_whole(self, "width", self.width)
        check_patterns(self)

    def takes(self, layer: Layer, peft: bool) -> bool:
        """Whether it can go to such a layer."""
        return True

    def usual(self, layers: list[Layer]) -> list[Layer]:
        """After attention and after feed-forward parts, or everywhere."""
        if not any(layer.in_attention for layer in layers):
            return layers
        out = [layer for layer in layers if layer.in_attention and not layer.leads_into_attention]
        return [layer for layer in layers if layer.feedforward or layer in out]

    def part(self, layer: Layer, generator: torch.Generator) -> nn.Module:
        """The bottleneck after one layer."""
        return Bottleneck(layer, self.width, generator)


class Bottleneck(nn.Module):
    """``h + up(GELU(down(h)))`` on the output h of a layer; up starts at zero."""

    def __init__(self, layer: Layer, width: int, generator: torch.Generator) -> None:
        super().__init__()
        n = layer.n_outputs
        ones = (1,) * (layer.module.weight.dim() - 2) if layer.kind == "convolution" else ()
        self.down_weight = nn.Parameter(random_down((width, n, *ones), generator))
        self.down_bias = nn.Parameter(torch.zeros(width))
        self.up_weight = nn.Parameter(torch.zeros(n, width, *ones))
        self.up_bias = nn.Parameter(torch.zeros(n))

    def after(self, layer: nn.Module, x: torch.Tensor, output: Any) -> Any:
        """The adapted output; of attention, which gives two values, the first."""
        if isinstance(output, tuple):
            return (self.after(layer, x, output[0]), *output[1:])
        apply = (F.linear, F.linear, F.linear, F.conv1d, F.conv2d)[self.up_weight.dim()]
        h = output.to(self.down_weight.dtype)
        change = apply(F.gelu(apply(h, self.down_weight, self.down_bias)), self.up_weight, self.up_bias)
        return output + change.to(output.dtype)
