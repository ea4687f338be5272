"""CPU time of linear transfer beside plain models of scikit-learn on the same target rows.

    python benchmarks/speed_linear.py --rows 200 1000 5000 --columns 20 100

The source is a fitted model, so that only the target's fit is timed. "fixed": one penalty, beside one Ridge or
LogisticRegression with that penalty (on columns scaled beforehand). "path": the penalty chosen by leave-one-out, beside
the same single fit (``ratio``), and beside RidgeCV or a five-fold LogisticRegressionCV over as many penalties
(``ratio_cv``). Median over repeats, in one thread.
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
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, Ridge, RidgeCV

import headstart as hs
from headstart.parameter._linear_fit import STRENGTHS

FIELDS = ["task", "rows", "columns", "form", "what", "cpu_ms", "plain_ms", "ratio", "cv_ms", "ratio_cv"]
TASKS = {"numbers": 0, "two classes": 2, "four classes": 4}


def seconds(run: Callable[[], Any], repeats: int) -> float:
    """Median CPU seconds, after one run to warm up."""
    run()
    found = []
    for _ in range(repeats):
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return float(np.median(found))


def problem(task: str, n: int, d: int) -> tuple[Any, Any, Any]:
    """Target rows and labels, and a fitted source model."""
    rng = np.random.default_rng(0)
    X, Xs = rng.normal(size=(n, d)), rng.normal(size=(1000, d))
    w = rng.normal(size=d) / np.sqrt(d)
    y, ys = X @ w + rng.normal(size=n), Xs @ (w + 0.05 * rng.normal(size=d)) + rng.normal(size=1000)
    K = TASKS[task]
    if K == 0:
        return X, y, Ridge().fit(Xs, ys)
    cuts = np.quantile(ys, np.arange(1, K) / K)
    return X, np.digitize(y, cuts), LogisticRegression(max_iter=1000).fit(Xs, np.digitize(ys, cuts))


def main() -> None:
    """Run all cells and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[200, 1000, 5000])
    parser.add_argument("--columns", type=int, nargs="+", default=[20, 100])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent / "results" / "speed_linear.csv")
    a = parser.parse_args()
    warnings.simplefilter("ignore")
    with a.out.open("w", newline="") as file:
        table = csv.DictWriter(file, FIELDS, lineterminator="\n")
        table.writeheader()
        for task in TASKS:
            for n in a.rows:
                for d in a.columns:
                    for row in cell(task, n, d, a.repeats):
                        table.writerow(row)
                        file.flush()
                        print(row, flush=True)


def cell(task: str, n: int, d: int, repeats: int) -> list[dict[str, Any]]:
    """All forms on one problem."""
    X, y, theirs = problem(task, n, d)
    numbers = task == "numbers"
    kind: Any = hs.LinearTransferRegressor if numbers else hs.LinearTransferClassifier
    # 500 steps: the plain model is not to be counted as fast because it gave up
    one: Any = Ridge(10.0) if numbers else LogisticRegression(C=0.1, max_iter=500)
    many: Any = RidgeCV(STRENGTHS) if numbers else LogisticRegressionCV(Cs=1 / STRENGTHS, max_iter=500, cv=5)
    plain = seconds(lambda: one.fit(X, y), repeats)
    cv = seconds(lambda: many.fit(X, y), max(1, repeats // 3))
    out = []
    for form in ("l2", "offset", "elastic"):
        for what, strength in (("fixed", 10.0), ("path", None)):
            model = kind(form, source_model=theirs, strength=strength)
            took = seconds(lambda model=model: model.fit(X, y), repeats)  # type: ignore[misc]
            row = {"task": task, "rows": n, "columns": d, "form": form, "what": what}
            figures = {"cpu_ms": 1e3 * took, "plain_ms": 1e3 * plain, "ratio": took / plain}
            if what == "path":
                figures |= {"cv_ms": 1e3 * cv, "ratio_cv": took / cv}
            out.append(row | {key: f"{value:.3g}" for key, value in figures.items()})
    return out


if __name__ == "__main__":
    main()
