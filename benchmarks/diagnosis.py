"""How often ``diagnose`` is right on synthetic shifts with a known answer, and how long it takes.

    python benchmarks/diagnosis.py [--seeds 100] [--rows 200 20] [--tasks ...] [--kinds ...] [--update]

"right": exactly the setting of the answer is named. "false": a setting is named that is not in the answer, even one
whose fact is true (p(x) moves under label shift too). "undetermined": nothing is claimed. The columns of "columns" are
counted, not measured, so that they are told at any number of rows.
"""

from __future__ import annotations

import argparse
import platform
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn

import headstart as hs
from headstart.datasets import make_shift

KINDS = ("identical", "covariate", "label", "concept", "hostile", "columns")
NO_CLAIM = {"identical", "undetermined"}


def cell(kind: str, task: str, n_target: int, n_source: int, n_classes: int, seeds: int) -> dict[str, object]:
    """Diagnose one kind of shift for many seeds."""
    right = false = unsure = columns = 0
    seconds = []
    for seed in range(seeds):
        shift = make_shift(
            kind, task=task, n_target=n_target, n_source=n_source, n_classes=n_classes, random_state=seed, n_test=1
        )
        start = time.process_time()
        found = hs.diagnose(shift.target, shift.source, random_state=seed)
        seconds.append(time.process_time() - start)
        truth = set(shift.answer.setting)
        right += set(found.setting) == truth
        false += bool(set(found.setting) - truth - NO_CLAIM)
        unsure += "undetermined" in found.setting
        columns += bool(found.covariates.moved)
    return {
        "kind": kind,
        "task": task,
        "n_classes": n_classes if task == "classification" else "",
        "n_target": n_target,
        "n_source": n_source,
        "seeds": seeds,
        "right": right / seeds,
        "false_claims": false / seeds,
        "undetermined": unsure / seeds,
        "some_column_moved": columns / seeds,
        "cpu_seconds": round(float(np.median(seconds)), 2),
    }


def large(n_rows: int) -> dict[str, object]:
    """A negligible shift (0.02 standard deviations) at many rows: must be called the same."""
    rng = np.random.default_rng(0)
    X, Xs = rng.standard_normal((n_rows, 10)) + 0.02, rng.standard_normal((n_rows, 10))
    y, ys = (M[:, 0] + rng.standard_normal(n_rows) > 0 for M in (X, Xs))
    start = time.process_time()
    found = hs.diagnose(hs.Domain(X, y), hs.Domain(Xs, ys))
    seconds = time.process_time() - start
    same = found.setting == ("identical",)
    return {
        "kind": "negligible covariate",
        "task": "classification",
        "n_classes": 2,
        "n_target": n_rows,
        "n_source": n_rows,
        "seeds": 1,
        "right": float(same),
        "false_claims": float(not same),
        "undetermined": 0.0,
        "some_column_moved": float(bool(found.covariates.moved)),
        "cpu_seconds": round(seconds, 2),
    }


def main() -> None:
    """Measure every kind, print a line each, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--rows", type=int, nargs="+", default=[200, 20])
    parser.add_argument("--source-rows", type=int, default=1000)
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--classes", type=int, nargs="+", default=[2, 3])
    parser.add_argument("--tasks", nargs="+", default=["classification", "regression"])
    parser.add_argument("--kinds", nargs="+", default=list(KINDS))
    parser.add_argument("--update", action="store_true", help="replace these rows of the table, keep its others")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "diagnosis.csv")
    a = parser.parse_args()
    warnings.simplefilter("ignore")
    tasks = [("classification", c) for c in a.classes] + [("regression", 2)]
    tasks = [t for t in tasks if t[0] in a.tasks]
    rows = []
    for n in a.rows:
        for task, c in tasks:
            for kind in a.kinds:
                rows.append(cell(kind, task, n, a.source_rows, c, a.seeds))
                print(rows[-1], flush=True)
    if a.large:
        rows.append(large(a.large))
        print(rows[-1], flush=True)
    table = pd.DataFrame(rows)
    table["versions"] = f"Python {platform.python_version()}, scikit-learn {sklearn.__version__}, {platform.machine()}"
    a.out.parent.mkdir(parents=True, exist_ok=True)
    if a.update and a.out.exists():
        table = pd.concat([pd.read_csv(a.out, keep_default_na=False), table], ignore_index=True)
        cells = table[["kind", "task", "n_classes", "n_target", "n_source"]].astype(str).agg(" ".join, axis=1)
        table = table[~cells.duplicated(keep="last")]
    table.to_csv(a.out, index=False)


if __name__ == "__main__":
    main()
