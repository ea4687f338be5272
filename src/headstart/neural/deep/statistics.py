"""Batch normalisation of two domains: each by the statistics of its own rows, and the target's are kept.

Source and target go through the network one after the other. In one batch each would be normalised by a mixture of
both, which hides the shift from the loss that is to close it, and which no target row meets when the network
predicts. Apart, each domain has mean 0 and deviation 1 in each channel by itself (Li et al. 2016; French et al.
2018). Running statistics follow the target rows alone, since those are what is predicted later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from ..outputs import evaluating

_NORM = nn.modules.batchnorm._NormBase
_ROWS = 64


@contextmanager
def statistics_kept(network: nn.Module) -> Iterator[None]:
    """Within, training rows are normalised by their own batch, and running statistics stay as they are."""
    norms = [m for m in network.modules() if isinstance(m, _NORM) and m.training and m.track_running_stats]
    for norm in norms:
        norm.track_running_stats = False
    try:
        yield
    finally:
        for norm in norms:
            norm.track_running_stats = True


@contextmanager
def statistics_of(network: nn.Module, names: Sequence[str], rows: Any, device: torch.device) -> Iterator[None]:
    """Within, the batch normalisation of these names has the running statistics of ``rows``, then its own again."""
    norms = [network.get_submodule(name) for name in names]
    norms = [norm for norm in norms if norm.running_mean is not None]
    if not norms or len(rows) < 2:
        yield
        return
    before = [({k: b.clone() for k, b in norm.named_buffers()}, norm.momentum) for norm in norms]
    with evaluating(network), torch.no_grad():
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the mean over all batches
            norm.train()
        for part in np.array_split(np.arange(len(rows)), -(-len(rows) // _ROWS)):
            network(rows.batch(part, device))
    try:
        yield
    finally:
        with torch.no_grad():
            for norm, (buffers, momentum) in zip(norms, before, strict=True):
                norm.momentum = momentum
                for name, values in buffers.items():
                    norm.get_buffer(name).copy_(values)
