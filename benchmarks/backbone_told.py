"""What the table of ``benchmarks.backbone_ranking`` says: each way of ranking against what networks are worth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import kendalltau

SCORES = ("linear_probe", "logme", "h_score", "trans_rate", "knn_score")


def ways(cell: pd.DataFrame) -> dict[str, np.ndarray]:
    """How each way of ranking values the networks of a cell; more is better."""
    found = {s: cell[s].to_numpy(dtype=float) for s in SCORES}
    found["the largest"] = cell["parameters"].to_numpy(dtype=float)
    found["rank_backbones"] = -cell["rank"].to_numpy(dtype=float)
    return found


def summarised(table: pd.DataFrame, real: str) -> pd.DataFrame:
    """For each draw and way: Kendall's tau to the real worth, and the regret of the network that comes first."""
    rows = []
    for (name, draw), cell in table[table[real].notna()].groupby(["set", "draw"], sort=False):
        worth = cell[real].to_numpy()
        rows.append((name, draw, "at random", 0.0, worth.max() - worth.mean()))
        for way, value in ways(cell).items():
            value = np.where(np.isfinite(value), value, -np.inf)
            tau = kendalltau(value, worth).statistic if len(np.unique(value)) > 1 else 0.0
            rows.append((name, draw, way, tau, worth.max() - worth[value == value.max()].mean()))
    return pd.DataFrame(rows, columns=["set", "draw", "way", "tau", "regret"])


def told(path: Path) -> str:
    """Tables as text."""
    table = pd.read_csv(path)
    lines = []
    for real, words in (("real_frozen", "linear model on frozen features"), ("real_tuned", "fine-tuned")):
        found = summarised(table, real)
        if found.empty:
            continue
        order = list(dict.fromkeys(found["way"]))
        for what in ("tau", "regret"):
            wide = found.groupby(["way", "set"], sort=False)[what].mean().unstack("set")
            wide["mean of sets"] = wide.mean(axis=1).where(wide.notna().all(axis=1))
            lines += [f"{words}, {what}:", wide.loc[order].round(3).to_string(na_rep=""), ""]
    keys = ["set", "draw"]
    best = table["real_frozen"] == table.groupby(keys)["real_frozen"].transform("max")
    n = len(table.drop_duplicates(keys))
    lines.append(
        f"the first is the best on frozen features in {int((best & (table['rank'] == 1)).sum())} of {n} draws,"
    )
    lines.append(f"the best is tied with the first in {int((best & table['tied']).sum())}")
    lines.append(
        f"networks tied with the first, it included: {table.groupby(keys)['tied'].sum().mean():.1f} on average"
    )
    known = table[table["seconds_tuned"].notna()]
    cells = known.groupby(["set", "draw"])
    share = (cells["seconds_features"].sum() + cells["seconds_ranking"].first()) / cells["seconds_tuned"].sum()
    lines += ["time as a share of fine-tuning each network once:", share.groupby("set").mean().round(3).to_string()]
    return "\n".join(lines)
