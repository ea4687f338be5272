"""The published numbers of Taskonomy and of Standley et al., by TaskMap and JointTraining.

    python -m benchmarks.taskonomy

Needs the shared data (`taskonomy_affinities`). Three things are measured, and written to `results/taskonomy_*.csv`:

* *affinities*: those by the Analytic Hierarchy Process from the published win rates against those published, for each
  target. What was published are the win rates of each transfer against two opponents, a network trained from scratch
  ("pixels") and the task's own network ("self"), not those of transfers against each other from which the published
  affinities were made. `ceiling` is the largest rank correlation (Kendall's tau) that any ranking can have which puts
  a transfer with higher win rates against both opponents above one with lower ones; ties are given to the ranking.
* *policies*: the best policy for each budget from 1 to 20, from the published affinities (16k images, all orders), with
  the gap that the solver left.
* *groupings*: for the four settings of Standley et al. the best networks for each budget by the validation losses of
  all sets of tasks, those that pairs predict, and the regret of the latter.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import kendalltau, spearmanr

import headstart as hs

from .report import markdown

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "taskonomy_affinities"
RESULTS = Path(__file__).parent / "results"
BUDGETS = tuple(range(1, 21))
SELF, SCRATCH = "self", "pixels"
# The four settings of the paper: networks chosen on the first file; the others are test losses.
SETTINGS = {
    "1": "results",
    "2 (more weights)": "results_large",
    "3 (less data)": "results_small_data",
    "4": "results_alt",
}
COSTS = np.arange(1, 5.01, 0.5)


def published(images: str = "16k") -> pd.DataFrame:
    """Affinity and the two win rates of every transfer."""
    table = pd.read_parquet(DATA / "taskonomy_long.parquet")
    parts = {}
    for name, ours in (("all_affinities", "affinity"), ("wins_vs_pixels", SCRATCH), ("wins_vs_task", SELF)):
        part = table[table["table"] == f"{name}_{images}"]
        parts[ours] = part.set_index(["target", "sources"])["value"]
    return pd.concat(parts, axis=1).dropna().reset_index()


def win_rates(table: pd.DataFrame) -> pd.DataFrame:
    """The two win rates as a list of comparisons."""
    parts = [
        table.assign(against=against, win_rate=table[against])[table["sources"] != against]
        for against in (SCRATCH, SELF)
    ]
    return pd.concat(parts)[["sources", "target", "against", "win_rate"]]


def map_of(table: pd.DataFrame) -> hs.TaskMap:
    """Our affinities from the published win rates."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hs.HeadstartWarning)  # most pairs were never compared, see above
        return hs.TaskMap.from_win_rates(win_rates(table), baselines=[SELF, SCRATCH], separator="__")


def policy_map(images: str = "16k") -> hs.TaskMap:
    """The published affinities as a map."""
    return hs.TaskMap.from_affinities(published(images), baselines=[SELF], separator="__")


def ceiling(part: pd.DataFrame) -> float:
    """The largest Kendall correlation of a ranking that two win rates allow."""
    values = part[["affinity", SCRATCH, SELF]].to_numpy()
    i, j = np.triu_indices(len(values), 1)
    difference = np.sign(values[i] - values[j])
    contradicted = (difference[:, 1] == difference[:, 2]) & (difference[:, 1] == -difference[:, 0])
    return float(1 - 2 * np.mean(contradicted & (difference[:, 0] != 0)))


