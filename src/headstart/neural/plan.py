"""A training plan: for each layer group, whether and when it trains, how fast, and what it is pulled to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd
from torch import nn

from .groups import LayerGroup


@dataclass(frozen=True)
class Stage:
    """What happens to one layer group.

    ``starts`` is the epoch (counted from 0, fractions allowed) from which it trains; None: it stays frozen. ``speed``
    multiplies the learning rate. ``pull`` is the strength of a squared penalty on the distance from the weights at the
    start; ``decay`` is that on the distance from zero (decoupled weight decay), None: the optimiser's own.
    ``only`` restricts training to the parameters of these names (the ends of them), such as ("bias",).
    """

    group: LayerGroup
    starts: float | None = 0.0
    speed: float = 1.0
    pull: float = 0.0
    decay: float | None = None
    only: tuple[str, ...] | None = None

    @property
    def trains(self) -> bool:
        """Whether it trains at any time."""
        return self.starts is not None


@dataclass(frozen=True)
class Plan:
    """A stage for each layer group, from input to output; the head is the last.

    Policies take a plan and give another one; the training loop carries the last one out. All groups are parameter
    groups of the optimiser from the first step on, also those that start later.

    Parameters
    ----------
    stages : tuple of Stage
        From input to output.
    solve_head : bool, default=False
        Whether the head is first fitted as a linear model on the features of the start, before anything trains.

    Examples
    --------
    >>> import headstart as hs
    >>> from torch import nn
    >>> net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    >>> plan = hs.neural.Plan.of(hs.neural.layer_groups(net))
    >>> plan.table(net)["parameters"].tolist()
    [40, 18]
    """

    stages: tuple[Stage, ...]
    solve_head: bool = False

    @classmethod
    def of(cls, groups: Sequence[LayerGroup]) -> Plan:
        """Everything trains, from the start, at the same speed."""
        return cls(tuple(Stage(group) for group in groups))

    def change(self, index: int, **changes: object) -> Plan:
        """The same plan with another stage at ``index``."""
        stages = list(self.stages)
        stages[index] = replace(stages[index], **changes)  # type: ignore[arg-type]
        return replace(self, stages=tuple(stages))

    def table(self, module: nn.Module) -> pd.DataFrame:
        """One row a layer group: its parameters, how many train, from when, at which speed, pulled how strongly.

        A head that is solved counts as trained, "solved first": before any epoch, as a linear model.
        """
        rows = []
        for place, stage in enumerate(self.stages, start=1):
            solved = self.solve_head and place == len(self.stages)
            sizes = [(name, p.numel()) for name, p in stage.group.parameters(module)]
            trained = sum(n for name, n in sizes if solved or (stage.trains and trains_by_name(stage, name)))
            rows.append(
                {
                    "layer": stage.group.name,
                    "parameters": sum(n for _, n in sizes),
                    "trained": trained,
                    "solved first": solved,
                    "from epoch": stage.starts if stage.trains else None,
                    "speed": stage.speed if stage.trains else None,
                    "pull to start": stage.pull,
                }
            )
        return pd.DataFrame(rows)


def trains_by_name(stage: Stage, name: str) -> bool:
    """Whether a parameter of a stage that trains is among those that do."""
    return stage.only is None or any(name == end or name.endswith("." + end) for end in stage.only)
