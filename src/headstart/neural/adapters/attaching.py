"""Putting an adapter into a network: by which carrier, into which layers."""

from __future__ import annotations

import re
from typing import Any

from torch import nn

from ...core.errors import InputError, InputTypeError
from .attached import Attached
from .biases import BiasesAttached
from .choosing import choose_layers
from .hugging_face import PeftAttached, hugging_face_root
from .own import OwnAttached
from .registry import Registry, registry_of
from .slot import Slot
from .targets import Layer


def attach(adapter: Any, module: nn.Module, *, seed: int, name: str, keys: list[str] | None = None) -> Attached:
    """Attach an adapter; ``keys`` are its very layers, where a file tells them."""
    registry = _registry(module, name)
    root = hugging_face_root(module)
    attached: Attached
    if not hasattr(adapter, "part") or type(adapter).__name__ == "BitFit":
        attached = BiasesAttached(adapter, registry, name)
    elif adapter.through_peft and root is not None:
        layers = _layers(adapter, module.get_submodule(root), True, keys)
        attached = PeftAttached(adapter, registry, name, layers, seed, root)
    else:
        layers = _layers(adapter, module, False, keys)
        attached = OwnAttached(adapter, registry, name, layers, seed)
    if not registry.adapters:
        registry.open()
    registry.adapters[name] = attached
    attached.activate()
    return attached


def _layers(adapter: Any, module: nn.Module, peft: bool, keys: list[str] | None) -> list[Layer]:
    if keys is None:
        layers = choose_layers(adapter, module, peft=peft)
    else:
        layers = [layer for layer in choose_layers(adapter, module, peft=peft) if layer.key in keys]
    past = [layer.key for layer in layers if layer.tensor is not None]
    if past and getattr(adapter, "dropout", 0):
        raise InputError(
            f"dropout={adapter.dropout} has no input to act on in {past[0]}, whose weight torch reads without calling "
            "a layer; use dropout=0, or layers= without MultiheadAttention"
        )
    return layers


def _registry(module: nn.Module, name: str) -> Registry:
    if not isinstance(module, nn.Module):
        raise InputTypeError(f"adapters are attached to a torch.nn.Module, got {type(module).__name__}")
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z]\w*", name) or hasattr(Slot(), name):
        raise InputError(f"the adapter name {name!r} can't be used; expected letters, digits and _, such as 'reviews'")
    registry = registry_of(module)
    if registry is None:
        return Registry(module)
    if name in registry.adapters:
        raise InputError(f"an adapter is called {name!r} already; give another name=, or detach that one first")
    merged = [n for n, other in registry.adapters.items() if other.merged]
    if merged:
        raise InputError(f"the adapter {merged[0]!r} is merged; call its unmerge() before another is attached")
    return registry
