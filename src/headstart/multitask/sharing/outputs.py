"""What layers give: a tensor, or a tuple or output object whose first tensor is the one that counts."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import torch

from ...core.errors import InputError


def first_of(output: Any, layer: str) -> torch.Tensor:
    """The tensor that a layer gives; of several, as transformer layers may give, the first."""
    found = output
    if isinstance(output, Mapping):
        found = next(iter(output.values()), None)
    elif isinstance(output, (tuple, list)):
        found = output[0] if output else None
    if not isinstance(found, torch.Tensor):
        raise InputError(
            f"layer {layer!r} gives a {type(output).__name__}; expected a tensor, or several of which the first is "
            "what goes on: take another layer"
        )
    return found


def with_first(output: Any, value: torch.Tensor) -> Any:
    """The same output with another first tensor."""
    if isinstance(output, torch.Tensor):
        return value
    if isinstance(output, Mapping):
        changed: Any = copy.copy(output)
        changed[next(iter(output))] = value
        return changed
    parts = (value, *output[1:])
    return type(output)(*parts) if hasattr(output, "_fields") else type(output)(parts)


def mapped(output: Any, change: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    """The same output with each of its tensors changed; what is neither tensor nor collection stays as it is."""
    if isinstance(output, torch.Tensor):
        return change(output)
    if isinstance(output, Mapping):
        changed: Any = copy.copy(output)
        for key, value in output.items():
            changed[key] = mapped(value, change)
        return changed
    if isinstance(output, (tuple, list)):
        parts = [mapped(value, change) for value in output]
        return type(output)(*parts) if hasattr(output, "_fields") else type(output)(parts)
    return output


def tensors_in(output: Any) -> list[torch.Tensor]:
    """Its tensors, in order."""
    found: list[torch.Tensor] = []
    mapped(output, lambda t: found.append(t) or t)  # type: ignore[func-returns-value]
    return found
