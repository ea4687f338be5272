"""The heads of several tasks, fitted as linear models on the features of what lies below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ...neural.head import head_of
from ...neural.outputs import outputs_of
from ..network import MultiTaskNetwork
from .problem import OneTask


class OneTaskFeatures(torch.nn.Module):
    """The features of one task."""

    def __init__(self, network: MultiTaskNetwork, task: int) -> None:
        super().__init__()
        self.trunk, self.task = network.trunk, task

    def forward(self, batch: Any) -> torch.Tensor:
        return self.trunk.one(batch, self.task)


def solve_heads(
    network: MultiTaskNetwork, rows: Any, codes: np.ndarray, tasks: Sequence[OneTask], device: torch.device
) -> None:
    """Set each head to the penalised linear model of its labels (n_rows, n_tasks; NaN: none) on the features."""
    shared = outputs_of(OneTaskFeatures(network, 0), rows, device) if network.trunk.same else None
    for k, task in enumerate(tasks):
        F = outputs_of(OneTaskFeatures(network, k), rows, device) if shared is None else shared
        there = ~np.isnan(codes[:, k])
        y = codes[there, k].astype(int) if task.kind == "classification" else codes[there, k]
        if len(np.unique(y)) < 2:
            continue  # a part of the rows may hold one class of a task, or none: its head stays at no knowledge
        coef, level, _ = head_of(F[there], y, task.kind, task.n_outputs)
        W, b = network.head.of(k)
        with torch.no_grad():
            W.copy_(torch.as_tensor(coef))
            b.copy_(torch.as_tensor(level))
