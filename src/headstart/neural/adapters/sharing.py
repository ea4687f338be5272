"""Weights that two layers share can't take what only one of them is to have."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from ...core.errors import InputError


def refuse_shared(module: nn.Module, changed: Iterable[torch.Tensor]) -> None:
    """Raise where one of the tensors that are to change is a weight of more than one layer."""
    watched = {id(t) for t in changed}
    owners: dict[int, list[str]] = {}
    for path, part in module.named_modules():
        for key, parameter in part._parameters.items():
            if id(parameter) in watched:
                owners.setdefault(id(parameter), []).append(f"{path}.{key}" if path else key)
    for names in owners.values():
        if len(names) > 1:
            raise InputError(
                f"{names[0]} and {names[1]} are one weight; merging would change both layers. Keep the adapter "
                "unmerged, or choose layers= without it"
            )
