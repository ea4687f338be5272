"""How often the verdict's interval holds the true gain, on synthetic shifts with 10,000 test rows.

    python -m benchmarks.coverage --seeds 5 --sizes 20,50,100 --out benchmarks/results/coverage.csv

The true gain is that of the model which the fit handed over, over what the same fit made of the target alone, both
measured on the large test set. Appends to the CSV, and skips what is there.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import csv
import sys
import time
from pathlib import Path
from typing import get_args

import pandas as pd

import headstart as hs
from headstart.datasets.shift import Kind

from .accuracy import ours
from .accuracy.protocol import Split
from .accuracy.table import version

COLUMNS = [
    "kind",
    "task",
    "n",
    "seed",
    "true_gain",
    "gain_estimate",
    "low",
    "high",
    "covered",
    "decision",
    "p_harm",
    "version",
]


def one(kind: str, task: str, n: int, seed: int) -> dict[str, object]:
    """Fit to ``n`` target rows and 500 source rows, and set the interval against the large test set."""
    shift = hs.datasets.make_shift(kind, task=task, n_target=n, n_source=500, n_test=10_000, random_state=seed)  # type: ignore[arg-type]
    target, source, test = shift.target, shift.source, shift.test
    split = Split(
        target.X, target.y, source.X, source.y, None, test.X, test.y, "binary" if task == "classification" else task, 2
    )
    rows = {row["method"]: row for row in ours.measure(split, seed)}
    blend = rows["ours: blend"]
    gain = blend["score"] - rows[ours.ALONE]["score"]
    return {
        "kind": kind,
        "task": task,
        "n": n,
        "seed": seed,
        "true_gain": round(gain, 5),
        "gain_estimate": round(blend["gain_estimate"], 5),
        "low": round(blend["low"], 5),
        "high": round(blend["high"], 5),
        "covered": int(blend["low"] <= gain <= blend["high"]),
        "decision": blend["decision"],
        "p_harm": round(blend["p_harm"], 4),
        "version": version(),
    }


def main() -> None:
    """Run what is missing; seeds are the outer loop."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="seeds for each kind and task")
    parser.add_argument("--sizes", default="20,50,100")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "coverage.csv")
    a = parser.parse_args()
    done = set()
    if a.out.exists():
        done = set(pd.read_csv(a.out)[["kind", "task", "n", "seed"]].itertuples(index=False, name=None))
    else:
        a.out.parent.mkdir(parents=True, exist_ok=True)
        with a.out.open("w", newline="") as file:
            csv.writer(file).writerow(COLUMNS)
    cells = [
        (kind, task, int(n), seed)
        for seed in range(a.seeds)
        for n in a.sizes.split(",")
        for task in ("classification", "regression")
        for kind in get_args(Kind)
    ]
    for cell in cells:
        if cell in done:
            continue
        try:
            row = one(*cell)
        except ValueError as error:
            print(f"{time.strftime('%H:%M:%S')} {cell} refused: {error}", file=sys.stderr, flush=True)
            continue
        with a.out.open("a", newline="") as file:
            csv.DictWriter(file, COLUMNS).writerow(row)
        print(f"{time.strftime('%H:%M:%S')} {cell} covered: {row['covered']}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
