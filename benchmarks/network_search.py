"""Does NeuralTransferSearch choose well? Its choice against every candidate in hindsight, on rows that nothing saw.

    python -m benchmarks.network_search --data digits --labels 1 5 10 50 --repeats 3

The problems are those of ``benchmarks.fine_tuning``. For each draw the search tries its candidates on folds of the
labelled rows; then every candidate is trained on all of them and scored on 800 rows held out of everything (of COIL:
on all others). Rows of the CSV: one a candidate, "chosen" (the one with the smallest out-of-fold loss), "blend",
and "default" (FineTuneClassifier as it comes, without a search). ``out_of_fold`` is the score that the search saw.
Appends what is not there yet.
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
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import headstart as hs
from headstart.choose.networks import searching
from headstart.choose.networks.cells import fresh, values_of
from headstart.neural.estimator import NetworkEstimator
from headstart.neural.inputs.taking import taken

from .fine_tuning import DATA, HERE, PROBLEMS, Problem, draw

FIELDS = ["data", "labels", "repeat", "candidate", "accuracy", "out_of_fold", "weight", "cpu_s"]


class Watched(hs.NeuralTransferSearch):
    """A search that keeps its judge and its candidates."""

    def fit(self, X: Any, y: Any = None, *, source: Any = None, unlabeled: Any = None) -> Any:
        inner = searching.decide

        def decide(judge: Any, *args: Any, **more: Any) -> Any:
            self.judge_ = judge
            return inner(judge, *args, **more)

        searching.decide = decide
        try:
            return super().fit(X, y, source=source, unlabeled=unlabeled)
        finally:
            searching.decide = inner


def main() -> None:
    """Run what is missing, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.network_search", description=__doc__.splitlines()[0])
    parser.add_argument("--data", choices=list(PROBLEMS), default="digits")
    parser.add_argument("--labels", type=int, nargs="+", default=[1, 5, 10, 50])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=None)
    parser.add_argument("--keep", type=Path, default=None, help="a folder for what all candidates said, as npz files")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "network_search.csv")
    a = parser.parse_args()
    if not DATA.exists():
        raise SystemExit(f"skipped: the data folder {DATA.name!r} beside the repository is missing")
    if not a.out.exists():
        with a.out.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(FIELDS)
    done = set(pd.read_csv(a.out)[FIELDS[:3]].itertuples(index=False, name=None))
    problem = PROBLEMS[a.data]()
    for repeat in range(a.repeats):
        for labels in a.labels:
            if (a.data, labels, repeat) in done:
                continue
            rows, said = run(problem, *draw(problem.y, labels, repeat), folds=a.folds, epochs=a.epochs)
            if a.keep is not None:
                a.keep.mkdir(parents=True, exist_ok=True)
                np.savez_compressed(a.keep / f"{a.data}-{labels}-{repeat}.npz", **said)
            with a.out.open("a", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows([[a.data, labels, repeat, *row] for row in rows])
            print(a.data, labels, repeat, [r for r in rows if r[0] in ("chosen", "blend", "default")], flush=True)
    show(pd.read_csv(a.out).query("data == @a.data"))


def show(table: pd.DataFrame) -> None:
    """Accuracy by candidate, and what the choice lacks of the best candidate, on average over draws."""
    print(table.pivot_table(index="candidate", columns="labels", values="accuracy").round(3).to_string())
    ways = ["chosen", "blend", "default"]
    single = table[~table["candidate"].isin(ways)]
    best_mean = single.groupby(["labels", "candidate"])["accuracy"].mean().groupby("labels").max()
    means = table[table["candidate"].isin(ways)].pivot_table(index="candidate", columns="labels", values="accuracy")
    print("less than the candidate that is best on average, points:")
    print(((best_mean - means) * 100).round(1).to_string())


def run(
    problem: Problem, train: np.ndarray, test: np.ndarray, **how: Any
) -> tuple[list[list[Any]], dict[str, np.ndarray]]:
    """One draw: a row for each candidate and each way to choose; and what each said of held-out and of test rows."""
    X, y, Z = taken(problem.X, train), problem.y[train], taken(problem.X, test)
    began = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search = Watched(**problem.start, policy="blend", random_state=0, **how).fit(X, y, source=problem.source)
        took = time.process_time() - began
        default = hs.FineTuneClassifier(**problem.start, epochs=how["epochs"], random_state=0)
        default.fit(X, y, source=problem.source)
        judge = getattr(search, "judge_", None)
        rows = []
        values = {}
        for k, candidate in enumerate([] if judge is None else judge.candidates):
            begun = time.process_time()
            fitted = search.members_.get(candidate.name)
            if fitted is None:
                changes = {"random_state": 0} if isinstance(candidate.member, NetworkEstimator) else {}
                plain = candidate.role == "source only"
                fitted = candidate.member if plain else fresh(candidate, **changes).fit(X, y)
            values[candidate.name] = values_of(fitted, Z, search.classes_)
            seen = judge.mean_score(judge.candidate_scores(k))
            score = _accuracy(values[candidate.name], search.classes_, problem.y[test])
            rows.append([candidate.name, score, f"{seen:.4f}", f"{search.weights_[candidate.name]:.3f}",
                         f"{time.process_time() - begun:.1f}"])  # fmt: skip
        if judge is not None:
            best = judge.candidates[judge.choose().best].name
            rows.append(["chosen", _accuracy(values[best], search.classes_, problem.y[test]), "", best, f"{took:.1f}"])
        blend = _accuracy(search.predict_proba(Z), search.classes_, problem.y[test])
        rows.append(["blend" if judge is not None else "chosen", blend, "", "", f"{took:.1f}"])
        right = f"{float((default.predict(Z) == problem.y[test]).mean()):.4f}"
        rows.append(["default", right, "", "", ""])
    said = {f"test {name}": v for name, v in values.items()} | {"test y": problem.y[test]}
    if judge is not None:
        said |= {f"fold {c.name}": v for c, v in zip(judge.candidates, judge.values, strict=True)}
        said |= {"fold y": judge.y, "fold of": judge.fold_of, "fold rows": judge.rows}
    return rows, said


def _accuracy(values: np.ndarray, classes: np.ndarray, y: np.ndarray) -> str:
    return f"{float((classes[values.argmax(axis=1)] == y).mean()):.4f}"


if __name__ == "__main__":
    main()
