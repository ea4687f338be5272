"""Networks for images of the timm library, by name: ``"timm/resnet50"``."""

from __future__ import annotations

import difflib
from typing import Any

from torch import nn

from ...core.errors import InputError
from ...core.optional import require
from ..backbone import Backbone
from ..groups import layer_groups
from .fit_weights import load_weights
from .hub import fetching
from .probe import features_of, image_batch
from .seeds import seeded
from .takes import image_reader
from .weight_files import read_weights


def timm() -> Any:
    """The library."""
    return require("timm", extra="vision", purpose="a network of timm")


def open_timm(
    name: str,
    architecture: str,
    *,
    weights: str | None,
    pretrained: bool,
    arguments: dict[str, Any],
    takes: Any,
    seed: int,
    config: dict[str, Any] | None = None,
) -> Backbone:
    """A network of timm without its classifier; ``config`` is what the folder of its weights says of them."""
    known_name(architecture)
    if "num_classes" in arguments:
        raise InputError("arguments= holds num_classes; a backbone has no classifier, so leave it out")
    notes: tuple[str, ...] = ()
    create = timm().create_model
    made: dict[str, Any] = {**arguments, **({"pretrained_cfg_overlay": config} if config else {})}
    with seeded(seed):
        if weights is not None:
            # With its classifier at first: weights that are matched in order have to have all of their partners.
            module = create(architecture, pretrained=False, **made)
            notes = load_weights(
                module, read_weights(weights), network=repr(name), source=repr(weights), head=classifier_of(module)
            )
            module.reset_classifier(0)
        elif pretrained:
            with fetching(name):
                module = create(architecture, pretrained=True, num_classes=0, **made)
        else:
            module = create(architecture, pretrained=False, num_classes=0, **made)
    recipe = {"kind": "timm", "architecture": architecture, "arguments": dict(arguments)}
    return wrap_timm(name, module, takes=takes, pretrained=pretrained, recipe=recipe, arguments=arguments, notes=notes)


def wrap_timm(
    name: str,
    module: Any,
    *,
    takes: Any,
    pretrained: bool,
    recipe: dict[str, Any],
    arguments: dict[str, Any] | None = None,
    notes: tuple[str, ...] = (),
) -> Backbone:
    """A network of timm that gives features, as a backbone; what it was trained with decides the reader."""
    module.eval()
    said = timm().data.resolve_model_data_config(module, args=dict(arguments or {}))
    channels, *size = said["input_size"]
    if takes is None:
        mean, std = (_for_channels(said[key], channels) for key in ("mean", "std"))
        takes = image_reader(tuple(size), channels, mean, std, said["interpolation"])
    return Backbone(
        name=name,
        module=module,
        n_features=features_of(module, image_batch(takes, channels, tuple(size)), name),
        takes=takes,
        groups=layer_groups(module),
        recipe=recipe,
        pretrained=pretrained,
        notes=notes,
    )


def _for_channels(values: Any, channels: int) -> tuple[float, ...]:
    """The mean over red, green and blue for each channel, where the network takes another number of them."""
    return tuple(values) if len(values) == channels else (sum(values) / len(values),) * channels


def build_timm(recipe: dict[str, Any]) -> nn.Module:
    """The network of a recipe, with random weights; no recipe of ours names files to read."""
    if {"checkpoint_path", "cache_dir"} & set(recipe["arguments"]):
        raise InputError("the recipe of a network names files; it was tampered with: save the model again")
    known_name(recipe["architecture"])
    module: nn.Module = timm().create_model(
        recipe["architecture"], pretrained=False, num_classes=0, **recipe["arguments"]
    )
    return module


def classifier_of(module: Any) -> tuple[str, ...]:
    """Names of the classifier's parts."""
    said = (getattr(module, "pretrained_cfg", None) or {}).get("classifier") or ()
    return (said,) if isinstance(said, str) else tuple(said)


def known_name(architecture: str) -> None:
    """Raise where timm has no network of this name."""
    # The part after the dot says which weights; a place on a hub is no name of a network.
    base = architecture.partition(".")[0]
    if ":" in architecture or not timm().is_model(base):
        near = difflib.get_close_matches(base, timm().list_models(), n=3)
        raise InputError(
            f"timm has no network {architecture!r}; expected a name of timm.list_models()"
            + (f", such as {', '.join(near)}" if near else "")
        )
