"""Adapters that headstart's own layers carry, on any module."""

from __future__ import annotations

import torch
from torch import nn

from .attached import Attached
from .registry import Registry
from .slot import Slot, base_tensors, put, slot_of, take_out
from .targets import Layer


class OwnAttached(Attached):
    """An adapter in slots beside the weights of layers."""

    def __init__(self, adapter: object, registry: Registry, name: str, layers: list[Layer], seed: int) -> None:
        super().__init__(adapter, registry, name)
        self.layers = layers
        generator = torch.Generator().manual_seed(seed)
        parts = [self.adapter.part(layer, generator) for layer in layers]
        for layer, part in zip(layers, parts, strict=True):
            put(layer, name, part)

    def _slots(self) -> list[tuple[Layer, Slot]]:
        return [(layer, slot) for layer in self.layers if (slot := slot_of(layer)) is not None]

    def _trained(self) -> dict[str, nn.Parameter]:
        found = {}
        for layer, slot in self._slots():
            for key, parameter in slot[self.name].named_parameters():
                found[f"{layer.key}.{key}" if layer.key else key] = parameter
        return found

    def _layer_of(self, name: str) -> str:
        keys = [layer.key for layer in self.layers if not layer.key or name.startswith(layer.key + ".")]
        return max(keys, key=len)

    def _switch(self, on: bool) -> None:
        for _, slot in self._slots():
            slot.active = self.name if on else None

    def _folds_into(self) -> list[torch.Tensor]:
        return list({id(t): t for layer in self.layers for t in base_tensors(layer).values()}.values())

    def _fold(self) -> None:
        for layer, slot in self._slots():
            part, base = slot[self.name], base_tensors(layer)
            for role, tensor in base.items():
                tensor.copy_(getattr(part, role)(tensor))
            slot.active = None

    def _unfold(self) -> None:
        for tensor, values in self._kept:
            tensor.copy_(values)
        self._kept = []
        self._switch(True)

    def _take_out(self) -> None:
        for layer in self.layers:
            take_out(layer, self.name)
