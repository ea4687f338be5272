"""A fitted network inside an estimator: out of the sight of what walks over attributes, and kept without pickle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..core.errors import InputError
from .backbones.from_module import made_by
from .backbones.rebuild import rebuild
from .groups import LayerGroup
from .inputs.readers import reader_from_plain
from .network import Network


class Live:
    """A network, the reader of its inputs and its adapter. No attributes to walk over: ``to_plain`` alone keeps them."""

    __slots__ = ("adapter", "network", "reader")

    def __init__(self, network: Network, reader: Any, adapter: Any = None) -> None:
        self.network = network
        self.reader = reader
        self.adapter = adapter


@dataclass(frozen=True)
class Kept:
    """A network and the reader of its inputs as plain values: how they are built, and their arrays by name.

    ``made_by`` is the class or function of a network of the user's own: as an object in a model file it is one that
    whoever loads the file has to trust.
    """

    recipe: dict[str, Any]
    made_by: Any
    reader: dict[str, Any]
    reader_arrays: dict[str, np.ndarray]
    groups: list[list[Any]]
    n_features: int
    n_outputs: int
    weights: dict[str, np.ndarray]
    adapter: Any = None


def to_plain(live: Live, recipe: dict[str, Any], name: str) -> Kept:
    """What a network is rebuilt from; raise where only code of the user's could build it."""
    if not recipe:
        raise InputError(
            f"the backbone {name} cannot be saved: only the code that made it could build it again; expected a backbone "
            "opened by name, or a class that needs no arguments and stands in a module: backbone=MyNetwork"
        )
    network, attached = live.network, live.adapter
    weights = {}
    for key, tensor in network.state_dict().items():
        tensor = tensor.detach().cpu()
        # NumPy has no bfloat16; as float32 each value stays the same.
        weights[key] = (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).contiguous().numpy()
    groups = [[g.name, [_inside(p) for p in g.prefixes]] for g in network.groups[:-1]]
    return Kept(
        recipe,
        made_by(recipe) if recipe["kind"] == "made" else None,
        *live.reader.to_plain(),
        groups,
        network.head.in_features,
        network.head.out_features,
        weights,
        None if attached is None else attached.adapter,
    )


def from_plain(kept: Kept) -> Live:
    """The network again, in evaluation mode and equal to the last bit, with its adapter and the reader of its inputs."""
    trusted = () if kept.made_by is None else (kept.recipe["path"],)
    groups = [LayerGroup(name, tuple(prefixes)) for name, prefixes in kept.groups]
    network = Network(rebuild(kept.recipe, trusted=trusted), kept.n_features, kept.n_outputs, groups)
    adapter = None if kept.adapter is None else kept.adapter.attach(network.encoder, seed=0)
    network.load_state_dict({key: torch.as_tensor(value) for key, value in kept.weights.items()})
    return Live(network.eval(), reader_from_plain(kept.reader, kept.reader_arrays), adapter)


def _inside(prefix: str) -> str:
    """A name of the network as one of its encoder."""
    return "" if prefix == "encoder" else prefix.removeprefix("encoder.")
