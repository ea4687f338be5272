"""Transfers beside the baseline of their target: is a source better than none?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd
from scipy.stats import norm

from ..numeric.share_interval import wilson
from .names import Sources, written

# Coverage of the interval of a win rate.
LEVEL = 0.9
YES, NO, EVEN = "yes", "no", "not told apart"
# From the best to the worst.
ANSWERS = (YES, EVEN, NO)


@dataclass(frozen=True)
class Beside:
    """A transfer beside the best baseline of its target.

    Attributes
    ----------
    baseline : str
        The baseline with the largest affinity to the target.
    affinity : float
        That affinity.
    win_rate : float
        In which share of the rows the transfer beats the baseline; NaN where they were never compared.
    low, high : float
        Wilson's interval of 90 % of the win rate; NaN where it is not known of how many rows it is.
    n_rows : int or None
        How many rows they were compared on; None where that is not known.
    beats : {"yes", "no", "not told apart"}
        Where rows are known, whether the interval lies above or below one half. Otherwise whether the win rate does,
        or the affinity lies above or below the baseline's where there is no win rate.
    """

    baseline: str
    affinity: float
    win_rate: float
    low: float
    high: float
    n_rows: int | None
    beats: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values; None for what is not known."""
        return {k: None if v != v else v for k, v in vars(self).items()}


class Outlook(NamedTuple):
    """The best answer that any allowed transfer to a target gives, and the sources of the best such transfer."""

    beats: str
    sources: Sources


def beside(
    transfers: pd.DataFrame,
    baselines: Iterable[str],
    wins: Mapping[str, pd.DataFrame],
    rows: Mapping[str, pd.DataFrame],
) -> dict[tuple[str, Sources], Beside]:
    """Each transfer of a task, by target and sources, whose target a baseline was tried on."""
    named = set(baselines)
    best: dict[str, tuple[str, float]] = {}
    for sources, target, affinity in zip(*(transfers[k] for k in ("sources", "target", "affinity")), strict=True):
        if sources[0] in named and (target not in best or affinity > best[target][1]):
            best[target] = (sources[0], affinity)
    found = {}
    for sources, target, affinity in zip(*(transfers[k] for k in ("sources", "target", "affinity")), strict=True):
        if target in best and sources[0] not in named:
            baseline, level = best[target]
            rate = _at(wins, target, sources, baseline)
            count = _at(rows, target, sources, baseline)
            found[target, sources] = _judged(affinity, baseline, level, rate, count)
    return found


def as_table(known: Mapping[tuple[str, Sources], Beside], transfers: pd.DataFrame) -> pd.DataFrame:
    """One row for each transfer that has a baseline beside it."""
    rows = [
        {"sources": written(s), "target": t, "affinity": a, "baseline": b.baseline, "baseline_affinity": b.affinity}
        | {k: v for k, v in vars(b).items() if k not in ("baseline", "affinity")}
        for s, t, a in zip(*(transfers[k] for k in ("sources", "target", "affinity")), strict=True)
        if (b := known.get((t, s))) is not None
    ]
    columns = ["sources", "target", "affinity", "baseline", "baseline_affinity"]
    table = pd.DataFrame(rows, columns=[*columns, "win_rate", "low", "high", "n_rows", "beats"])
    return table.astype({"n_rows": "Int64"})


def outlooks(known: Mapping[tuple[str, Sources], Beside], ordered: Iterable[tuple[str, Sources]]) -> dict[str, Outlook]:
    """The best answer for each target over transfers that come with the largest affinity first."""
    result: dict[str, Outlook] = {}
    for target, sources in ordered:
        found = known.get((target, sources))
        if found is None:
            continue
        if target not in result or ANSWERS.index(found.beats) < ANSWERS.index(result[target].beats):
            result[target] = Outlook(found.beats, sources)
    return result


def _at(tables: Mapping[str, pd.DataFrame], target: str, sources: Sources, baseline: str) -> float:
    table, name = tables.get(target), written(sources)
    if table is None or name not in table.index or baseline not in table.columns:
        return math.nan
    return float(table.loc[name, baseline])  # type: ignore[arg-type]


def _judged(affinity: float, baseline: str, level: float, rate: float, count: float) -> Beside:
    low = high = math.nan
    n_rows = int(count) if count > 0 else None
    if math.isnan(rate):
        difference = affinity - level
        return Beside(baseline, level, rate, low, high, None, _answer(difference, difference, 0.0))
    if n_rows is None:
        return Beside(baseline, level, rate, low, high, None, _answer(rate, rate, 0.5))
    low, high = wilson(rate, n_rows, float(norm.ppf(0.5 + LEVEL / 2)))
    return Beside(baseline, level, rate, low, high, n_rows, _answer(low, high, 0.5))


def _answer(low: float, high: float, even: float) -> str:
    return YES if low > even else NO if high < even else EVEN
