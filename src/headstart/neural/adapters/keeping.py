"""A network with adapters as plain values: its base under the base's own names, and each adapter apart."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from .attaching import attach
from .files import layer_keys
from .kinds import from_settings
from .registry import registry_of


def take_apart(module: nn.Module) -> tuple[dict[str, torch.Tensor], list[dict[str, Any]]]:
    """The state of the base as it was before its first adapter, and what each adapter is put back from."""
    registry = registry_of(module)
    if registry is None:
        return dict(module.state_dict()), []
    adapters = [
        {
            "name": name,
            "settings": attached.adapter.settings(),
            "mode": "merged" if attached.merged else "active" if attached.active else "off",
            "state": attached.state(),
        }
        for name, attached in registry.adapters.items()
    ]
    return registry.base(), adapters


def put_back(module: nn.Module, adapters: list[dict[str, Any]]) -> None:
    """Attach them again to a module that holds the base's weights."""
    for kept in adapters:
        state = {key: torch.as_tensor(value) for key, value in kept["state"].items()}
        adapter = from_settings(kept["settings"])
        attached = attach(adapter, module, seed=0, name=kept["name"], keys=layer_keys(state))
        attached.load_state(state)
        attached.deactivate()
    registry = registry_of(module)
    for kept in adapters:
        if registry is not None and kept["mode"] != "off":
            registry.adapters[kept["name"]].activate()
            if kept["mode"] == "merged":
                registry.adapters[kept["name"]].merge()
