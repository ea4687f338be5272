"""Small networks on tables: stopped early, as by default, against all epochs on all rows, and against guessing.

    python -m benchmarks.stopping
    python -m benchmarks.stopping --pairs heart_va_to_hungary --draws 1

Of shared pairs of tables the target rows are used; 40, 120, 400 and 1,200 of them are drawn, up to 1,000 others are
scored on. Loss is the mean log loss, or the squared error over the variance of the scored labels; guessing gives the
shares of classes or the mean among the drawn rows. Writes a CSV and prints means over the draws.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import headstart as hs

from . import pairs

OUT = Path(__file__).parent / "results" / "stopping.csv"
SIZES = (40, 120, 400, 1200)
PAIRS = (
    "heart_va_to_hungary",
    "wine_white_to_red",
    "student_portuguese_to_math",
    "bikes_washington_to_london",
    "adult_private_to_self_employed",
)


def losses(model: Any, X: Any, y: np.ndarray, train: np.ndarray) -> tuple[float, float, float]:
    """Loss, accuracy or R2, and the loss of guessing."""
    if not hasattr(model, "predict_proba"):
        error = float(np.mean((model.predict(X) - y) ** 2) / y.var())
        return error, 1 - error, float(np.mean((train.mean() - y) ** 2) / y.var())
    p = model.predict_proba(X)
    codes = np.searchsorted(model.classes_, y)
    share = np.bincount(np.searchsorted(model.classes_, train)) / len(train)
    own = np.clip(p[np.arange(len(y)), codes], 1e-12, 1)
    return float(-np.log(own).mean()), float(np.mean(p.argmax(axis=1) == codes)), float(-np.log(share[codes]).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", nargs="+", default=PAIRS)
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    found = []
    for name in args.pairs:
        pair = pairs.load("shared", name)
        X, y = pd.DataFrame(pair.X).reset_index(drop=True), np.asarray(pair.y)
        kind = hs.FineTuneRegressor if pair.task == "regression" else hs.FineTuneClassifier
        for n in (n for n in SIZES if n <= 0.7 * len(y)):
            for draw in range(args.draws):
                order = np.random.default_rng(draw).permutation(len(y))
                train, test = order[:n], order[n : n + 1000]
                if pair.task != "regression":
                    test = test[np.isin(y[test], y[train])]
                for patience in ("auto", None):
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore", hs.HeadstartWarning)
                        model = kind(patience=patience, random_state=draw).fit(X.iloc[train], y[train])
                    loss, score, guess = losses(model, X.iloc[test], y[test], y[train])
                    how = "stopped early" if patience else "all epochs"
                    found.append((name, n, draw, how, loss, score, guess))
    table = pd.DataFrame(found, columns=["pair", "rows", "draw", "how", "loss", "score", "guessing"])
    table.round(4).to_csv(args.out, index=False)
    print(
        table.groupby(["pair", "rows", "how"])[["loss", "score", "guessing"]].mean().unstack("how").round(3).to_string()
    )


if __name__ == "__main__":
    main()
