"""Speed of tree transfer: against adapt, and of its predictions against scikit-learn's.

    python benchmarks/speed_trees.py [--source 10000] [--target 1000] [--adapt-python PATH] [--limit 900]

Ten columns, two classes, the source model fitted before the clock starts, the same for both. ``cpu_s`` is our whole
``fit``; ``adapt_s`` adapt's constructor and ``fit``, in a process of its own. Where that runs past ``--limit`` CPU
seconds it is stopped, and ``ratio`` is at least what the table says. ``ratio_fit`` is our fit over a plain fit of the
same learner to the target rows, ``ratio_predict`` our prediction of 100,000 rows over that of the scikit-learn model
inside. Ours has the paper's settings, which are what adapt has.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np
import sklearn
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

import headstart as hs

FIELDS = ["case", "source", "target", "cpu_s", "ratio_fit", "ratio_predict", "adapt_s", "ratio", "finished", "sklearn"]
PEER = """
import sys, time, json, resource
import numpy as np
from sklearn.tree import DecisionTreeClassifier
from sklearn.ensemble import RandomForestClassifier
from adapt.parameter_based import TransferTreeClassifier, TransferForestClassifier
path, kind, method, n_trees, limit = sys.argv[1:]
sys.setrecursionlimit(10000)
d = np.load(path)
if kind == "tree":
    model, wrap = DecisionTreeClassifier(random_state=0), TransferTreeClassifier
else:
    model, wrap = RandomForestClassifier(int(n_trees), random_state=0), TransferForestClassifier
model.fit(d["Xs"], d["ys"])
used = int(time.process_time())
resource.setrlimit(resource.RLIMIT_CPU, (used + int(limit), used + int(limit) + 5))
start = time.process_time()
wrap(model, algo=method, verbose=0, random_state=0).fit(d["X"], d["y"])
print("RESULT" + json.dumps(time.process_time() - start))
"""


def make(n_source: int, n_target: int) -> dict[str, np.ndarray]:
    """A rule of four columns that moves between the domains, with a tenth of the labels wrong."""
    rng = np.random.default_rng(0)

    def draw(n: int, shift: float) -> tuple[np.ndarray, np.ndarray]:
        X = rng.normal(size=(n, 10)) + shift
        y = (X[:, 0] + X[:, 1] * X[:, 2] - np.abs(X[:, 3]) > shift - 0.5).astype(int)
        return X, np.where(rng.random(n) < 0.1, 1 - y, y)

    Xs, ys = draw(n_source, 0.0)
    X, y = draw(n_target, 0.3)
    return {"Xs": Xs, "ys": ys, "X": X, "y": y, "X_new": draw(100_000, 0.3)[0]}


def best_of(times: int, job: Callable[[], Any]) -> float:
    """CPU seconds, the least of some runs."""
    found = []
    for _ in range(times):
        start = time.process_time()
        job()
        found.append(time.process_time() - start)
    return min(found)


def adapt_seconds(python: str, data: dict[str, np.ndarray], kind: str, method: str, trees: int, limit: int) -> Any:
    """adapt's CPU seconds, or None where it was stopped at the limit."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.npz"
        np.savez(path, **data)
        command = [python, "-W", "ignore", "-c", PEER, str(path), kind, method, str(trees), str(limit)]
        done = subprocess.run(command, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT")]
    if lines:
        return float(json.loads(lines[0].removeprefix("RESULT")))
    if done.returncode in (-24, -9):  # the limit of CPU time
        return None
    raise RuntimeError(f"adapt ended with {done.returncode}: {done.stderr[-300:]}")


def main() -> None:
    """Run all cases and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=int, default=10_000)
    parser.add_argument("--target", type=int, default=1_000)
    parser.add_argument("--trees", type=int, default=10, help="trees of the forests")
    parser.add_argument("--adapt-python", help="the interpreter of an environment with adapt; without it ours alone")
    parser.add_argument("--limit", type=int, default=900)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "speed_trees.csv")
    a = parser.parse_args()
    data = make(a.source, a.target)
    paper = {"keep": "none", "source_rows": 0.0, "label_shift": False, "strut_rows": 2}
    with a.out.open("w", newline="") as file:
        table = csv.DictWriter(file, FIELDS, lineterminator="\n")
        table.writeheader()
        for kind, learner, transfer in (
            ("tree", DecisionTreeClassifier(random_state=0), hs.TreeTransferClassifier),
            ("forest", RandomForestClassifier(a.trees, random_state=0), hs.ForestTransferClassifier),
        ):
            model = clone(learner).fit(data["Xs"], data["ys"])
            plain = best_of(5, lambda learner=learner: clone(learner).fit(data["X"], data["y"]))
            for method in ("ser", "strut"):
                moved = transfer(source_model=model, method=method, **paper)
                ours = best_of(5, lambda moved=moved: moved.fit(data["X"], data["y"]))
                inside = moved.estimator_
                own = best_of(5, lambda moved=moved: moved.predict_proba(data["X_new"]))
                theirs = best_of(5, lambda inside=inside: inside.predict_proba(data["X_new"]))
                row: dict[str, Any] = {
                    "case": f"{kind}{'' if kind == 'tree' else f' of {a.trees}'}, {method.upper()}",
                    "source": a.source,
                    "target": a.target,
                    "cpu_s": f"{ours:.3g}",
                    "ratio_fit": f"{ours / plain:.3g}",
                    "ratio_predict": f"{own / theirs:.3g}",
                    "sklearn": sklearn.__version__,
                }
                if a.adapt_python:
                    took = adapt_seconds(a.adapt_python, data, kind, method, a.trees, a.limit)
                    seconds = a.limit if took is None else took
                    row |= {"adapt_s": f"{seconds:.3g}", "ratio": f"{seconds / ours:.3g}", "finished": took is not None}
                table.writerow(row)
                file.flush()
                print(row, flush=True)


if __name__ == "__main__":
    main()
