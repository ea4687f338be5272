"""What the measured cells say: how each way of ranking agrees with real gains, and what it costs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import kendalltau

from .cells import LOWER_IS_BETTER, SCORES


def ways(cell: pd.DataFrame) -> dict[str, np.ndarray]:
    """How each way of ranking values the sources of a cell; more is better."""
    found = {s: (-1.0 if s in LOWER_IS_BETTER else 1.0) * cell[s].to_numpy(dtype=float) for s in SCORES}
    found["gain in full, by folds"] = cell["gain_in_full"].to_numpy(dtype=float)
    found["gain in full, by rows"] = cell["loss_gain_in_full"].to_numpy(dtype=float)
    found["rank_sources"] = -cell["rank"].to_numpy(dtype=float)
    return found


def summarised(table: pd.DataFrame) -> pd.DataFrame:
    """For each cell and way: Kendall's tau to the real gains, and the regret of the source that it puts first.

    The real gain of a source is its mean over the draws of labelled rows; regret is in the metric (AUC or R2).
    """
    table = table[table["real_gain"].notna() & table["rank"].notna()].copy()
    keys = ["set", "target", "source"]
    table["real"] = table.groupby(keys)["real_gain"].transform("mean")
    rows = []
    for (name, target, draw), cell in table.groupby(["set", "target", "draw"], sort=False):
        real = cell["real"].to_numpy()
        if len(cell) < 2:
            continue
        rows.append((name, target, draw, "at random", 0.0, real.max() - real.mean()))
        for way, value in ways(cell).items():
            known = np.isfinite(value)
            if not known.any():
                continue
            value = np.where(known, value, value[known].min())
            tau = kendalltau(value, real).statistic if np.ptp(value) > 0 else 0.0
            first = real[value == value.max()].mean()
            rows.append((name, target, draw, way, tau, real.max() - first))
    return pd.DataFrame(rows, columns=["set", "target", "draw", "way", "tau", "regret"])


def told(path: Path) -> str:
    """Tables as text."""
    table = pd.read_csv(path)
    found = summarised(table)
    order = list(dict.fromkeys(found["way"]))
    lines = []
    for what in ("tau", "regret"):
        wide = found.groupby(["way", "set"], sort=False)[what].mean().unstack("set")
        wide["mean of sets"] = wide.mean(axis=1).where(wide.notna().all(axis=1))
        lines += [f"{what}:", wide.loc[order].round(3).to_string(na_rep=""), ""]
    # Draws of one target share its real gains: a target counts once.
    by_way = found.pivot_table(index=["set", "target"], columns="way", values="regret")
    for other in ("at random", "proxy_a_distance", "sliced_wasserstein", "gain in full, by rows"):
        less = (by_way[other] - by_way["rank_sources"]).dropna()
        lines.append(
            f"regret of rank_sources below that of {other}: {less.mean():+.3f}, standard error {less.sem():.3f} over "
            f"{len(less)} targets"
        )
    lines.append("")
    cells = table.drop_duplicates(["set", "target", "draw"])
    share = (cells["seconds"] / cells["seconds_of_all"]).groupby(cells["set"], sort=False).mean()
    lines += ["time as a share of trying all in full:", share.round(2).to_string(), ""]
    first = table[table["rank"] == 1]
    inside = first["real_gain"].between(first["gain_low"], first["gain_high"])
    honest = first["real_gain"].between(first["choice_low"], first["choice_high"])
    lines += [
        f"the first's own gain is {first['gain'].mean() - first['real_gain'].mean():+.3f} above its real gain, its "
        f"interval holds it in {inside.mean():.0%} of {len(first)} rankings;",
        f"the gain of choosing is {first['choice'].mean() - first['real_gain'].mean():+.3f} above, its interval holds "
        f"in {honest.mean():.0%}",
    ]
    return "\n".join(lines)
