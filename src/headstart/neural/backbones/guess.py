"""What a module of a user takes: told from its first layer, and tried."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ...core.errors import InputError
from .probe import features_of, text_batch
from .takes import IMAGENET, image_reader

# Sides of images and lengths of series that are tried; networks with dense layers after the flattening take one alone.
_SIDES = (32, 224, 28, 64, 96, 128, 16, 256, 299, 384, 8)
_LENGTHS = (64, 128, 32, 256, 512, 1024, 100, 1000, 16)
# What to pass where a module cannot be run, and what was tried.
_ASKED = {
    "images": ("takes=headstart.neural.inputs.ImageReader(size=..., channels=...)", "images"),
    "series": ("takes=headstart.neural.inputs.SeriesReader(length=..., channels=...)", "series"),
    "texts": ("a module that takes a dict of input_ids and attention_mask", "texts"),
    "table": ("a module that takes rows of numbers (rows, columns)", "tables"),
}
_FIRST: dict[type, str] = {
    nn.Conv2d: "images",
    nn.Conv1d: "series",
    nn.Embedding: "texts",
    nn.EmbeddingBag: "texts",
    nn.Linear: "table",
    nn.RNNBase: "series",
}


def kind_taken(module: nn.Module, takes: Any, name: str) -> str:
    """The kind of input: what the reader says, else what the first layer takes."""
    if takes is not None:
        kind = getattr(takes, "kind", None)
        if not isinstance(kind, str):
            raise InputError(f"takes= is a {type(takes).__name__}; expected a reader of headstart.neural.inputs")
        if kind != "dataset":
            return kind
    layer = _first(module)
    if layer is None:
        raise InputError(
            f"what {name} takes can't be told from its layers; pass takes= with a reader of headstart.neural.inputs, "
            "such as ImageReader(), TextReader(tokenizer, max_length), SeriesReader() or TableReader()"
        )
    return layer[1]


def guessed_reader(module: nn.Module, kind: str, name: str) -> Any:
    """A reader for the kind; for images of the one size that the module takes, where it takes one alone."""
    from .. import inputs

    if kind == "texts":
        raise InputError(
            f"{name} takes token numbers, and only its tokenizer knows them; "
            "pass takes=headstart.neural.inputs.TextReader(tokenizer, max_length)"
        )
    if kind == "table":
        return inputs.TableReader()
    channels = _channels(module, kind)
    if kind == "series":
        return inputs.SeriesReader(channels=channels)
    if type(module).__module__.startswith("torchvision.models"):
        return image_reader((224, 224), channels, *(IMAGENET if channels == 3 else (None, None)))
    sides = [side for side in _SIDES if _tried(module, torch.zeros(1, channels, side, side)) is None]
    # One that takes any size leaves it to the images.
    return image_reader((sides[0], sides[0]) if len(sides) == 1 else None, channels, None, None)


def runs_on(module: nn.Module, kind: str, takes: Any, name: str) -> int:
    """Length of a row's features, from a batch of a plausible shape; from two where the reader leaves the size open."""
    found: list[int] = []
    error: Exception | None = None
    for batch in _batches(module, kind, takes):
        failed = _tried(module, batch)
        if failed is None:
            found.append(features_of(module, batch, name))
        error = error or failed
        if len(found) == 2:
            break
    if found:
        _one_length(found, kind, name)
        return found[0]
    reader, what = _ASKED.get(kind, ("takes= with another reader of headstart.neural.inputs", "what"))
    if error is None:
        raise InputError(f"the number of features of {name} can't be found without knowing what goes in; pass {reader}")
    lines = str(error).strip().splitlines() or [type(error).__name__]
    raise InputError(f"{name} could not be run on {what} that were tried ({lines[0]}); expected {reader}") from error


def sample_batch(module: nn.Module, takes: Any, name: str) -> Any:
    """One row of zeros, or one text, that a backbone's module runs on, of its own type and on its own device."""
    kind = kind_taken(module, takes, name)
    weight = next(module.parameters())
    error: Exception | None = None
    for batch in _batches(module, kind, takes):
        if isinstance(batch, dict):
            batch = {key: value.to(weight.device) for key, value in batch.items()}
        else:
            batch = batch.to(weight)
        failed = _tried(module, batch)
        if failed is None:
            return batch
        error = error or failed
    reader, what = _ASKED.get(kind, ("takes= with another reader of headstart.neural.inputs", "what"))
    raise InputError(
        f"{name} could not be run on {what} that were tried ({error}); open it again with open_backbone, and {reader}"
    ) from error


def _one_length(found: list[int], kind: str, name: str) -> None:
    if len(set(found)) > 1:
        what = "the size of the images" if kind == "images" else "the length of the series"
        raise InputError(
            f"the number of features of {name} depends on {what}: {' and '.join(map(str, sorted(found)))} were found; "
            f"pass {_ASKED[kind][0]}, or add the mean over places before the flattening"
        )


def _batches(module: nn.Module, kind: str, takes: Any) -> list[Any]:
    if kind == "texts":
        return [text_batch()]
    if kind == "table":
        return [torch.zeros(1, columns) for columns in _columns(module)]
    if kind not in ("images", "series"):
        return []
    said = getattr(takes, "channels", None)
    channels = [said] if said else [_channels(module, kind)]
    if kind == "series":
        length = getattr(takes, "length", None)
        return [torch.zeros(1, c, n) for c in channels for n in ([length] if length else _LENGTHS)]
    size = getattr(takes, "size", None)
    sizes = [(size, size) if isinstance(size, int) else size] if size else [(n, n) for n in _SIDES]
    return [torch.zeros(1, c, *s) for c in channels for s in sizes]


def _tried(module: nn.Module, batch: Any) -> Exception | None:
    """None, or what the module says of the batch."""
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            module(batch)
    except Exception as error:  # whatever the code of a user raises for a shape that it does not expect
        return error
    return None


def _first(module: nn.Module) -> tuple[nn.Module, str] | None:
    for layer in module.modules():
        for kind, name in _FIRST.items():
            if isinstance(layer, kind):
                return layer, name
    return None


def _channels(module: nn.Module, kind: str) -> int:
    found = _first(module)
    layer = found[0] if found is not None and found[1] == kind else None
    return int(getattr(layer, "in_channels", 0) or getattr(layer, "input_size", 0) or (3 if kind == "images" else 1))


def _columns(module: nn.Module) -> list[int]:
    found = _first(module)
    return [int(found[0].in_features)] if found is not None and isinstance(found[0], nn.Linear) else []
