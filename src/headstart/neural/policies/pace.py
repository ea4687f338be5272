"""From when, and how fast, layers train."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...core.errors import InputError
from ..plan import Plan
from .base import Policy


@dataclass(frozen=True)
class GradualUnfreeze(Policy):
    """Unfreeze the layers one after the other, the head first and the input last.

    Parameters
    ----------
    every : float, default=None
        Epochs from one layer to the next; the paper has 1. None: so that the last layer starts halfway through the
        training, however many layers there are.

    Raises
    ------
    InputError
        Where ``every`` is so long that layers would never train.

    References
    ----------
    Howard and Ruder (2018). Universal language model fine-tuning for text classification. ACL.

    Examples
    --------
    >>> import headstart as hs
    >>> from torch import nn
    >>> net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    >>> plan = hs.neural.Plan.of(hs.neural.layer_groups(net))
    >>> hs.neural.GradualUnfreeze(every=3).apply(plan, epochs=10).table(net)["from epoch"].tolist()
    [3.0, 0.0]
    """

    every: float | None = None

    def __post_init__(self) -> None:
        if self.every is not None and not self.every > 0:
            raise InputError(f"every is {self.every!r}; expected a number of epochs above 0, or None")

    def apply(self, plan: Plan, *, epochs: float) -> Plan:
        """Give each stage that trains a later start, the further it is from the head."""
        training = [k for k, stage in enumerate(plan.stages) if stage.trains]
        steps = max(len(training) - 1, 1)
        every = 0.5 * epochs / steps if self.every is None else float(self.every)
        if every * (len(training) - 1) >= epochs:
            raise InputError(
                f"with every={self.every:g}, {len(training)} layers are unfrozen only after {every * steps:g} epochs, "
                f"and the training has {epochs:g}; expected fewer epochs between two layers, or every=None"
            )
        stages = list(plan.stages)
        for later, k in enumerate(reversed(training)):
            stages[k] = replace(stages[k], starts=later * every)
        return replace(plan, stages=tuple(stages))


@dataclass(frozen=True)
class LayerwiseLR(Policy):
    """Train each layer more slowly than the one above it.

    Parameters
    ----------
    decay : float, default=0.8
        Share of the rate of the layer above. The paper takes 1 / 2.6 for four layers; with the twelve and more
        blocks of today's networks 0.65 to 0.95 is usual.

    References
    ----------
    Howard and Ruder (2018). Universal language model fine-tuning for text classification. ACL: discriminative
    fine-tuning.

    Examples
    --------
    >>> import headstart as hs
    >>> from torch import nn
    >>> net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    >>> plan = hs.neural.Plan.of(hs.neural.layer_groups(net))
    >>> hs.neural.LayerwiseLR(0.5).apply(plan, epochs=10).table(net)["speed"].tolist()
    [0.5, 1.0]
    """

    decay: float = 0.8

    def __post_init__(self) -> None:
        if not 0 < self.decay <= 1:
            raise InputError(f"decay is {self.decay!r}; expected a share above 0 and up to 1")

    def apply(self, plan: Plan, *, epochs: float) -> Plan:
        """Multiply the speed of each stage by the decay, once for each layer above it."""
        above = len(plan.stages) - 1
        stages = (replace(s, speed=s.speed * self.decay ** (above - k)) for k, s in enumerate(plan.stages))
        return replace(plan, stages=tuple(stages))
