"""The map of transfer against gains on all rows that it did not see.

    python -m benchmarks.transfer_map --sets heart --seeds 1

Each domain in turn is the target with 50 labelled rows, every other one a source of at most 1,000 rows. The map is
made of the 50 rows; then the model that it weighs, and plain pooling, are fitted to all 50 and scored on all other
target rows, beside the target alone: real gains. The map is made again with half of the time that it took, to see what
a limit costs. A row of the CSV is a cell of a map. What is there already is not measured again; the summary is printed.
"""

from __future__ import annotations

import os

# Before NumPy is imported: timings are of one thread.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import csv
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import headstart as hs
from headstart.choose.problem import take_columns, take_rows
from headstart.choose.shared import shared_columns
from headstart.choose.trials import SourceTrials
from headstart.core.domain import as_table
from headstart.learners import linear
from headstart.transfer_map.drawing import generator
from headstart.transfer_map.reading import read

from .source_ranking import data

FIELDS = [
    "set", "seed", "source", "target", "n_target", "n_new", "gain", "low", "high", "pooling_gain", "verdict",
    "verdict_alone", "half_gain", "half_verdict", "half_repeats", "real_gain", "real_pooling",
    "map_seconds", "half_seconds",
]  # fmt: skip
RESULTS = Path(__file__).parent / "results" / "transfer_map.csv"
N_TARGET, MOST_SOURCE = 50, 1000


def measure(name: str, seed: int) -> list[dict[str, Any]]:
    """All cells of one map."""
    domains = getattr(data, name)()
    options = {"n_target": N_TARGET, "max_source_rows": MOST_SOURCE, "random_state": seed}
    begun, start = time.perf_counter(), time.process_time()
    whole = hs.map_transfers(domains, **options)
    wall, seconds = time.perf_counter() - begun, time.process_time() - start
    start = time.process_time()
    half = hs.map_transfers(domains, time_limit=wall / 2, **options)
    half_seconds = time.process_time() - start
    real = _real(domains, options)
    short = half.table_.set_index(["sources", "target"])
    rows = []
    for cell in whole.table_.to_dict("records"):
        place = (cell["sources"], cell["target"])
        if not cell["verdict"] or place not in real:
            continue
        seen = short.loc[place] if place in short.index else None
        rows.append(
            {
                "set": name, "seed": seed, "source": place[0], "target": place[1], "n_target": cell["n_target"],
                **{k: cell[k] for k in ("gain", "low", "high", "pooling_gain", "verdict", "verdict_alone")},
                "half_gain": np.nan if seen is None else seen["gain"],
                "half_verdict": "" if seen is None else seen["verdict"],
                "half_repeats": 0 if seen is None else seen["repeats"],
                **real[place], "map_seconds": seconds, "half_seconds": half_seconds,
            }
        )  # fmt: skip
    return rows


def _real(domains: dict[str, hs.Domain], options: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """Gains on the rows of each target that the map did not use."""
    asked = read(
        domains, targets=None, sources=None, orders=1, task=None, scoring=None, n_target=options["n_target"],
        max_source_rows=options["max_source_rows"], seed=options["random_state"],
    )  # fmt: skip
    found = {}
    for target, used in asked.as_target.items():
        new = _others(domains[target], used)
        others = [d for n, d in asked.as_source.items() if n != target]
        trials = SourceTrials(
            used, hs.Sources(others), task=asked.task, scoring=asked.scoring, repeats=2, max_source_rows=None,
            random=generator(options["random_state"], "folds", target),
        )  # fmt: skip
        for source in others:
            if trials.measure(source, 2).verdict is None:
                continue
            both = trials.on_new_rows(source, new)
            values = _pooled(asked.task, used, source, new)
            found[source.label, target] = {
                "n_new": new.n_rows,
                "real_gain": both.score - both.score_alone,
                "real_pooling": trials.metric(np.asarray(new.y), values) - both.score_alone,
            }
    return found


def _pooled(task: str, used: hs.Domain, source: hs.Domain, new: hs.Domain) -> np.ndarray:
    """What plain pooling of the columns that both have says of new rows."""
    columns = shared_columns(as_table(used.X), hs.Sources([source]))
    there, here, asked = (take_columns(as_table(d.X), columns) for d in (source, used, new))
    model = hs.Prepared(hs.TableEncoder(), hs.Pooled(linear(task)))
    model.fit(here, used.y, source=hs.Domain(there, source.y, name=source.name))
    return model.predict_proba(asked) if task == "classification" else model.predict(asked)


def _others(domain: hs.Domain, used: hs.Domain) -> hs.Domain:
    """The rows of a target that are not among the used ones, by their values and label."""
    frame = pd.DataFrame(domain.X).assign(_label=domain.y)
    taken = pd.DataFrame(used.X).assign(_label=used.y)
    key = pd.util.hash_pandas_object(frame, index=False)
    left = np.flatnonzero(~key.isin(pd.util.hash_pandas_object(taken, index=False)).to_numpy())
    return hs.Domain(take_rows(domain.X, left), np.asarray(domain.y)[left], name=domain.name)


def summary(table: pd.DataFrame) -> str:
    """What the CSV says."""
    lines = []
    for name, t in table.groupby("set"):
        helps, hurts = t[t["verdict"] == "helps"], t[t["verdict"] == "hurts"]
        alone = t[t["verdict_alone"] == "helps"]
        times = t.groupby("seed")[["map_seconds", "half_seconds"]].first().mean()
        halves = t[t["half_repeats"] > 0]
        inside = [
            part["gain"].corr(part["real_gain"], "spearman")
            for _, part in t.groupby(["seed", "target"])
            if part["gain"].nunique() > 1
        ]
        signs = np.sign(t["gain"]) == np.sign(t["real_gain"])
        lines += [
            f"{name}: {len(t)} cells in {t['seed'].nunique()} maps; {times['map_seconds']:.0f} s of CPU a map",
            f"  gain of the map and real gain: Spearman {t['gain'].corr(t['real_gain'], 'spearman'):.2f}, of pooling "
            f"{t['pooling_gain'].corr(t['real_pooling'], 'spearman'):.2f}; among the sources of a target "
            f"{np.mean(inside):.2f}; same sign {signs.mean():.2f}",
            f"  helps: {len(helps)}, of which really lose {int((helps['real_gain'] < 0).sum())}; by the cell alone "
            f"{len(alone)}, of which {int((alone['real_gain'] < 0).sum())}",
            f"  hurts: {len(hurts)}, of which pooling really gains {int((hurts['real_pooling'] > 0).sum())}",
            f"  half the time: {len(halves)} of {len(t)} cells measured, {int((halves['half_repeats'] == 2).sum())} "
            f"twice; verdict of the whole map in {(halves['half_verdict'] == halves['verdict']).mean():.2f}; Spearman "
            f"with real gains {halves['half_gain'].corr(halves['real_gain'], 'spearman'):.2f}",
        ]
    return "\n".join(lines)


def main() -> None:
    """Measure what is not there yet, and print the summary."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=["heart"])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args()
    done = pd.read_csv(asked.out) if asked.out.exists() else pd.DataFrame(columns=FIELDS)
    for name in asked.sets:
        for seed in range(asked.seeds):
            if ((done["set"] == name) & (done["seed"] == seed)).any():
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                rows = measure(name, seed)
            fresh = not asked.out.exists()
            with asked.out.open("a", newline="") as file:
                writer = csv.DictWriter(file, FIELDS)
                if fresh:
                    writer.writeheader()
                writer.writerows(rows)
    print(summary(pd.read_csv(asked.out)))


if __name__ == "__main__":
    main()
