"""Levels of experts, some shared and some of one task: what CGC has one of, and PLE several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
import torch
from torch import nn

from ...neural.backbone import Backbone
from ...neural.groups import LayerGroup
from .base import Trunk
from .experts import Experts, Gates, mixed, mixed_for_all


class Level(nn.Module):
    """Experts of each task and shared ones, and a gate for each task over its own and the shared.

    With ``goes_on`` there is a shared gate too, over all experts: what the shared experts of the next level read.
    """

    def __init__(
        self,
        n_tasks: int,
        own: int,
        shared: int,
        n_features: int,
        width: int,
        generator: torch.Generator,
        *,
        goes_on: bool,
    ) -> None:
        super().__init__()
        self.own = Experts(n_tasks, own, n_features, width, generator)
        self.shared = Experts(1, shared, n_features, width, generator)
        self.gates = Gates(n_tasks, own + shared, n_features)
        self.shared_gate = Gates(1, n_tasks * own + shared, n_features) if goes_on else None

    def mixed_for(self, shares: torch.Tensor, own: torch.Tensor, shared: torch.Tensor) -> torch.Tensor:
        """Mixtures (..., width) by shares (..., own + shared) of experts (..., own, width) and (..., shared, width)."""
        n = self.own.count
        return mixed(shares[..., :n], own) + mixed(shares[..., n:], shared)

    def mixed_for_all(self, shares: torch.Tensor, own: torch.Tensor, shared: torch.Tensor) -> torch.Tensor:
        """``mixed_for`` of all tasks where they read the same ``shared`` (n_rows, shared, width)."""
        n = self.own.count
        return mixed(shares[..., :n], own) + mixed_for_all(shares[..., n:], shared)

    def mixed_for_shared(self, reads: torch.Tensor, own: torch.Tensor, shared: torch.Tensor) -> torch.Tensor:
        """What the shared experts of the next level read, (n_rows, width); ``own`` is (n_tasks, n_rows, own, width)."""
        assert self.shared_gate is not None
        everyone = torch.cat([own.transpose(0, 1).flatten(1, 2), shared], 1)
        return mixed(self.shared_gate(reads)[0], everyone)


class ExtractionTrunk(Trunk):
    """The backbone, and levels of experts on its features."""

    whole = True

    def __init__(
        self, backbone: Backbone, tasks: Sequence[str], levels: int, own: int, shared: int, width: int, seed: int
    ) -> None:
        super().__init__()
        self.tasks, self.n_tasks, self.n_features = tuple(tasks), len(tasks), width
        self.encoder = backbone.module
        generator = torch.Generator().manual_seed(seed)
        lengths = [backbone.n_features] + [width] * (levels - 1)
        self.levels = nn.ModuleList(
            Level(self.n_tasks, own, shared, n, width, generator, goes_on=i + 1 < levels) for i, n in enumerate(lengths)
        )
        above = [LayerGroup(f"experts{i + 1}", (f"levels.{i}",)) for i in range(levels)]
        self.groups = (*(group.under("encoder") for group in backbone.groups), *above)
        self.fresh = tuple(group.name for group in above)

    def shared(self, batch: Any) -> tuple[torch.Tensor, ...]:
        """What tasks' own parts read.

        With one level: the features, and the outputs of the shared experts. With more: what the last gates but one of
        the tasks read, the outputs of the tasks' experts there, each for all tasks as (n_rows, n_tasks, ...), those
        of the shared experts there, and those of the shared experts of the last level.
        """
        of_task = of_shared = self.encoder(batch)
        if len(self.levels) == 1:
            return of_task, self.levels[0].shared.of(of_shared, 0)
        *lower, before, last = self.levels
        for level in lower:
            own, shared = level.own(of_task), level.shared.of(of_shared, 0)
            of_task, of_shared = (
                level.mixed_for_all(level.gates(of_task), own, shared),
                level.mixed_for_shared(of_shared, own, shared),
            )
        own, shared = before.own(of_task), before.shared.of(of_shared, 0)
        lasts = last.shared.of(before.mixed_for_shared(of_shared, own, shared), 0)
        reads = of_task if of_task.dim() == 2 else of_task.transpose(0, 1)
        return reads, own.transpose(0, 1), shared, lasts

    def own(self, read: tuple[torch.Tensor, ...], task: int) -> torch.Tensor:
        """The features of one task: by its gates and its experts of the last level."""
        x, shared = read[0], read[-1]
        if len(self.levels) > 1:
            _, own_before, shared_before, shared = read
            before = self.levels[-2]
            x = x[:, task] if x.dim() == 3 else x
            x = before.mixed_for(before.gates.of(x, task), own_before[:, task], shared_before)
        last = self.levels[-1]
        return last.mixed_for(last.gates.of(x, task), last.own.of(x, task), shared)

    def all_own(self, reads: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """The features of all tasks, each by what it reads."""
        x, shared = reads[0], reads[-1]
        if len(self.levels) > 1:
            _, own_before, shared_before, shared = reads
            before = self.levels[-2]
            x = _of_each(x) if x.dim() == 4 else x
            x = before.mixed_for(before.gates(x), _of_each(own_before), shared_before)
        last = self.levels[-1]
        return last.mixed_for(last.gates(x), last.own(x), shared)

    def together(self, shared: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """The features of all tasks, where all read the same."""
        x, of_last = shared[0], shared[-1]
        if len(self.levels) > 1:
            before = self.levels[-2]
            x = x.transpose(0, 1) if x.dim() == 3 else x
            x = before.mixed_for_all(before.gates(x), shared[1].transpose(0, 1), shared[2])
        last = self.levels[-1]
        return last.mixed_for_all(last.gates(x), last.own(x), of_last)

    def below(self) -> Iterator[nn.Parameter]:
        """The encoder, the shared experts of the last level, and the levels before without the last gates of tasks."""
        yield from self.encoder.parameters()
        *before, last = self.levels
        for i, level in enumerate(before):
            for name, part in level.named_children():
                if name != "gates" or i + 1 < len(before):
                    yield from part.parameters()
        yield from last.shared.parameters()

    def learnt(self) -> dict[str, pd.DataFrame]:
        """The gate loads of each level, tasks x experts, and of its shared gate; nothing before a training."""
        found: dict[str, pd.DataFrame] = {}
        for i, level in enumerate(self.levels):
            where = f" of level {i + 1}" if len(self.levels) > 1 else ""
            mine, ours = _numbered("own", level.own.count), _numbered("shared", level.shared.count)
            loads = level.gates.table(self.tasks, [*mine, *ours])
            if loads is not None:
                found[f"gate loads{where}"] = loads
            if level.shared_gate is None:
                continue
            theirs = [f"{name} of {task}" for task in self.tasks for name in mine]
            loads = level.shared_gate.table(["shared"], [*theirs, *ours])
            if loads is not None:
                found[f"shared gate{where}"] = loads
        return found


def _of_each(reads: torch.Tensor) -> torch.Tensor:
    """Of what each task reads of all tasks, (n_tasks, n_rows, n_tasks, ...), its own part: (n_tasks, n_rows, ...)."""
    return reads.diagonal(dim1=0, dim2=2).movedim(-1, 0)


def _numbered(what: str, count: int) -> list[str]:
    return [f"{what} {i + 1}" for i in range(count)]
