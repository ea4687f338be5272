"""Networks that take their first layers from another one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from ...core.errors import InputError
from ..groups import LayerGroup
from ..plan import Plan, Stage


@torch.no_grad()
def put_first(module: nn.Module, donor: nn.Module, groups: Sequence[LayerGroup], depth: int) -> nn.Module:
    """Copy weights and statistics of the first ``depth`` layers of ``donor`` into ``module``, in place."""
    mine = module.state_dict()
    for group in groups[:depth]:
        for name, values in group.state(donor):
            mine[name].copy_(values)
    return module


def refuse_shared(module: nn.Module, groups: Sequence[LayerGroup], name: str) -> None:
    """Raise where two layers share a weight: one could not be carried over without the other."""
    holder: dict[int, str] = {}
    for group in groups:
        for _, values in group.state(module):
            other = holder.setdefault(id(values), group.name)
            if other != group.name:
                raise InputError(
                    f"the layers {other!r} and {group.name!r} of {name} share a weight, so that none can be taken over "
                    "without the other; expected layers with weights of their own"
                )


def plan_at(groups: Sequence[LayerGroup], depth: int, *, frozen: bool, speed: float) -> Plan:
    """The first ``depth`` layers frozen, or trained at ``speed``; all that is new, the head too, at full rate."""
    carried = {"starts": None} if frozen else {"speed": speed}
    return Plan(tuple(Stage(group, **(carried if k < depth else {})) for k, group in enumerate(groups)))
