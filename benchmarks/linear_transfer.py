"""Trans-GLM on the paper's simulation: does the detection find the good sources, and how near are the coefficients?

    python -m benchmarks.linear_transfer --seeds 50

Tian and Feng (2023), as the vignette of their R package glmtrans draws it: 500 columns, ten of them with a coefficient
of 0.5, 100 target rows with neighbouring columns correlated at 0.9; five sources of 100 rows each, with t-distributed
columns, of which the first three differ from the target by 5 / 500 in each coefficient, and the others have their
coefficients of 0.5 in other columns. Errors are the l2 distances of coefficients and intercept to the true ones.
Appends to the CSV what is not there yet. ``--export FOLDER --family F --first S`` writes the problem of one seed for
``benchmarks/trans_glm.R``.
"""

from __future__ import annotations

import os

# Before NumPy is imported: timings are of one thread.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import csv
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import headstart as hs
from headstart.parameter._linear_detect import plain_fit
from headstart.parameter._linear_fit import Settings

from .report import markdown

N_GOOD = 3
FIELDS = ["family", "seed", "lasso", "all sources", "detected", "the three good", "kept", "cpu_s"]


@dataclass(frozen=True, eq=False)
class Problem:
    """Target rows ``X`` (n, p), labels, the true coefficients (p,) and the sources."""

    X: np.ndarray
    y: np.ndarray
    beta: np.ndarray
    sources: hs.Sources


def draw(seed: int, family: str, *, p: int = 500, s: int = 10, n: int = 100, n_source: int = 100) -> Problem:
    """Draw the simulation: ``family`` is "gaussian" or "binomial"."""
    rng = np.random.default_rng(seed)
    place = np.arange(p)
    root = np.linalg.cholesky(0.9 ** np.abs(place[:, None] - place[None, :]))
    beta = np.r_[np.full(s, 0.5), np.zeros(p - s)]

    def labels(eta: np.ndarray) -> np.ndarray:
        if family == "binomial":
            return (rng.random(len(eta)) < 1 / (1 + np.exp(-eta))).astype(int)
        return eta + rng.normal(size=len(eta))

    X = rng.normal(size=(n, p)) @ root.T
    y = labels(X @ beta)
    domains = []
    for k in range(5):
        sign = rng.choice([-1.0, 1.0], p)
        if k < N_GOOD:
            w, level = beta + 5 / p * sign, 0.0
        else:
            w = np.zeros(p)
            w[s : 2 * s] = 0.5
            w[rng.choice(np.arange(2 * s, p), s, replace=False)] = 0.5
            w, level = w + 2 * 5 / p * sign, 0.5
        Xs = rng.standard_t(4, size=(n_source, p))
        domains.append(hs.Domain(Xs, labels(Xs @ w + level), name=f"source {k + 1}"))
    return Problem(X, y, beta, hs.Sources(domains))


def l2_errors(problem: Problem, family: str) -> dict[str, Any]:
    """The errors of the lasso of the target alone (within one standard error, as in R), and of the two steps."""
    kind: Any = hs.LinearTransferClassifier if family == "binomial" else hs.LinearTransferRegressor
    task = "classification" if family == "binomial" else "regression"
    lasso = plain_fit(problem.X, problem.y, Settings(task, "elastic", None, 1.0, 1.0), "target")

    def error(coef: Any, intercept: Any) -> float:
        return float(np.sqrt(((np.ravel(coef) - problem.beta) ** 2).sum() + np.ravel(intercept)[0] ** 2))

    def fitted(domains: Any, detect: bool) -> Any:
        return kind("elastic", l1_ratio=1.0, detect=detect, random_state=0).fit(
            problem.X, problem.y, source=hs.Sources(domains)
        )

    everything = problem.sources.domains
    fits = [fitted(everything, False), fitted(everything, True), fitted(everything[:N_GOOD], False)]
    errors = [error(lasso.coef, lasso.intercept), *(error(m.coef_, m.intercept_) for m in fits)]
    return dict(zip(FIELDS[2:6], errors, strict=True)) | {"kept": fits[1].transferable_}


def export(problem: Problem, folder: Path) -> None:
    """Write the problem for R."""
    folder.mkdir(parents=True, exist_ok=True)
    np.savetxt(folder / "target.csv", np.column_stack([problem.y, problem.X]), delimiter=",", fmt="%.17g")
    np.savetxt(folder / "beta.csv", problem.beta)
    for k, domain in enumerate(problem.sources.domains, start=1):
        rows = np.column_stack([domain.y, domain.X])
        np.savetxt(folder / f"source{k}.csv", rows, delimiter=",", fmt="%.17g")


def table(found: pd.DataFrame) -> pd.DataFrame:
    """Median errors by family, and how often exactly the three good sources were kept."""
    group = found.groupby("family")
    out = group[FIELDS[2:6]].median()
    out["exactly the good kept"] = group["kept"].apply(lambda k: (k == "11100").mean())
    out["all good kept"] = group["kept"].apply(lambda k: k.str.startswith("111").mean())
    out["seeds"] = group["seed"].nunique()
    out["cpu_s"] = group["cpu_s"].median()
    return out.reset_index()


def main() -> None:
    """Run what is missing, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.linear_transfer", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--family", choices=["gaussian", "binomial"])
    parser.add_argument("--export", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "linear_transfer.csv")
    a = parser.parse_args()
    if a.export:
        export(draw(a.first, a.family or "binomial"), a.export)
        return
    done = set()
    if a.out.exists():
        done = set(pd.read_csv(a.out)[["family", "seed"]].itertuples(index=False, name=None))
    else:
        with a.out.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(FIELDS)
    for seed in range(a.first, a.first + a.seeds):
        for family in [a.family] if a.family else ["gaussian", "binomial"]:
            if (family, seed) in done:
                continue
            problem = draw(seed, family)
            start = time.process_time()
            found = l2_errors(problem, family)
            seconds = time.process_time() - start
            kept = "".join("1" if k else "0" for k in found["kept"])
            with a.out.open("a", newline="") as file:
                errors = [f"{found[name]:.4f}" for name in FIELDS[2:6]]
                csv.writer(file, lineterminator="\n").writerow([family, seed, *errors, kept, f"{seconds:.3g}"])
            print(f"{time.strftime('%H:%M:%S')} {family} {seed}", file=sys.stderr, flush=True)
    text = "## Trans-GLM on the paper's simulation\n\nMedian l2 errors; five sources, of which three are good.\n\n"
    text += markdown(table(pd.read_csv(a.out, dtype={"kept": str}))) + "\n"
    a.out.with_suffix(".md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
