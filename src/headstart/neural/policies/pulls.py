"""What weights are held to."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...core.errors import InputError
from ..plan import Plan
from .base import Policy


@dataclass(frozen=True)
class L2SP(Policy):
    """Pull the backbone to the weights that it started from, and the head to zero.

    Adds ``strength / 2 * ||w - w_start||^2`` over the layers of the backbone that train, and
    ``head_strength / 2 * ||w_head||^2``, to the loss: knowledge of the source is forgotten only where the labels ask
    for it.

    Parameters
    ----------
    strength : float, default=0.1
        Of the pull to the start; the paper's best values lie between 0.01 and 0.1.
    head_strength : float, default=0.01
        Of the head's pull to zero, as in the paper. It takes the place of the head's weight decay.

    References
    ----------
    Li, Grandvalet and Davoine (2018). Explicit inductive bias for transfer learning with convolutional networks. ICML.

    Examples
    --------
    >>> import headstart as hs
    >>> from torch import nn
    >>> net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    >>> plan = hs.neural.Plan.of(hs.neural.layer_groups(net))
    >>> hs.neural.L2SP(0.05).apply(plan, epochs=10).table(net)["pull to start"].tolist()
    [0.05, 0.0]
    """

    strength: float = 0.1
    head_strength: float = 0.01

    def __post_init__(self) -> None:
        for name in ("strength", "head_strength"):
            if not getattr(self, name) >= 0:
                raise InputError(f"{name} is {getattr(self, name)!r}; expected a number of at least 0")

    def apply(self, plan: Plan, *, epochs: float) -> Plan:
        """Set the pull of the backbone's stages, in place of decay, and the decay of the head."""
        *backbone, head = plan.stages
        stages = [replace(stage, pull=self.strength, decay=0.0) for stage in backbone]
        return replace(plan, stages=(*stages, replace(head, decay=self.head_strength)))
