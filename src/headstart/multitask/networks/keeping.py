"""Fitted networks of several tasks inside an estimator, and as plain values in a model file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from ...core.errors import InputError
from ...neural.adapters.keeping import put_back, take_apart
from ...neural.backbone import Backbone
from ...neural.backbones.from_module import made_by
from ...neural.backbones.rebuild import rebuild
from ...neural.groups import LayerGroup
from ...neural.inputs.readers import reader_from_plain
from ...neural.keeping import arrays_of
from ..network import MultiTaskNetwork
from .fitting import FittedTasks


class LiveTasks:
    """The joint network and the networks of the tasks that fell back, by place; no attributes to walk over."""

    __slots__ = ("alone", "joint")

    def __init__(self, joint: FittedTasks, alone: dict[int, FittedTasks]) -> None:
        self.joint, self.alone = joint, alone


@dataclass(frozen=True)
class KeptTasks:
    """One fitted network of several tasks as plain values: how it is built, and its arrays by name."""

    recipe: dict[str, Any]
    made_by: Any
    backbone: str
    pretrained: bool
    reader: dict[str, Any]
    reader_arrays: dict[str, np.ndarray]
    groups: list[list[Any]]
    n_features: int
    sharing: Any
    tasks: list[str]
    kept: list[int]
    n_outputs: list[int]
    center: np.ndarray
    scale: np.ndarray
    weights: dict[str, np.ndarray]
    adapters: list[dict[str, Any]] = field(default_factory=list)


def to_plain(fitted: FittedTasks) -> KeptTasks:
    """What a network is rebuilt from; raise where only code of the user's could build it."""
    backbone, network = fitted.backbone, fitted.network
    if not backbone.recipe:
        raise InputError(
            f"the backbone {backbone.name} cannot be saved: only the code that made it could build it again; expected "
            "one opened by name, or a class that needs no arguments and stands in a module: backbone=MyNetwork"
        )
    adapters: list[dict[str, Any]] = []
    state = dict(network.state_dict())
    if fitted.attached is not None:
        base, adapters = take_apart(network.trunk.encoder)
        state = {k: t for k, t in state.items() if not k.startswith("trunk.encoder.")}
        state |= {f"trunk.encoder.{k}": t for k, t in base.items()}
    return KeptTasks(
        backbone.recipe,
        made_by(backbone.recipe) if backbone.recipe["kind"] == "made" else None,
        backbone.name,
        backbone.pretrained,
        *fitted.reader.to_plain(),
        [[g.name, list(g.prefixes)] for g in backbone.groups],
        backbone.n_features,
        fitted.sharing,
        list(fitted.labels),
        list(network.kept),
        list(network.head.n_outputs),
        fitted.center,
        fitted.scale,
        arrays_of(state),
        [{**kept, "state": arrays_of(kept["state"])} for kept in adapters],
    )


def from_plain(kept: KeptTasks, tasks: Any) -> FittedTasks:
    """The fitted network again, in evaluation mode and equal to the last bit."""
    trusted: tuple[str, ...] = ()
    if kept.made_by is not None:
        # Whoever loaded the file trusted this object by its name; the recipe must not name another one.
        trusted = (f"{kept.made_by.__module__}.{kept.made_by.__qualname__}",)
    reader = reader_from_plain(kept.reader, kept.reader_arrays)
    groups = tuple(LayerGroup(name, tuple(prefixes)) for name, prefixes in kept.groups)
    module = rebuild(kept.recipe, trusted=trusted)
    backbone = Backbone(kept.backbone, module, kept.n_features, reader, groups, kept.recipe, kept.pretrained)
    trunk = kept.sharing.build(backbone, list(kept.tasks), seed=0)
    network = MultiTaskNetwork(trunk, kept.n_outputs, kept.kept)
    network.load_state_dict({key: torch.as_tensor(value) for key, value in kept.weights.items()})
    if kept.adapters:
        put_back(network.trunk.encoder, kept.adapters)
    return FittedTasks(
        network=network.eval(),
        reader=reader,
        backbone=backbone,
        sharing=kept.sharing,
        labels=tuple(kept.tasks),
        tasks=tasks,
        center=kept.center,
        scale=kept.scale,
    )
