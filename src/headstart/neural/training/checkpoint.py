"""A training on disk: one safetensors file, whose header holds the plain values as JSON. It is never half written."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ...core.errors import InputError

NAME = "checkpoint.safetensors"
_FORMAT = 1
# Values of a frozen tensor that tell it from another one.
_SAMPLE = 1024


def write(folder: Path, tensors: dict[str, torch.Tensor], values: dict[str, Any]) -> None:
    """Write a checkpoint; a kill at any moment leaves the one before or the new one."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"the folder {str(folder)!r} cannot be made ({error}); expected a place for one") from error
    # One name, so that what a kill leaves behind is overwritten by the next.
    unfinished = folder / f".{NAME}.unfinished"
    header = {"headstart": json.dumps({"format": _FORMAT, **values})}
    save_file({name: t.detach().contiguous() for name, t in tensors.items()}, unfinished, metadata=header)
    with open(unfinished, "rb+") as file:
        os.fsync(file.fileno())
    os.replace(unfinished, folder / NAME)
    if os.name == "posix":
        entry = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(entry)
        finally:
            os.close(entry)


def read(folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """The tensors and values of the checkpoint in a folder."""
    path = folder / NAME
    try:
        with safe_open(path, framework="pt") as file:
            values = json.loads((file.metadata() or {}).get("headstart", "null"))
            if not isinstance(values, dict) or values.get("format") != _FORMAT:
                raise InputError(
                    f"{path} is no checkpoint of this version of headstart; expected one that it wrote: take another "
                    "folder"
                )
            return {name: file.get_tensor(name) for name in file.keys()}, values  # noqa: SIM118 - no mapping
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path} cannot be read ({error}); expected a checkpoint that train wrote") from error


def exists(folder: Path) -> bool:
    """Whether the folder holds a checkpoint."""
    return (folder / NAME).exists()


def fingerprint(tensors: Iterable[tuple[str, torch.Tensor]]) -> str:
    """Tells networks apart by names, shapes and up to 1024 values of each tensor."""
    digest = hashlib.sha256()
    for name, tensor in tensors:
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        flat = tensor.detach().reshape(-1)
        some = flat[:: max(flat.numel() // _SAMPLE, 1)][: 2 * _SAMPLE]
        digest.update(some.cpu().contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def describe(tensors: Iterable[tuple[str, torch.Tensor]]) -> dict[str, str]:
    """Shape and type of each tensor, by name."""
    return {name: f"{list(t.shape)} {str(t.dtype).removeprefix('torch.')}" for name, t in tensors}


def refuse_other(found: dict[str, Any], expected: dict[str, Any], folder: Path) -> None:
    """Refuse to go on with a checkpoint of another training; say in what they differ."""
    differs = []
    for part in expected:
        a, b = found.get(part), expected[part]
        if isinstance(a, dict) and isinstance(b, dict):
            keys = [k for k in {**a, **b} if a.get(k) != b.get(k)]
            differs += [f"{part} {k!r}: {_shown(a.get(k))} there, {_shown(b.get(k))} here" for k in keys]
        elif a != b:
            differs.append(f"{part}: {_shown(a)} there, {_shown(b)} here")
    if differs:
        more = f" and {len(differs) - 4} more" if len(differs) > 4 else ""
        raise InputError(
            f"the checkpoint in {str(folder)!r} is of another training ({'; '.join(differs[:4])}{more}); expected the "
            "same network, plan, settings, rows and seed: call train as it was called, or take another folder"
        )


def _shown(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
