"""One network for all tasks up to a layer, and layers of their own above it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import nn

from ...core.errors import InputError
from ...neural.backbone import Backbone
from ...neural.groups import LayerGroup
from .base import Trunk
from .own_parts import OwnParts
from .places import At, end_of, layer_at
from .segments import Passage, Segments
from .trying import names_of, trying, weights_behind


class SplitTrunk(Trunk):
    """The layers of a backbone up to ``at`` once, those above once for each task, all from the same weights.

    The backbone's own upper layers are those of the first task. The forward of the backbone runs on with the layers of
    a task in their places.
    """

    def __init__(self, backbone: Backbone, tasks: Sequence[str], at: At) -> None:
        super().__init__()
        place = layer_at(backbone.groups, at)
        self._split(backbone, tasks, place, [end_of(backbone.module, backbone.groups, place)])
        check_split(self, backbone, backbone.groups[place].name)

    def _split(self, backbone: Backbone, tasks: Sequence[str], place: int, ends: Sequence[str]) -> None:
        """Split behind the layer at ``place``; ``ends`` are the modules that are read, its own the last."""
        self.encoder = backbone.module
        self.n_tasks, self.n_features = len(tasks), backbone.n_features
        lower, upper = backbone.groups[: place + 1], backbone.groups[place + 1 :]
        self.others = nn.ModuleList(OwnParts(backbone.module, upper) for _ in tasks[1:])
        self._below = tuple(group.under("encoder") for group in lower)
        own = [LayerGroup(f"{g.name} ({task})", self._prefixes(g, k)) for g in upper for k, task in enumerate(tasks)]
        self.groups = (*self._below, *own)
        self._segments = Segments(ends)
        self._held = _Held()

    def _prefixes(self, group: LayerGroup, task: int) -> tuple[str, ...]:
        if task == 0:
            return group.under("encoder").prefixes
        own: OwnParts = self.others[task - 1]  # type: ignore[assignment]
        return own.group(group).under(f"others.{task - 1}").prefixes

    def shared(self, batch: Any) -> tuple[torch.Tensor, ...]:
        """What the layers give, (n_rows, ...) each. The pass is held until the next one, for ``own`` to go on from."""
        self._held.passage = None
        passage = self._segments.start(self.encoder, batch)
        values = [passage.value]
        while len(values) < len(self._segments.at):
            passage = passage.on(passage.value)
            values.append(passage.value)
        self._held.passage = passage
        return tuple(values)

    def own(self, read: tuple[torch.Tensor, ...], task: int) -> torch.Tensor:
        """The features of one task, from what ``shared`` gave for the latest batch."""
        if self._held.passage is None:
            raise InputError("own() goes on from what shared() gave; expected shared(batch) before")
        instead = None if task == 0 else self.others[task - 1].instead()  # type: ignore[operator]
        return self._held.passage.on(self.goes_on(read, task), instead).value

    def goes_on(self, read: tuple[torch.Tensor, ...], task: int) -> torch.Tensor:
        """What the layers of a task read: here what is shared, as it is."""
        return read[-1]

    def below(self) -> Iterator[nn.Parameter]:
        """The parameters of the shared layers."""
        return (p for name, p in self.named_parameters() if any(group.holds(name) for group in self._below))


class _Held(threading.local):
    """The latest pass of each thread; no copy and no file holds it."""

    passage: Passage | None = None

    def __deepcopy__(self, memo: Any) -> _Held:
        return _Held()

    def __reduce__(self) -> Any:
        return (_Held, ())


def check_split(trunk: SplitTrunk, backbone: Backbone, layer: str) -> None:
    """Raise where the network cannot be split at the layer: something passes by."""
    below = set(trunk.below())
    try:
        with trying(backbone, trunk.others) as batch:
            values = trunk.shared(batch)
            early = names_of(trunk.encoder, set().union(*map(weights_behind, values)) - below)
            if early:
                raise InputError(
                    f"the weight {early[0]!r} comes after layer {layer!r} in the list of layers, and acts before it; "
                    "expected at= with a layer before which all earlier ones run"
                )
            for task in range(min(trunk.n_tasks, 2)):
                reads = tuple(value.detach().requires_grad_() for value in values)
                reached = weights_behind(trunk.own(reads, task))
                _refuse_past(names_of(trunk.encoder, reached & below), layer)
                if task:
                    _refuse_not_own(names_of(trunk.encoder, reached), layer)
    finally:
        trunk._held.passage = None


def _refuse_not_own(weights: list[str], layer: str) -> None:
    if weights:
        raise InputError(
            f"the weight {weights[0]!r} above layer {layer!r} is used outside of the module that holds it, so that no "
            "task can have one of its own; expected at= with a layer above it"
        )


def _refuse_past(weights: list[str], layer: str) -> None:
    if weights:
        raise InputError(
            f"the shared weight {weights[0]!r} also acts above layer {layer!r}, past that layer's output, as by a skip "
            "connection; expected at= with a layer whose output is all that goes on, or at=None"
        )
