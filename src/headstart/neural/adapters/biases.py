"""BitFit: the biases of the base train themselves."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from ...core.errors import InputError
from .attached import Attached
from .choosing import matches
from .registry import Registry
from .states import some


class BiasesAttached(Attached):
    """The biases of a network; their values are swapped in and out as the adapter is switched."""

    def __init__(self, adapter: object, registry: Registry, name: str) -> None:
        super().__init__(adapter, registry, name)
        self.biases = _biases(self.adapter.layers, registry)
        self._own = [p.detach().clone() for p in self.biases.values()]

    def _trained(self) -> dict[str, nn.Parameter]:
        return self.biases

    def _layer_of(self, name: str) -> str:
        return name.rpartition(".")[0] or name

    def _switch(self, on: bool) -> None:
        with torch.no_grad():
            if on:
                self._kept = [(p, p.detach().clone()) for p in self.biases.values()]
                for parameter, values in zip(self.biases.values(), self._own, strict=True):
                    parameter.copy_(values)
            else:
                self._own = [p.detach().clone() for p in self.biases.values()]
                for parameter, values in self._kept:
                    parameter.copy_(values)
                self._kept = []

    def _values(self) -> dict[str, torch.Tensor]:
        return dict(self.biases) if self._active else dict(zip(self.biases, self._own, strict=True))

    def kept(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Biases of the base that it has changed at present, each with the values before."""
        return self._kept

    # The biases stand in the base already, so there is nothing to fold.

    def _folds_into(self) -> list[torch.Tensor]:
        return []

    def _keep(self) -> None:
        pass

    def _fold(self) -> None:
        pass

    def _unfold(self) -> None:
        pass

    def _take_out(self) -> None:
        pass


def _biases(patterns: str | Sequence[str] | None, registry: Registry) -> dict[str, nn.Parameter]:
    where = type(registry.module).__name__
    found = {name: p for name, p in registry.parameters.items() if name.rpartition(".")[2].endswith("bias")}
    found = {name: p for name, p in found.items() if p.is_floating_point()}
    if not found:
        raise InputError(f"{where} has no biases for BitFit to train; LoRA adapts its weights")
    if patterns is None:
        return found
    chosen: set[str] = set()
    for pattern in (patterns,) if isinstance(patterns, str) else patterns:
        hits = {n for n in found if matches(n, pattern) or matches(n.rpartition(".")[0], pattern)}
        if not hits:
            raise InputError(f"the pattern {pattern!r} matches no layer of {where} with a bias; it has {some(found)}")
        chosen |= hits
    return {name: p for name, p in found.items() if name in chosen}
