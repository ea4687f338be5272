"""How often ``diagnose`` is right on synthetic shifts with a known answer, and how long it takes.

    python benchmarks/diagnosis.py [--seeds 100] [--rows 200 20] [--tasks ...] [--kinds ...] [--split-seeds 10]
        [--split-rows 20 50 200] [--update]

"right": exactly the setting of the answer is named. "false": a setting is named that is not in the answer, even one
whose fact is true (p(x) moves under label shift too). "undetermined": no setting is named. The columns of "columns" are
counted, not measured, so that they are told at any number of rows.

Kind "random split": real tables, cut at random into target and source rows, so that nothing may be claimed at all. The
four hospitals of the embedded heart data are always among the tables; those of the folder ``shared`` beside the
repository where it is there. "right" is then "identical", and every other claim is false.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sklearn

import headstart as hs
from headstart.datasets import load_heart, make_shift

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import pairs

KINDS = ("identical", "covariate", "label", "concept", "hostile", "columns")
NO_CLAIM = {"identical", "undetermined"}


def one(kind: str, task: str, n_target: int, n_source: int, n_classes: int, seed: int) -> dict[str, float]:
    """Diagnose one shift."""
    shift = make_shift(
        kind, task=task, n_target=n_target, n_source=n_source, n_classes=n_classes, random_state=seed, n_test=1
    )
    return judged(shift.target, shift.source, set(shift.answer.setting), seed)


def judged(target: hs.Domain, source: hs.Domain, truth: set[str], seed: int) -> dict[str, float]:
    """What ``diagnose`` says, against the truth."""
    start = time.process_time()
    found = hs.diagnose(target, source, random_state=seed)
    seconds = time.process_time() - start
    return {
        "right": set(found.setting) == truth,
        "false_claims": bool(set(found.setting) - truth - NO_CLAIM),
        "undetermined": "undetermined" in found.setting,
        "some_column_moved": bool(found.covariates.moved),
        "cpu_seconds": seconds,
    }


def line(kind: str, task: str, n_classes: Any, n_target: int, n_source: Any, found: list[dict[str, float]]) -> dict:
    """One line of the table: the shares over all seeds."""
    shares = pd.DataFrame(found).astype(float)
    return {
        "kind": kind,
        "task": task,
        "n_classes": n_classes if task == "classification" else "",
        "n_target": n_target,
        "n_source": n_source,
        "seeds": len(found),
        **{name: round(float(shares[name].mean()), 3) for name in shares if name != "cpu_seconds"},
        "cpu_seconds": round(float(shares["cpu_seconds"].median()), 2),
    }


def cell(kind: str, task: str, n_target: int, n_source: int, n_classes: int, seeds: int) -> dict[str, object]:
    """Diagnose one kind of shift for many seeds."""
    found = [one(kind, task, n_target, n_source, n_classes, seed) for seed in range(seeds)]
    return line(kind, task, n_classes, n_target, n_source, found)


def tables() -> Iterator[tuple[str, str, Any, np.ndarray]]:
    """Name, task, rows and labels of every real table; each is loaded when it is asked for."""
    for name, hospital in load_heart().items():
        yield name, "classification", hospital.frame(), np.asarray(hospital.y)
    try:
        shared = pairs.names("shared")
    except pairs.MissingData as missing:
        print(f"only the embedded tables are split: {missing}", flush=True)
        return
    for name in shared:
        if not name.startswith("heart"):
            pair = pairs.load("shared", name)
            yield name, "regression" if pair.task == "regression" else "classification", pair.X, pair.y


def split(X: Any, y: np.ndarray, n_target: int, n_source: int, seed: int) -> dict[str, float]:
    """Diagnose rows of one table against other rows of it."""
    rows = np.random.default_rng(seed).permutation(len(y))[: n_target + n_source]
    target, source = rows[:n_target], rows[n_target:]
    take = (lambda r: X.iloc[r].reset_index(drop=True)) if isinstance(X, pd.DataFrame) else (lambda r: X[r])
    return judged(hs.Domain(take(target), y[target]), hs.Domain(take(source), y[source]), {"identical"}, seed)


def splits(n_rows: list[int], n_source: int, seeds: int) -> list[dict]:
    """A line for each task and number of target rows, over all tables that have as many source rows as target rows."""
    found: dict[tuple[str, int], list[dict[str, float]]] = {}
    for name, task, X, y in tables():
        for n in n_rows:
            if len(y) >= 2 * n:
                here = [split(X, y, n, n_source, seed) for seed in range(seeds)]
                found.setdefault((task, n), []).extend(here)
                print(line(name, task, "", n, "", here), flush=True)
    return [
        line("random split of real data", task, "any", n, f"up to {n_source}", v)
        for (task, n), v in sorted(found.items(), key=lambda item: (item[0][0], -item[0][1]))
    ]


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
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), help="nothing after it: random splits only")
    parser.add_argument("--split-seeds", type=int, default=10, help="random splits of each real table; 0: none")
    parser.add_argument("--split-rows", type=int, nargs="+", default=[200, 50, 20])
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
    if a.split_seeds:
        rows += splits(a.split_rows, a.source_rows, a.split_seeds)
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
