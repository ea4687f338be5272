"""How far the tensors that several tasks have of each weight are apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch.autograd.function import once_differentiable

# Of each weight, the tensors that the tasks have of it.
Weights = Sequence[Sequence[torch.Tensor]]

# Singular values below this share of the largest are rounding: they have no direction to shrink.
_ROUNDING = {torch.float32: 1e-3, torch.float64: 1e-7}

# Numbers that are compared at a time: on a CPU as many as its cache holds, since all here is bound by memory.
_BLOCK, _BLOCK_ELSEWHERE = 2**17, 2**24


def squared(weights: Weights) -> torch.Tensor:
    """The sum of squared distances to the tasks' mean."""
    return torch.stack([_Squared.apply(*tensors) for tensors in weights]).sum()


def trace_norm(weights: Weights) -> torch.Tensor:
    """The sum, over weights, of the singular values of the matrix whose rows are the tasks' tensors.

    From the inner products of the rows alone. Its gradient is that of smallest norm where a singular value is zero. NaN
    where a weight is not finite.
    """
    inner = torch.stack([_Inner.apply(*tensors) for tensors in weights])
    with torch.no_grad():
        if not bool(inner.isfinite().all()):
            return inner.sum() * torch.nan
        squares, U = torch.linalg.eigh(inner)
        values = squares.clamp(min=0).sqrt()
        known = values > _ROUNDING[inner.dtype] * values[:, -1:]
        inverse = (U * torch.where(known, 1 / values, 0)[:, None]) @ U.mT
        norm = torch.where(known, values, 0).sum()
    # The derivative by the rows is ``inverse @ rows``; that of the first term, which adds nothing to the value.
    half = 0.5 * (inverse * inner).sum()
    return (half - half.detach() + norm).to(weights[0][0].dtype)


class _Squared(torch.autograd.Function):
    """The sum of squared distances of tensors of one shape to their mean."""

    @staticmethod
    def forward(ctx: Any, *tensors: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(*tensors)
        total = tensors[0].new_zeros(())
        for _, rows in _blocks(tensors):
            total += rows.sub_(rows.mean(0)).square_().sum()
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, ...]:
        # The distances to the mean sum to zero, so nothing comes back by way of the mean.
        return _written(ctx.saved_tensors, lambda rows: rows.sub_(rows.mean(0)).mul_(2 * gradient))


class _Inner(torch.autograd.Function):
    """The inner products (K, K) of K tensors of one shape."""

    @staticmethod
    def forward(ctx: Any, *tensors: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(*tensors)
        total = _precise(tensors[0].new_zeros(len(tensors), len(tensors)))
        for _, rows in _blocks(tensors):
            precise = _precise(rows)
            total += precise @ precise.T
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, ...]:
        both = gradient + gradient.T
        return _written(ctx.saved_tensors, lambda rows: both @ _precise(rows))


def _precise(rows: torch.Tensor) -> torch.Tensor:
    # MPS has no float64, in which small singular values can be told from rounding.
    return rows.float() if rows.device.type == "mps" else rows.double()


def _blocks(tensors: Sequence[torch.Tensor]) -> Iterator[tuple[slice, torch.Tensor]]:
    """The tensors as rows of a matrix, a copy of some columns at a time."""
    flat = [t.detach().reshape(-1) for t in tensors]
    step = max((_BLOCK if flat[0].device.type == "cpu" else _BLOCK_ELSEWHERE) // len(flat), 1)
    for start in range(0, len(flat[0]), step):
        where = slice(start, start + step)
        yield where, torch.stack([row[where] for row in flat])


def _written(tensors: Sequence[torch.Tensor], by: Callable[[torch.Tensor], torch.Tensor]) -> tuple[torch.Tensor, ...]:
    """A tensor for each of ``tensors``, from blocks of rows as ``by`` makes them."""
    out = tensors[0].new_empty(len(tensors), tensors[0].numel())
    for where, rows in _blocks(tensors):
        out[:, where] = by(rows)
    return tuple(row.view_as(t) for row, t in zip(out, tensors, strict=True))


DISTANCES: dict[str, Callable[[Weights], torch.Tensor]] = {"l2": squared, "trace-norm": trace_norm}


def spread(weights: Weights) -> tuple[np.ndarray, np.ndarray]:
    """Distances between tasks (K, K) and from their mean (K,), over all weights, relative to the mean's length.

    Not relative where the mean is zero. There has to be a weight.
    """
    n_tasks = len(weights[0])
    pairs, middle, length = np.zeros((n_tasks, n_tasks)), np.zeros(n_tasks), 0.0
    for tensors in weights:
        rows = torch.stack([t.detach() for t in tensors]).flatten(1).cpu().double()
        mean = rows.mean(0)
        length += float(mean.square().sum())
        middle += (rows - mean).square().sum(1).numpy()
        pairs += torch.stack([(rows - row).square().sum(1) for row in rows]).numpy()
    scale = length or 1.0
    return np.sqrt(pairs / scale), np.sqrt(middle / scale)
