"""Speed of boosting transfer, and why it starts from an offset as it does.

    python benchmarks/speed_boosting.py [--target 200 1000 10000] [--rounds 50]

Ten columns; the source model has 100 rounds. Seconds are of one thread's CPU. ``plain_s`` is a plain fit of as many
rounds to the same target rows by the same learner. Ways to grow them from the source's raw predictions:

- *offset*: what the estimators do, scikit-learn's boosting with the offset in its loss, or in the labels;
- *a fit a round*: HistGradientBoostingRegressor fitted to each round's Newton steps, weighted by their curvature;
- *warm start*: scikit-learn's, on a copy of the source model. ``wrong`` is how far off its start is: the largest
  difference between the raw predictions that the new trees correct and those that the model gives.

*choice* is a whole fit that chooses shrinkage and rounds by five folds; its ratio is to the same plain fit.
"""

from __future__ import annotations

import argparse
import copy
import csv
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np
import sklearn
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

import headstart as hs

FIELDS = ["case", "target", "rounds", "cpu_s", "plain_s", "ratio", "log_loss", "wrong", "sklearn"]
SETTINGS = {"max_leaf_nodes": 15, "min_samples_leaf": 10, "l2_regularization": 1.0, "early_stopping": False}


def draw(n: int, shift: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A rule of four columns that moves between the domains, with a tenth of the labels wrong."""
    X = rng.normal(size=(n, 10)) + shift
    y = (X[:, 0] + X[:, 1] * X[:, 2] - np.abs(X[:, 3]) > shift - 0.5).astype(int)
    return X, np.where(rng.random(n) < 0.1, 1 - y, y)


def timed(job: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    """The least CPU seconds of some runs, and what the last one gave."""
    found = []
    for _ in range(times):
        start = time.process_time()
        result = job()
        found.append(time.process_time() - start)
    return min(found), result


def round_by_round(model: Any, X: np.ndarray, y: np.ndarray, X_new: np.ndarray, rounds: int) -> np.ndarray:
    """Newton boosting from the model's raw predictions by a regressor a round; log odds of the new rows."""
    F, F_new = model.decision_function(X), model.decision_function(X_new)
    for _ in range(rounds):
        p = expit(F)
        h = np.maximum(p * (1 - p), 1e-6)
        tree = HistGradientBoostingRegressor(max_iter=1, learning_rate=0.1, **SETTINGS)
        tree.fit(X, (y - p) / h, sample_weight=h)
        F, F_new = F + tree.predict(X), F_new + tree.predict(X_new)
    return F_new


def main() -> None:
    """Run all cases and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", type=int, nargs="+", default=[200, 1000, 10_000])
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "speed_boosting.csv")
    a = parser.parse_args()
    rng = np.random.default_rng(0)
    Xs, ys = draw(10_000, 0.0, rng)
    X_new, y_new = draw(5_000, 0.3, rng)
    model = HistGradientBoostingClassifier(max_iter=100, random_state=0, **SETTINGS).fit(Xs, ys)

    def loss(odds: np.ndarray) -> str:
        return f"{np.mean(np.logaddexp(0, odds) - y_new * odds):.4f}"

    def odds_of(fitted: Any) -> np.ndarray:
        P = fitted.predict_proba(X_new)
        return np.log(P[:, 1] / P[:, 0])

    with a.out.open("w", newline="") as file:
        table = csv.DictWriter(file, FIELDS, lineterminator="\n")
        table.writeheader()
        for n in a.target:
            X, y = draw(n, 0.3, rng)
            plain_s, _ = timed(lambda X=X, y=y: HistGradientBoostingClassifier(max_iter=a.rounds, **SETTINGS).fit(X, y))
            fixed = hs.BoostingTransferClassifier(
                source_model=model, shrinkage=1.0, n_new_trees=a.rounds, learning_rate=0.1
            )
            whole = hs.BoostingTransferClassifier(source_model=model, max_new_trees=a.rounds, random_state=0)
            warm = copy.deepcopy(model).set_params(warm_start=True, max_iter=100 + a.rounds)
            cases: dict[str, Callable[[], Any]] = {
                "offset": lambda X=X, y=y, e=fixed: e.fit(X, y),
                "a fit a round": lambda X=X, y=y: round_by_round(model, X, y, X_new, a.rounds),
                "warm start": lambda X=X, y=y, e=warm: copy.deepcopy(e).fit(X, y),
                "choice": lambda X=X, y=y, e=whole: e.fit(X, y),
            }
            # What warm start takes for the old trees' predictions: their splits, looked up in the new rows' bins.
            bins = copy.deepcopy(warm).fit(X, y)._bin_mapper.transform(X)
            seen = copy.deepcopy(model)
            seen._in_fit = True
            wrong = np.abs(seen._raw_predict(bins)[:, 0] - model.decision_function(X)).max()
            for case, job in cases.items():
                if case == "a fit a round" and n > 1000:
                    continue  # minutes: weighted rows are sorted for each bin of each fit
                seconds, found = timed(job, 3 if case in ("offset", "warm start") else 1)
                row = {
                    "case": case,
                    "target": n,
                    "rounds": a.rounds,
                    "cpu_s": f"{seconds:.3g}",
                    "plain_s": f"{plain_s:.3g}",
                    "ratio": f"{seconds / plain_s:.3g}",
                    "log_loss": loss(found if isinstance(found, np.ndarray) else odds_of(found)),
                    "wrong": f"{wrong:.3g}" if case == "warm start" else "",
                    "sklearn": sklearn.__version__,
                }
                table.writerow(row)
                file.flush()
                print(row, flush=True)


if __name__ == "__main__":
    main()
