"""The losses of a batch of several tasks, those that only serve among them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..network import MultiTaskNetwork
from ..objectives import TaskLosses
from .descent import Losses

# Rows that are scored at a time.
BLOCK = 256


class Objective:
    """The losses of a batch, as the network computes them.

    Those of the labelled tasks come first, then those of the tasks made of the rows. ``weights`` is what each is
    multiplied by, which auxiliary tasks have a say in.
    """

    def __init__(
        self,
        network: MultiTaskNetwork,
        rows: Any,
        losses: TaskLosses,
        device: torch.device,
        *,
        tapped: bool,
        weights: np.ndarray,
        draws: bool,
    ) -> None:
        self.network, self.rows, self.losses, self.device, self.tapped = network, rows, losses, device, tapped
        self.weights = weights
        self._draws = draws or len(network.made) > 0
        self._seed = 0
        self.last: torch.Tensor | None = None

    def __call__(self, index: torch.Tensor) -> Losses:
        """Those of a batch to learn from."""
        self.last = index
        if self._draws:
            # Of torch's own generator, which checkpoints hold, so that a resumed training draws what it would have.
            self._seed = int(torch.randint(1 << 62, ()))
        return self.of(index, tapped=self.tapped)

    def again(self) -> Losses:
        """Those of the last batch, changed by the same draws, with the weights as they are now."""
        assert self.last is not None
        return self.of(self.last, tapped=False)

    def of(self, index: torch.Tensor, *, tapped: bool) -> Losses:
        """Those of the rows at an index."""
        draws = torch.Generator().manual_seed(self._seed) if self._draws else None
        batch = self.rows.batch(index, self.device, draws)
        outputs, tap = self.network.batched(batch, tapped=tapped)
        values, present = self.losses(outputs, index), self.losses.present(index)
        if len(self.network.made):
            assert draws is not None
            made = [self._made(head, batch, index, draws) for head in self.network.made]
            values = torch.cat([values, torch.stack(made).to(values.dtype)])
            present = np.r_[present, np.ones(len(made), dtype=bool)]
        if (self.weights != 1).any():
            values = values * torch.as_tensor(self.weights, dtype=values.dtype, device=values.device)
        return Losses(values, present & (self.weights > 0), tap, self.network.trunk.penalty())

    def _made(self, head: Any, batch: Any, index: torch.Tensor, draws: torch.Generator) -> torch.Tensor:
        changed, told = head.changed(batch, draws)
        found: torch.Tensor = head.loss(self.network.features(changed), told, index)
        return found

    def labelled(self, index: torch.Tensor) -> tuple[torch.Tensor, np.ndarray]:
        """The losses of the labelled tasks alone, rows as they are, and which have a label among them."""
        outputs, _ = self.network.batched(self.rows.batch(index, self.device), tapped=False)
        return self.losses(outputs, index), self.losses.present(index)

    def mean(self, rows: np.ndarray) -> np.ndarray:
        """The mean losses of the labelled tasks over rows, computed in blocks."""
        total = np.zeros(len(self.network.head.n_outputs))
        for part in np.array_split(rows, -(-len(rows) // BLOCK)):
            values, _ = self.labelled(torch.as_tensor(part))
            total += values.double().cpu().numpy() * len(part)
        return total / len(rows)
