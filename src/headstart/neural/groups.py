"""The layers of a network as groups, from input to output: what is frozen, unfrozen and transferred together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn

from ..core.errors import InputError

# One of several like blocks stays whole, unless it holds at least this share of all parameters.
_SHARE = 0.5


@dataclass(frozen=True)
class LayerGroup:
    """Layers that are treated as one.

    Parameters
    ----------
    name : str
        Its name in tables and patterns: the place of the layer in the network, such as ``"encoder.layer.4"``.
    prefixes : tuple of str
        The modules and parameters that belong to it, by the beginning of their names.

    Examples
    --------
    >>> import headstart as hs
    >>> group = hs.neural.LayerGroup("stem", ("conv1", "bn1"))
    >>> group.holds("bn1.weight"), group.holds("bn10.weight")
    (True, False)
    """

    name: str
    prefixes: tuple[str, ...]

    def holds(self, name: str) -> bool:
        """Whether a parameter, buffer or module of this name belongs to the group."""
        return any(not p or name == p or name.startswith(p + ".") for p in self.prefixes)

    def under(self, parent: str) -> LayerGroup:
        """The same group in a module that holds the present one as ``parent``."""
        return LayerGroup(self.name, tuple(f"{parent}.{p}" if p else parent for p in self.prefixes))

    def parameters(self, module: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
        """Its parameters in ``module``, by name."""
        return ((name, p) for name, p in module.named_parameters() if self.holds(name))

    def state(self, module: nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
        """Its parameters and buffers in ``module``, by name."""
        return ((name, t) for name, t in module.state_dict(keep_vars=True).items() if self.holds(name))

    def modules(self, module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
        """Its modules in ``module``, by name."""
        return ((name, m) for name, m in module.named_modules() if name and self.holds(name))


def layer_groups(module: nn.Module) -> tuple[LayerGroup, ...]:
    """The layers of any module, from its input to its output.

    Containers are opened, and so are modules that hold a row of like blocks; a block, such as one of a residual network
    or a transformer, stays whole. What has no weights of its own, and normalisation, joins
    the layer before it. The order is that in which the module registered its parts.

    Parameters
    ----------
    module : torch.nn.Module
        Any network.

    Returns
    -------
    tuple of LayerGroup
        Together they hold each parameter and buffer once.

    Raises
    ------
    InputError
        Where the module has neither parameters nor buffers.

    Examples
    --------
    >>> import headstart as hs
    >>> from torch import nn
    >>> net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4, 2))
    >>> [group.prefixes for group in hs.neural.layer_groups(net)]
    [('0', '1'), ('4',)]
    """
    if not module.state_dict():
        raise InputError(f"{type(module).__name__} has no weights; expected a network with parameters")
    total = max(sum(p.numel() for p in module.parameters()), 1)
    return tuple(LayerGroup(names[0], tuple(names)) for names in _opened(module, "", total))


def _opened(module: nn.Module, path: str, total: int) -> list[list[str]]:
    """Names of the parts of a module that is looked into, those that belong together in one list."""
    found: list[list[str]] = []
    direct = [f"{path}{n}" for n, _ in [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]]
    for name, child in module.named_children():
        if not child.state_dict():
            continue
        place = f"{path}{name}"
        if _opens(child, total, among_like=_is_row_of_blocks(module)):
            found += _opened(child, place + ".", total)
        elif found and not any(p.dim() > 1 for p in child.parameters()):
            found[-1].append(place)
        else:
            found.append([place])
    # Weights that belong to no part, such as a class token or positions, meet the input first.
    if direct and found:
        found[0] += direct
    elif direct:
        found = [direct]
    return found


def _opens(module: nn.Module, total: int, among_like: bool) -> bool:
    if isinstance(module, (nn.Sequential, nn.ModuleList, nn.ModuleDict)):
        return True
    size = sum(p.numel() for p in module.parameters())
    if among_like and size < _SHARE * total:
        return False
    return any(_is_row_of_blocks(part) for part in module.modules())


def _is_row_of_blocks(module: nn.Module) -> bool:
    if not isinstance(module, (nn.Sequential, nn.ModuleList)):
        return False
    kinds = [type(child) for child in module.children() if any(True for _ in child.parameters())]
    return len(kinds) > 1 and len(set(kinds)) < len(kinds)
