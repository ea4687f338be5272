"""A trunk with heads: what is trained for several tasks, and what predicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from ..neural.groups import LayerGroup
from ..neural.network import HEAD
from .heads import Heads
from .sharing.base import Trunk
from .tap import Tap


class MultiTaskNetwork(nn.Module):
    """What tasks share, and a head for each.

    Parameters
    ----------
    trunk : Trunk
        What a way of sharing has built.
    n_outputs : sequence of int
        Outputs of each task that has a head.
    kept : sequence of int, optional
        The places of these tasks among those of the trunk. None: all.
    made : sequence of module, optional
        Heads of tasks that are made of the rows themselves, which train beside.

    Examples
    --------
    >>> import torch, headstart as hs
    >>> from headstart.multitask import HardSharing, MultiTaskNetwork
    >>> backbone = hs.neural.open_backbone(torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU()))
    >>> network = MultiTaskNetwork(HardSharing().build(backbone, ["left", "right"], seed=0), [3, 1])
    >>> [out.shape for out in network(torch.ones(5, 4))]
    [torch.Size([5, 3]), torch.Size([5, 1])]
    >>> [group.name for group in network.groups]
    ['0', 'head']
    """

    def __init__(
        self,
        trunk: Trunk,
        n_outputs: Sequence[int],
        kept: Sequence[int] | None = None,
        made: Sequence[nn.Module] = (),
    ) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = Heads(trunk.n_features, n_outputs)
        self.kept = tuple(range(trunk.n_tasks) if kept is None else kept)
        self.made = nn.ModuleList(made)

    @property
    def groups(self) -> tuple[LayerGroup, ...]:
        """Layers from input to output, all heads as the last one; their prefixes are those of this module."""
        made = (LayerGroup("made tasks", ("made",)),) if len(self.made) else ()
        return (*(group.under("trunk") for group in self.trunk.groups), *made, LayerGroup(HEAD, (HEAD,)))

    def forward(self, batch: Any) -> list[torch.Tensor]:
        """Outputs (n_rows, n_outputs) of each task."""
        return self.head.apart(self.batched(batch, tapped=False)[0])

    def batched(self, batch: Any, *, tapped: bool) -> tuple[list[torch.Tensor], Tap | None]:
        """Outputs as ``Heads`` gives them; with the tap in between, which a backward pass stops at, where asked."""
        trunk = self.trunk
        if not trunk.taps:
            return self.head(self._of_kept(trunk(batch))), None
        shared = trunk.shared(batch)
        if not tapped:
            features = shared[0] if trunk.same else self._of_kept(trunk.together(shared))
            return self.head(features), None
        tap = Tap(shared, trunk.n_tasks)
        return self.head(trunk.all_own(tap.stacked())), tap

    def features(self, batch: Any) -> torch.Tensor:
        """Features (n_rows, n_features) for tasks that belong to none of the others: their mean over tasks."""
        if self.trunk.taps and self.trunk.same:
            return self.trunk.shared(batch)[0]
        features: torch.Tensor = self.trunk(batch)
        return features.mean(dim=0)

    def _of_kept(self, features: torch.Tensor) -> torch.Tensor:
        return features if len(self.kept) == len(features) else features[list(self.kept)]

    def keep(self, tasks: Sequence[int]) -> None:
        """Drop the heads of all other tasks, in place; outputs are then those of these tasks, in this order.

        Parts of the trunk that serve a task alone stay, for the others' parts may read them.
        """
        heads = Heads(self.trunk.n_features, [self.head.n_outputs[k] for k in tasks])
        with torch.no_grad():
            for new, old in enumerate(tasks):
                for mine, theirs in zip(heads.of(new), self.head.of(old), strict=True):
                    mine.copy_(theirs)
        self.kept = tuple(self.kept[k] for k in tasks)
        self.head = heads.to(next(self.head.parameters()).device)
        self.made = nn.ModuleList()

    def of_task(self, batch: Any, task: int) -> torch.Tensor:
        """Outputs (n_rows, n_outputs) of one task."""
        return self.head.of_task(self.trunk.one(batch, self.kept[task]), task)
