"""Weights from files: safetensors, PyTorch's own (tensors alone, no pickled code), GGUF."""

from __future__ import annotations

import json
import pickle
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from ...core.errors import InputError
from ...core.optional import require

Weights = dict[str, torch.Tensor]

_TORCH = (".pth", ".pt", ".bin", ".ckpt", ".tar")
_ENDS = (".safetensors", *_TORCH, ".gguf")
# Where training programs keep the weights among other things.
_INSIDE = ("state_dict", "model_state_dict", "model", "teacher", "model_ema", "state_dict_ema")
# The names that the libraries of pretrained networks give, looked for first.
_USUAL = ("model.safetensors", "pytorch_model.bin")
_INDEX = "model.safetensors.index.json"


def read_weights(path: str | Path) -> Weights:
    """The tensors of a file, or of the one file of weights in a folder, by name and in the file's order.

    Raises
    ------
    InputError
        Where there is no such file, the folder holds no weights, or the file holds more than tensors.
    """
    path = Path(path)
    if path.is_dir():
        return _of_folder(path)
    if not path.exists():
        raise InputError(f"weights={str(path)!r}: no such file or folder; pass the path of the weights")
    refuse_pointer(path)
    if path.suffix == ".safetensors":
        return _of_safetensors([path])
    if path.suffix == ".gguf":
        return _of_gguf(path)
    if path.suffix in _TORCH:
        return _of_torch(path)
    raise InputError(f"weights={str(path)!r} has an unknown ending; expected a folder or one of {', '.join(_ENDS)}")


def weight_file(folder: Path) -> Path | None:
    """The one file of weights in a folder, the index of its parts, or None."""
    for name in (_USUAL[0], _INDEX, _USUAL[1]):
        if (folder / name).exists():
            return folder / name
    found = sorted(p for p in folder.iterdir() if p.suffix in _ENDS and p.suffix != ".tar")
    return found[0] if len(found) == 1 else None


def refuse_pointer(file: Path) -> None:
    """Refuse the few lines that Git leaves in the place of a large file, and files of no bytes."""
    with open(file, "rb") as opened:
        begins = opened.read(40)
    if begins.startswith(b"version https://git-lfs"):
        raise InputError(
            f"{str(file)!r} is a pointer of Git LFS, not the file itself; expected the weights: fetch them with "
            "`git lfs pull` in that folder, or download the file"
        )
    if not begins:
        raise InputError(f"{str(file)!r} is empty; expected weights: fetch it again")


def _of_folder(folder: Path) -> Weights:
    file = weight_file(folder)
    if file is None:
        held = sorted(p.name for p in folder.iterdir())
        raise InputError(
            f"the folder {str(folder)!r} holds no weights, or several files of them: {', '.join(held[:8]) or 'nothing'}"
            "; expected model.safetensors, pytorch_model.bin or a single file of weights; pass weights=PATH of the file"
        )
    if file.name == _INDEX:
        places = json.loads(file.read_text(encoding="utf-8"))["weight_map"]
        return _of_safetensors(folder / name for name in sorted(set(places.values())))
    return read_weights(file)


def _of_safetensors(files: Iterable[Path]) -> Weights:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    found: Weights = {}
    for file in files:
        try:
            found.update(load_file(file))
        except SafetensorError as error:
            raise InputError(f"{str(file)!r} is no whole safetensors file ({error}); fetch it again") from error
    return found


def _of_torch(file: Path) -> Weights:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the version of the format, before it is refused
            held = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise InputError(
            f"{str(file)!r} holds more than tensors, and loading it could run code that came with it; "
            "expected weights alone: save them with torch.save(module.state_dict(), PATH), or as safetensors"
        ) from error
    except (RuntimeError, EOFError, ValueError) as error:
        raise InputError(f"{str(file)!r} cannot be read as PyTorch weights ({error}); fetch it again") from error
    for key in _INSIDE:
        if isinstance(held, dict) and isinstance(held.get(key), dict):
            held = held[key]
            break
    found = {str(k): v for k, v in held.items() if isinstance(v, torch.Tensor)} if isinstance(held, dict) else {}
    if not found:
        raise InputError(f"{str(file)!r} holds {_kind(held)}; expected tensors by name, as of module.state_dict()")
    return found


def _of_gguf(file: Path) -> Weights:
    gguf: Any = require("gguf", extra="text", purpose="reading GGUF files")
    # Not every reader of the format names its own errors.
    try:
        reader = gguf.GGUFReader(file)
        return {t.name: torch.tensor(gguf.dequantize(t.data, t.tensor_type)) for t in reader.tensors}
    except (ValueError, IndexError, KeyError) as error:
        raise InputError(f"{str(file)!r} cannot be read as GGUF ({error}); fetch it again") from error


def _kind(held: Any) -> str:
    return "nothing" if isinstance(held, dict) and not held else f"a {type(held).__name__}"
