"""Linear models started from a source: does any form beat the target alone, the source alone, and pooling?

    python -m benchmarks.linear_pairs --pairs public --repeats 10

The protocol, the pairs and the encoding are those of ``benchmarks.accuracy``; all methods are linear and see the same
matrices: ``TableEncoder`` on the columns that both domains have, fitted to source and labelled target rows. Appends to
the CSV what is not there yet.
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
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import headstart as hs
from headstart.core.frames import stack_tables
from headstart.learners import linear

from . import pairs
from .accuracy import protocol
from .report import markdown

FIELDS = ["pair", "n", "repeat", "method", "score", "seconds", "toward"]
METHODS = ["target only", "source only", "pooled", "l2", "offset", "elastic", "elastic, lasso"]
RESULTS = Path(__file__).parent / "results"


def matrices(split: protocol.Split) -> tuple[Any, Any, Any]:
    """Labelled target, source and test rows as numbers; sparse ones as they are."""
    X, Xs, X_test = split.X, split.Xs, split.X_test
    if isinstance(X, pd.DataFrame):
        shared = [c for c in X.columns if c in Xs.columns]
        X, Xs, X_test = X[shared], Xs[shared], X_test[shared]
        encoder = hs.TableEncoder().fit(stack_tables([X, Xs]))
        X, Xs, X_test = (np.asarray(encoder.transform(rows)) for rows in (X, Xs, X_test))
    return X, Xs, X_test


def methods(task: str) -> dict[str, Any]:
    """What is compared."""
    task = "regression" if task == "regression" else "classification"
    plain = make_pipeline(StandardScaler(with_mean=False), linear(task))
    kind = hs.LinearTransferRegressor if task == "regression" else hs.LinearTransferClassifier
    found = {"target only": hs.TargetOnly(plain), "source only": hs.SourceOnly(plain), "pooled": hs.Pooled(plain)}
    found |= {form: kind(form, random_state=0) for form in ("l2", "offset", "elastic")}
    found["elastic, lasso"] = kind("elastic", l1_ratio=1.0, random_state=0)
    return found


def run(split: protocol.Split, only: set[str]) -> list[list[Any]]:
    """Score and seconds of each method, and whether it ended at the source or at zero."""
    X, Xs, X_test = matrices(split)
    source = hs.Domain(Xs, split.ys)
    lines = []
    for name, model in methods(split.task).items():
        if name not in only:
            continue
        start = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(X, split.y, source=source)
            values = model.predict(X_test) if split.task == "regression" else model.predict_proba(X_test)
        if split.task != "regression":
            full = np.zeros((len(values), split.n_classes))
            full[:, model.classes_] = values
            values = full
        seconds = time.process_time() - start
        score = protocol.score(split, values)
        lines.append([name, f"{score:.5g}", f"{seconds:.3g}", getattr(model, "toward_", "")])
    return lines


def table(found: pd.DataFrame) -> pd.DataFrame:
    """Mean gain over target only by pair, method and number of labels; harm; how often the source was left."""
    key = ["pair", "n", "repeat"]
    base = found[found["method"] == "target only"].set_index(key)["score"].rename("base")
    found = found.join(base, on=key)
    found["gain"] = found["score"] - found["base"]
    found = found[found["method"] != "target only"]
    wide = found.pivot_table(index=["pair", "method"], columns="n", values="gain").add_prefix("n = ")
    group = found.groupby(["pair", "method"])
    wide["harm"] = group["gain"].apply(lambda g: (g < -protocol.HARM).mean())
    wide["left"] = group["toward"].apply(lambda t: (t == "zero").mean())
    return wide.reset_index()


def means(found: pd.DataFrame) -> pd.DataFrame:
    """The same over all pairs."""
    by_pair = table(found)
    return by_pair.drop(columns="pair").groupby("method", sort=False).mean().reset_index()


def main() -> None:
    """Run what is missing, and write the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.linear_pairs", description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", choices=["public", "shared"], default="public")
    parser.add_argument("--only", default="", help="pairs whose name holds this")
    parser.add_argument("--sizes", default="20,50,200")
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--methods", default=";".join(METHODS))
    parser.add_argument("--out", type=Path)
    a = parser.parse_args()
    out = a.out or RESULTS / f"linear_pairs_{a.pairs}.csv"
    done = set()
    if out.exists():
        done = set(pd.read_csv(out)[["pair", "n", "repeat", "method"]].itertuples(index=False, name=None))
    else:
        with out.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(FIELDS)
    try:
        names = [n for n, kind in pairs.names(a.pairs).items() if a.only in n and "no shared" not in kind]
    except pairs.MissingData as error:
        sys.exit(f"skipped: {error}")
    loaded = {}
    for repeat in range(a.repeats):
        for name in names:
            for n in (int(size) for size in a.sizes.split(",")):
                wanted = {m for m in a.methods.split(";") if (name, n, repeat, m) not in done}
                if not wanted:
                    continue
                try:
                    loaded[name] = loaded.get(name) or pairs.load(a.pairs, name)
                except pairs.MissingData as error:
                    print(f"skipped {name}: {error}", file=sys.stderr)
                    break
                pair = loaded[name]
                if isinstance(pair.X, pd.DataFrame) and not set(pair.X.columns) & set(pair.Xs.columns):
                    break
                if not isinstance(pair.X, pd.DataFrame) and pair.X.shape[1] != pair.Xs.shape[1]:
                    break
                split = protocol.split(pair, n, repeat)
                if split is None:
                    continue
                for line in run(split, wanted):
                    with out.open("a", newline="") as file:
                        csv.writer(file, lineterminator="\n").writerow([name, n, repeat, *line])
                print(f"{time.strftime('%H:%M:%S')} {name} {n} {repeat}", file=sys.stderr, flush=True)
    found = pd.read_csv(out)
    text = f"## Linear transfer: {a.pairs} pairs\n\n"
    text += (
        "Mean gain in AUC, accuracy or R2 over target only (tuned ridge or logistic regression); harm: share of cells "
        "more than 0.01 below it; left: share where leave-one-out chose zero over the source. "
        f"{found['repeat'].nunique()} repeats.\n\n"
    )
    text += markdown(means(found)) + "\n\n" + markdown(table(found)) + "\n"
    (out.with_suffix(".md")).write_text(text)
    print(text)


if __name__ == "__main__":
    main()
