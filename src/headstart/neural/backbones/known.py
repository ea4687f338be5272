"""Modules of timm and transformers that a user made: their heads and readers are known."""

from __future__ import annotations

import copy
from typing import Any

from ...core.errors import InputError
from ..backbone import Backbone
from .fit_weights import load_weights
from .guess import guessed_reader
from .weight_files import read_weights


def open_known(
    network: Any, weights: str | None, pretrained: bool | None, takes: Any, given: dict[str, Any]
) -> Backbone | None:
    """The backbone of a copy of ``network``, or None where it is of neither library."""
    package = type(network).__module__.partition(".")[0]
    of_timm = package == "timm" and hasattr(network, "reset_classifier")
    of_transformers = package == "transformers" and hasattr(network, "base_model")
    if given["head"] is not None or not (of_timm or of_transformers):
        return None
    if given["arguments"] is not None:
        raise InputError("arguments= are for a class or function that makes a module; this is a module already")
    name, module = type(network).__name__, copy.deepcopy(network)
    trained = bool(pretrained) or weights is not None
    if of_transformers:
        from .from_hub import wrap_transformer
        from .hub_reader import config_reader

        model = module.base_model
        takes = config_reader(model, name) if takes is None else takes
        notes = _loaded(model, weights, name, ())
        return wrap_transformer(name, model, pooling=given["pooling"], takes=takes, pretrained=trained, notes=notes)
    from .from_timm import classifier_of, wrap_timm

    if given["pooling"] is not None:
        raise InputError(f"pooling={given['pooling']!r} is for a network of Hugging Face; leave it out")
    notes = _loaded(module, weights, name, classifier_of(module))
    module.reset_classifier(0)
    if takes is None and not getattr(module, "pretrained_cfg", None):
        takes = guessed_reader(module.eval(), "images", name)
    return wrap_timm(name, module, takes=takes, pretrained=trained, recipe={}, notes=notes)


def _loaded(module: Any, weights: str | None, name: str, head: tuple[str, ...]) -> tuple[str, ...]:
    if weights is None:
        return ()
    return load_weights(module, read_weights(weights), network=name, source=repr(weights), head=head)
