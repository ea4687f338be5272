"""One target with 50 labelled rows: its sources ranked, tried in full, and scored on all the other target rows."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

import headstart as hs
from headstart.choose.trials import SourceTrials
from headstart.ranking.settings import Settings
from headstart.ranking.sources import rank_on

SCORES = ("proxy_a_distance", "mmd", "sliced_wasserstein", "logme", "source_model", "leep")
LOWER_IS_BETTER = ("proxy_a_distance", "mmd", "sliced_wasserstein")
FIELDS = [
    "set", "target", "draw", "source", "rank", "tied", "verdict", "gain", "gain_low", "gain_high", "choice",
    "choice_low", "choice_high", "gain_in_full", "loss_gain_in_full", "real_gain", "real_loss_gain", *SCORES,
    "seconds", "seconds_of_all",
]  # fmt: skip


def rows_of(domain: hs.Domain, rows: np.ndarray) -> hs.Domain:
    """Some rows of a domain."""
    X = domain.X.iloc[rows].reset_index(drop=True) if hasattr(domain.X, "iloc") else domain.X[rows]
    return hs.Domain(X, domain.y[rows], name=domain.name)


def measure(
    target: hs.Domain, sources: list[hs.Domain], draw: int, *, n: int, repeats: int, held: int, most: int
) -> list[dict[str, Any]]:
    """A row for each source.

    Parameters
    ----------
    target : Domain
        All its rows; ``n`` are drawn to rank by, at most ``held`` of the others score what sources really gain.
    sources : list of Domain
    draw : int
        Seed of the rows drawn.
    n, repeats, held, most : int
        Labelled rows; shufflings of trying in full; rows to score on; rows of a source.
    """
    order = np.random.default_rng(1000 + draw).permutation(target.n_rows)
    few, rest = rows_of(target, np.sort(order[:n])), rows_of(target, np.sort(order[n : n + held]))
    listed = hs.Sources(sources)
    settings = Settings(0.5, repeats, None, 0.9, None, False, draw)
    task = hs.Task.of(target.y).kind
    names = tuple(s for s in SCORES if s != "leep" or task == "classification")
    start = time.perf_counter()
    trials = SourceTrials(
        few,
        listed,
        task=task,
        level=1 - 0.1 / len(sources),
        repeats=repeats,
        max_source_rows=most,
        random=settings.generator(),
    )
    found = rank_on(trials, listed, names, settings, start)
    return [_row(trials, found, domain, rest, repeats) | {"draw": draw} for domain in sources]


def _row(trials: SourceTrials, found: Any, domain: hs.Domain, rest: hs.Domain, repeats: int) -> dict[str, Any]:
    told = found.table.set_index("source").loc[domain.label]
    row = {"target": found.target, "source": domain.label, **{k: told[k] for k in SCORES if k in told}}
    row |= {k: told[k] for k in ("rank", "tied", "verdict", "gain", "gain_low", "gain_high")}
    row |= {"choice": found.choice.mean, "choice_low": found.choice.low, "choice_high": found.choice.high}
    row |= {"seconds": found.seconds, "seconds_of_all": found.seconds_of_all}
    full = trials.measure(domain, repeats)
    if full.verdict is None:
        return row
    new = trials.on_new_rows(domain, rest)
    unit = 1.0 if trials.classes is not None else float(np.var(trials.labels))
    return row | {
        "gain_in_full": full.verdict.gain,
        "loss_gain_in_full": float(np.nanmean(full.losses_alone - full.losses)) / unit,
        "real_gain": new.score - new.score_alone,
        "real_loss_gain": float(np.mean(new.losses_alone - new.losses)) / unit,
    }
