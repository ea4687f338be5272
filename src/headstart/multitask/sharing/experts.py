"""Experts and gates, as batched operations: what MMoE, CGC and PLE are made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import torch
from torch import nn
from torch.nn import functional

from ...core.errors import InputError

# Of the gate loads, what is kept from one batch to the next: they are those of about the latest hundred batches.
KEPT = 0.99


class Experts(nn.Module):
    """Linear layers with ReLU: ``count`` for each of ``groups``, all of one size.

    The weights of each start as those of ``torch.nn.Linear`` do, drawn from ``generator``.
    """

    def __init__(self, groups: int, count: int, n_features: int, width: int, generator: torch.Generator) -> None:
        super().__init__()
        self.count, self.width = count, width
        bound = 1 / math.sqrt(n_features)
        self.weight = nn.Parameter(_uniform((groups, count, width, n_features), bound, generator))
        self.bias = nn.Parameter(_uniform((groups, count, width), bound, generator))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Their outputs (groups, n_rows, count, width); ``x`` (n_rows, n_features), or for each group its own."""
        x, groups = x.to(self.weight.dtype), len(self.weight)
        W, b = self.weight.flatten(1, 2), self.bias.flatten(1)
        if x.dim() == 2:
            out = functional.linear(x, W.flatten(0, 1), b.flatten()).view(len(x), groups, -1).transpose(0, 1)
        else:
            out = torch.baddbmm(b[:, None], x, W.transpose(1, 2))
        return out.unflatten(-1, (self.count, self.width)).relu()

    def of(self, x: torch.Tensor, group: int) -> torch.Tensor:
        """The outputs (n_rows, count, width) of one group."""
        x = x.to(self.weight.dtype)
        out = functional.linear(x, self.weight[group].flatten(0, 1), self.bias[group].flatten())
        return out.unflatten(-1, (self.count, self.width)).relu()


class Gates(nn.Module):
    """A softmax over experts for each of ``groups``, which starts at equal shares.

    Attributes
    ----------
    loads : torch.Tensor of shape (groups, count)
        The mean share of each expert over the rows seen in train mode, later batches counting more, times the part of
        them that was seen: all zero before the first.
    """

    loads: torch.Tensor

    def __init__(self, groups: int, count: int, n_features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(groups, count, n_features))
        self.bias = nn.Parameter(torch.zeros(groups, count))
        self.register_buffer("loads", torch.zeros(groups, count))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The shares (groups, n_rows, count); ``x`` (n_rows, n_features), or for each group its own."""
        x, (groups, count) = x.to(self.weight.dtype), self.bias.shape
        if x.dim() == 2:
            out = functional.linear(x, self.weight.flatten(0, 1), self.bias.flatten())
            shares = out.view(-1, groups, count).transpose(0, 1).softmax(-1)
        else:
            shares = torch.baddbmm(self.bias[:, None], x, self.weight.transpose(1, 2)).softmax(-1)
        if self.training:
            self.loads.lerp_(shares.detach().mean(1).to(self.loads), 1 - KEPT)
        return shares

    def of(self, x: torch.Tensor, group: int) -> torch.Tensor:
        """The shares (n_rows, count) of one group."""
        return functional.linear(x.to(self.weight.dtype), self.weight[group], self.bias[group]).softmax(-1)

    def table(self, groups: Sequence[str], experts: Sequence[str]) -> pd.DataFrame | None:
        """The mean shares over the latest batches of a training, groups x experts; None where none was trained on."""
        # Shares sum to 1, so the sum of a row is the part of the mean that was seen.
        seen = self.loads.sum(1, keepdim=True)
        if not bool(seen.all()):
            return None
        loads = (self.loads / seen).double().cpu().numpy()
        return pd.DataFrame(loads, index=pd.Index(groups, name="task"), columns=pd.Index(experts, name="expert"))


def mixed(shares: torch.Tensor, outputs: torch.Tensor) -> torch.Tensor:
    """Sums of experts' outputs (..., count, width) by their shares (..., count)."""
    if outputs.dim() == 4 and outputs.stride(0) == 0:
        return _MixedOfOne.apply(shares, outputs)
    return (shares[..., None, :] @ outputs)[..., 0, :]


class _MixedOfOne(torch.autograd.Function):
    """``mixed`` for groups that read the same memory, as at a tap: without a copy of the outputs for each group."""

    @staticmethod
    def forward(ctx: Any, shares: torch.Tensor, outputs: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(shares, outputs)
        return mixed_for_all(shares, outputs[0])

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        shares, outputs = ctx.saved_tensors
        # Under autocast the three may differ in type.
        of_shares = (gradient.transpose(0, 1) @ outputs[0].mT.to(gradient.dtype)).transpose(0, 1)
        of_outputs = shares[..., None].to(gradient.dtype) * gradient[:, :, None]
        return of_shares.to(shares.dtype), of_outputs.to(outputs.dtype)


def mixed_for_all(shares: torch.Tensor, outputs: torch.Tensor) -> torch.Tensor:
    """Sums (groups, n_rows, width) for all groups of the same outputs (n_rows, count, width)."""
    return (shares.transpose(0, 1) @ outputs).transpose(0, 1)


def check_count(name: str, value: object, least: int = 1) -> None:
    """Raise where a number of experts, features or levels is none."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InputError(f"{name} is {value!r}; expected a whole number, at least {least}")


def _uniform(shape: tuple[int, ...], bound: float, generator: torch.Generator) -> torch.Tensor:
    return (torch.rand(shape, generator=generator) * 2 - 1) * bound
