"""A dry run of a network with gradients, to see which weights what it gives comes from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from ...neural.backbone import Backbone
from ...neural.backbones.guess import sample_batch


@contextmanager
def trying(backbone: Backbone, *more: nn.Module) -> Iterator[Any]:
    """A batch of one row for the module, which is in eval mode within, all weights with gradients; ``more`` likewise.

    Afterwards modes, flags and torch's global random state are as before.
    """
    module = backbone.module
    parts = [part for whole in (module, *more) for part in whole.modules()]
    modes = [(part, part.training) for part in parts]
    flags = [(p, p.requires_grad) for part in parts for p in part.parameters(recurse=False) if p.is_floating_point()]
    for part in parts:
        part.training = False
    try:
        with torch.inference_mode(False), torch.enable_grad(), torch.random.fork_rng(devices=[]):
            batch = sample_batch(module, backbone.takes, backbone.name)
            for p, _ in flags:
                p.requires_grad_(True)
            yield batch
    finally:
        for part, mode in modes:
            part.training = mode
        for p, flag in flags:
            p.requires_grad_(flag)


def weights_behind(value: torch.Tensor) -> set[torch.Tensor]:
    """The leaves with gradients that a tensor was computed from."""
    found: set[torch.Tensor] = set()
    seen, waiting = set(), [value.grad_fn]
    while waiting:
        node: Any = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            found.add(node.variable)
        waiting += [following for following, _ in node.next_functions]
    return found


def names_of(module: nn.Module, weights: set[torch.Tensor]) -> list[str]:
    """What a module calls these weights, in its order."""
    return [name for name, p in module.named_parameters() if p in weights]
