"""The choice from a given source model: does the blend gain where the model's parameters are moved too?

    python -m benchmarks.given_models --repeats 2

For each pair and number of labels a linear model, a tree, a forest and, where asked for, boosting are fitted to the
source's rows behind a ``TableEncoder``, in the columns that the target has too, and handed over without them. By the
protocol of ``benchmarks.accuracy``. For each kind of model the blend of the candidates that ask it for predictions is
compared with the blend of these and the candidate that moves its parameters. All share their folds, of one repeat; the
trees on source outputs, which take all models at once, are left out of both. Appends to the CSV what is not there yet.
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
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import headstart as hs
from headstart.choose.candidates import Candidate, given_candidates, target_candidates
from headstart.choose.cross_fit import cross_fit, fit_members
from headstart.choose.folds import make_folds, n_folds_for
from headstart.choose.given import GivenModels
from headstart.choose.judge import Judge
from headstart.choose.members import PriorMember
from headstart.choose.reading import read_problem
from headstart.choose.scoring import Metric
from headstart.learners import boosting, linear

from . import pairs
from .accuracy import protocol

FIELDS = ["pair", "task", "kind", "n", "repeat", "method", "score", "seconds"]
SIZES = (20, 50, 200)
KINDS = ("linear", "tree", "forest")
# The source's rule is the reverse of the target's: what it says is to be feared, not to be gained from.
HOSTILE = ("synthetic_hostile",)


def _learner(kind: str, task: str, n_rows: int) -> Any:
    if kind == "linear":
        return linear(task)
    if kind == "boosting":
        return boosting(task, n_rows)
    tree, forest = (
        (DecisionTreeRegressor, RandomForestRegressor)
        if task == "regression"
        else (DecisionTreeClassifier, RandomForestClassifier)
    )
    return (
        tree(min_samples_leaf=5, random_state=0) if kind == "tree" else forest(50, min_samples_leaf=2, random_state=0)
    )


def source_models(split: protocol.Split, kinds: list[str]) -> dict[str, Any]:
    """A fitted model of each kind, of the source's rows in the columns that the target has too."""
    task = "regression" if split.task == "regression" else "classification"
    rows = split.Xs
    if isinstance(rows, pd.DataFrame):
        rows = rows[[c for c in split.X.columns if c in rows.columns]]
    found = {}
    for kind in kinds:
        found[kind] = make_pipeline(hs.TableEncoder(), _learner(kind, task, len(rows))).fit(rows, split.ys)
    return found


def measure(split: protocol.Split, kinds: list[str], repeat: int) -> list[tuple[str, str, float, float]]:
    """Kind, method, score and seconds: of the blends, and of the candidates on their own."""
    task = "regression" if split.task == "regression" else "classification"
    choice = hs.TransferRegressor if task == "regression" else hs.TransferClassifier
    random = np.random.default_rng(repeat)
    given = source_models(split, kinds)
    problem = read_problem(choice(source_model=given), split.X, split.y, None, None, random)
    models = GivenModels(problem.models, task, problem.classes, tuple(kinds)).fit()
    n_classes = 2 if problem.classes is None else len(problem.classes)
    listed = target_candidates(task, len(problem.y), n_classes)
    listed += [c for c in given_candidates(problem, models) if any(f"({kind})" in c.name for kind in kinds)]
    for k, kind in enumerate(kinds):
        member = PriorMember((k,), columns=False)
        listed.append(Candidate(f"recalibrated ({kind})", "parameter", "transfer", member))
    largest = 0 if problem.classes is None else int(np.unique(problem.y, return_counts=True)[1].max())
    n_folds = n_folds_for(len(problem.y), largest)
    folds = make_folds(
        problem.y, classes=n_classes > 0 and task != "regression", n_folds=n_folds, n_repeats=1, random=random
    )
    found = cross_fit(listed, problem, models, folds, n_jobs=None, deadline=None, report=lambda done, total: None)
    metric = Metric(None, problem.classes, problem.y)
    spaces, members, _, _ = fit_members(listed, problem, models)
    view = spaces.view(split.X_test)
    values = {c.name: _wide(members[c.name].values(view), problem.classes, split) for c in listed if c.name in members}
    rows = []
    for kind in kinds:
        moved = f"{kind} transfer ({kind})"
        own = [c for c in listed if c.role == "target only" or f"({kind})" in c.name]
        own = [c for c in own if c.name in found.names and c.name in values]
        for method in ("without", "with"):
            used = [c for c in own if method == "with" or c.name != moved]
            weights = Judge(found, used, problem.y, metric, 0.9).choose().blend
            blend = sum(w * values[c.name] for w, c in zip(weights, used, strict=True))
            seconds = sum(found.seconds[c.name] for c in used)
            rows.append((kind, f"blend {method}", protocol.score(split, blend), seconds))
        for c in own:
            if c.role != "target only":
                rows.append((kind, c.name.split(" (")[0], protocol.score(split, values[c.name]), found.seconds[c.name]))
    return rows


