"""The weights of LoRA and DoRA in one layer, and what they do to its output or its weight."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from .linearity import twin
from .targets import Layer


class Weight(nn.Module):
    """A single trained tensor, named ``weight`` as in peft's files."""

    def __init__(self, values: torch.Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(values)


class LowRank(nn.Module):
    """``scale * B A``, added to a weight of shape (outputs, inputs, ...)."""

    def __init__(self, layer: Layer, rank: int, scale: float, dropout: float, generator: torch.Generator) -> None:
        super().__init__()
        weight = layer.weight
        self.kind, self.scale, self.dropout = layer.kind, scale, dropout
        if layer.kind == "embedding":
            n, width = weight.shape
            self.lora_embedding_A = nn.Parameter(torch.zeros(rank, n))
            self.lora_embedding_B = nn.Parameter(torch.randn(width, rank, generator=generator))
        else:
            down = random_down((rank, *weight.shape[1:]), generator)
            up = torch.zeros(weight.shape[0], rank, *(1 for _ in weight.shape[2:]))
            self.lora_A = twin(layer.module, down) if layer.kind == "convolution" else Weight(down)
            self.lora_B = Weight(up)

    def delta(self) -> torch.Tensor:
        """The change of the weight, in its shape."""
        if self.kind == "embedding":
            return self.scale * (self.lora_embedding_B @ self.lora_embedding_A).T
        a, b = self.lora_A.weight, self.lora_B.weight
        product = b.flatten(1) @ a.flatten(1)
        return self.scale * product.view(b.shape[0], *a.shape[1:])

    def weight(self, weight: torch.Tensor) -> torch.Tensor:
        """The adapted weight."""
        return (weight + self.delta()).to(weight.dtype)

    def bias(self, bias: torch.Tensor) -> torch.Tensor:
        """The adapted bias: as it is."""
        return bias

    def narrow(self, x: torch.Tensor) -> torch.Tensor:
        """``scale * A x``, of ``rank`` features."""
        if self.kind == "embedding":
            return F.embedding(x, self.lora_embedding_A.T) * self.scale
        if self.dropout:
            x = F.dropout(x, self.dropout, self.training)
        x = x.to(self.lora_A.weight.dtype)
        down = F.linear(x, self.lora_A.weight) if self.kind == "linear" else self.lora_A(x)
        return down * self.scale

    def widen(self, h: torch.Tensor) -> torch.Tensor:
        """``B h``."""
        if self.kind == "embedding":
            return F.linear(h, self.lora_embedding_B)
        up = self.lora_B.weight
        if self.kind == "linear":
            return F.linear(h, up)
        return F.conv1d(h, up) if up.dim() == 3 else F.conv2d(h, up)

    def after(self, layer: nn.Module, x: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
        """The adapted output of the layer."""
        if self.kind == "linear" and not self.dropout and x.dtype == output.dtype:
            down, up = self.lora_A.weight, self.lora_B.weight
            if down.dtype == x.dtype:
                # One pass over the output, where adding a product takes two.
                h = F.linear(x, down)
                if x.dim() == 2:
                    return torch.addmm(output, h, up.t(), alpha=self.scale)
                rows = torch.addmm(output.flatten(0, -2), h.flatten(0, -2), up.t(), alpha=self.scale)
                return rows.view(output.shape)
        return output + self.widen(self.narrow(x)).to(output.dtype)


class MagnitudeLowRank(LowRank):
    """The rows of ``W + scale * B A``, brought to unit length, times a trained length."""

    def __init__(self, layer: Layer, rank: int, scale: float, dropout: float, generator: torch.Generator) -> None:
        super().__init__(layer, rank, scale, dropout, generator)
        weight = layer.weight.detach()
        shape = (-1,) if layer.kind == "linear" else (1, -1, *(1 for _ in weight.shape[2:]))
        self.lora_magnitude_vector = Weight(_lengths(weight).view(shape))

    def factor(self, weight: torch.Tensor) -> torch.Tensor:
        """Trained length over present length of each row; the latter counts as a constant."""
        with torch.no_grad():
            present = _lengths(weight + self.delta())
        return self.lora_magnitude_vector.weight.flatten() / present

    def weight(self, weight: torch.Tensor) -> torch.Tensor:
        """The adapted weight."""
        factor = self.factor(weight).view(-1, *(1 for _ in weight.shape[1:]))
        return (factor * (weight + self.delta())).to(weight.dtype)

    def after(self, layer: nn.Module, x: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
        """The adapted output of the layer."""
        factor, bias = self.factor(layer.weight), layer.bias
        change = self.widen(self.narrow(x))
        if self.kind == "convolution":
            ones = (1 for _ in layer.weight.shape[2:])
            factor = factor.view(-1, *ones)
            bias = None if bias is None else bias.view(factor.shape)
        plain = output if bias is None else output - bias
        return output + ((factor - 1) * plain + factor * change).to(output.dtype)


def _lengths(weight: torch.Tensor) -> torch.Tensor:
    return torch.linalg.vector_norm(weight.to(working(weight.dtype)), dim=tuple(range(1, weight.dim())))


def random_down(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    """The start of A: uniform within one over the root of the inputs, as of torch's own linear layers."""
    bound = 1 / math.sqrt(max(math.prod(shape[1:]), 1))
    return (torch.rand(shape, generator=generator) * 2 - 1) * bound


def working(dtype: torch.dtype) -> torch.dtype:
    """Adapters of half-precision weights are kept in single precision: their steps are too small for less."""
    return torch.float32 if dtype in (torch.float16, torch.bfloat16) else dtype
