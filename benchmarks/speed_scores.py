"""CPU time and peak memory of every transferability score and domain distance.

    python benchmarks/speed_scores.py --rows 100000 --columns 512 --classes 100

Each runs in a process of its own, in one thread, once bare and once with its interval; ``peak_gb`` is the most memory
that the process ever held, ``data_gb`` what it held before (float32 features, labels, for distances both domains).
"published" is LogME by the fixed point of You et al. (2022), written here from its equations: an SVD of the features in
double precision, then eleven steps at most for each class. ``value`` is the score found.
"""

from __future__ import annotations

import os

# Before NumPy is imported: timings are of one thread.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import csv
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

FIELDS = ["score", "form", "rows", "columns", "classes", "cpu_s", "data_gb", "peak_gb", "value"]


def peak_gb() -> float:
    """The most memory that this process held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def problem(n: int, d: int, K: int, seed: int) -> tuple[Any, Any]:
    """Features (float32) whose classes overlap, and classes."""
    rng = np.random.default_rng(seed)
    means = np.random.default_rng(0).normal(size=(K, d)).astype(np.float32) * np.float32(0.1)
    y = rng.integers(K, size=n)
    X = rng.standard_normal(size=(n, d), dtype=np.float32)
    for start in range(0, n, 4096):
        X[start : start + 4096] += means[y[start : start + 4096]]
    return X, y


def outputs(y: Any, K: int) -> Any:
    """Probabilities (float32) of as many source classes, which know a little of the labels."""
    P = np.random.default_rng(1).exponential(size=(y.size, K)).astype(np.float32)
    P[np.arange(y.size), y] += 3
    P /= P.sum(axis=1, keepdims=True)
    return P


def published_logme(X: Any, y: Any) -> float:
    """LogME by the authors' fixed point, from the equations of the paper."""
    F = X.astype(np.float64)
    n, d = F.shape
    U, s, _ = np.linalg.svd(F, full_matrices=False)
    squares = s**2
    found = []
    for c in range(int(y.max()) + 1):
        target = (y == c).astype(np.float64)
        along = (U.T @ target) ** 2
        rest = target @ target - along.sum()
        alpha = beta = 1.0
        for _ in range(11):
            t = alpha / beta
            effective = np.sum(squares / (squares + t))
            weight = np.sum(squares * along / (t + squares) ** 2)
            residual = np.sum(along / (1 + squares / t) ** 2) + rest
            alpha, beta = effective / (weight + 1e-5), (n - effective) / (residual + 1e-5)
            if abs(alpha / beta - t) <= 1e-3 * t:
                break
        evidence = d / 2 * np.log(alpha) + n / 2 * np.log(beta) - 0.5 * np.sum(np.log(alpha + beta * squares))
        evidence -= beta / 2 * residual + alpha / 2 * weight + n / 2 * np.log(2 * np.pi)
        found.append(evidence / n)
    return float(np.mean(found))


def measure(score: str, form: str, n: int, d: int, K: int) -> dict[str, Any]:
    """One score, in this process."""
    import headstart as hs

    X, y = problem(n, d, K, seed=2)
    of_domains = score in hs.scores.domain_front.NAMES
    P = outputs(y, K) if score in ("leep", "nce") else None
    Xs, ys = problem(n, d, K, seed=3) if of_domains else (None, None)
    before, start = peak_gb(), time.process_time()
    n_boot = 500 if form == "with interval" else 0
    if form == "published":
        value = published_logme(X, y)
    elif of_domains:
        value = hs.scores.domain_distances(Xs, X, ys, y, scores=score, scale=False, n_boot=n_boot)[score].score
    else:
        features = None if P is not None else X
        found = hs.scores.transferability(features, y, probabilities=P, scores=score, n_boot=n_boot)
        value = found[score].score
    took = time.process_time() - start
    return {"cpu_s": f"{took:.3g}", "data_gb": f"{before:.3g}", "peak_gb": f"{peak_gb():.3g}", "value": f"{value:.5g}"}


def main() -> None:
    """Run all scores, each in its own process, and write the table."""
    import headstart as hs

    names = [*hs.scores.target_front.NAMES, *hs.scores.domain_front.NAMES]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--columns", type=int, default=512)
    parser.add_argument("--classes", type=int, default=100)
    parser.add_argument("--scores", nargs="+", default=names)
    parser.add_argument("--one", nargs=2, metavar=("SCORE", "FORM"), help="measure in this process, and print")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent / "results" / "speed_scores.csv")
    a = parser.parse_args()
    sizes = {"rows": a.rows, "columns": a.columns, "classes": a.classes}
    if a.one:
        print(json.dumps(measure(*a.one, *sizes.values())))
        return
    cells = [(name, form) for name in a.scores for form in ("bare", "with interval")]
    if "logme" in a.scores:
        cells.append(("logme", "published"))
    with a.out.open("w", newline="") as file:
        table = csv.DictWriter(file, FIELDS, lineterminator="\n")
        table.writeheader()
        for score, form in cells:
            flags = [f"--{key}={value}" for key, value in sizes.items()]
            command = [sys.executable, __file__, *flags, "--one", score, form]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            row = {"score": score, "form": form, **sizes, **json.loads(done.stdout.splitlines()[-1])}
            table.writerow(row)
            file.flush()
            print(row, flush=True)


if __name__ == "__main__":
    main()
