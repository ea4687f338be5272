"""The map: tables of gains and verdicts, and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .asked import Asked
from .cell import Cell
from .claims import Claim, claims
from .order import Place
from .sound import sound_cells
from .tables import ALONE, asymmetry, losses, plain_column, table, wide
from .words import told

if TYPE_CHECKING:
    from ..task_map import TaskMap


@dataclass(frozen=True, eq=False, repr=False)
class TransferMap:
    """What every source brings to every target: the map of negative transfer.

    Made by ``map_transfers``, of domains, or by ``map_tasks``, of tasks that are columns of labels.

    Attributes
    ----------
    table_ : DataFrame
        One row for each cell that was measured or tried: ``sources`` (names joined by " + "), ``order`` (how many),
        ``target``, ``verdict`` in the map, ``gain`` with ``low`` and ``high``, the same of ``pooling_gain``,
        ``pooling_hurts`` (whether pooling surely loses, which it may do where the model gains), adjusted p-values
        ``p_helps`` and ``p_hurts``, ``verdict_alone`` (the cell by itself, without a correction), ``score``,
        ``baseline_score``, ``method``, numbers of rows, ``repeats``, ``seconds`` and ``note``. Of tasks ``plain_gain``,
        ``plain_low``, ``plain_high`` and ``plain_hurts`` stand in the place of pooling's, and ``metric`` is that of
        each target.
    gain_, low_, high_ : DataFrame of shape (n_source_sets, n_targets)
        Gain in ``metric`` of the model weighed by held-out rows over the target alone, and its interval, which is that
        of the cell by itself; NaN where a set holds the target, or was not measured.
    pooling_ : DataFrame of shape (n_source_sets, n_targets)
        Gain of plain pooling: what someone sees who trusts the source. Tasks have nothing that could be pooled.
    plain_ : DataFrame of shape (n_source_sets, n_targets)
        Gain of trusting the source without a look: plain pooling of domains; of tasks, adding the outputs of the source
        task's model to the columns, for the learner that the target alone would take.
    verdict_ : DataFrame of shape (n_source_sets, n_targets)
        "helps" where the model gains, "hurts" where trusting the source (``plain_``) loses and the model does not gain,
        "undetermined";
        "" where nothing was measured. Claims are corrected for the number of cells.
    unmeasured_ : list of tuple
        (names of sources, target) of cells that the time limit did not reach.
    untried_ : dict of tuple to str
        Cells whose sources could not be tried, with the reason.
    leaks_ : dict of tuple to str
        Cells whose sources hold rows of the target, in words: their gains are too good, and nothing in them is ever
        said to help.
    skipped_ : dict of str to str
        Domains or tasks that cannot be targets, with the reason.
    between : {"domains", "tasks"}
        What the map is of.
    metric : str
        What is scored; higher is better. "" where targets have different metrics.
    metrics : dict of str to str
        What is scored of each target that was measured.
    level : float
        Coverage of the intervals.
    correction : str or None
        How claims were corrected.
    repeats : int
        The most repeats that a cell has.
    cells : tuple of Cell
        What was measured, with the losses of each held-out target row.

    Examples
    --------
    >>> import numpy as np
    >>> import headstart as hs
    >>> X = np.random.default_rng(0).normal(size=(90, 2))
    >>> y = (X[:, 0] > 0).astype(int)
    >>> found = hs.map_transfers(
    ...     {"north": hs.Domain(X[:30], y[:30]), "south": hs.Domain(X[30:60], y[30:60])}, repeats=1
    ... )
    >>> found.verdict_.loc["north", "south"]
    'undetermined'
    """

    table_: pd.DataFrame
    sources: tuple[tuple[str, ...], ...]
    targets: tuple[str, ...]
    cells: tuple[Cell, ...]
    unmeasured_: list[Place]
    untried_: dict[Place, str]
    skipped_: dict[str, str]
    level: float
    correction: str | None
    repeats: int
    task: Any
    between: str = "domains"
    _claims: dict[Place, Claim] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        asked: Asked[Any],
        found: Mapping[Place, Cell | None],
        *,
        repeats: int,
        level: float,
        correction: str | None,
        between: str = "domains",
    ) -> TransferMap:
        """Put cells together, in the order of sources and targets."""
        order = {s: k for k, s in enumerate(asked.sets)}
        places = sorted(found, key=lambda p: (order[p[0]], asked.targets.index(p[1])))
        cells = [c for p in places if (c := found[p]) is not None]
        said = dict(zip([c.place for c in cells], claims(cells, correction=correction, level=level), strict=True))
        return cls(
            table([(c, said[c.place]) for c in cells], between),
            tuple(asked.sets),
            tuple(asked.targets),
            tuple(cells),
            [p for p in places if found[p] is None],
            {c.place: "; ".join(c.notes) for c in cells if c.verdict is None},
            dict(asked.skipped),
            level,
            correction,
            repeats,
            asked.task,
            between,
            said,
        )

    @property
    def leaks_(self) -> dict[Place, str]:
        """Cells whose sources hold rows of the target."""
        return {c.place: "; ".join(c.notes) for c in self.cells if c.verdict is not None and c.verdict.leaks}

    @property
    def n_measured(self) -> int:
        """How many cells were measured: neither out of reach of the time limit nor impossible to try."""
        return sum(c.verdict is not None for c in self.cells)

    @property
    def metric(self) -> str:
        """What is scored."""
        used = set(self.metrics.values())
        return used.pop() if len(used) == 1 else ""

    @property
    def metrics(self) -> dict[str, str]:
        """What is scored of each target."""
        known = {c.target: c.verdict.metric for c in self.cells if c.verdict is not None}
        return {t: known[t] for t in self.targets if t in known}

    @property
    def gain_(self) -> pd.DataFrame:
        """Gains, source sets by targets."""
        return self._wide("gain")

    @property
    def low_(self) -> pd.DataFrame:
        """Lower ends of the gains' intervals."""
        return self._wide("low")

    @property
    def high_(self) -> pd.DataFrame:
        """Upper ends of the gains' intervals."""
        return self._wide("high")

    @property
    def pooling_(self) -> pd.DataFrame:
        """Gains of plain pooling."""
        if self.between == "tasks":
            raise AttributeError(
                "a map of tasks has no pooling_: rows with labels of another kind cannot be pooled; see plain_, the "
                "gain of always adding the outputs of the source task's model as columns"
            )
        return self.plain_

    @property
    def plain_(self) -> pd.DataFrame:
        """Gains of trusting the source."""
        return self._wide(plain_column(self.between))

    @property
    def verdict_(self) -> pd.DataFrame:
        """Verdicts, source sets by targets."""
        return self._wide("verdict", empty="")

    def _wide(self, column: str, empty: Any = np.nan) -> pd.DataFrame:
        return wide(self.table_, column, self.sources, self.targets, empty)

    def helpful(self) -> pd.DataFrame:
        """The rows of ``table_`` that help, the largest gain first; the surest where targets have other metrics."""
        part = self.table_[self.table_["verdict"] == "helps"]
        part = part.sort_values("gain", ascending=False, kind="stable")
        return (part if self.metric else part.sort_values("p_helps", kind="stable")).reset_index(drop=True)

    def harmful(self) -> pd.DataFrame:
        """The rows of ``table_`` that it hurts to trust, the largest loss first; or the surest, as in ``helpful``.

        Where the model that weighs the source surely gains, trusting it may still hurt: such a row is in both tables.
        """
        part = self.table_[self.table_[plain_column(self.between, "hurts")].astype(bool)]
        part = part.sort_values(plain_column(self.between), kind="stable")
        return (part if self.metric else part.sort_values("p_hurts", kind="stable")).reset_index(drop=True)

    def asymmetry(self) -> pd.DataFrame:
        """Every two domains or tasks that were measured in both directions, the most asymmetric first.

        Returns
        -------
        DataFrame
            Columns ``a``, ``b``, ``a_to_b`` and ``b_to_a`` (verdicts), ``gain_a_to_b`` and ``gain_b_to_a``,
            ``difference`` (the first gain less the second; a is the one that gives more; NaN where the two are scored
            by other metrics) and ``differs``: whether one direction helps, and does not hurt where it is trusted, and
            the other hurts.
        """
        return asymmetry(self.cells, self._claims)

    def losses(self) -> pd.DataFrame:
        """The loss of each held-out target row, with the sources and, as the source "target only", without.

        Returns
        -------
        DataFrame
            Columns ``sources`` (a tuple of names), ``target``, ``row`` (the place of the target row among those used)
            and ``loss`` (log loss; of numbers the squared error). ``TaskMap`` makes win rates of it. Of the target
            alone it is that of the cell with the most repeats.
        """
        return losses(self.cells)

    def to_task_map(self, **options: Any) -> TaskMap:
        """The same transfers as a ``TaskMap``: win rates over target rows, affinities, the tree and policies.

        "target only" stands in it as a baseline. What this map claims goes with it, so that a policy claims no more: a
        source beats "target only" where ``verdict_`` says that it helps. Cells of ``leaks_`` are left out, with a
        warning: what they gain is not there on new rows.

        Parameters
        ----------
        **options
            Passed on to ``TaskMap.from_transfers``.

        Raises
        ------
        InputError
            Where nothing was measured but cells of ``leaks_``.
        """
        from ..task_map import TaskMap

        measured = losses(sound_cells(self.cells))
        places = zip(measured["sources"], measured["target"], strict=True)
        # "hurts" is of trusting the source; a policy goes by the model that weighs it, of which no loss is claimed.
        said = {p: "undetermined" if c.decision == "hurts" else c.decision for p, c in self._claims.items()}
        measured["verdict"] = [said.get(p, "") for p in places]
        given = {"row": "row", "score": "loss", "higher_is_better": False, "baselines": [ALONE], **options}
        # What this map says is about the target alone, and about no other baseline.
        named = given["baselines"]
        if (named if isinstance(named, str) else tuple(named or ())) in (ALONE, (ALONE,)):
            given.setdefault("verdict", "verdict")
        return TaskMap.from_transfers(measured, **given)

    def to_dict(self) -> dict[str, Any]:
        """The map as values that JSON can hold, but for NaN, which stands where something is not known."""
        return {
            "between": self.between,
            "metric": self.metric,
            "metrics": self.metrics,
            "level": self.level,
            "correction": self.correction,
            "repeats": self.repeats,
            "task": self.task,
            "sources": [list(s) for s in self.sources],
            "targets": list(self.targets),
            "cells": self.table_.to_dict("records"),
            "unmeasured": [{"sources": list(s), "target": t} for s, t in self.unmeasured_],
            "untried": [{"sources": list(s), "target": t, "why": why} for (s, t), why in self.untried_.items()],
            "skipped": self.skipped_,
        }

    def __str__(self) -> str:
        return told(self)

    def __repr__(self) -> str:
        total = len(self.cells) + len(self.unmeasured_)
        return (
            f"TransferMap({len(self.targets)} targets, {self.n_measured} of {total} cells measured; "
            f"{len(self.helpful())} help, {len(self.harmful())} hurt)"
        )
