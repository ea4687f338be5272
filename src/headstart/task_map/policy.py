"""The best transfers for a supervision budget, and how they are told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from . import telling
from .beside import YES, Beside, Outlook
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
    beside : dict of str to Beside
        Each target's transfer beside the best baseline of that target: ``baseline`` with its ``affinity``, the
        ``win_rate`` against it with an interval, and ``beats`` ("yes", "no", "not told apart"). Empty where the map has
        no baselines.
    outlook : dict of str to Outlook
        For each target that has a baseline the best such answer of any allowed transfer, and that transfer's sources.

    Examples
    --------
    >>> import headstart as hs
    >>> import pandas as pd
    >>> table = pd.DataFrame({"sources": ["a", "b", "a+b"], "target": ["t"] * 3, "affinity": [0.2, 0.3, 0.5]})
    >>> print(hs.TaskMap.from_affinities(table).policy(budget=1))
    Policy for a budget of 1: supervise b.
      t <- b  affinity 0.300 of 0.500 attainable

    A baseline is never chosen, and what is chosen is held against it.

    >>> table.loc[3] = ["scratch", "t", 0.4]
    >>> print(hs.TaskMap.from_affinities(table, baselines="scratch").policy(budget=1))
    Target 't' gains nothing that shows over 'scratch'.
    Policy for a budget of 1: nothing to supervise. b would give the largest sum of affinities, and no target gains.
      t <- b  affinity 0.300 of 0.500 attainable, 'scratch' 0.400: loses to it
    t is better learnt alone than from b: 'scratch' beats it; a + b would beat 'scratch'.
    """

    budget: float
    cost: float
    sources: tuple[str, ...]
    transfers: dict[str, Sources]
    affinities: dict[str, float]
    attainable: dict[str, float]
    affinity: float
    gap: float
    beside: dict[str, Beside] = field(default_factory=dict)
    outlook: dict[str, Outlook] = field(default_factory=dict)

    def to_frame(self) -> pd.DataFrame:
        """One row for each target: its sources, the order of the transfer, its affinity and the attainable one.

        Where the map has baselines also ``baseline``, the best one of the target, ``baseline_affinity``, ``win_rate``
        against it, and ``beats_baseline`` ("yes", "no", "not told apart").
        """
        table = pd.DataFrame(
            {
                "target": list(self.transfers),
                "sources": [written(s) for s in self.transfers.values()],
                "order": [len(s) for s in self.transfers.values()],
                "affinity": list(self.affinities.values()),
                "attainable": list(self.attainable.values()),
            }
        )
        if self.beside:
            found = [self.beside.get(t) for t in self.transfers]
            table["baseline"] = [b.baseline if b else None for b in found]
            table["baseline_affinity"] = [b.affinity if b else float("nan") for b in found]
            table["win_rate"] = [b.win_rate if b else float("nan") for b in found]
            table["beats_baseline"] = [b.beats if b else None for b in found]
        return table

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as JSON holds them."""
        told = {
            "beside": {t: b.to_dict() for t, b in self.beside.items()},
            "outlook": {t: {"beats": o.beats, "sources": list(o.sources)} for t, o in self.outlook.items()},
            "said": [telling.headline(self), *telling.sentences(self)],
        }
        return {
            "budget": self.budget,
            "cost": self.cost,
            "sources": list(self.sources),
            "affinity": self.affinity,
            "gap": self.gap,
            "transfers": {t: list(s) for t, s in self.transfers.items()},
            "affinities": dict(self.affinities),
            "attainable": dict(self.attainable),
            **(told if self.beside else {}),
        }

    def __str__(self) -> str:
        width = max(len(t) for t in self.transfers)
        chosen = max(len(written(s)) for s in self.transfers.values())
        lines = [telling.headline(self)] if self.beside else []
        lines.append(f"Policy for a budget of {self.budget:g}: {telling.advice(self)}")
        for t, s in self.transfers.items():
            found = self.beside.get(t)
            beside = f", {found.baseline!r} {found.affinity:.3f}: {telling.against(found)}" if found else ""
            lines.append(
                f"  {t:{width}} <- {written(s):{chosen}}  affinity {self.affinities[t]:.3f} of "
                f"{self.attainable[t]:.3f} attainable{beside}"
            )
        return "\n".join([*lines, *telling.sentences(self)])

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
        """One row for each budget: what is supervised, what it costs, and the sum of affinities.

        Where the map has baselines also ``n_gain``, for how many targets the transfer beats the best one, of
        ``n_compared`` that have one.
        """
        table = pd.DataFrame(
            {
                "budget": list(self),
                "sources": [", ".join(p.sources) for p in self.values()],
                "cost": [p.cost for p in self.values()],
                "affinity": [p.affinity for p in self.values()],
                "gap": [p.gap for p in self.values()],
            }
        )
        if any(p.beside for p in self.values()):
            table["n_gain"] = [sum(b.beats == YES for b in p.beside.values()) for p in self.values()]
            table["n_compared"] = [len(p.beside) for p in self.values()]
        return table

    @property
    def outlook(self) -> str:
        """For which targets no allowed source beats the best baseline, whatever the budget; empty without baselines."""
        some = next((p for p in self.values() if p.outlook), None)
        return telling.outlook(some.outlook, some.beside.values()) if some else ""

    def __repr__(self) -> str:
        return f"Policies({list(self)})"

    def __str__(self) -> str:
        table, told = self.to_frame(), self.outlook
        if told:
            table["gain"] = [f"{n} of {m}" for n, m in zip(table["n_gain"], table["n_compared"], strict=True)]
            table["sources"] = [
                ", ".join(f"({s})" if s in telling.idle(p) else s for s in p.sources) for p in self.values()
            ]
        columns = ["budget", "cost", "affinity", *(["gain"] if told else []), "sources"]
        lines = [told] if told else []
        lines.append(table[columns].to_string(index=False))
        if any(telling.idle(p) for p in self.values()):
            lines.append("Sources in parentheses serve only targets that gain nothing.")
        return "\n".join(lines)
