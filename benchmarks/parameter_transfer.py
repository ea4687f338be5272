"""Parameter transfer: does a moved source model beat the source model, the target alone, and both pooled?

    python -m benchmarks.parameter_transfer --pairs public --repeats 10

By the protocol of ``benchmarks.accuracy``, on the columns that both domains have, encoded by ``TableEncoder`` on source
and labelled target rows. In each base all methods have the same learner. ``--pairs settings`` runs the grid of settings
that the defaults were chosen from, on the tables of ``benchmarks.prior``, which no accuracy figure is computed on; its
single scores stand under ``.bench/``, their means in the results. Appends to the CSV what is not there yet.

A new family is a base in ``BASES`` and its methods in ``METHODS``.
"""

from __future__ import annotations

import os

# Before NumPy is imported: timings are of one thread.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import csv
import re
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import headstart as hs
from headstart.learners import boosting

from . import pairs
from .accuracy import protocol
from .prior.problems import PROBLEMS

HERE = Path(__file__).parent
FIELDS = ["pair", "task", "base", "n", "repeat", "method", "score", "seconds"]
SIZES = (20, 50, 200)
BASELINES = ("target only", "source only", "pooled")
# The source's rule is the reverse of the target's: what it says is to be feared, not to be gained from.
HOSTILE = ("synthetic_hostile",)


@dataclass(frozen=True)
class Method:
    """``build`` makes an estimator of the base's learner and the fitted source model; ``rows``: it sees source rows."""

    build: Callable[[Any, Any], Any]
    rows: bool = True


def _tree(task: str) -> Any:
    kind = DecisionTreeRegressor if task == "regression" else DecisionTreeClassifier
    return kind(min_samples_leaf=5, random_state=0)


def _forest(task: str) -> Any:
    kind = RandomForestRegressor if task == "regression" else RandomForestClassifier
    return kind(50, min_samples_leaf=2, random_state=0)


def _boosting(task: str) -> Any:
    """The house's boosting for the source's hundreds of rows."""
    return boosting(task, 1000)


def _plain_boosting(learner: Any, model: Any) -> Any:
    """The house's boosting of the target alone, its smallest leaf suited to few rows."""
    return hs.BoostingTransferClassifier() if hasattr(model, "classes_") else hs.BoostingTransferRegressor()


def _moved(kind: str, **settings: Any) -> Method:
    """A tree or forest transfer of the source model, whose rows it does not see."""

    def build(learner: Any, model: Any) -> Any:
        name = f"{kind}Transfer{'Classifier' if hasattr(model, 'classes_') else 'Regressor'}"
        return getattr(hs, name)(source_model=model, **settings)

    return Method(build, rows=False)


BASES: dict[str, Callable[[str], Any]] = {"tree": _tree, "forest": _forest, "boosting": _boosting}

_COMMON = {
    "target only": Method(lambda learner, model: hs.TargetOnly(learner)),
    "source only": Method(lambda learner, model: hs.SourceOnly(learner)),
    "pooled": Method(lambda learner, model: hs.Pooled(learner)),
    "pooled, equal weight": Method(lambda learner, model: hs.Pooled(learner, target_weight="equal")),
}
_PLAIN_BOOSTING = Method(_plain_boosting, rows=False)
_PAPER = {"keep": "none", "source_rows": 0.0, "label_shift": False, "strut_rows": 2}

METHODS: dict[str, dict[str, Method]] = {
    "tree": _COMMON
    | {
        "SER": _moved("Tree", method="ser"),
        "STRUT": _moved("Tree", method="strut"),
        "SER of the paper": _moved("Tree", method="ser", **_PAPER),
        "STRUT of the paper": _moved("Tree", method="strut", **_PAPER),
    },
    "forest": _COMMON
    | {
        "SER": _moved("Forest", method="ser"),
        "STRUT": _moved("Forest", method="strut"),
        "MIX": _moved("Forest", method="mix"),
        "MIX of the paper": _moved("Forest", method="mix", **_PAPER),
    },
    "boosting": _COMMON
    | {
        # Not with the source's smallest leaf, which would leave twenty rows unsplit.
        "target only": _PLAIN_BOOSTING,
        "continued": _moved("Boosting", random_state=0),
        "continued, by folds alone": _moved("Boosting", random_state=0, source_trust=0.0),
        "continued, whole source": _moved("Boosting", random_state=0, shrinkage=1.0),
    },
}