def affinities(images: str) -> pd.DataFrame:
    """One row for each target: how our affinities agree with the published ones."""
    table = published(images)
    ours = map_of(table).transfers
    ours = ours.assign(key=["+".join(s) for s in ours["sources"]]).set_index(["target", "key"])["affinity"]
    table["key"] = ["+".join(sorted(s.split("__"))) for s in table["sources"]]
    # What lies beyond the clip is tied: the last bits, which differ between machines, must not rank it.
    found = ours.reindex(pd.MultiIndex.from_frame(table[["target", "key"]]))
    table["ours"] = [float(f"{v:.9g}") for v in found]
    rows = []
    for target, part in table.groupby("target"):
        single = part[~part["sources"].str.contains("__") & ~part["sources"].isin([SELF, "random", target])]
        best, found = (single.loc[single[c].idxmax()] for c in ("affinity", "ours"))
        rows.append(
            {
                "images": images,
                "target": target,
                "transfers": len(part),
                "clipped": float(
                    ((part[[SCRATCH, SELF]] < 0.001) | (part[[SCRATCH, SELF]] > 0.999)).any(axis=1).mean()
                ),
                "rank_correlation": spearmanr(part["affinity"], part["ours"])[0],
                "rank_correlation_single": spearmanr(single["affinity"], single["ours"])[0],
                "kendall": kendalltau(part["affinity"], part["ours"])[0],
                "ceiling": ceiling(part),
                "best_published": best["sources"],
                "best_ours": found["sources"],
                "same_best": best["sources"] == found["sources"],
                # Whether ours has the higher win rate against both, so that no such ranking could agree.
                "beaten_in_both": bool(found[SCRATCH] >= best[SCRATCH] and found[SELF] >= best[SELF]),
            }
        )
    return pd.DataFrame(rows)


def policies() -> pd.DataFrame:
    """The best policy of each budget."""
    tasks = policy_map()
    sources = [s for s in tasks.sources if s != "random"]  # an untrained network is no supervised task
    found = [tasks.policies(BUDGETS, max_order=k, sources=sources).to_frame().assign(max_order=k) for k in (1, 4)]
    return pd.concat(found)[["max_order", "budget", "cost", "affinity", "gap", "sources"]]


def networks(file: str) -> pd.DataFrame:
    """Losses of one file, with the cost of each network.

    The first line of a file holds five networks of half the size, one for each task (so the authors' program reads it).
    Columns stand in the order of the file; the training program of the authors lists tasks in the order segmentation,
    depth, normals, keypoints, edges, which fits setting 1 to 3. Nothing here depends on names.
    """
    table = pd.read_csv(DATA / "taskgrouping_standley2020.csv")
    losses = table[table["file"] == file].drop(columns="file").reset_index(drop=True)
    half = pd.DataFrame(np.diag(losses.iloc[0]), columns=losses.columns).where(np.eye(5, dtype=bool)).assign(cost=0.5)
    return pd.concat([half, losses.iloc[1:].assign(cost=1.0)], ignore_index=True)


def joint(file: str) -> hs.JointTraining:
    """The networks of one file."""
    return hs.JointTraining.from_losses(networks(file), cost="cost")


def groupings() -> pd.DataFrame:
    """The best and the predicted networks of each setting and budget."""
    return pd.concat([joint(f).groupings(COSTS).assign(setting=s) for s, f in SETTINGS.items()])


def told(images: str, table: pd.DataFrame) -> dict[str, object]:
    """One line of the summary."""
    return {
        "images": images,
        "targets": len(table),
        "median rank correlation": round(table["rank_correlation"].median(), 3),
        "at least .99": int((table["rank_correlation"] >= 0.99).sum()),
        "single sources: median": round(table["rank_correlation_single"].median(), 3),
        "same best source": int(table["same_best"].sum()),
        "targets with ceiling 1": int((table["ceiling"] >= 1).sum()),
    }


def main() -> None:
    """Measure all and write the CSV files."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=RESULTS)
    out = parser.parse_args().out
    if not DATA.is_dir():
        raise SystemExit(f"the data are not there: {DATA.name}")
    found = {"affinities": pd.concat([affinities("16k"), affinities("1k")]), "policies": policies()}
    found["groupings"] = groupings()
    for name, table in found.items():
        table.to_csv(out / f"taskonomy_{name}.csv", index=False, float_format="%.6g", lineterminator="\n")
    print(markdown(pd.DataFrame([told(k, t) for k, t in found["affinities"].groupby("images")])))
    print(f"largest gap of {len(found['policies'])} policies: {found['policies']['gap'].max():g}")
    regret = found["groupings"].groupby("setting")["regret"].agg(["mean", "max"])
    print(markdown(regret.round(5).reset_index()))


if __name__ == "__main__":
    main()
