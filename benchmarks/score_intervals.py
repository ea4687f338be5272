"""How often the interval of a score holds the score that such rows give in the mean.

    python -m benchmarks.score_intervals --repeats 100

Rows are drawn anew from known populations: three classes whose means differ in three columns, columns of unequal
spread ("whitened": of equal spread, for the H-score, whose shrinkage is then nearly whole), and a source model that
knows a little of the labels; for distances a target that is moved. The mean score over
all draws of as many rows stands for the truth, since a score of few rows differs from that of many in the mean (of
nearest neighbours, say, that are farther away). ``covered`` is the share of 95 % intervals that hold it, ``width``
their mean width by 3.92 standard deviations of the score over draws: 1 is right, less is too narrow.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import csv
from pathlib import Path
from typing import Any

import numpy as np

import headstart as hs

FIELDS = ["score", "labels", "rows", "columns", "repeats", "mean", "spread", "covered", "width"]


def draw(n: int, d: int, rng: np.random.Generator, shift: float = 0.0) -> tuple[Any, Any, Any]:
    """Features, classes and probabilities of four source classes."""
    y = rng.integers(3, size=n)
    X = np.eye(3, d)[y] + rng.normal(size=(n, d)) + shift / np.sqrt(d)
    X *= np.linspace(0.5, 2.0, d)
    P = rng.exponential(size=(n, 4))
    P[np.arange(n), y] += 1.0
    return X, y, P / P.sum(axis=1, keepdims=True)


def tables(n: int, d: int, seed: int, labels: str) -> list[Any]:
    """All scores of one draw."""
    rng = np.random.default_rng(seed)
    X, y, P = draw(n, d, rng)
    if labels == "numbers":
        return list(hs.scores.transferability(X, X[:, 0] + rng.normal(size=n), scores="all", n_boot=500))
    if labels == "whitened":
        return list(hs.scores.transferability(X / np.linspace(0.5, 2.0, d), y, scores="h_score", n_boot=500))
    if labels == "classes":
        return list(hs.scores.transferability(X, y, probabilities=P, scores="all", n_boot=500))
    Xs, ys, _ = draw(n, d, rng, shift=0.0 if labels == "no shift" else 1.5)
    return list(hs.scores.domain_distances(Xs, X, ys, y, scale=False, n_boot=500))


def main() -> None:
    """Run all cells and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--rows", type=int, nargs="+", default=[50, 200])
    parser.add_argument("--columns", type=int, nargs="+", default=[10, 100])
    parser.add_argument("--labels", nargs="+", default=["classes", "whitened", "numbers", "shift", "no shift"])
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent / "results" / "score_intervals.csv")
    a = parser.parse_args()
    with a.out.open("w", newline="") as file:
        table = csv.DictWriter(file, FIELDS, lineterminator="\n")
        table.writeheader()
        for labels in a.labels:
            for n in a.rows:
                for d in a.columns:
                    runs = [tables(n, d, seed, labels) for seed in range(a.repeats)]
                    for k, first in enumerate(runs[0]):
                        row = {"score": first.name, "labels": labels, "rows": n, "columns": d, "repeats": a.repeats}
                        table.writerow(row | summary([run[k] for run in runs]))
                        file.flush()
                        print(row | summary([run[k] for run in runs]), flush=True)


def summary(found: list[Any]) -> dict[str, str]:
    """Coverage and width of the intervals of one score."""
    values = np.array([f.score for f in found])
    low, high = np.array([f.low for f in found]), np.array([f.high for f in found])
    truth, spread = values.mean(), values.std(ddof=1)
    covered = np.mean((low <= truth) & (truth <= high))
    width = np.mean(high - low) / (3.92 * spread) if spread > 0 else np.nan
    return {"mean": f"{truth:.4g}", "spread": f"{spread:.3g}", "covered": f"{covered:.3f}", "width": f"{width:.2f}"}


if __name__ == "__main__":
    main()
