"""Random weights from a seed, without a trace in torch's global random state."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Within, what draws from torch's global generator of the CPU draws from ``seed``; afterwards it is as before."""
    with torch.random.fork_rng(devices=[]):
        # torch.manual_seed would also set the generators of the accelerators, which are not forked here.
        torch.default_generator.manual_seed(seed)
        yield
