"""From an adapter's patterns to the layers of a network, or an error that names those that exist."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any

from torch import nn

from ...core.errors import InputError
from .linearity import acts_linearly
from .targets import Layer, layers_of, opened


def choose_layers(adapter: Any, module: nn.Module, *, peft: bool) -> list[Layer]:
    """The layers of ``module`` that ``adapter`` goes to."""
    layers = layers_of(module)
    if peft:
        # peft calls layers; what torch reads past a call stays as it is.
        layers = [layer for layer in layers if layer.kind != "attention"]
    elif adapter.changes_weights:
        layers = [layer for layer in opened(layers) if layer.tensor or acts_linearly(layer.module)]
    possible = [layer for layer in layers if adapter.takes(layer, peft)]
    if not possible:
        raise InputError(
            f"{type(module).__name__} has no layer for {type(adapter).__name__}; expected linear layers, ungrouped "
            "convolutions or attention. BitFit trains the biases of any layer"
        )
    if adapter.layers is not None:
        patterns = (adapter.layers,) if isinstance(adapter.layers, str) else adapter.layers
        return matching(possible, patterns, type(module).__name__)
    usual: list[Layer] = adapter.usual([layer for layer in possible if layer.kind != "embedding"])
    if not usual:
        raise InputError(
            f"{type(module).__name__} has no usual place for {type(adapter).__name__}; name layers, such as "
            f"layers={[layer.key for layer in possible[:3]]!r}"
        )
    return usual


def matching(layers: Sequence[Layer], patterns: Iterable[str], where: str) -> list[Layer]:
    """The layers that some pattern matches; each pattern has to match at least one."""
    hits: set[str] = set()
    for pattern in patterns:
        found = {layer.key for layer in layers if matches(layer.key, pattern) or matches(layer.path, pattern)}
        if not found:
            some = ", ".join(repr(layer.key) for layer in layers[:6])
            more = f" and {len(layers) - 6} more" if len(layers) > 6 else ""
            raise InputError(f"the pattern {pattern!r} matches no layer of {where}; it has {some}{more}")
        hits |= found
    return [layer for layer in layers if layer.key in hits]


def matches(name: str, pattern: str) -> bool:
    """Whether a shell pattern matches the whole name, its end, or a module that holds it."""
    return any(fnmatchcase(name, p) for p in (pattern, f"*.{pattern}", f"{pattern}.*", f"*.{pattern}.*"))
