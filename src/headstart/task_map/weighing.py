"""From win rates to affinities, one target at a time; gaps and ties are named."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..core.errors import HeadstartWarning, InputError
from ..numeric.ahp import CLIP, ahp, compared_groups
from ..numeric.win_rates import shared_rows, win_rates
from .names import Sources, some, written


@dataclass(frozen=True, eq=False)
class Weighed:
    """The transfers to one target, how often each beats each other, and what that makes of them."""

    sources: tuple[Sources, ...]
    wins: np.ndarray
    affinity: np.ndarray
    inconsistency: float
    rows: np.ndarray | None = None

    def labelled(self, values: np.ndarray) -> pd.DataFrame:
        """Win rates or numbers of rows with the names of transfers as rows and columns."""
        labels = [written(s) for s in self.sources]
        return pd.DataFrame(values, index=labels, columns=labels)


@dataclass(frozen=True, eq=False)
class Compared:
    """The transfers to one target, how often each beats each other, and what win rates are held between.

    ``rows`` counts the rows that each comparison rests on; None where win rates were given.
    """

    sources: list[Sources]
    wins: np.ndarray
    clip: float
    rows: np.ndarray | None = None


def wins_of_scores(found: pd.DataFrame, *, higher_is_better: bool, clip: float | None) -> dict[str, Compared]:
    """Transfers and win rates of each target from scores of rows or repeats.

    Without ``clip`` it follows from the smallest number n of rows that two transfers share: who wins all n of them is
    taken to win all but half a row of n + 1. From 499 rows on that is no more than the clip of Zamir et al.
    """
    sign = 1.0 if higher_is_better else -1.0
    result = {}
    for target, part in found.groupby("target", sort=True):
        sources = sorted(set(part["sources"]), key=lambda s: (len(s), s))
        place = {s: i for i, s in enumerate(sources)}
        rows, codes = np.unique(part["row"].astype(str), return_inverse=True)
        scores = np.full((len(sources), len(rows)), np.nan)
        scores[[place[s] for s in part["sources"]], codes] = sign * part["score"].to_numpy()
        counts = shared_rows(scores)
        least = CLIP if clip is None else clip
        if clip is None:
            shared = counts[np.triu_indices(len(sources), 1)]
            least = max(CLIP, 0.5 / (1 + shared[shared > 0].min(initial=len(rows))))
        result[str(target)] = Compared(sources, win_rates(scores), least, counts)
    return result


def wins_of_pairs(found: pd.DataFrame, *, clip: float) -> dict[str, Compared]:
    """Transfers and win rates of each target from rates that are listed pair by pair."""
    result = {}
    for target, part in found.groupby("target", sort=True):
        sources = sorted({*part["sources"], *part["against"]}, key=lambda s: (len(s), s))
        place = {s: i for i, s in enumerate(sources)}
        wins = np.full((len(sources), len(sources)), np.nan)
        i, j = [place[s] for s in part["sources"]], [place[s] for s in part["against"]]
        wins[i, j] = part["win_rate"].to_numpy()
        np.fill_diagonal(wins, np.nan)
        over = np.argwhere(wins + wins.T > 1 + 1e-6)
        if len(over):
            a, b = (written(sources[k]) for k in over[0])
            raise InputError(
                f"target {target!r}: {a!r} beats {b!r} in {wins[tuple(over[0])]:g} of the rows and is beaten in "
                f"{wins[tuple(over[0][::-1])]:g}; expected at most 1 together"
            )
        # One direction tells the other.
        result[str(target)] = Compared(sources, np.where(np.isnan(wins), 1 - wins.T, wins), clip)
    return result


def weigh(compared: dict[str, Compared]) -> dict[str, Weighed]:
    """Affinities of all targets; raise where comparisons fall apart, warn where some lack or all tie."""
    result = {}
    for target, found in compared.items():
        if not 0 < found.clip < 0.5:
            raise InputError(f"clip is {found.clip!r}; expected more than 0 and less than 0.5")
        _refuse_parts(target, found.sources, found.wins)
        weights, inconsistency = ahp(found.wins, clip=found.clip)
        result[target] = Weighed(tuple(found.sources), found.wins, weights, inconsistency, found.rows)
    _warn_of_gaps(result)
    _warn_of_ties(result)
    return result


def _refuse_parts(target: str, sources: list[Sources], rates: np.ndarray) -> None:
    parts = compared_groups(rates)
    if parts.max() > 0:
        one, other = sources[0], sources[int(np.argmax(parts != parts[0]))]
        raise InputError(
            f"target {target!r}: no chain of comparisons links {written(one)!r} with {written(other)!r}, so nothing "
            "tells which is better; expected comparisons that link all transfers of a target: score both on the "
            "same rows, or leave one out"
        )


def _warn_of_gaps(found: dict[str, Weighed]) -> None:
    gaps = {t: np.argwhere(np.triu(np.isnan(w.wins), 1)) for t, w in found.items()}
    gaps = {t: g for t, g in gaps.items() if len(g)}
    if gaps:
        target, first = next(iter(gaps.items()))
        a, b = (written(found[target].sources[k]) for k in first[0])
        n_pairs = sum(len(found[t].sources) * (len(found[t].sources) - 1) // 2 for t in found)
        warnings.warn(
            f"{sum(map(len, gaps.values()))} of {n_pairs} pairs of transfers were never compared (to target "
            f"{target!r}: {a!r} with {b!r}, for one); affinities there rest on the comparisons that were made",
            HeadstartWarning,
            stacklevel=4,
        )


def _warn_of_ties(found: dict[str, Weighed]) -> None:
    tied = [t for t, w in found.items() if len(w.sources) > 1 and np.nanmax(np.abs(w.wins - 0.5)) < 1e-12]
    if tied:
        warnings.warn(
            f"all transfers to {some(tied)} tie with each other; their affinities are equal, and which is chosen means "
            "nothing",
            HeadstartWarning,
            stacklevel=4,
        )
