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

# How surely all intervals of win rates of a map are right.
LEVEL = 0.9
YES, NO, EVEN = "yes", "no", "not told apart"
# What a verdict of a map of transfer says of a source beside the baseline.
VERDICTS = {"helps": YES, "hurts": NO, "undetermined": EVEN}
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
        Wilson's interval of the win rate, so wide that 90 % of maps have all of theirs right; NaN where it is not known
        of how many rows it is.
    n_rows : int or None
        How many rows they were compared on; None where that is not known.
    beats : {"yes", "no", "not told apart"}
        What ``verdict`` says, where one was given. Otherwise, where rows are known, whether the interval lies above or
        below one half and the mean score does not say the contrary; else whether the win rate does, or the affinity
        lies above or below the baseline's where there is no win rate.
    verdict : {"helps", "hurts", "undetermined", ""}
        What the transfer was judged before, by the map of transfer that it comes from; "" where none was given.
    """

    baseline: str
    affinity: float
    win_rate: float
    low: float
    high: float
    n_rows: int | None
    beats: str
    verdict: str = ""

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
    *,
    higher_is_better: bool = True,
) -> dict[tuple[str, Sources], Beside]:
    """Each transfer of a task, by target and sources, whose target a baseline was tried on."""
    named = set(baselines)
    best: dict[str, Any] = {}
    for one in transfers.itertuples():
        if one.sources[0] in named and (one.target not in best or one.affinity > best[one.target].affinity):
            best[one.target] = one
    asked = [one for one in transfers.itertuples() if one.target in best and one.sources[0] not in named]
    counts = [_at(rows, one.target, one.sources, best[one.target].sources[0]) for one in asked]
    # All intervals hold together (Bonferroni): of many sources one would beat the baseline by luck.
    z = float(norm.isf((1 - LEVEL) / 2 / max(1, sum(n > 0 for n in counts))))
    found = {}
    for one, count in zip(asked, counts, strict=True):
        alone = best[one.target]
        rate = _at(wins, one.target, one.sources, alone.sources[0])
        n_rows = None if math.isnan(rate) or not count > 0 else int(count)
        low, high = (math.nan, math.nan) if n_rows is None else wilson(rate, n_rows, z)
        better = (one.score - alone.score) * (1 if higher_is_better else -1)
        beats = VERDICTS.get(one.verdict) or _answer(rate, (low, high), one.affinity - alone.affinity, better)
        found[one.target, one.sources] = Beside(
            alone.sources[0], alone.affinity, rate, low, high, n_rows, beats, one.verdict
        )
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
    table = pd.DataFrame(rows, columns=[*columns, "win_rate", "low", "high", "n_rows", "beats", "verdict"])
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


def _answer(rate: float, ends: tuple[float, float], difference: float, better: float) -> str:
    """Does the transfer beat the baseline, by what is known of them?"""
    if math.isnan(rate):
        return YES if difference > 0 else NO if difference < 0 else EVEN
    low, high = (rate, rate) if math.isnan(ends[0]) else ends
    # Many small wins beside few large losses, or the other way round, make no claim.
    if low > 0.5 and not better < 0:
        return YES
    return NO if high < 0.5 and not better > 0 else EVEN