def _wide(values: np.ndarray, classes: Any, split: protocol.Split) -> np.ndarray:
    if classes is None:
        return values
    full = np.zeros((len(values), split.n_classes))
    full[:, np.asarray(classes, dtype=int)] = values
    return full


def gains(table: pd.DataFrame) -> str:
    """For each kind and number of labels: the gain of the blend, its standard error over pairs, and wins and losses."""
    wide = table.pivot_table(index=["kind", "n", "pair", "repeat"], columns="method", values="score")
    difference = (wide["blend with"] - wide["blend without"]).clip(-1, 1)
    parts = []
    for name, related in (("pairs that are not hostile", True), ("hostile", False)):
        chosen = difference[difference.index.get_level_values("pair").isin(HOSTILE) != related]
        each = chosen.groupby(level=["kind", "n", "pair"]).mean().groupby(level=["kind", "n"])
        told = pd.DataFrame(
            {
                "gain": each.mean(),
                "se": each.sem(),
                "better": each.apply(lambda d: int((d > 0.001).sum())),
                "worse": each.apply(lambda d: int((d < -0.001).sum())),
            }
        )
        parts.append(f"blend with the moved candidate, less that without: {name}\n{told.round(4).to_string()}")
    seconds = table[table["method"].str.startswith("blend")]
    seconds = seconds.pivot_table(index=["kind", "n"], columns="method", values="seconds").round(1)
    return "\n\n".join([*parts, f"mean seconds of one repeat of the folds\n{seconds.to_string()}"])


def main() -> None:
    """Run what is missing, and print the gains."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.given_models", description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", choices=["public", "shared"], default="public")
    parser.add_argument("--only", default="", help="pairs whose name holds this word")
    parser.add_argument("--kinds", default=",".join(KINDS), help="of linear, tree, forest, boosting")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--out", type=Path, help="default: results/given_models_<pairs>.csv")
    a = parser.parse_args()
    out = a.out or Path(__file__).parent / "results" / f"given_models_{a.pairs}.csv"
    done = set()
    if out.exists():
        done = set(pd.read_csv(out)[["pair", "n", "repeat", "kind"]].itertuples(index=False, name=None))
    else:
        with out.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(FIELDS)
    try:
        loaded = {name: pairs.load(a.pairs, name) for name in pairs.names(a.pairs) if a.only in name}
    except pairs.MissingData as error:
        sys.exit(f"skipped: {error}")
    for repeat in range(a.repeats):
        for n in map(int, a.sizes.split(",")):
            for name, pair in loaded.items():
                kinds = [kind for kind in a.kinds.split(",") if (name, n, repeat, kind) not in done]
                split = protocol.split(pair, n, repeat) if kinds else None
                if split is None:
                    continue
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    rows = measure(split, kinds, repeat)
                with out.open("a", newline="") as file:
                    for kind, method, score, seconds in rows:
                        row = [name, split.task, kind, n, repeat, method, f"{score:.5g}", f"{seconds:.3g}"]
                        csv.writer(file, lineterminator="\n").writerow(row)
                print(f"{time.strftime('%H:%M:%S')} {repeat} {n} {name}", file=sys.stderr, flush=True)
    print(gains(pd.read_csv(out)))


if __name__ == "__main__":
    main()
