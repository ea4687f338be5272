"""Transformers by name, from a folder or from a GGUF file: ``"hf/bert-base-uncased"``."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ...core.errors import InputError
from ...core.optional import require
from ..backbone import Backbone
from ..groups import layer_groups
from .fit_weights import Match
from .hub import fetching, quiet_transformers, read_json
from .pooling import ImageEncoder, TextEncoder
from .probe import features_of, text_batch
from .seeds import seeded
from .takes import image_reader, text_reader
from .weight_files import weight_file

_POOLING_FILE = "1_Pooling/config.json"
# How sentence-transformers calls the poolings that there are here.
_POOLING_KEYS = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_lasttoken": "last",
    "pooling_mode_max_tokens": "max",
}
# Attention costs the square of the length: longer texts are to be asked for.
_LONGEST = 512
# Pillow's numbers of its ways to resize.
_RESAMPLES = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic"}
_DTYPES = ("float32", "bfloat16", "float16")


def transformers() -> Any:
    """The library."""
    return require("transformers", extra="text", purpose="networks of Hugging Face")


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
    folder, where = _where(place, local)
    auto = transformers()
    with quiet_transformers(gguf="gguf_file" in where):
        with fetching(name) if not local else _reading(name, place):
            config = auto.AutoConfig.from_pretrained(folder, **where)
        options = _options(config)
        notes: tuple[str, ...] = ()
        if pretrained:
            with fetching(name) if not local else _reading(name, place), seeded(seed):
                model, notes = _load(folder, where, config, options, dtype, name, place)
        else:
            config.dtype = dtype
            with seeded(seed):
                model = auto.AutoModel.from_config(config, **options)
        if pooling is None:
            pooling = _pooling_of_folder(folder, local)
        if takes is None:
            takes = _reader(model, folder, where, local, max_length)
        elif max_length is not None:
            raise InputError("max_length= and takes= are both given; say the length in takes=")
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
    if is_vision(model):
        if pooling is not None:
            raise InputError(f"pooling={pooling!r} is for texts; {name!r} takes images")
        module: nn.Module = ImageEncoder(model)
        size, channels = _image_size(config)
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


def is_vision(model: Any) -> bool:
    """Whether it takes images."""
    return getattr(model, "main_input_name", "input_ids") == "pixel_values"


def _options(config: Any) -> dict[str, bool]:
    """Leave a pooler with weights out: features come from the tokens, and it would never be trained."""
    with torch.device("meta"):
        model = transformers().AutoModel.from_config(config)
    pooler = getattr(model, "pooler", None)
    known = "add_pooling_layer" in inspect.signature(type(model).__init__).parameters
    return {"add_pooling_layer": False} if known and pooler is not None and list(pooler.parameters()) else {}


def _load(
    folder: str, where: dict[str, Any], config: Any, options: dict[str, bool], dtype: str, name: str, place: str
) -> tuple[Any, tuple[str, ...]]:
    model, told = transformers().AutoModel.from_pretrained(
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


def _where(place: str, local: bool) -> tuple[str, dict[str, Any]]:
    """Folder or repository, and how to read it; nothing is fetched where it is local."""
    if not local:
        return place, {}
    path = Path(place)
    if not path.exists():
        raise InputError(
            f"weights={place!r}: no such file or folder; pass the path of a folder of Hugging Face or a GGUF file"
        )
    if path.suffix == ".gguf":
        for module in ("gguf", "accelerate"):
            require(module, extra="text", purpose="opening a GGUF file")
        return str(path.parent), {"gguf_file": path.name, "local_files_only": True}
    if path.is_file():
        path = path.parent
    if not (path / "config.json").is_file():
        raise InputError(
            f"{place!r} has no config.json, so which network it is can't be told; expected a folder of Hugging Face "
            "(config.json, model.safetensors, the files of the tokenizer), or a GGUF file"
        )
    if weight_file(path) is None:
        raise InputError(
            f"the folder {str(path)!r} holds no weights beside its config.json; expected model.safetensors or "
            "pytorch_model.bin: fetch it as well, and pass weights=PATH of the folder that holds all of it"
        )
    return str(path), {"local_files_only": True}


class _reading:
    """Within, files are read; what a library says of damaged ones becomes an error of ours."""

    def __init__(self, name: str, place: str) -> None:
        self.name, self.place = name, place

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if isinstance(error, (OSError, ValueError, KeyError, RuntimeError)) and not isinstance(error, InputError):
            raise InputError(
                f"{self.name!r} cannot be opened from {self.place!r}: {str(error).strip().splitlines()[0]}"
            ) from error


def _pooling_of_folder(folder: str, local: bool) -> str | None:
    said = read_json(folder, _POOLING_FILE, local=local)
    wanted = [key for key, on in said.items() if key.startswith("pooling_mode") and on is True]
    if not wanted:
        return None
    if len(wanted) > 1 or wanted[0] not in _POOLING_KEYS:
        raise InputError(
            f"{_POOLING_FILE} of {folder!r} asks for {' and '.join(wanted)}; there are here "
            f"{', '.join(_POOLING_KEYS)}, one at a time: pass pooling= of your choice"
        )
    return _POOLING_KEYS[wanted[0]]


def _reader(model: Any, folder: str, where: dict[str, Any], local: bool, max_length: int | None) -> Any:
    if is_vision(model):
        if max_length is not None:
            raise InputError("max_length= is for texts; this network takes images")
        said = read_json(folder, "preprocessor_config.json", local=local)
        size, channels = _image_size(model.config)
        how = _RESAMPLES.get(said.get("resample", 3), "bicubic")
        return image_reader(size, channels, said.get("image_mean"), said.get("image_std"), how)
    auto = transformers()
    try:
        tokenizer = auto.AutoTokenizer.from_pretrained(folder, **where)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise InputError(
            f"{folder!r} holds no tokenizer that can be read ({str(error).strip().splitlines()[0]}); "
            "pass takes=headstart.neural.inputs.TextReader(tokenizer, max_length) with the one that belongs to the network"
        ) from error
    said = read_json(folder, "sentence_bert_config.json", local=local)
    lengths = [
        said.get("max_seq_length"),
        tokenizer.model_max_length,
        getattr(model.config, "max_position_embeddings", None),
    ]
    longest = min(int(n) for n in [*lengths, 10**6] if n)
    if max_length is not None and max_length > longest:
        raise InputError(f"max_length is {max_length}; expected at most {longest}, the most that {folder!r} takes")
    return text_reader(tokenizer, max_length or min(longest, _LONGEST))


def _image_size(config: Any) -> tuple[tuple[int, int], int]:
    size = getattr(config, "image_size", None) or 224
    height, width = size if isinstance(size, (list, tuple)) else (size, size)
    return (int(height), int(width)), int(getattr(config, "num_channels", 3))


def _recipe(model: Any, pooling: str | None) -> dict[str, Any]:
    values = json.loads(model.config.to_json_string(use_diff=False))
    values["dtype"] = str(next(model.parameters()).dtype).removeprefix("torch.")
    for key in ("auto_map", "_name_or_path", "transformers_version"):
        values.pop(key, None)
    return {
        "kind": "transformers",
        "config": values,
        "pooling": pooling,
        "encoder_only": bool(values.get("is_encoder_decoder")),
    }


def config_reader(model: Any, name: str) -> Any:
    """The reader of a model without a folder: for images its configuration says enough."""
    if not is_vision(model):
        raise InputError(
            f"{name} takes token numbers, and only its tokenizer knows them; "
            "pass takes=headstart.neural.inputs.TextReader(tokenizer, max_length)"
        )
    size, channels = _image_size(model.config)
    return image_reader(size, channels, None, None)
