"""A fitted network inside an estimator: out of the sight of what walks over attributes, and kept without pickle."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from ..core.errors import InputError
from .adapters.keeping import put_back, take_apart
from .adapters.registry import attached_to
from .backbones.from_module import made_by
from .backbones.rebuild import rebuild
from .groups import LayerGroup
from .inputs.readers import reader_from_plain
from .network import Network


class Live:
    """A network, its reader and its adapter. No attributes to walk over: ``to_plain`` alone keeps them."""

    __slots__ = ("adapter", "network", "reader")

    def __init__(self, network: Network, reader: Any, adapter: Any = None) -> None:
        self.network = network
        self.reader = reader
        self.adapter = adapter


@dataclass(frozen=True)
class Kept:
    """A network and the reader of its inputs as plain values: how they are built, and their arrays by name.

    ``weights`` are those without adapters; these stand apart, each with its settings and its own arrays. ``made_by``
    is the class or function of a network of the user's own: as an object in a model file it is one that whoever loads
    the file has to trust.
    """

    recipe: dict[str, Any]
    made_by: Any
    reader: dict[str, Any]
    reader_arrays: dict[str, np.ndarray]
    groups: list[list[Any]]
    n_features: int
    n_outputs: int
    weights: dict[str, np.ndarray]
    adapters: list[dict[str, Any]] = field(default_factory=list)


def to_plain(live: Live, recipe: dict[str, Any], name: str) -> Kept:
    """What a network is rebuilt from; raise where only code of the user's could build it."""
    if not recipe:
        raise InputError(
            f"the backbone {name} cannot be saved: only the code that made it could build it again; expected one "
            "opened by name, or a class that needs no arguments and stands in a module: backbone=MyNetwork"
        )
    network = live.network
    base, adapters = take_apart(network.encoder)
    weights = arrays_of(
        {f"encoder.{k}": t for k, t in base.items()} | {f"head.{k}": t for k, t in network.head.state_dict().items()}
    )
    groups = [[g.name, list(g.inside("encoder").prefixes)] for g in network.groups[:-1]]
    return Kept(
        recipe,
        made_by(recipe) if recipe["kind"] == "made" else None,
        *live.reader.to_plain(),
        groups,
        network.head.in_features,
        network.head.out_features,
        weights,
        [{**kept, "state": arrays_of(kept["state"])} for kept in adapters],
    )


def from_plain(kept: Kept) -> Live:
    """The network again, in evaluation mode and equal to the last bit, with its adapter and reader."""
    trusted: tuple[str, ...] = ()
    if kept.made_by is not None:
        # Whoever loaded the file trusted this object by its name; the recipe must not name another one.
        trusted = (f"{kept.made_by.__module__}.{kept.made_by.__qualname__}",)
    groups = [LayerGroup(name, tuple(prefixes)) for name, prefixes in kept.groups]
    network = Network(rebuild(kept.recipe, trusted=trusted), kept.n_features, kept.n_outputs, groups)
    network.load_state_dict({key: torch.as_tensor(value) for key, value in kept.weights.items()})
    put_back(network.encoder, kept.adapters)
    active = [attached for attached in attached_to(network.encoder).values() if attached.active]
    return Live(network.eval(), reader_from_plain(kept.reader, kept.reader_arrays), active[0] if active else None)


def arrays_of(tensors: dict[str, torch.Tensor]) -> dict[str, np.ndarray]:
    """Tensors as arrays of the same values."""
    arrays = {}
    for key, tensor in tensors.items():
        tensor = tensor.detach().cpu()
        # NumPy has no bfloat16; as float32 each value stays the same.
        arrays[key] = (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).contiguous().numpy()
    return arrays
