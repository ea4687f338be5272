"""Layers of a network once more, with weights of their own, to stand in for them."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import nn

from ...neural.groups import LayerGroup


class OwnParts(nn.Module):
    """Copies of the parts of some layers, with the weights that they have now.

    Parameters
    ----------
    module : torch.nn.Module
        The network.
    groups : sequence of LayerGroup
        Its layers that are copied.

    Examples
    --------
    >>> from torch import nn
    >>> from headstart.multitask.sharing.own_parts import OwnParts
    >>> from headstart.neural import layer_groups
    >>> net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    >>> own = OwnParts(net, layer_groups(net)[1:])
    >>> list(own.instead()), own.group(layer_groups(net)[1]).prefixes
    (['2'], ('parts.0',))
    """

    def __init__(self, module: nn.Module, groups: Sequence[LayerGroup]) -> None:
        super().__init__()
        self.names = [prefix for group in groups for prefix in group.prefixes]
        found = dict(module.named_modules())
        # One copy of all, so that weights which several parts have in common stay in common.
        found = copy.deepcopy([found[n] if n in found else _Weight(_tensor(module, n)) for n in self.names])
        self.parts = nn.ModuleList(found)

    def instead(self) -> dict[str, nn.Module | torch.Tensor]:
        """What stands in, by the name of what it stands in for."""
        return {
            name: part.weight if isinstance(part, _Weight) else part
            for name, part in zip(self.names, self.parts, strict=True)
        }

    def group(self, group: LayerGroup) -> LayerGroup:
        """The copy of a layer, as a layer of this module."""
        return LayerGroup(group.name, tuple(f"parts.{self.names.index(prefix)}" for prefix in group.prefixes))


class _Weight(nn.Module):
    """A weight or buffer that belongs to no part, such as positions."""

    def __init__(self, tensor: torch.Tensor) -> None:
        super().__init__()
        if isinstance(tensor, nn.Parameter):
            self.weight = tensor
        else:
            self.register_buffer("weight", tensor)


def _tensor(module: nn.Module, name: str) -> torch.Tensor:
    owner, _, own = name.rpartition(".")
    part = module.get_submodule(owner)
    found = part._parameters.get(own)
    return part._buffers[own] if found is None else found  # type: ignore[return-value]
