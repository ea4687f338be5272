"""IA3: factors on keys, values and hidden units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from .adapter import Adapter, check_patterns
from .targets import Layer


@dataclass(frozen=True)
class IA3(Adapter):
    """One trained factor for each unit: keys, values and the hidden units of the feed-forward parts.

    All factors start at one. Where query, key and value are one layer, as in GPT-2, the queries are scaled too; in
    torch's ``MultiheadAttention`` keys and values alone are.

    Parameters
    ----------
    layers : str or sequence of str, optional
        Patterns of layers, as in LoRA: their outputs are scaled, or the inputs where the layer is the second of a
        feed-forward part. None: as above; where a network has no attention, the outputs of all its linear layers and
        ungrouped convolutions.

    References
    ----------
    Liu, H., et al. (2022). Few-Shot Parameter-Efficient Fine-Tuning is Better and Cheaper than In-Context Learning.
    NeurIPS.

    Examples
    --------
    >>> import headstart as hs
    >>> from torch import nn
    >>> adapter = hs.neural.IA3().attach(nn.Sequential(nn.Linear(20, 30)), seed=0)
    >>> sum(p.numel() for p in adapter.parameters())
    30
    """

    layers: str | Sequence[str] | None = None

    through_peft: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_patterns(self)

    def takes(self, layer: Layer, peft: bool) -> bool:
        """Whether it can go to such a layer."""
        if layer.kind == "embedding" or layer.tensor in ("q_proj_weight", "k_proj_weight", "v_proj_weight"):
            return False
        return not (peft and layer.kind == "convolution" and layer.module.weight.dim() == 3)

    def usual(self, layers: list[Layer]) -> list[Layer]:
        """Keys, values and hidden units, or everywhere."""
        if not any(layer.in_attention for layer in layers):
            return layers
        return [layer for layer in layers if layer.feedforward or layer.makes_keys_or_values]

    def part(self, layer: Layer, generator: torch.Generator) -> nn.Module:
        """The factors of one layer."""
        return InputScale(layer) if layer.feedforward else OutputScale(layer)


class OutputScale(nn.Module):
    """One factor for each output of a layer."""

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        ones = (1,) * (layer.weight.dim() - 2)
        n = layer.weight.shape[0]
        # Packed queries, keys and values: the queries stay as they are.
        self.n_kept = n // 3 if layer.tensor == "in_proj_weight" else 0
        self.ia3_l = nn.Parameter(torch.ones(1, n, *ones) if ones else torch.ones(n - self.n_kept, 1))

    def factor(self) -> torch.Tensor:
        """One for each row of the weight."""
        if self.n_kept:
            return torch.cat([self.ia3_l.new_ones(self.n_kept), self.ia3_l.flatten()])
        return self.ia3_l.flatten()

    def weight(self, weight: torch.Tensor) -> torch.Tensor:
        """The adapted weight."""
        return (weight * self.factor().view(-1, *(1 for _ in weight.shape[1:]))).to(weight.dtype)

    def bias(self, bias: torch.Tensor) -> torch.Tensor:
        """The adapted bias."""
        return (bias * self.factor()).to(bias.dtype)

    def after(self, layer: nn.Module, x: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
        """The adapted output of the layer."""
        shape = (-1, *(1 for _ in layer.weight.shape[2:]))
        return output * self.factor().view(shape).to(output.dtype)


class InputScale(nn.Module):
    """One factor for each input of a layer."""

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self.ia3_l = nn.Parameter(torch.ones(1, layer.weight.shape[1]))

    def weight(self, weight: torch.Tensor) -> torch.Tensor:
        """The adapted weight."""
        return (weight * self.ia3_l).to(weight.dtype)

    def bias(self, bias: torch.Tensor) -> torch.Tensor:
        """The adapted bias: as it is."""
        return bias

    def before(self, x: torch.Tensor) -> torch.Tensor:
        """The adapted input of the layer."""
        return x * self.ia3_l.flatten().to(x.dtype)
