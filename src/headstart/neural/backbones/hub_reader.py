"""The readers of transformers: their tokenizers, their poolings, the size of their images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...core.errors import InputError
from .hub import read_json, transformers
from .takes import image_reader, text_reader

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
# How the files begin that hold the words of a tokenizer.
_OF_TOKENIZERS = ("tokenizer", "vocab", "spm", "spiece", "sentencepiece")


def pooling_of_folder(folder: str, local: bool) -> str | None:
    """The pooling that sentence-transformers was told, or None."""
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


def folder_reader(model: Any, folder: str, where: dict[str, Any], local: bool, max_length: int | None) -> Any:
    """The reader that the files beside a model describe."""
    if is_vision(model):
        if max_length is not None:
            raise InputError("max_length= is for texts; this network takes images")
        said = read_json(folder, "preprocessor_config.json", local=local)
        size, channels = image_size(model.config)
        how = _RESAMPLES.get(said.get("resample", 3), "bicubic")
        return image_reader(size, channels, said.get("image_mean"), said.get("image_std"), how)
    auto = transformers()
    try:
        # Without any file of it the library makes an empty one.
        if local and "gguf_file" not in where and not _has_tokenizer(folder):
            raise OSError(f"expected a file that begins with {', '.join(_OF_TOKENIZERS[:-1])} or {_OF_TOKENIZERS[-1]}")
        tokenizer = auto.AutoTokenizer.from_pretrained(folder, **where)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise InputError(
            f"{folder!r} holds no tokenizer that can be read ({str(error).strip().splitlines()[0]}); "
            "pass takes=headstart.neural.inputs.TextReader(tokenizer, max_length) with that of the network"
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


def _has_tokenizer(folder: str) -> bool:
    names = [path.name for path in Path(folder).iterdir()]
    return any(name.startswith(_OF_TOKENIZERS) and name != "tokenizer_config.json" for name in names)


def config_reader(model: Any, name: str) -> Any:
    """The reader of a model without a folder: for images its configuration says enough."""
    if not is_vision(model):
        raise InputError(
            f"{name} takes token numbers, and only its tokenizer knows them; "
            "pass takes=headstart.neural.inputs.TextReader(tokenizer, max_length)"
        )
    size, channels = image_size(model.config)
    return image_reader(size, channels, None, None)


def is_vision(model: Any) -> bool:
    """Whether it takes images."""
    return getattr(model, "main_input_name", "input_ids") == "pixel_values"


def image_size(config: Any) -> tuple[tuple[int, int], int]:
    """Height and width, and the number of channels."""
    size = getattr(config, "image_size", None) or 224
    height, width = size if isinstance(size, (list, tuple)) else (size, size)
    return (int(height), int(width)), int(getattr(config, "num_channels", 3))
