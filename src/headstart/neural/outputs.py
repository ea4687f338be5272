"""What a network says of rows: in evaluation mode, without gradients, in blocks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

# Rows of a block. The last one is filled up to this number: a matrix product may round differently with another
# number of rows, and what a network says of a row must not depend on the rows beside it.
BLOCK = 64


def outputs_of(module: nn.Module, rows: Any, device: torch.device, block: int = BLOCK) -> np.ndarray:
    """Outputs (n_rows, n_outputs) of a module for all rows, as float64."""
    found = []
    with evaluating(module), torch.inference_mode():
        for start in range(0, len(rows), block):
            index = np.arange(start, min(start + block, len(rows)))
            full = np.resize(index, block) if block == BLOCK else index
            out = module(rows.batch(full, device))
            found.append(out[: len(index)].double().cpu().numpy())
    return np.concatenate(found)


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
