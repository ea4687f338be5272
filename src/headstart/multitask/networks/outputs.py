"""What a network of several tasks says of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ...neural.outputs import outputs_of
from ..network import MultiTaskNetwork


class _Joined(torch.nn.Module):
    """The outputs of some tasks, side by side."""

    def __init__(self, network: MultiTaskNetwork, wanted: Sequence[int]) -> None:
        super().__init__()
        self.network, self.wanted = network, list(wanted)

    def forward(self, batch: Any) -> torch.Tensor:
        if len(self.wanted) == 1:
            return self.network.of_task(batch, self.wanted[0])
        found = self.network(batch)
        return torch.cat([found[k] for k in self.wanted], dim=1)


def outputs_of_tasks(
    network: MultiTaskNetwork, rows: Any, device: torch.device, wanted: Sequence[int]
) -> list[np.ndarray]:
    """Outputs (n_rows, n_outputs) of each task asked for, as float64."""
    joined = outputs_of(_Joined(network, wanted), rows, device)
    return np.split(joined, np.cumsum([network.head.n_outputs[k] for k in wanted])[:-1], axis=1)
