"""How far a training is, and which target rows a step sees: functions of seed and step, so that a resume is exact."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..training.order import Batches, mixed_seed

# What seeds are for; the order of source rows and the draws of dropout have 0 and 1.
UNLABELLED, LABELLED, CHANGES = 2, 3, 4


class Clock:
    """A callback that knows the step that is computed, also after a resume."""

    every_process = True

    def __init__(self) -> None:
        self.step, self.steps, self.per_epoch = 0, 1, 1

    def on_start(self, start: dict[str, Any]) -> None:
        """Begin at the step that the training begins at."""
        self.step, self.steps = start["step"], start["steps"]
        self.per_epoch = self.steps // start["settings"]["epochs"]

    def on_step(self, step: dict[str, Any]) -> None:
        """Go on."""
        self.step = step["step"]

    @property
    def progress(self) -> float:
        """The share of the steps that is done."""
        return self.step / self.steps


class Stream:
    """Rows in random order, again and again, each round in another order: the row at any position is known."""

    def __init__(self, n_rows: int, seed: int, purpose: int) -> None:
        self.n_rows, self.seed, self.purpose = n_rows, seed, purpose
        self._orders: dict[int, np.ndarray] = {}

    def at(self, positions: np.ndarray) -> np.ndarray:
        """The rows at positions 0, 1, ... of the stream."""
        rounds, places = np.divmod(positions, self.n_rows)
        found = np.empty(len(positions), dtype=np.int64)
        for k in np.unique(rounds):
            of_round = rounds == k
            found[of_round] = self._order(int(k))[places[of_round]]
        return found

    def _order(self, k: int) -> np.ndarray:
        if k not in self._orders:
            generator = torch.Generator().manual_seed(mixed_seed(self.seed, k, self.purpose))
            self._orders = {i: o for i, o in self._orders.items() if i == k - 1}
            self._orders[k] = torch.randperm(self.n_rows, generator=generator).numpy()
        return self._orders[k]


class Positions:
    """Where in all of the training a source row is learnt from: the row of a step, and of a part of it, has its own."""

    def __init__(self, n_rows: int, batch_size: int, seed: int) -> None:
        self.batches = Batches(n_rows, batch_size, seed)
        self._epoch = -1
        self._place = np.empty(0, dtype=np.int64)

    def of(self, rows: torch.Tensor, epoch: int) -> np.ndarray:
        """Positions of source rows in an epoch."""
        if epoch != self._epoch:
            order = torch.cat(self.batches.of(epoch)).numpy()
            self._place = np.empty(len(order), dtype=np.int64)
            self._place[order] = np.arange(len(order))
            self._epoch = epoch
        return epoch * self.batches.n_rows + self._place[rows.numpy()]
