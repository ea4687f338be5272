"""The best transfers for a supervision budget, and how they are told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from .names import Sources, written


@dataclass(frozen=True, eq=False)
class Policy:
    """Which sources to supervise within a budget, and from which each target is to be learned.

    Attributes
    ----------
    budget : float
        What the sources may cost in all.
    cost : float
        What the chosen ones cost.
    sources : tuple of str
        The sources to supervise.
    transfers : dict of str to tuple of str
        The sources of each target: one, or several of which a transfer of higher order is made.
    affinities : dict of str to float
        The affinity of each target's transfer.
    attainable : dict of str to float
        The affinity of each target's best transfer, were all allowed sources supervised.
    affinity : float
        The sum that was made as large as can be: each target's affinity, scaled and weighed as was asked.
    gap : float
        By how much the solver has not ruled out that another policy has a larger sum: 0 is proven optimal.

    Examples
    --------
    >>> import headstart as hs
    >>> import pandas as pd
    >>> table = pd.DataFrame({"sources": ["a", "b", "a+b"], "target": ["t"] * 3, "affinity": [0.2, 0.3, 0.5]})
    >>> print(hs.TaskMap.from_affinities(table).policy(budget=1))
    Policy for a budget of 1: supervise b.
      t <- b  affinity 0.300 of 0.500 attainable
    """

    budget: float
    cost: float
    sources: tuple[str, ...]
    transfers: dict[str, Sources]
    affinities: dict[str, float]
    attainable: dict[str, float]
    affinity: float
    gap: float

    def to_frame(self) -> pd.DataFrame:
        """One row for each target: its sources, the order of the transfer, its affinity and the attainable one."""
        return pd.DataFrame(
            {
                "target": list(self.transfers),
                "sources": [written(s) for s in self.transfers.values()],
                "order": [len(s) for s in self.transfers.values()],
                "affinity": list(self.affinities.values()),
                "attainable": list(self.attainable.values()),
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as JSON holds them."""
        return {
            "budget": self.budget,
            "cost": self.cost,
            "sources": list(self.sources),
            "affinity": self.affinity,
            "gap": self.gap,
            "transfers": {t: list(s) for t, s in self.transfers.items()},
            "affinities": dict(self.affinities),
            "attainable": dict(self.attainable),
        }

    def __str__(self) -> str:
        width = max(len(t) for t in self.transfers)
        chosen = max(len(written(s)) for s in self.transfers.values())
        lines = [f"Policy for a budget of {self.budget:g}: supervise {', '.join(self.sources)}."]
        lines += [
            f"  {t:{width}} <- {written(s):{chosen}}  affinity {self.affinities[t]:.3f} of {self.attainable[t]:.3f} "
            "attainable"
            for t, s in self.transfers.items()
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"Policy(budget={self.budget:g}, sources={list(self.sources)}, affinity={self.affinity:.4g})"


class Policies(Mapping[float, Policy]):
    """The best policies of several budgets: a mapping from budget to ``Policy``.

    Attributes
    ----------
    budgets : list of float
        The budgets, in the order in which they were asked for.

    Examples
    --------
    >>> import headstart as hs
    >>> import pandas as pd
    >>> table = pd.DataFrame({"sources": ["a", "b", "a+b"], "target": ["t"] * 3, "affinity": [0.2, 0.3, 0.5]})
    >>> policies = hs.TaskMap.from_affinities(table).policies([1, 2])
    >>> policies[2].sources
    ('a', 'b')
    >>> policies.to_frame()[["budget", "cost", "affinity"]]
       budget  cost  affinity
    0       1   1.0       0.3
    1       2   2.0       0.5
    """

    def __init__(self, found: Mapping[float, Policy]) -> None:
        self._found = dict(found)

    @property
    def budgets(self) -> list[float]:
        """The budgets."""
        return list(self._found)

    def __getitem__(self, budget: float) -> Policy:
        return self._found[budget]

    def __iter__(self) -> Iterator[float]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def to_frame(self) -> pd.DataFrame:
        """One row for each budget: what is supervised, what it costs, and the sum of affinities."""
        return pd.DataFrame(
            {
                "budget": list(self),
                "sources": [", ".join(p.sources) for p in self.values()],
                "cost": [p.cost for p in self.values()],
                "affinity": [p.affinity for p in self.values()],
                "gap": [p.gap for p in self.values()],
            }
        )

    def __repr__(self) -> str:
        return f"Policies({list(self)})"

    def __str__(self) -> str:
        return self.to_frame()[["budget", "cost", "affinity", "sources"]].to_string(index=False)
