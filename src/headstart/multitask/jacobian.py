"""Gradients of each task at the shared parameters: as rows for each parameter, never as one matrix."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

Reduce = Callable[[torch.Tensor], torch.Tensor]


def rows_through(
    shared: Sequence[torch.Tensor], rows: Sequence[torch.Tensor], parameters: Sequence[torch.Tensor]
) -> list[torch.Tensor]:
    """Send the rows (K, ...) of gradients at the ``shared`` tensors on to the parameters; (K, *shape) for each."""
    pairs = [(z, r) for z, r in zip(shared, rows, strict=True) if z.requires_grad]
    if not pairs:
        return [p.new_zeros(len(rows[0]), *p.shape) for p in parameters]
    n_tasks = len(rows[0])
    found = [torch.empty(n_tasks, *p.shape, dtype=p.dtype, device=p.device) for p in parameters]
    for k in range(n_tasks):
        gradients = torch.autograd.grad(
            [z for z, _ in pairs],
            list(parameters),
            [r[k] for _, r in pairs],
            retain_graph=k + 1 < n_tasks,
            allow_unused=True,
        )
        _put(found, k, gradients)
    return found


def rows_of(
    losses: Sequence[torch.Tensor | None], parameters: Sequence[torch.Tensor], own: Sequence[torch.Tensor]
) -> tuple[list[torch.Tensor], list[torch.Tensor | None]]:
    """Gradients of each loss at the parameters, (K, *shape) for each, and the sum of those at ``own``, once."""
    n_tasks, n_shared = len(losses), len(parameters)
    found = [torch.zeros(n_tasks, *p.shape, dtype=p.dtype, device=p.device) for p in parameters]
    mine: list[torch.Tensor | None] = [None] * len(own)
    last = max((k for k, loss in enumerate(losses) if loss is not None), default=-1)
    for k, loss in enumerate(losses):
        if loss is None:
            continue
        gradients = torch.autograd.grad(loss, [*parameters, *own], retain_graph=k < last, allow_unused=True)
        _put(found, k, gradients[:n_shared])
        for i, g in enumerate(gradients[n_shared:]):
            if g is not None:
                mine[i] = g if mine[i] is None else mine[i] + g
    return found, mine


def _put(found: Sequence[torch.Tensor], k: int, gradients: Sequence[torch.Tensor | None]) -> None:
    for rows, g in zip(found, gradients, strict=True):
        if g is None:
            rows[k].zero_()
        else:
            rows[k].copy_(g)


def gramian_of(blocks: Sequence[torch.Tensor], reduce: Reduce | None, *, split: bool) -> np.ndarray:
    """Inner products of the tasks' gradients, from blocks (K, ...) of their entries; (K, K), float64.

    Where processes hold different entries (``split``), the inner products add up; where they hold parts of the same
    entries, these are added up first, one block at a time.
    """
    total: torch.Tensor | None = None
    for block in blocks:
        if reduce is not None and not split:
            block = reduce(block.clone())
        flat = block.reshape(len(block), -1)
        if flat.dtype in (torch.float16, torch.bfloat16):
            flat = flat.float()
        part = _double(flat @ flat.T)
        total = part if total is None else total + part
    assert total is not None
    if reduce is not None and split:
        total = reduce(total)
    return total.cpu().numpy()


def _double(tensor: torch.Tensor) -> torch.Tensor:
    # MPS has no float64.
    return tensor.cpu().double() if tensor.device.type == "mps" else tensor.double()


def combined(block: torch.Tensor, weights: np.ndarray) -> torch.Tensor:
    """The weighted sum of the rows of a block (K, ...)."""
    w = torch.as_tensor(weights, dtype=block.dtype, device=block.device)
    return (w @ block.reshape(len(block), -1)).view(block.shape[1:])


def accumulate(parameters: Sequence[torch.Tensor], gradients: Sequence[torch.Tensor | None]) -> None:
    """Add gradients to what the parameters have, as a backward pass does."""
    for p, g in zip(parameters, gradients, strict=True):
        if g is not None:
            p.grad = g if p.grad is None else p.grad + g
