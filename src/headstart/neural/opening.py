"""What a training starts from: a backbone by name, a small network, or the network of a fitted source model."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from ..core.errors import InputError
from .adapters.registry import attached_to
from .backbone import Backbone
from .backbones.open import open_backbone
from .backbones.small import small_backbone
from .inputs.readers import reader_for
from .network import Network
from .problem import Problem


def open_for(how: Any, problem: Problem, seed: int) -> tuple[Backbone, Any]:
    """The backbone, and the reader of its inputs: fitted to target and source rows, or as the source model has it."""
    if problem.given is not None:
        backbone = backbone_of(problem.given)
        reader = backbone.takes
        if reader.kind != problem.kind:
            raise InputError(f"X holds {problem.kind} and the source model takes {reader.kind}; expected the same")
    elif how.backbone is None:
        if how.weights is not None:
            raise InputError(
                f"weights={how.weights!r} is given without a backbone; expected the name of their network too"
            )
        backbone = small_for(problem, seed)
        reader = backbone.takes
    else:
        backbone = open_backbone(how.backbone, weights=how.weights, seed=seed)
        reader = reader_of(backbone, problem)
    if how.augment != "none":
        if problem.kind != "images":
            raise InputError(f"augment={how.augment!r} is for images, and X holds {problem.kind}; expected 'none'")
        reader = replace(reader, augment=how.augment)
    return backbone, reader


def is_small(backbone: Backbone) -> bool:
    """Whether it is one of headstart's small networks."""
    return backbone.recipe.get("kind") == "small"


def backbone_of(model: Any) -> Backbone:
    """The network of a fitted source model without its head, and its reader: a copy, with its adapter merged in."""
    living = model._living()
    network = copy.deepcopy(living.network)
    for attached in sorted(attached_to(network.encoder).values(), key=lambda one: one.active):
        if attached.active:
            attached.merge()
        attached.detach(keep_merged=attached.active)
    groups = tuple(group.inside("encoder") for group in network.groups[:-1])
    return Backbone(
        name=model.backbone_name_,
        module=network.encoder,
        n_features=network.head.in_features,
        takes=living.reader,
        groups=groups,
        recipe=model._recipe,
        pretrained=True,
        notes=tuple(model.notes_),
    )


def carry_head(network: Network, head: torch.nn.Linear, theirs: np.ndarray | None, mine: np.ndarray | None) -> None:
    """Give a network the head that was trained on ``theirs``; classes that it did not have keep a row of zeros."""
    rows: Any = slice(None) if mine is None or theirs is None else np.searchsorted(mine, theirs)
    with torch.no_grad():
        network.head.weight[rows] = head.weight.detach().to(network.head.weight)
        network.head.bias[rows] = head.bias.detach().to(network.head.bias)


def small_for(problem: Problem, seed: int) -> Backbone:
    """A small network with random weights for these rows, and the reader that it takes, fitted to them."""
    reader = reader_for(problem.kind, problem.X).fit(problem.X, problem.source_blocks)
    return small_backbone(*_small(problem.kind, reader), takes=reader, seed=seed)


def reader_of(backbone: Backbone, problem: Problem) -> Any:
    """The reader of a backbone's inputs, fitted to target and source rows."""
    reader = backbone.takes if backbone.takes is not None else reader_for(problem.kind, problem.X)
    if reader.kind != problem.kind:
        raise InputError(
            f"X holds {problem.kind} and the backbone {backbone.name} takes {reader.kind}; expected the same: another "
            "backbone, or say what it takes: backbone=open_backbone(..., takes=ImageReader(size=..., channels=...))"
        )
    return reader.fit(problem.X, problem.source_blocks)


def _small(kind: str, reader: Any) -> tuple[str, tuple[int, ...]]:
    """The kind and shape of rows that a small network is made for."""
    if kind == "texts":
        return kind, (len(reader.tokenizer),)
    if kind == "dataset":
        kinds = {1: "table", 2: "series", 3: "images"}
        if len(reader.shape) not in kinds:
            raise InputError(
                f"the dataset gives items of shape {reader.shape}; expected (columns,), (channels, length) or "
                "(channels, height, width), or a backbone that takes them"
            )
        if reader.whole:
            raise InputError(
                f"the dataset gives whole numbers of shape {reader.shape}; expected floats, scaled: let it divide "
                "(x.float() / 255 for images of 8 bits), or pass a backbone that takes whole numbers"
            )
        return kinds[len(reader.shape)], reader.shape
    return kind, reader.shape
