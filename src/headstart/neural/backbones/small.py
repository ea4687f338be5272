"""Small networks of our own, for those who start without a backbone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from ...core.errors import InputError
from ..backbone import Backbone
from ..groups import layer_groups
from .seeds import seeded
from .small_parts import image_network, series_network, table_network, text_network

# Kind of input -> the function of the shape of a row and a width; the width by default; what a shape is.
_NETWORKS: dict[str, tuple[Callable[[tuple[int, ...], int], nn.Module], int, tuple[str, ...]]] = {
    "table": (table_network, 128, ("columns",)),
    "images": (image_network, 16, ("channels", "height", "width")),
    "series": (series_network, 32, ("channels", "length")),
    "texts": (text_network, 64, ("words in the vocabulary",)),
}


def small_backbone(
    kind: str, shape: Sequence[int], *, takes: Any = None, width: int | None = None, seed: int = 0
) -> Backbone:
    """A small network with random weights, for data that no pretrained network fits.

    Parameters
    ----------
    kind : {"table", "images", "series", "texts"}
        What goes in: rows of numbers (n, columns), images (n, channels, height, width), series (n, channels, length),
        or texts as ``input_ids`` and ``attention_mask`` of shape (n, length).
    shape : sequence of int
        That of one row: ``(columns,)``, ``(channels, height, width)``, ``(channels, length)``, or for texts
        ``(words in the vocabulary,)``. Images and series of other sizes pass too.
    takes : object, optional
        The reader of its inputs.
    width : int, optional
        Outputs of the first layer. None takes 128 for a table, 16 for images, 32 for series and 64 for texts: a step on
        a laptop's CPU takes milliseconds, and little data has no use for more.
    seed : int, default=0
        Decides the random weights; torch's global random state stays as it is.

    Returns
    -------
    Backbone
        Its features depend on one row alone (no batch normalisation), so batches of one row are fine.

    Raises
    ------
    InputError
        For another kind, or a shape of another length.

    Examples
    --------
    >>> import headstart as hs
    >>> backbone = hs.neural.small_backbone("images", (1, 28, 28))
    >>> backbone.n_features, [group.name for group in backbone.groups]
    (64, ['0', '1', '2', '3'])
    """
    if kind not in _NETWORKS:
        raise InputError(f"no small network takes {kind!r}; expected one of {', '.join(map(repr, _NETWORKS))}")
    _, default, axes = _NETWORKS[kind]
    shape = tuple(int(n) for n in shape)
    if len(shape) != len(axes) or min(shape) < 1:
        raise InputError(f"a row of {kind} has the shape {shape}; expected ({', '.join(axes)}), each at least 1")
    recipe = {"kind": "small", "inputs": kind, "shape": list(shape), "width": width or default}
    with seeded(seed):
        module = build_small(recipe)
    module.eval()
    return Backbone(
        name=f"small/{kind}",
        module=module,
        n_features=_n_features(module, kind, shape),
        takes=takes,
        groups=layer_groups(module),
        recipe=recipe,
    )


def build_small(recipe: dict[str, Any]) -> nn.Module:
    """The network of a recipe, with random weights."""
    build, _, _ = _NETWORKS[recipe["inputs"]]
    return build(tuple(recipe["shape"]), int(recipe["width"]))


def _n_features(module: nn.Module, kind: str, shape: tuple[int, ...]) -> int:
    if kind == "texts":
        batch: Any = {name: torch.ones(1, 1, dtype=torch.int64) for name in ("input_ids", "attention_mask")}
        batch["input_ids"].zero_()
    else:
        batch = torch.zeros(1, *shape)
    with torch.no_grad():
        return int(module(batch).shape[-1])


def small_backbone_for(reader: Any, *, seed: int = 0) -> Backbone:
    """A small network for what a fitted reader of ``headstart.neural.inputs`` gives."""
    if reader.kind not in _NETWORKS:
        raise InputError(
            f"what a {reader.kind} gives can't be told, so no small network is made for it; "
            "pass backbone= with a torch.nn.Module that takes its batches"
        )
    shape = (reader.n_tokens,) if reader.kind == "texts" else reader.shape
    return small_backbone(reader.kind, shape, takes=reader, seed=seed)
