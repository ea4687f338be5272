"""Where parts live in a layer: beside its weights, by adapter name, at most one of them active."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn.utils import parametrize

from .targets import Layer

# The child of an adapted layer that holds its parts; names of parameters contain it.
SLOT = "adapter"


class Slot(nn.ModuleDict):
    """The parts of one layer, or of one of its weights, by the names of their adapters."""

    is_headstart_slot = True

    def __init__(self) -> None:
        super().__init__()
        self.active: str | None = None
        self.handles: list[Any] = []

    @property
    def current(self) -> Any:
        """The active part, or None."""
        return None if self.active is None else self._modules.get(self.active)

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        """The adapted weight, where the slot stands on a weight."""
        part = self.current
        return weight if part is None else part.weight(weight)


class BiasSlot(nn.Module):
    """The adapted bias that goes with an adapted weight; it looks at the weight's slot and owns nothing."""

    is_headstart_slot = True

    def __init__(self, slot: Slot) -> None:
        super().__init__()
        self.seen = (slot,)  # in a tuple, so that it is not registered a second time

    def forward(self, bias: torch.Tensor) -> torch.Tensor:
        """The adapted bias."""
        part = self.seen[0].current
        return bias if part is None else part.bias(bias)


def slot_of(layer: Layer) -> Slot | None:
    """The slot of a layer, or None where nothing was put in."""
    if layer.tensor is None:
        return layer.module._modules.get(SLOT)
    if not parametrize.is_parametrized(layer.module, layer.tensor):
        return None
    slots = [p for p in layer.module.parametrizations[layer.tensor] if isinstance(p, Slot)]
    return slots[0] if slots else None


def put(layer: Layer, name: str, part: nn.Module) -> None:
    """Put a part into a layer, not active yet."""
    part.to(device=next(layer.module.parameters()).device).train(layer.module.training)
    slot = slot_of(layer) or _open(layer)
    slot[name] = part
    if layer.tensor is None:
        hooked = {handle.kind for handle in slot.handles}
        if hasattr(part, "before") and "before" not in hooked:
            slot.handles.append(_Handle("before", layer.module.register_forward_pre_hook(_before, with_kwargs=True)))
        if hasattr(part, "after") and "after" not in hooked:
            slot.handles.append(_Handle("after", layer.module.register_forward_hook(_after, with_kwargs=True)))


def take_out(layer: Layer, name: str) -> None:
    """Remove a part; the last one leaves the layer as it was before the first."""
    slot = slot_of(layer)
    if slot is None or name not in slot:
        return
    del slot[name]
    if len(slot):
        return
    for handle in slot.handles:
        handle.remove()
    if layer.tensor is None:
        del layer.module._modules[SLOT]
        return
    _close(layer.module, layer.tensor)
    if _scales_bias(layer):
        _close(layer.module, _bias_name(layer))


def base_tensors(layer: Layer) -> dict[str, torch.Tensor]:
    """Weight and bias of a layer as they are stored, without adapters."""
    found = {}
    for role, name in (("weight", layer.tensor or "weight"), ("bias", _bias_name(layer))):
        if parametrize.is_parametrized(layer.module, name):
            found[role] = layer.module.parametrizations[name].original
        elif layer.module._parameters.get(name) is not None:
            found[role] = layer.module._parameters[name]
    return found


class _Handle:
    """A hook that can be taken away."""

    def __init__(self, kind: str, hook: Any) -> None:
        self.kind, self.hook = kind, hook

    def remove(self) -> None:
        self.hook.remove()


def _open(layer: Layer) -> Slot:
    slot = Slot().train(layer.module.training)
    if layer.tensor is None:
        layer.module.add_module(SLOT, slot)
        return slot
    _parametrize(layer.module, layer.tensor, slot)
    bias = _bias_name(layer)
    if _scales_bias(layer) and layer.module._parameters.get(bias) is not None:
        _parametrize(layer.module, bias, BiasSlot(slot))
    return slot


def _bias_name(layer: Layer) -> str:
    return "in_proj_bias" if layer.tensor and layer.tensor != "weight" else "bias"


def _scales_bias(layer: Layer) -> bool:
    """Whether the bias goes with this weight alone: not where queries, keys and values are apart."""
    return layer.tensor in ("weight", "in_proj_weight")


def _parametrize(module: nn.Module, name: str, slot: nn.Module) -> None:
    order = list(module._parameters)
    parametrize.register_parametrization(module, name, slot)
    module.parametrizations.train(module.training)
    # Remembered, since a parameter that comes back would stand last.
    slot.order = order  # type: ignore[assignment]


def _close(module: nn.Module, name: str) -> None:
    if not parametrize.is_parametrized(module, name):
        return
    order = module.parametrizations[name][0].order
    parametrize.remove_parametrizations(module, name, leave_parametrized=False)
    present = module._parameters
    for key in [key for key in order if key in present]:
        present[key] = present.pop(key)


def _before(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    part = layer._modules[SLOT].current
    if part is None or not hasattr(part, "before"):
        return None
    if args:
        return (part.before(args[0]), *args[1:]), kwargs
    first = next(iter(kwargs))
    return args, {**kwargs, first: part.before(kwargs[first])}


def _after(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Any:
    part = layer._modules[SLOT].current
    if part is None or not hasattr(part, "after"):
        return None
    return part.after(layer, args[0] if args else next(iter(kwargs.values())), output)