def _settings(base: str) -> dict[str, Method]:
    """The grid that the defaults come from."""
    if base == "Boosting":
        return _boosting_settings()
    found = dict(_COMMON)
    for keep in ("all", "none"):
        for rows in (0.0, 1.0, 3.0, 10.0):
            for shift in (False, True):
                settings = {"keep": keep, "source_rows": rows, "label_shift": shift}
                name = f"{keep} {rows:g} {'shift' if shift else 'as is'}"
                found[f"ser {name}"] = _moved(base, method="ser", **settings)
                for least in (2, 10, 20, 40):
                    found[f"strut {name} {least}"] = _moved(base, method="strut", strut_rows=least, **settings)
    return found


def _boosting_settings() -> dict[str, Method]:
    """Of boosting: how much a source is trusted, and what is chosen from."""
    found = _COMMON | {"target only": _PLAIN_BOOSTING}
    for trust in (0.0, 1.0, 2.0, 4.0, 8.0):
        for name, shrinkage in (("five", None), ("two", [0.0, 1.0])):
            settings = {"random_state": 0, "source_trust": trust, "shrinkage": shrinkage}
            found[f"{name} shrinkages, trust {trust:g}"] = _moved("Boosting", **settings)
    return found


def load(pairset: str, name: str) -> pairs.Pair:
    """A pair of the accuracy benchmark, or a table of the settings' own."""
    if pairset == "settings":
        return next(problem for problem in PROBLEMS if problem.name == name).load()
    return pairs.load(pairset, name)


def names(pairset: str) -> list[str]:
    """The pairs of a set; those without a common column are not for these methods."""
    if pairset == "settings":
        return [problem.name for problem in PROBLEMS]
    return [name for name, columns in pairs.names(pairset).items() if columns == "shared"]


def encoded(split: protocol.Split) -> protocol.Split:
    """The same rows as numbers, in the columns that both domains have."""
    tables = [split.Xs, split.X, split.X_test]
    if isinstance(split.X, pd.DataFrame):
        shared = [c for c in split.X.columns if c in split.Xs.columns]
        tables = [table[shared] for table in tables]
        both = pd.concat(tables[:2], ignore_index=True)
    else:
        both = np.vstack(tables[:2])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        encoder = hs.TableEncoder().fit(both)
        Xs, X, X_test = (np.asarray(encoder.transform(table), dtype=float) for table in tables)
    return replace(split, Xs=Xs, X=X, X_test=X_test)


def run(split: protocol.Split, model: Any, method: Method, learner: Any) -> tuple[float, float]:
    """Score and seconds of one method."""
    estimator = method.build(learner, model)
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(split.X, split.y, source=hs.Domain(split.Xs, split.ys) if method.rows else None)
        if split.task == "regression":
            values = estimator.predict(split.X_test)
        else:
            values = np.zeros((len(split.y_test), split.n_classes))
            values[:, np.asarray(estimator.classes_, dtype=int)] = estimator.predict_proba(split.X_test)
    return protocol.score(split, values), time.process_time() - start


