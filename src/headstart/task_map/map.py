"""The map of tasks: affinities of all measured transfers, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from . import keeping
from .beside import Beside, as_table, beside
from .choosing import Choosing
from .making import Making
from .names import Sources, refuse_unknown, written
from .tree import TaskTree


@dataclass(frozen=True, eq=False, repr=False)
class TaskMap(Making, Choosing):
    """Which tasks transfer to which, and the best use of a budget for supervision (Taskonomy).

    Made by ``from_transfers`` of measured scores, by ``from_win_rates`` of win rates between transfers, or by
    ``from_affinities`` of numbers that are comparable already.

    Attributes
    ----------
    transfers : DataFrame
        One row for each transfer, of all orders: ``sources`` (a sorted tuple of names), ``order`` (how many),
        ``target``, ``affinity``, ``score`` (the mean measured score; NaN where win rates or affinities were given) and
        ``verdict`` (how the transfer was judged against the baseline before; "" where that was not given).
    win_rates_ : dict of str to DataFrame
        For each target how often the transfer of the row beats that of the column; NaN where they were never compared.
        Empty where affinities were given.
    inconsistency : dict of str to float
        For each target how far its comparisons contradict each other: Saaty's index, 0 for not at all.
    baselines : tuple of str
        Names that are no tasks, such as training from scratch: they are compared, and never chosen.
    higher_is_better : bool
        Whether higher scores are better.
    normalize : str
        "ahp" or "scores".
    rows_ : dict of str to DataFrame
        For each target on how many rows the transfer of the row was compared with that of the column. Empty where no
        rows were given.

    Notes
    -----
    Affinities by the Analytic Hierarchy Process sum to 1 over all transfers that were compared for a target, whatever
    the unit of its scores. So more transfers to a target make each smaller, and sums over targets weigh them by how
    much their transfers differ; ``policy(scale="range")`` lets every target count alike.

    References
    ----------
    Zamir et al. (2018). Taskonomy: disentangling task transfer learning. CVPR.

    Examples
    --------
    Three sources, and a pair of them, were tried on the same five rows of two targets; the lower the loss, the better.

    >>> import headstart as hs
    >>> import pandas as pd
    >>> losses = {
    ...     ("edges", "depth"): [0.3, 0.4, 0.3, 0.5, 0.2], ("scenes", "depth"): [0.6, 0.5, 0.7, 0.4, 0.6],
    ...     ("edges+scenes", "depth"): [0.2, 0.4, 0.2, 0.3, 0.3], ("scenes", "rooms"): [0.1, 0.2, 0.1, 0.1, 0.2],
    ...     ("edges", "rooms"): [0.5, 0.4, 0.1, 0.6, 0.5],
    ... }
    >>> table = pd.DataFrame(
    ...     [(s, t, k, v) for (s, t), row in losses.items() for k, v in enumerate(row)],
    ...     columns=["sources", "target", "row", "score"],
    ... )
    >>> tasks = hs.TaskMap.from_transfers(table, row="row", higher_is_better=False)
    >>> tasks.affinity.round(3)
    target  depth  rooms
    edges   0.270    0.1
    scenes  0.064    0.9
    >>> print(tasks.policy(budget=2))
    Policy for a budget of 2: supervise edges, scenes.
      depth <- edges + scenes  affinity 0.666 of 0.666 attainable
      rooms <- scenes          affinity 0.900 of 0.900 attainable
    """

    transfers: pd.DataFrame
    win_rates_: dict[str, pd.DataFrame] = field(default_factory=dict)
    inconsistency: dict[str, float] = field(default_factory=dict)
    baselines: tuple[str, ...] = ()
    higher_is_better: bool = True
    normalize: str = "ahp"
    rows_: dict[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def targets(self) -> tuple[str, ...]:
        """The tasks that were transferred to."""
        return tuple(dict.fromkeys(self.transfers["target"]))

    @property
    def sources(self) -> tuple[str, ...]:
        """The tasks that were transferred from, without baselines."""
        return tuple(sorted({n for s in self.transfers["sources"] for n in s} - set(self.baselines)))

    @property
    def max_order(self) -> int:
        """The largest number of sources in one transfer."""
        return int(self.transfers["order"].max())

    @property
    def affinity(self) -> pd.DataFrame:
        """Affinities of transfers from one source: sources in rows, targets in columns, NaN where not measured."""
        part = self._of_tasks()
        part = part[part["order"] == 1]
        table = part.assign(source=[s[0] for s in part["sources"]]).pivot(
            index="source", columns="target", values="affinity"
        )
        table = table.reindex(columns=list(self.targets))
        table.index.name = None
        return table.rename_axis(columns="target")

    @property
    def higher_order(self) -> pd.Series:
        """Affinities of transfers from several sources, by their names and the target."""
        part = self.transfers[self.transfers["order"] > 1]
        keys = [[written(s) for s in part["sources"]], list(part["target"])]
        return pd.Series(
            part["affinity"].to_numpy(),
            index=pd.MultiIndex.from_arrays(keys, names=["sources", "target"]),
            name="affinity",
        )

    def best_sources(self, target: str, *, max_order: int | None = None) -> pd.DataFrame:
        """All measured transfers to a target, the best first.

        Parameters
        ----------
        target : str
            A target.
        max_order : int, default=None
            No transfers from more sources than this. None: all.

        Returns
        -------
        DataFrame
            Columns sources, order, affinity, score, and for each baseline how often it is beaten ("beats scratch").
        """
        refuse_unknown([target], self.targets, what="target")
        part = self._of_tasks()
        part = part[part["target"] == target]
        if max_order is not None:
            part = part[part["order"] <= max_order]
        part = part.sort_values(["affinity", "order"], ascending=[False, True], kind="stable")
        names = [written(s) for s in part["sources"]]
        result = pd.DataFrame(
            {
                "sources": names,
                "order": part["order"].to_numpy(),
                "affinity": part["affinity"].to_numpy(),
                "score": part["score"].to_numpy(),
            }
        )
        wins = self.win_rates_.get(target)
        for baseline in self.baselines:
            if wins is not None and baseline in wins.columns:
                result[f"beats {baseline}"] = wins[baseline].reindex(names).to_numpy()
        return result

    def against_baselines(self) -> pd.DataFrame:
        """Each transfer beside the best baseline of its target: does the source help at all?

        Returns
        -------
        DataFrame
            One row for each transfer to a target that a baseline was tried on: sources, target, affinity; ``baseline``,
            the one with the largest affinity to the target, and ``baseline_affinity``; the ``win_rate`` against it and
            Wilson's interval (``low``, ``high``), of how many rows (``n_rows``); ``beats``; and ``verdict``, what a map
            of transfer had said before. ``beats`` is "yes" where that is "helps" and "no" where it is "hurts". Where
            none was given, it is "yes" or "no" where the interval lies above or below one half and the mean score does
            not say the contrary. Else it is "not told apart". Where rows are not known, the win rate decides alone;
            without a win rate the affinities do. The intervals are so wide that all of them hold together in 90 % of
            maps (Bonferroni).

        Examples
        --------
        >>> import headstart as hs
        >>> import pandas as pd
        >>> scores = {"edges": [3, 2, 4, 5], "scenes": [1, 4, 1, 1], "scratch": [2, 1, 2, 3]}
        >>> table = pd.DataFrame(
        ...     [(s, "depth", k, v) for s, row in scores.items() for k, v in enumerate(row)],
        ...     columns=["sources", "target", "row", "score"],
        ... )
        >>> tasks = hs.TaskMap.from_transfers(table, row="row", baselines="scratch")
        >>> tasks.against_baselines()[["sources", "win_rate", "low", "high", "beats"]].round(2)
          sources  win_rate   low  high           beats
        0   edges      1.00  0.51   1.0             yes
        1  scenes      0.25  0.05   0.7  not told apart
        """
        return as_table(self._beside(), self._of_tasks())

    def tree(self) -> TaskTree:
        """The source tasks, joined by how alike they transfer out; see ``TaskTree``.

        Each target ranks its sources; two sources are as far apart as their ranks differ, over the targets that both
        were measured on, less the two tasks themselves. Ranks, since one target on which all but one fail would decide
        the tree of affinities. Joined by average linkage.
        """
        return TaskTree.of(self.affinity)

    def _of_tasks(self) -> pd.DataFrame:
        """The transfers without baselines."""
        none = set(self.baselines)
        kept = [k for k, s in enumerate(self.transfers["sources"]) if not none.intersection(s)]
        return self.transfers.iloc[kept]

    def _beside(self) -> dict[tuple[str, Sources], Beside]:
        return beside(
            self.transfers, self.baselines, self.win_rates_, self.rows_, higher_is_better=self.higher_is_better
        )

    def to_frame(self) -> pd.DataFrame:
        """One row for each transfer, names of sources joined; ``from_affinities`` reads it."""
        return self.transfers.assign(sources=[written(s) for s in self.transfers["sources"]])

    def to_json(self, path: str | Path) -> None:
        """Write the whole map, win rates included, as JSON."""
        rest = {
            "baselines": list(self.baselines),
            "higher_is_better": self.higher_is_better,
            "normalize": self.normalize,
            "inconsistency": self.inconsistency,
        }
        keeping.write(path, transfers=self.transfers, wins=self.win_rates_, rows=self.rows_, rest=rest)

    @classmethod
    def from_json(cls, path: str | Path) -> TaskMap:
        """Read a map that ``to_json`` wrote."""
        transfers, wins, rows, rest = keeping.read(path)
        rest["baselines"] = tuple(rest["baselines"])
        return cls(transfers, wins, rows_=rows, **rest)

    def __repr__(self) -> str:
        orders = "" if self.max_order == 1 else f", up to {self.max_order} sources in one"
        return (
            f"TaskMap of {len(self._of_tasks())} transfers{orders}: {len(self.sources)} sources, "
            f"{len(self.targets)} targets"
        )
