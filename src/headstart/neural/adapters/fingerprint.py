"""What an adapter was trained on, in few words: names and shapes of the base, and a checksum of its bits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import torch

_WORDS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
_SAMPLE = 1024


def fingerprint(state: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    """Shapes by name, and one checksum over all bits."""
    total = hashlib.sha256()
    for name in sorted(state):
        total.update(f"{name} {state[name].dtype} {_sum(state[name])}".encode())
    return {"shapes": {name: list(t.shape) for name, t in sorted(state.items())}, "checksum": total.hexdigest()}


def differences(saved: Mapping[str, Any], state: Mapping[str, torch.Tensor]) -> list[str]:
    """What differs in names and shapes, in words."""
    shapes = saved["shapes"]
    found = [f"{name} {tuple(shapes[name])} is missing" for name in shapes if name not in state]
    found += [f"{name} {tuple(t.shape)} is new" for name, t in state.items() if name not in shapes]
    found += [
        f"{name} is {tuple(t.shape)}, was {tuple(shapes[name])}"
        for name, t in state.items()
        if name in shapes and list(t.shape) != shapes[name]
    ]
    return found


def _sum(tensor: torch.Tensor) -> str:
    """Any bit that changes alone changes the sum; the sample tells apart what is only reordered."""
    if tensor.numel() == 0:
        return "0"
    flat = tensor.detach().contiguous().view(-1)
    if flat.is_complex():
        flat = torch.view_as_real(flat).view(-1)
    words = flat.view(_WORDS[flat.element_size()])
    total = int(words.sum(dtype=torch.int64))
    sample = words[:: max(len(words) // _SAMPLE, 1)].cpu().numpy().tobytes()
    return f"{total} {hashlib.sha256(sample).hexdigest()}"
