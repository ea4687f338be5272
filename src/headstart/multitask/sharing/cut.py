"""The layers of a backbone that a way of sharing cuts behind or taps, with the shapes of what they give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ...core.errors import InputError
from ...neural.axes import feature_axis
from ...neural.backbone import Backbone
from .outputs import first_of
from .places import At, end_of, layers_at, places_with_end
from .segments import Segments
from .trying import trying

# Rows of the dry run: another number than that of the tokens of its text.
_ROWS = 3


@dataclass(frozen=True)
class CutLayer:
    """A layer: the name of its group, the module that it ends with, the shape of a row of its output, and which axis of
    the output (rows are axis 0) holds its channels or features.
    """

    name: str
    place: int
    end: str
    shape: tuple[int, ...]
    axis: int

    @property
    def channels(self) -> int:
        """How many there are."""
        return self.shape[self.axis - 1]


def cut_layers(backbone: Backbone, at: At | None) -> list[CutLayer]:
    """The layers ``at``, from input to output; None: all whose output is one tensor with rows first, given once a pass.

    Raises InputError where a layer cannot be cut behind, or where there is none.
    """
    module, groups = backbone.module, backbone.groups
    with trying(backbone) as batch, torch.no_grad():
        batch = _several(batch)
        if at is None:
            places = _all(backbone, batch)
        else:
            places = layers_at(groups, at)
        ends = [end_of(module, groups, place) for place in places]
        found, passage = [], Segments(ends).start(module, batch)
        for place, end in zip(places, ends, strict=True):
            value = passage.value
            if value.dim() < 2 or len(value) != _ROWS or not value.is_floating_point():
                raise InputError(
                    f"layer {groups[place].name!r} gives a tensor of shape {tuple(value.shape)} for {_ROWS} rows; "
                    "expected (rows, ...) with features: take another layer"
                )
            axis = feature_axis(value, module, groups[place])
            found.append(CutLayer(groups[place].name, place, end, tuple(value.shape[1:]), axis))
            passage = passage.on(value)
    return found


def _several(batch: Any) -> Any:
    if isinstance(batch, dict):
        return {key: _several(value) for key, value in batch.items()}
    return batch.expand(_ROWS, *batch.shape[1:]).clone()


def _all(backbone: Backbone, batch: Any) -> list[int]:
    """The layers that can be cut behind, as one plain pass shows them."""
    module, groups = backbone.module, backbone.groups
    ends = {end_of(module, groups, place): place for place in places_with_end(module, groups)}
    seen: list[tuple[int, bool]] = []

    def look(place: int) -> Any:
        return lambda _, args, output: seen.append((place, _fits(output)))

    handles = [module.get_submodule(end).register_forward_hook(look(place)) for end, place in ends.items()]
    try:
        module(batch)
    finally:
        for handle in handles:
            handle.remove()
    order = [place for place, _ in seen]
    found: list[int] = []
    for place, fits in seen:
        if fits and order.count(place) == 1 and place > max(found, default=-1):
            found.append(place)
    if not found:
        raise InputError(
            f"no layer of {backbone.name} gives one tensor (rows, ...) once a pass; expected a network with one, or "
            "HardSharing()"
        )
    return found


def _fits(output: Any) -> bool:
    try:
        value = first_of(output, "")
    except InputError:
        return False
    return value.dim() > 1 and len(value) == _ROWS and value.is_floating_point()


def names_at(layers: Sequence[CutLayer]) -> list[str]:
    """The modules to cut behind."""
    return [layer.end for layer in layers]
