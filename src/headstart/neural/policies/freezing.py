"""Which layers train at all."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..plan import Plan
from .base import Policy, find_layer


@dataclass(frozen=True)
class LinearProbe(Policy):
    """Freeze the whole backbone; fit the head alone, as a linear model on its features.

    The head is not trained step by step: features are computed once, and a ridge-penalised model whose penalty is
    chosen by leave-one-out is solved on them. Cheap, hard to overfit, and what every other policy has to beat.

    Examples
    --------
    >>> import headstart as hs
    >>> hs.neural.LinearProbe()
    LinearProbe()
    """

    def apply(self, plan: Plan, *, epochs: float) -> Plan:
        """Freeze all, solve the head."""
        return Plan(tuple(replace(stage, starts=None) for stage in plan.stages), solve_head=True)


@dataclass(frozen=True)
class FullFineTune(Policy):
    """Train all layers from the start, as one; what a list of policies begins with where it says nothing else.

    Examples
    --------
    >>> import headstart as hs
    >>> hs.neural.FullFineTune()
    FullFineTune()
    """

    def apply(self, plan: Plan, *, epochs: float) -> Plan:
        """Train all."""
        return Plan(tuple(replace(stage, starts=0.0) for stage in plan.stages))


@dataclass(frozen=True)
class ProbeThenFineTune(Policy):
    """Fit the head as ``LinearProbe`` does, then train all layers from there.

    A head that starts from nothing sends large, arbitrary gradients into the backbone in its first steps and
    distorts what it knew; one that is fitted beforehand does not (Kumar et al. 2022).

    References
    ----------
    Kumar, Raghunathan, Jones, Ma and Liang (2022). Fine-tuning can distort pretrained features and underperform
    out-of-distribution. ICLR.

    Examples
    --------
    >>> import headstart as hs
    >>> hs.neural.ProbeThenFineTune()
    ProbeThenFineTune()
    """

    def apply(self, plan: Plan, *, epochs: float) -> Plan:
        """Solve the head, then train what the plan trains."""
        return replace(plan, solve_head=True)


@dataclass(frozen=True)
class FreezeBelow(Policy):
    """Keep the layers nearer to the input than ``layer`` as they are.

    Lower layers of a network are general, upper ones specific to its task (Yosinski et al. 2014), so that few labels
    are better spent on the upper ones. Frozen layers stay in evaluation mode: the statistics of their batch
    normalisation do not drift.

    Parameters
    ----------
    layer : str or int
        The first layer that trains: its name, a pattern such as ``"layer3*"`` (the first layer that fits), or its
        place, counted from the input (negative: from the head, which is -1).

    Examples
    --------
    >>> import headstart as hs
    >>> from torch import nn
    >>> net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    >>> plan = hs.neural.Plan.of(hs.neural.layer_groups(net))
    >>> hs.neural.FreezeBelow("2").apply(plan, epochs=10).table(net)["trained"].tolist()
    [0, 18]
    """

    layer: str | int

    def apply(self, plan: Plan, *, epochs: float) -> Plan:
        """Freeze the stages before the layer."""
        first = find_layer(plan, self.layer)
        stages = (replace(s, starts=None) if k < first else s for k, s in enumerate(plan.stages))
        return replace(plan, stages=tuple(stages))
