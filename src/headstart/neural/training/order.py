"""Which rows a step learns from: a pure function of the seed, the epoch and the step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ...core.errors import InputError

# What a seed is for, so that the order of rows and the draws of dropout never share one.
_ORDER, DRAWS = 0, 1


def mixed_seed(*parts: int) -> int:
    """A seed for torch of several whole numbers."""
    return int(np.random.SeedSequence(parts).generate_state(1, np.uint64)[0] >> np.uint64(1))


def draws_seed(seed: int, rank: int) -> int:
    """The seed of what a process draws while it trains, such as dropout."""
    return mixed_seed(int(seed), rank, DRAWS)


@dataclass(frozen=True)
class Batches:
    """Rows in random order, cut into the batches of an epoch.

    ``least`` is the smallest batch that the network can learn from; a last batch below it is left out.
    """

    n_rows: int
    batch_size: int
    seed: int
    least: int = 1

    def __post_init__(self) -> None:
        if min(self.n_rows, self.batch_size) < self.least:
            raise InputError(
                f"a batch would hold {min(self.n_rows, self.batch_size)} of {self.n_rows} rows; expected at least "
                f"{self.least}: batch normalisation that trains needs two rows, and each process one. Take a larger "
                "batch_size, more rows, or freeze the layers that hold batch normalisation"
            )

    @property
    def per_epoch(self) -> int:
        """Steps of an epoch."""
        full, rest = divmod(self.n_rows, self.batch_size)
        return full + (rest >= self.least)

    def of(self, epoch: int) -> tuple[torch.Tensor, ...]:
        """The batches of an epoch, as row numbers on the CPU."""
        generator = torch.Generator().manual_seed(mixed_seed(int(self.seed), epoch, _ORDER))
        order = torch.randperm(self.n_rows, generator=generator)
        return order.split(self.batch_size)[: self.per_epoch]
