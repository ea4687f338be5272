"""A choice of networks that together solve all tasks."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from .names import written


@dataclass(frozen=True, eq=False, repr=False)
class Grouping:
    """A set of networks that together solve all tasks, each task by the one that is best at it.

    Attributes
    ----------
    budget : float
        What the networks may cost in all.
    cost : float
        What they cost.
    networks : dict of str to tuple of str
        The name of each network, and the tasks that it is trained on.
    serves : dict of str to str
        For each task the network that solves it.
    losses : dict of str to float
        The measured loss of each task in its network.
    loss : float
        Their weighted sum.
    predicted : float
        The sum that the choice was made by: ``loss`` itself where all networks were measured.
    best : float
        The smallest sum that any choice within the budget has.
    gap : float
        By how much the solver has not ruled out a better choice: 0 is proven optimal.

    Examples
    --------
    >>> import headstart as hs
    >>> import pandas as pd
    >>> losses = pd.DataFrame({"depth": [0.3, None, 0.2], "edges": [None, 0.2, 0.3]}, index=["d", "e", "both"])
    >>> hs.JointTraining.from_losses(losses).best(budget=2)
    Grouping for a budget of 2: e (edges), both (depth + edges); loss 0.4
    """

    budget: float
    cost: float
    networks: dict[str, tuple[str, ...]]
    serves: dict[str, str]
    losses: dict[str, float]
    loss: float
    predicted: float
    best: float
    gap: float

    @property
    def regret(self) -> float:
        """By how much the loss is larger than the smallest that the budget allows."""
        return self.loss - self.best

    def to_frame(self) -> pd.DataFrame:
        """One row for each task: its network, what that is trained on, and its loss."""
        return pd.DataFrame(
            {
                "task": list(self.serves),
                "network": list(self.serves.values()),
                "trained with": [written(self.networks[n]) for n in self.serves.values()],
                "loss": list(self.losses.values()),
            }
        )

    def __repr__(self) -> str:
        listed = ", ".join(f"{n} ({written(t)})" for n, t in self.networks.items())
        regret = f", {self.regret:.4g} above the best" if self.regret > 1e-12 else ""
        return f"Grouping for a budget of {self.budget:g}: {listed}; loss {self.loss:.4g}{regret}"
