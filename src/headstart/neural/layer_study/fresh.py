"""The same architecture with random weights, and never a copy of trained ones."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import nn

from ...core.errors import InputError
from ..backbone import Backbone
from ..backbones.rebuild import rebuild
from ..backbones.seeds import seeded

# What headstart, timm and transformers build from plain values has random weights, by their own rules.
_RANDOM = ("small", "timm", "transformers")


def fresh_module(backbone: Backbone, seed: int) -> nn.Module:
    """A module as that of ``backbone``, with random weights that follow from ``seed``, in eval mode.

    It is built again where a recipe says how. Else each of its parts is reset by its own ``reset_parameters``. What a
    user's own code made is then held against the weights that it had, since that code may load trained ones.

    Raises
    ------
    InputError
        Where parts have weights that nothing resets, named with their type.
    """
    recipe = backbone.recipe
    if recipe.get("kind") in _RANDOM:
        return rebuild(recipe, seed=seed)
    if recipe:
        made = rebuild(recipe, trusted=(recipe["path"],), seed=seed)
        if not unchanged(made, backbone.module):
            return made
    module = copy.deepcopy(backbone.module)
    with seeded(seed):
        reset(module)
    left = unchanged(module, backbone.module) + _numbers_without_reset(module)
    if left:
        raise InputError(
            f"{backbone.name} cannot be started from random weights: nothing resets {_told(module, left)}; expected a "
            "reset_parameters() of the part that holds them, or the class of the network in place of an instance: "
            "backbone=MyNetwork"
        )
    for p in module.parameters():
        p.requires_grad_(p.is_floating_point())
    return module.eval()


def reset(module: nn.Module) -> None:
    """Let each part draw its weights anew, the inner ones first, as when it was made."""
    for child in module.children():
        reset(child)
    own = _own_reset(module)
    if own is not None:
        own()


def _own_reset(module: nn.Module) -> Callable[[], object] | None:
    for name in ("reset_parameters", "_reset_parameters"):
        found = getattr(module, name, None)
        if callable(found):
            return found
    return None


def unchanged(module: nn.Module, before: nn.Module) -> list[str]:
    """Names of weights that are still as in ``before``; those whose entries are all equal are left out, since many
    start so: zeros, ones, or a scale of a layer."""
    old = dict(before.named_parameters())
    found = []
    for name, p in module.named_parameters():
        q = old.get(name)
        if q is None or q.shape != p.shape or not p.is_floating_point() or p.numel() == 0:
            continue
        values = p.detach().cpu()
        if torch.equal(values, q.detach().cpu()) and bool((values != values.flatten()[0]).any()):
            found.append(name)
    return found


def _numbers_without_reset(module: nn.Module) -> list[str]:
    """Weights of a single number that no reset reached: whether one was trained, its entries cannot tell."""
    found = []
    for path, part in module.named_modules():
        if _own_reset(part) is None:
            single = [
                n for n, p in part.named_parameters(recurse=False) if p.numel() == 1 and p.item() not in (0.0, 1.0)
            ]
            found += [f"{path}.{n}" if path else n for n in single]
    return found


def _told(module: nn.Module, names: list[str]) -> str:
    shown = []
    for name in names[:3]:
        part = module.get_submodule(name.rpartition(".")[0])
        shown.append(f"{name!r} of {type(part).__name__}")
    return ", ".join(shown) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
