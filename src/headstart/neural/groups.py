"""The layers of a network as groups, from input to output: what is frozen, unfrozen and transferred together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn

from ..core.errors import InputError

# A part that holds at least this share of all parameters is a network of its own and is looked into.
_SHARE = 0.5
# Like parts, one of which holds at least this share, may be stages, each a row of blocks.
_STAGE = 0.3


@dataclass(frozen=True)
class LayerGroup:
    """Layers that are treated as one.

    Parameters
    ----------
    name : str
        Its name in tables and patterns: the place of the layer in the network, such as ``"layer3.0"`` or
        ``"encoder.layer.4"``.
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

    def inside(self, parent: str) -> LayerGroup:
        """The same group in the part ``parent`` of the present module: the way back from ``under``."""
        return LayerGroup(self.name, tuple("" if p == parent else p.removeprefix(f"{parent}.") for p in self.prefixes))

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

    Containers are opened, and so are modules that hold a row of like blocks or most of the network; a block, such as
    one of a residual network or a transformer, stays whole. Normalisation joins the layer before it, and further
    embeddings (positions, token types) join the first one. The order is that in which the module registered its parts.

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
    children = [(f"{path}{name}", child) for name, child in module.named_children() if child.state_dict()]
    of_stages = _is_row_of_stages(module, total)
    home: list[str] = []  # the group that the last part went to
    for place, child in children:
        if of_stages or _opens(child, module, total):
            inside = _opened(child, f"{place}.", total)
            # A container that turns out to be one group is called by its own name.
            found += inside if len(inside) > 1 else [[place]]
            home = found[-1]
        elif home and not any(p.dim() > 1 for p in child.parameters()):
            home.append(place)
        elif found and isinstance(child, nn.Embedding):
            # Positions, token types and the biases of relative positions act from the first layer on.
            home = found[0]
            home.append(place)
        else:
            home = [place]
            found.append(home)
    if len(found) > 1 and path == "" and _only_norms(module, found[0]):
        found = [found[0] + found[1], *found[2:]]
    # Weights that belong to no part, such as a class token or positions, meet the input first.
    if direct and found:
        found[0] += direct
    elif direct:
        found = [direct]
    return found


def _opens(module: nn.Module, parent: nn.Module, total: int) -> bool:
    if isinstance(module, (nn.Sequential, nn.ModuleList, nn.ModuleDict)):
        return True
    if _is_row_of_blocks(parent):
        return False
    if any(_is_row_of_blocks(part) for part in module.modules()):
        return True
    # A network inside a network. A lone block of a transformer is none, though it may hold nearly all there is, nor is
    # one of several stages.
    siblings = sum(type(child) is type(module) for child in parent.children())
    if isinstance(parent, nn.ModuleList) or siblings > 1 or _size(module) < _SHARE * total:
        return False
    return sum(any(p.dim() > 1 for p in child.parameters()) for child in module.children()) > 1


def _is_row_of_blocks(module: nn.Module) -> bool:
    if not isinstance(module, (nn.Sequential, nn.ModuleList)):
        return False
    kinds = [type(child) for child in module.children() if any(True for _ in child.parameters())]
    return len(kinds) > 1 and len(set(kinds)) < len(kinds)


def _is_row_of_stages(module: nn.Module, total: int) -> bool:
    """Whether like parts are themselves rows of blocks, and so large that they are no blocks: ConvNeXt, Swin.

    The parts of a block are not looked for: they may be a row as well, such as experts, but there are many blocks.
    """
    if not _is_row_of_blocks(module) or max(map(_size, module.children())) < _STAGE * total:
        return False
    return any(
        _is_row_of_blocks(part) and all(len(list(block.children())) for block in part.children())
        for stage in module.children()
        for part in stage.modules()
    )


def _only_norms(module: nn.Module, names: list[str]) -> bool:
    return not any(p.dim() > 1 for name, p in module.named_parameters() if LayerGroup("", tuple(names)).holds(name))


def _size(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())
