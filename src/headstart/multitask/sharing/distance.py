"""How far the tensors that several tasks have of each weight are apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

# Of each weight, the tensors that the tasks have of it.
Weights = Sequence[Sequence[torch.Tensor]]

# Singular values below this share of the largest are rounding: they have no direction to shrink.
_ROUNDING = {torch.float32: 1e-3, torch.float64: 1e-7}


def squared(weights: Weights) -> torch.Tensor:
    """The sum of squared distances to the tasks' mean."""
    total: list[torch.Tensor] = []
    for tensors in weights:
        stacked = torch.stack(tuple(tensors))
        # The distances to the mean sum to zero, so nothing comes back by way of the mean.
        total.append((stacked - stacked.detach().mean(0)).square().sum())
    return torch.stack(total).sum()


def trace_norm(weights: Weights) -> torch.Tensor:
    """The sum, over weights, of the singular values of the matrix whose rows are the tasks' tensors.

    From the inner products of the rows alone, so that the cost is small beside that of a step. Its gradient is that of
    smallest norm where a singular value is zero. NaN where a weight is not finite.
    """
    inner = torch.stack([_inner(tensors) for tensors in weights])
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


def _inner(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    rows = torch.stack(tuple(tensors)).flatten(1)
    # MPS has no float64, in which small singular values can be told from rounding.
    rows = rows.float() if rows.device.type == "mps" else rows.double()
    return rows @ rows.T


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
