"""Does a state fit an adapter? If not, what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch

from ...core.errors import InputError


def check_state(
    weights: Mapping[str, torch.Tensor],
    expected: Mapping[str, torch.Tensor],
    base_statistics: Mapping[str, torch.Tensor],
    statistics: Mapping[str, torch.Tensor],
) -> None:
    """Refuse a state with missing or unexpected names, or other shapes."""
    wrong = []
    missing = [name for name in expected if name not in weights]
    unexpected = [name for name in weights if name not in expected]
    if missing:
        wrong.append(f"missing: {some(missing)}")
    if unexpected:
        wrong.append(f"unexpected: {some(unexpected)}")
    pairs = [(k, weights[k], expected[k]) for k in expected if k in weights]
    pairs += [(k, statistics[k], base_statistics[k]) for k in statistics]
    for name, found, wanted in pairs:
        if found.shape != wanted.shape:
            wrong.append(f"{name} has the shape {tuple(found.shape)}, expected {tuple(wanted.shape)}")
    if wrong:
        raise InputError(
            "the state does not fit the adapter; " + "; ".join(wrong[:5]) + ". Was it trained with the same "
            "adapter on the same architecture?"
        )


def some(names: Iterable[str], n: int = 3) -> str:
    """The first few names, and how many more there are."""
    listed = list(names)
    more = f" and {len(listed) - n} more" if len(listed) > n else ""
    return ", ".join(listed[:n]) + more
