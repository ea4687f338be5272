"""Where a network is tapped or cut: layers by name, pattern or place, and the module that each of them ends with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any

from torch import nn

from ...core.errors import InputError, InputTypeError
from ...neural.groups import LayerGroup
from ...neural.plan import Plan
from ...neural.policies.base import find_layer, shown

At = str | int | Sequence[str | int]


def layer_at(groups: Sequence[LayerGroup], at: Any) -> int:
    """The place of one layer: the last one that a pattern fits, or that lies in the part of this name."""
    return _found(groups, at)[-1]


def layers_at(groups: Sequence[LayerGroup], at: Any) -> list[int]:
    """The places of several layers, from input to output: all that a pattern fits, of a part its last one."""
    if isinstance(at, Iterable) and not isinstance(at, str):
        several = list(at)
        if not several:
            raise InputError("at is empty; expected at least one layer, or None")
        return sorted({place for one in several for place in layers_at(groups, one)})
    found = _found(groups, at)
    return found if isinstance(at, str) and any(sign in at for sign in "*?[") else found[-1:]


def _found(groups: Sequence[LayerGroup], at: Any) -> list[int]:
    names = [group.name for group in groups]
    if isinstance(at, bool) or not isinstance(at, (str, int)):
        raise InputTypeError(
            f"at holds {at!r}; expected the name of a layer, a pattern such as 'layer3*', or its place"
        )
    if isinstance(at, str) and at not in names:
        inside = [k for k, name in enumerate(names) if name.startswith(f"{at}.")]
        fits = inside or [k for k, name in enumerate(names) if fnmatchcase(name, at)]
        if fits:
            return fits
    return [find_layer(Plan.of(groups), at)]


def end_of(module: nn.Module, groups: Sequence[LayerGroup], place: int) -> str:
    """The name of the module whose output is that of the layer.

    Raises
    ------
    InputError
        Where the parts of the layer meet outside of them, as embeddings of words and places that are added do.
    """
    end = _end(module, groups[place])
    if end is None:
        others = [group.name for group in groups if _end(module, group) is not None]
        parts = ", ".join(groups[place].prefixes)
        raise InputError(
            f"layer {groups[place].name!r} has parts that meet outside of them ({parts}), so that no module gives its "
            f"output; expected one of: {shown(others)}"
        )
    return end


def places_with_end(module: nn.Module, groups: Sequence[LayerGroup]) -> list[int]:
    """The layers whose output a module gives."""
    return [place for place, group in enumerate(groups) if _end(module, group) is not None]


def _end(module: nn.Module, group: LayerGroup) -> str | None:
    parts = dict(module.named_modules())
    if len(group.prefixes) == 1:
        return _called(parts, group.prefixes[0])
    # All that a module holds, such as the embeddings of a transformer.
    names = [name for name, _ in group.state(module)]
    for parent in _above(group.prefixes):
        if all(group.holds(f"{parent}.{name}") for name in parts[parent].state_dict()):
            return _called(parts, parent)
    if any(prefix not in parts for prefix in group.prefixes):
        return None
    heavy = [p for p in group.prefixes if any(w.dim() > 1 for w in parts[p].parameters())]
    return _called(parts, group.prefixes[-1]) if names and len(heavy) < 2 else None


def _above(prefixes: Sequence[str]) -> list[str]:
    """The modules that hold all of these, the outermost first, without the network itself."""
    common = prefixes[0].split(".")
    for prefix in prefixes[1:]:
        own = prefix.split(".")
        same = [a == b for a, b in zip(common, own, strict=False)]
        common = common[: same.index(False) if False in same else len(same)]
    return [".".join(common[:k]) for k in range(1, len(common) + 1)]


def _called(parts: dict[str, nn.Module], name: str) -> str | None:
    """The module itself, or the last one in a list, which is never called."""
    if name not in parts:
        return None
    while isinstance(parts[name], (nn.ModuleList, nn.ModuleDict)) and len(parts[name]):
        name = f"{name}.{list(parts[name]._modules)[-1]}"
    return name