def main() -> None:
    """Run what is missing, and print the gains."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.parameter_transfer", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--pairs", choices=["public", "shared", "settings"], default="public")
    parser.add_argument("--bases", default=",".join(BASES))
    parser.add_argument("--only", default="", help="pairs whose name holds this word")
    parser.add_argument("--methods", default="", help="a pattern of the names of methods")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--out", type=Path, help="default: results/parameter_transfer_<pairs>.csv")
    a = parser.parse_args()
    # The grid's single scores are many and of no use but in their means.
    raw = HERE.parent / ".bench" if a.pairs == "settings" else HERE / "results"
    out = a.out or raw / f"parameter_transfer_{a.pairs}.csv"
    out.parent.mkdir(exist_ok=True)
    done = set()
    if out.exists():
        done = set(pd.read_csv(out)[["pair", "base", "n", "repeat", "method"]].itertuples(index=False, name=None))
    else:
        with out.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(FIELDS)
    table = {base: _settings(base.title()) for base in BASES} if a.pairs == "settings" else METHODS
    if a.methods:
        table = {base: {m: f for m, f in found.items() if re.fullmatch(a.methods, m)} for base, found in table.items()}
    try:
        found = {name: load(a.pairs, name) for name in names(a.pairs) if a.only in name}
        for repeat in range(a.repeats):
            for name, pair in found.items():
                for n in map(int, a.sizes.split(",")):
                    _cell(pair, name, n, repeat, table, a.bases.split(","), done, out)
                print(f"{time.strftime('%H:%M:%S')} {repeat} {name}", file=sys.stderr, flush=True)
    except pairs.MissingData as error:
        sys.exit(f"skipped: {error}")
    if a.pairs == "settings":
        _keep_means(by_task(pd.read_csv(out)), HERE / "results" / "parameter_transfer_settings.csv")
    print(gains(pd.read_csv(out)))


def _cell(
    pair: pairs.Pair,
    name: str,
    n: int,
    repeat: int,
    table: dict[str, dict[str, Method]],
    bases: list[str],
    done: set[tuple[Any, ...]],
    out: Path,
) -> None:
    """All methods of all bases on one draw."""
    missing = {b: [m for m in table[b] if (name, b, n, repeat, m) not in done] for b in bases}
    split = protocol.split(pair, n, repeat) if any(missing.values()) else None
    if split is None:
        return
    split = encoded(split)
    task = "regression" if split.task == "regression" else "classification"
    for base in (base for base in bases if missing[base]):
        learner = BASES[base](task)
        model = clone(learner).fit(split.Xs, split.ys)
        with out.open("a", newline="") as file:
            for method in missing[base]:
                score, seconds = run(split, model, table[base][method], learner)
                row = [name, split.task, base, n, repeat, method, f"{score:.5g}", f"{seconds:.3g}"]
                csv.writer(file, lineterminator="\n").writerow(row)


def by_task(table: pd.DataFrame) -> pd.DataFrame:
    """Mean gain over both baselines, for each base, task, number of labels and method, and the number of tables."""
    wide = table.pivot_table(index=["base", "task", "n", "pair", "repeat"], columns="method", values="score")
    parts = {}
    for baseline in ("target only", "source only"):
        gain = wide.sub(wide[baseline], axis=0).clip(-1, 1).groupby(level=["base", "task", "n"])
        parts[f"gain over {baseline}"] = gain.mean().stack()
        parts["draws"] = gain.count().stack()
    return pd.DataFrame(parts).round(4)


def _keep_means(means: pd.DataFrame, place: Path) -> None:
    """Write the means of the bases that were run; those of other bases stay as they are."""
    if place.exists():
        before = pd.read_csv(place, index_col=[0, 1, 2, 3])
        others = before[~before.index.get_level_values("base").isin(means.index.get_level_values("base"))]
        means = pd.concat([others, means]).sort_index()
    means.to_csv(place, lineterminator="\n")


def gains(table: pd.DataFrame) -> str:
    """Mean gain over target only and over source only, on the pairs that are not hostile, and how many have a loss."""
    wide = table.pivot_table(index=["base", "n", "pair", "repeat"], columns="method", values="score")
    related = wide[~wide.index.get_level_values("pair").isin(HOSTILE)]
    parts = []
    for baseline in ("target only", "source only"):
        # R2 of a bad model has no lower end: a gain counts for at most 1.
        gain = related.sub(related[baseline], axis=0).clip(-1, 1)
        each = gain.groupby(level=["base", "n", "pair"]).mean()
        mean = each.groupby(level=["base", "n"]).mean().T
        below = (each < 0).groupby(level=["base", "n"]).sum().T
        of = each.notna().groupby(level=["base", "n"]).sum().T
        cells = mean.map("{:+.3f}".format) + " (" + below.astype(str) + "/" + of.astype(str) + ")"
        cells = cells.loc[mean.mean(axis=1).sort_values(ascending=False).index]
        parts.append(f"mean gain over {baseline} (pairs with a loss)\n{cells.to_string()}")
    return "\n\n".join(parts)


if __name__ == "__main__":
    main()
