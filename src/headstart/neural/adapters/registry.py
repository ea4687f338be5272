"""What one network remembers of its adapters, and of itself before the first of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from .guards import Guards, has_statistics

if TYPE_CHECKING:
    from .attached import Attached

_PLACE = "_headstart_adapters"
_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


class Registry:
    """The adapters of a network by name, and its state before the first."""

    def __init__(self, module: nn.Module) -> None:
        self.module = module
        self.adapters: dict[str, Attached] = {}
        self.guards: Any = None
        self.tuner: Any = None  # peft's, shared by the adapters that it carries
        # Names as they are without adapters. Buffers are replaced when a module moves, so their owners are kept.
        self.parameters = dict(module.named_parameters(remove_duplicate=False))
        self.buffers = [(name, owner, name.rpartition(".")[2]) for name, owner in _buffer_owners(module)]
        self.trained = [(p, p.requires_grad) for p in module.parameters()]
        self.statistics = self.present_statistics()

    def open(self) -> None:
        """Freeze the network and put up its guards."""
        for parameter, _ in self.trained:
            parameter.requires_grad_(False)
        self.guards = Guards(self.module)
        self.module.__dict__[_PLACE] = self

    def close(self) -> None:
        """Leave the network as it was before the first adapter."""
        self.guards.remove()
        for parameter, trains in self.trained:
            parameter.requires_grad_(trains)
        del self.module.__dict__[_PLACE]

    def base(self) -> dict[str, torch.Tensor]:
        """Weights, buffers and trained biases of the base, as they were before the first adapter."""
        state: dict[str, torch.Tensor] = {**self.parameters}
        state |= {name: owner._buffers[key] for name, owner, key in self.buffers}
        state |= self.statistics
        instead = {id(t): kept for a in self.adapters.values() for t, kept in a.kept()}
        return {name: instead.get(id(t), t).detach() for name, t in state.items()}

    def present_statistics(self) -> dict[str, torch.Tensor]:
        """Copies of the running statistics, as they are now."""
        return {name: owner._buffers[key].clone() for name, owner, key in self.buffers if _is_statistic(owner, key)}

    def moved_statistics(self) -> dict[str, torch.Tensor]:
        """Those that are no longer what they were."""
        now = self.present_statistics()
        return {name: t for name, t in now.items() if not torch.equal(t, self.statistics[name].to(t.device))}

    def set_statistics(self, values: dict[str, torch.Tensor]) -> None:
        """Those of ``values``; all others as they were."""
        wanted = self.statistics | values
        for name, owner, key in self.buffers:
            if _is_statistic(owner, key):
                owner._buffers[key].copy_(wanted[name])


def registry_of(module: nn.Module) -> Registry | None:
    """The registry of a network that has adapters."""
    found: Registry | None = module.__dict__.get(_PLACE)
    return found


def attached_to(module: nn.Module) -> dict[str, Attached]:
    """The adapters of a network by name; of a copy of a network, those of the copy.

    Parameters
    ----------
    module : torch.nn.Module
        The one that adapters were attached to.

    Returns
    -------
    dict of str to Attached
        Empty where there are none.

    Examples
    --------
    >>> import copy
    >>> import headstart as hs
    >>> from torch import nn
    >>> encoder = nn.Sequential(nn.Linear(4, 4))
    >>> adapter = hs.neural.LoRA(rank=1).attach(encoder, seed=0, name="task")
    >>> list(hs.neural.attached_to(copy.deepcopy(encoder)))
    ['task']
    """
    registry = registry_of(module)
    return {} if registry is None else dict(registry.adapters)


def _buffer_owners(module: nn.Module) -> list[tuple[str, nn.Module]]:
    found = []
    for path, part in module.named_modules():
        for key, value in part._buffers.items():
            if value is not None and key not in part._non_persistent_buffers_set:
                found.append((f"{path}.{key}" if path else key, part))
    return found


def _is_statistic(owner: nn.Module, key: str) -> bool:
    return has_statistics(owner) and key in _STATISTICS
