"""The states of torch's random generators, so that what is computed a second time draws what it drew the first time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn


class Draws:
    """Reads and sets the global generators that a network may draw from.

    Parameters
    ----------
    modules : iterable of torch.nn.Module
        All parts of the network. Where none is in train mode nothing is drawn, and there is nothing to keep.
    """

    def __init__(self, modules: Iterable[nn.Module]) -> None:
        modules = list(modules)
        self.needed = any(m.training for m in modules)
        own = (p.device for m in modules for p in m._parameters.values() if p is not None)
        self._devices = {d for d in own if d.type not in ("cpu", "meta")} if self.needed else set()

    def now(self) -> list[tuple[torch.device | None, torch.Tensor]] | None:
        """The present states."""
        if not self.needed:
            return None
        return [(None, torch.get_rng_state()), *((d, _generator(d, "get_rng_state")) for d in self._devices)]

    def put_back(self, states: list[tuple[torch.device | None, torch.Tensor]] | None) -> None:
        """Set them as they were."""
        for device, state in states or ():
            if device is None:
                torch.set_rng_state(state)
            else:
                _generator(device, "set_rng_state", state)


def _generator(device: torch.device, what: str, *args: Any) -> Any:
    act = getattr(torch.get_device_module(device), what)
    return act(*args, device) if device.type == "cuda" else act(*args)
