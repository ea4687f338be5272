"""Networks from recipes: what a stored model is built from, before its weights are put in."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from torch import nn

from ...core.errors import InputError


def rebuild(recipe: dict[str, Any], *, trusted: Collection[str] = (), seed: int = 0) -> nn.Module:
    """Build the module of a ``Backbone`` again, with random weights, from plain values.

    Nothing is fetched, no global random state changes, and the only code of others that runs is that of timm and
    transformers, or what the caller names.

    Parameters
    ----------
    recipe : dict
        ``Backbone.recipe``.
    trusted : collection of str, default=()
        Dotted paths of classes and functions that the caller allows a recipe to call.
    seed : int, default=0
        Decides the random weights, which are of no matter where others are put in.

    Returns
    -------
    torch.nn.Module
        In eval mode; its state has the names and shapes of the module that the recipe came from.

    Raises
    ------
    InputError
        For an empty recipe, or one of an unknown kind.
    InputTypeError
        For code that ``trusted`` does not name.

    Examples
    --------
    >>> import headstart as hs
    >>> backbone = hs.neural.small_backbone("table", (13,))
    >>> module = hs.neural.rebuild(backbone.recipe)
    >>> module.load_state_dict(backbone.module.state_dict())
    <All keys matched successfully>
    """
    kind = recipe.get("kind")
    if kind is None:
        raise InputError(
            "there is no recipe for this network: it was opened as a module, or made by what cannot be imported; "
            "expected a name, or an importable class with plain arguments: open_backbone(Class, arguments={...})"
        )
    from .seeds import seeded

    with seeded(seed):
        module = _build(kind, recipe, trusted)
    return module.eval()


def _build(kind: str, recipe: dict[str, Any], trusted: Collection[str]) -> nn.Module:
    if kind == "small":
        from .small import build_small

        return build_small(recipe)
    if kind == "timm":
        from .from_timm import build_timm

        return build_timm(recipe)
    if kind == "transformers":
        from .from_hub import build_transformer

        return build_transformer(recipe)
    if kind == "made":
        from .from_module import build_module

        return build_module(recipe, trusted)
    raise InputError(f"a recipe of kind {kind!r} is of a newer headstart; expected small, timm, transformers or made")
