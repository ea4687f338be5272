"""What a network says of rows: in evaluation mode, without gradients, in blocks."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from ..core.errors import HeadstartWarning, InputError
from .training.memory import out_of_memory

# Rows of a block. The last one is filled up to this number: a matrix product may round differently with another
# number of rows, and what a network says of a row must not depend on the rows beside it.
BLOCK = 64


def outputs_of(module: nn.Module, rows: Any, device: torch.device, block: int = BLOCK) -> np.ndarray:
    """Outputs (n_rows, n_outputs) of a module for all rows, as float64.

    Raises
    ------
    InputError
        Where an output is NaN or infinite, since the class that it would name is none; or where memory runs out with a
        single row.
    """
    found: list[np.ndarray] = []
    start, n = 0, len(rows)
    with evaluating(module), torch.inference_mode():
        while start < n:
            index = np.arange(start, min(start + block, n))
            full = np.resize(index, block) if len(index) < block <= BLOCK else index
            try:
                out = module(rows.batch(full, device))
                found.append(out[: len(index)].double().cpu().numpy())
            except (RuntimeError, MemoryError) as error:
                block = smaller(block, error)
                continue
            start += len(index)
    outputs = np.concatenate(found)
    _refuse_gaps(outputs)
    return outputs


def smaller(block: int, error: BaseException) -> int:
    """Half of a block that was out of memory, said aloud; any other error is raised again."""
    if not out_of_memory(error):
        raise error
    if block == 1:
        raise InputError(
            f"out of memory with a single row at a time ({error}); expected a network and rows that fit: shorter or "
            "smaller inputs, or a smaller network"
        ) from error
    warnings.warn(
        f"out of memory with {block} rows at a time: outputs are computed for {block // 2} at a time from now on",
        HeadstartWarning,
        stacklevel=3,
    )
    return block // 2


def _refuse_gaps(outputs: np.ndarray) -> None:
    finite = np.isfinite(outputs.reshape(len(outputs), -1)).all(axis=1)
    if not finite.all():
        raise InputError(
            f"the network gives NaN or infinite outputs for {int((~finite).sum())} of {len(outputs)} rows, the first "
            f"at row {int(np.argmin(finite))}; expected finite numbers: look for NaN or very large numbers there"
        )


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Evaluation mode for a while; each part is put back into its own mode."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode
