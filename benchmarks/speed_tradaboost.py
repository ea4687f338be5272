"""Speed of TrAdaBoost: against the same base fits on their own, and against adapt.

    python benchmarks/speed_tradaboost.py [--sizes 3000 10000] [--repeats 3] [--adapt-python PATH]
        [--cases NAME ...] [--out FILE.csv [--update]]

Each size n means n source and n target rows with 10 columns. ``ratio`` is the cpu time of our whole fit (the
cross-validation included) by that of the very same sequence of base fits, with the same rows and weights, as float64
arrays. ``ratio_float32`` is the same by fits on rows that lie ready as trees want them, which is the harder measure.
``ratio_predict`` is by the same fits, each followed by one prediction of all the learner's rows. No round can do
without it, since the next weights come from its errors; where base fits are cheap it is what keeps ``ratio`` from 1.

Freed memory stays with the process: whether the C library hands it back after each fit, and fetches it again for the
next, hangs on what ran before, and can cost either side of a ratio as much as a ridge regression itself.
"""

from __future__ import annotations

import argparse
import csv
import ctypes
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import sklearn
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import headstart as hs
from headstart.instance._boosting import WeightedLearner

# The rows, labels and weights of a base fit, and all rows of its learner.
Call = tuple[Any, np.ndarray, np.ndarray, Any]

PEER_VERSION = "0.4.5"
# adapt in its own interpreter. Its two-stage cross-validates one base fit for each step and fold, as ours by default.
PEER = """
import sys, time, json, os
import numpy as np
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from adapt.instance_based import TrAdaBoost, TrAdaBoostR2, TwoStageTrAdaBoostR2
d = np.load(sys.argv[1]); Xs, X = d["Xs"], d["X"]
tree, regress = DecisionTreeClassifier(max_depth=3, random_state=0), DecisionTreeRegressor(max_depth=3, random_state=0)
jobs = {
    "classifier, tree": (TrAdaBoost(tree, n_estimators=50, Xt=X, yt=d["c"], verbose=0), d["cs"]),
    "r2, tree": (TrAdaBoostR2(regress, n_estimators=50, Xt=X, yt=d["y"], verbose=0), d["ys"]),
    "two-stage, tree": (TwoStageTrAdaBoostR2(regress, n_estimators=10, n_estimators_fs=10, cv=5, Xt=X, yt=d["y"],
                                             verbose=0), d["ys"]),
}
out = {}
for name, (model, labels) in jobs.items():
    start = time.process_time(); model.fit(Xs, labels); out[name] = time.process_time() - start
print("RESULT" + json.dumps(out))
"""


def keep_memory() -> None:
    """Have glibc keep freed memory (M_TRIM_THRESHOLD, M_MMAP_THRESHOLD); other C libraries are left as they are."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(-1, 1 << 30)
        mallopt(-3, 1 << 25)


def make(n: int) -> dict[str, np.ndarray]:
    """Related source and target: numbers (ys, y) and classes (cs, c) with some noise."""
    rng = np.random.default_rng(0)
    Xs, X = rng.normal(size=(n, 10)), rng.normal(size=(n, 10))

    def label(A: np.ndarray, offset: float) -> np.ndarray:
        return A[:, 0] + np.sin(2 * A[:, 1]) + A[:, 2] * A[:, 3] + offset + 0.5 * rng.normal(size=n)

    ys, y = label(Xs, 0.3), label(X, 0.0)
    return {"Xs": Xs, "X": X, "ys": ys, "y": y, "cs": (ys > 0).astype(int), "c": (y > 0).astype(int)}


def cases() -> dict[str, tuple[Any, bool]]:
    """Name -> (model, whether it is a classifier)."""
    tree, regress = (
        DecisionTreeClassifier(max_depth=3, random_state=0),
        DecisionTreeRegressor(max_depth=3, random_state=0),
    )
    return {
        "classifier, tree": (hs.TrAdaBoostClassifier(tree), True),
        "classifier, logistic": (hs.TrAdaBoostClassifier(LogisticRegression()), True),
        "r2, tree": (hs.TrAdaBoostRegressor(regress, method="r2"), False),
        "r2, ridge": (hs.TrAdaBoostRegressor(Ridge(), method="r2"), False),
        "two-stage by model, tree": (hs.TrAdaBoostRegressor(regress, select_by="model"), False),
        "two-stage, tree": (hs.TrAdaBoostRegressor(regress), False),
    }


def recorded_fits(model: Any, X: np.ndarray, y: np.ndarray, source: hs.Domain) -> list[Call]:
    """The rows, labels, weights, and rows to predict of every base fit that one fit of ``model`` makes."""
    calls: list[Call] = []
    original = WeightedLearner.fit

    def spy(self: WeightedLearner, weight: np.ndarray) -> Any:
        used = np.flatnonzero(weight)
        rows = self.X_fit if len(used) == len(weight) else self.X[used]
        w = weight[used]
        calls.append((rows, self.y[used] if len(used) < len(weight) else self.y, w * (len(w) / w.sum()), self.X))
        return original(self, weight)

    WeightedLearner.fit = spy  # type: ignore[method-assign]
    try:
        clone(model).fit(X, y, source=source)
    finally:
        WeightedLearner.fit = original  # type: ignore[method-assign]
    return calls


def replay(estimator: Any, calls: list[Call], dtype: type | None, *, predict: bool = False) -> float:
    """Cpu seconds of the recorded fits on their own; rows are converted before the clock starts."""
    used = [X for call in calls for X in (call[0], call[3])]
    rows = {} if dtype is None else {id(X): np.ascontiguousarray(X, dtype=dtype) for X in used}
    start = time.process_time()
    for X, y, w, all_rows in calls:
        fitted = clone(estimator).fit(rows.get(id(X), X), y, sample_weight=w)
        if predict:
            fitted.predict(rows.get(id(all_rows), all_rows))
    return time.process_time() - start


def peer_times(python: str, data: dict[str, np.ndarray]) -> dict[str, float]:
    """adapt's cpu seconds on the same arrays; empty with a word on stderr where it cannot be run."""
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "data.npz", **data)
        done = subprocess.run(
            [python, "-c", PEER, str(Path(folder) / "data.npz")],
            capture_output=True,
            text=True,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
            check=False,
        )
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT")]
    if not lines:
        print(f"adapt could not be run with {python}: {done.stderr[-300:]}", file=sys.stderr)
        return {}
    return dict(json.loads(lines[0][len("RESULT") :]))


def main() -> None:
    """Measure, print and, where asked, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[3000, 10000])
    parser.add_argument("--repeats", type=int, default=3, help="the least time of so many counts")
    parser.add_argument("--adapt-python", default=None, help="interpreter of an environment with adapt 0.4.5")
    parser.add_argument("--cases", nargs="+", default=list(cases()), choices=list(cases()))
    parser.add_argument("--out", default=None, help="CSV file to write")
    parser.add_argument("--update", action="store_true", help="keep the rows of --out that are not measured again")
    options = parser.parse_args()
    keep_memory()
    table = []
    for n in options.sizes:
        data = make(n)
        peer = peer_times(options.adapt_python, data) if options.adapt_python else {}
        for name, (model, classes) in cases().items():
            if name not in options.cases:
                continue
            y, ys = (data["c"], data["cs"]) if classes else (data["y"], data["ys"])
            source = hs.Domain(data["Xs"], ys)
            calls = recorded_fits(model, data["X"], y, source)
            ours, plain, ready, both = [], [], [], []
            for _ in range(options.repeats):
                start = time.process_time()
                clone(model).fit(data["X"], y, source=source)
                ours.append(time.process_time() - start)
                plain.append(replay(model.estimator, calls, np.float64))
                ready.append(replay(model.estimator, calls, None))
                both.append(replay(model.estimator, calls, np.float64, predict=True))
            row = {
                "rows": n,
                "case": name,
                "base_fits": len(calls),
                "seconds": round(min(ours), 3),
                "ratio": round(min(ours) / min(plain), 3),
                "ratio_float32": round(min(ours) / min(ready), 3),
                "ratio_predict": round(min(ours) / min(both), 3),
                "adapt_seconds": round(peer[name], 3) if name in peer else "",
                "machine": f"{platform.machine()}, {os.cpu_count()} cores, one thread",
                "versions": f"headstart {hs.__version__}, scikit-learn {sklearn.__version__}, adapt {PEER_VERSION}",
            }
            table.append(row)
            print("  ".join(f"{key} {value}" for key, value in list(row.items())[:8]), flush=True)
    if options.out:
        kept: list[dict[str, Any]] = []
        if options.update and Path(options.out).exists():
            measured = {(str(row["rows"]), row["case"]) for row in table}
            with Path(options.out).open(newline="") as file:
                kept = [row for row in csv.DictReader(file) if (row["rows"], row["case"]) not in measured]
        with Path(options.out).open("w", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(table[0]))
            writer.writeheader()
            writer.writerows(sorted([*kept, *table], key=lambda row: int(row["rows"])))


if __name__ == "__main__":
    main()
