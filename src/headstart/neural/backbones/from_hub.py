"""Transformers by name, from a folder or from a GGUF file: ``"hf/bert-base-uncased"``."""

from __future__ import annotations

import inspect
import json
from typing import Any

import torch
from torch import nn

from ...core.errors import InputError
from ...core.optional import require
from ..backbone import Backbone
from ..groups import layer_groups
from .fit_weights import Match
from .hub import fetching, place_of, quiet_transformers, reading, transformers
from .hub_reader import folder_reader, image_size, is_vision, pooling_of_folder
from .pooling import ImageEncoder, TextEncoder
from .probe import features_of, text_batch
from .seeds import seeded

_DTYPES = ("float32", "bfloat16", "float16")


def open_transformer(
    name: str,
    place: str,
    *,
    local: bool,
    pretrained: bool,
    pooling: str | None,
    max_length: int | None,
    dtype: str,
    takes: Any,
    seed: int,
) -> Backbone:
    """A transformer from ``place``: a folder or GGUF file where ``local``, else a repository of the hub."""
    if dtype not in _DTYPES:
        raise InputError(f"dtype is {dtype!r}; expected one of {', '.join(map(repr, _DTYPES))}")
    folder, where = place_of(place, local)
    auto = transformers()
    with quiet_transformers(gguf="gguf_file" in where):
        if takes is not None and max_length is not None:
            raise InputError("max_length= and takes= are both given; say the length in takes=")
        with fetching(name) if not local else reading(name, place):
            config = auto.AutoConfig.from_pretrained(folder, **where)
            options = _options(config)
            notes: tuple[str, ...] = ()
            with seeded(seed):
                if pretrained:
                    model, notes = load_checked(auto.AutoModel, folder, where, config, options, dtype, name, place)
                else:
                    config.dtype = dtype
                    model = auto.AutoModel.from_config(config, **options)
            if pooling is None:
                pooling = pooling_of_folder(folder, local)
            if takes is None:
                takes = folder_reader(model, folder, where, local, max_length)
        return wrap_transformer(name, model, pooling=pooling, takes=takes, pretrained=pretrained, notes=notes)


def wrap_transformer(
    name: str, model: Any, *, pooling: str | None, takes: Any, pretrained: bool, notes: tuple[str, ...] = ()
) -> Backbone:
    """A model of the transformers library as a backbone."""
    config = model.config
    if getattr(config, "is_encoder_decoder", False):
        model = model.get_encoder()
    if getattr(config, "use_cache", False):
        model.config.use_cache = False  # of keys and values, for writing texts: memory that features have no need of
    if _has_loose_pooler(model):
        model.pooler = None
    if is_vision(model):
        if pooling is not None:
            raise InputError(f"pooling={pooling!r} is for texts; {name!r} takes images")
        module: nn.Module = ImageEncoder(model)
        size, channels = image_size(config)
        batch: Any = torch.zeros(1, channels, *size)
    else:
        pooling = pooling or ("last" if is_decoder(config) else "mean")
        module, batch = TextEncoder(model, pooling), text_batch()
    module.eval()
    batch = batch.to(next(model.parameters()).dtype) if isinstance(batch, torch.Tensor) else batch
    return Backbone(
        name=name,
        module=module,
        n_features=features_of(module, batch, name),
        takes=takes,
        groups=tuple(group.under("model") for group in layer_groups(model)),
        recipe=_recipe(model, pooling),
        pretrained=pretrained,
        notes=notes,
    )


def build_transformer(recipe: dict[str, Any]) -> nn.Module:
    """The network of a recipe, with random weights. Code that came with a model is not run."""
    auto = transformers()
    values = dict(recipe["config"])
    values.pop("auto_map", None)
    with quiet_transformers():
        config = auto.AutoConfig.for_model(values.pop("model_type"), **values)
        model = auto.AutoModel.from_config(config, **_options(config))
    if recipe["encoder_only"]:
        model = model.get_encoder()
    if getattr(config, "use_cache", False):
        model.config.use_cache = False
    return ImageEncoder(model) if recipe["pooling"] is None else TextEncoder(model, recipe["pooling"])


def is_decoder(config: Any) -> bool:
    """Whether a token sees only those before it, so that the last one alone knows the whole text."""
    names: Any = require("transformers.models.auto.modeling_auto", extra="text", purpose="networks of Hugging Face")
    kind = config.model_type
    if getattr(config, "is_encoder_decoder", False):
        return False
    writes = kind in names.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES and kind not in names.MODEL_FOR_MASKED_LM_MAPPING_NAMES
    return bool(writes or getattr(config, "is_decoder", False))


def _options(config: Any) -> dict[str, bool]:
    """Leave a pooler with weights out: features come from the tokens, and it would never be trained."""
    with torch.device("meta"):
        model = transformers().AutoModel.from_config(config)
    return {"add_pooling_layer": False} if _has_loose_pooler(model) else {}


def _has_loose_pooler(model: Any) -> bool:
    """Whether there is a pooler with weights that the model does without where it is told."""
    pooler = getattr(model, "pooler", None)
    known = "add_pooling_layer" in inspect.signature(type(model).__init__).parameters
    return known and pooler is not None and any(True for _ in pooler.parameters())


def load_checked(
    kind: Any,
    folder: str,
    where: dict[str, Any],
    config: Any,
    options: dict[str, bool],
    dtype: str,
    name: str,
    place: str,
) -> tuple[Any, tuple[str, ...]]:
    """A model with its weights, by ``kind``, such as ``AutoModel``; and what loading them had to say."""
    model, told = kind.from_pretrained(
        folder,
        config=config,
        dtype=getattr(torch, dtype),
        output_loading_info=True,
        ignore_mismatched_sizes=True,
        **where,
        **options,
    )
    # Of a pooler that is left out nobody needs to hear.
    told["unexpected_keys"] = [key for key in told["unexpected_keys"] if not (options and key.startswith("pooler."))]
    missing, unexpected, reshaped = (told.get(f"{what}_keys") or () for what in ("missing", "unexpected", "mismatched"))
    lost = {*missing, *(key for key, *_ in reshaped)}
    match = Match(
        weights={key: tensor for key, tensor in model.state_dict().items() if key not in lost},
        missing=sorted(missing),
        unexpected=sorted(unexpected),
        reshaped=[(key, tuple(theirs), tuple(ours)) for key, theirs, ours in sorted(reshaped)],
    )
    match.refuse_strangers(f"{name!r} ({type(model).__name__})", repr(place))
    return model, match.notes()


def config_values(model: Any) -> dict[str, Any]:
    """The configuration of a model as plain values, without where it came from."""
    values: dict[str, Any] = json.loads(model.config.to_json_string(use_diff=False))
    values["dtype"] = str(next(model.parameters()).dtype).removeprefix("torch.")
    for key in ("auto_map", "_name_or_path", "transformers_version"):
        values.pop(key, None)
    return values


def _recipe(model: Any, pooling: str | None) -> dict[str, Any]:
    values = config_values(model)
    return {
        "kind": "transformers",
        "config": values,
        "pooling": pooling,
        "encoder_only": bool(values.get("is_encoder_decoder")),
    }
