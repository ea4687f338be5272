"""What each layer of a network makes of rows: its output, averaged over places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from ...core.errors import InputError
from ..axes import feature_axis
from ..groups import LayerGroup
from ..outputs import BLOCK, evaluating


def features_by_depth(
    module: nn.Module, groups: Sequence[LayerGroup], depths: Sequence[int], rows: Any, device: torch.device, name: str
) -> dict[int, np.ndarray]:
    """Depth -> features (n_rows, width), from one pass.

    The features of depth k are what enters layer k + 1, activations and pooling between the two included, averaged
    over the places of an image or a series, or the tokens of a text; those of the last depth are the features of the
    network.
    """
    found: dict[int, list[np.ndarray]] = {depth: [] for depth in depths}
    caught: dict[int, torch.Tensor] = {}
    hooks = [
        _first_part(module, groups[depth]).register_forward_pre_hook(_catcher(caught, depth), with_kwargs=True)
        for depth in depths
        if depth < len(groups)
    ]
    try:
        with evaluating(module.to(device)), torch.inference_mode():
            for start in range(0, len(rows), BLOCK):
                index = np.arange(start, min(start + BLOCK, len(rows)))
                # The last block is filled up, so that what is said of a row does not depend on those beside it.
                batch = rows.batch(np.resize(index, BLOCK), device)
                caught.clear()
                out = module(batch)
                for depth in depths:
                    values = out if depth == len(groups) else caught.get(depth)
                    if values is None:
                        raise InputError(
                            f"the output of layer {groups[depth - 1].name!r} of {name} was not seen: layer "
                            f"{groups[depth].name!r} takes no tensor; leave {depth} out of depths="
                        )
                    mask = batch.get("attention_mask") if isinstance(batch, dict) else None
                    pooled = values if depth == len(groups) else _pooled(values, mask, module, groups[depth - 1])
                    found[depth].append(pooled[: len(index)].double().cpu().numpy())
    finally:
        for hook in hooks:
            hook.remove()
    return {depth: np.concatenate(blocks) for depth, blocks in found.items()}


def _first_part(module: nn.Module, group: LayerGroup) -> nn.Module:
    """The first module of a group; its direct weights, such as a class token, have none of their own."""
    named = dict(module.named_modules())
    for prefix in group.prefixes:
        if prefix in named:
            return named[prefix]
    raise InputError(
        f"layer {group.name!r} is a single weight, before which no output can be seen; leave its depth out"
    )


def _catcher(caught: dict[int, torch.Tensor], depth: int) -> Any:
    def catch(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        for value in (*args, *kwargs.values()):
            value = value[0] if isinstance(value, (tuple, list)) and value else value
            if isinstance(value, torch.Tensor) and value.is_floating_point():
                caught.setdefault(depth, value)
                return

    return catch


def _pooled(values: torch.Tensor, mask: torch.Tensor | None, module: nn.Module, group: LayerGroup) -> torch.Tensor:
    """Averages (n_rows, width) of (n_rows, width), (n_rows, width, places ...) or (n_rows, places ..., width)."""
    if values.dim() <= 2:
        return values.reshape(len(values), -1)
    if mask is not None and values.dim() == 3 and mask.shape[1] in values.shape[1:]:
        if values.shape[1] != mask.shape[1]:
            values = values.transpose(1, 2)
        weight = mask.unsqueeze(-1).to(values.dtype)
        return (values * weight).sum(1) / weight.sum(1).clamp(min=1)
    axis = feature_axis(values, module, group)
    return values.mean(dim=[k for k in range(1, values.dim()) if k != axis])
