"""Defaults of the aligners against other values, on pairs that benchmarks.aligners does not report.

    python -m benchmarks.aligner_defaults --repeats 2

Each variant is an aligner with one parameter changed, in front of the same linear learner, with the labels of the
target and blind to them. Pairs: reviews of other goods, digits the other way round, and other newsgroups; and two
tables whose domains differ in their class shares, which the labels can tell. All are cut by the protocol of
``benchmarks.accuracy``. Needs the folder of data files beside the repository. Appends to the CSV what is
not there yet.
"""

from __future__ import annotations

import os

# Before NumPy is imported: timings are of one thread.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import csv
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import headstart as hs

from . import pairs
from .accuracy import peers, protocol
from .aligners import linear
from .pairs import SHARED, Pair

FIELDS = ["pair", "n", "repeat", "variant", "labels", "accuracy"]
PAIRS = {
    **{
        f"amazon_{s}_to_{t}": ("amazon_msda_400/amazon_msda_400", s, t)
        for s, t in (("books", "dvd"), ("dvd", "kitchen"), ("electronics", "books"), ("kitchen", "electronics"))
    },
    "digits_usps_to_mnist": ("digits_usps_mnist/mnist2000_usps1800_16x16", "usps", "mnist"),
    "newsgroups_rec_vs_talk": ("newsgroups_cross_domain/rec_vs_talk", "task1", "task2"),
}
TABLES = ["heart_va_to_hungary", "adult_private_to_self_employed"]
VARIANTS: dict[str, Callable[[], Any]] = {
    "CORAL": lambda: hs.CORAL(),
    "CORAL, use_labels=False": lambda: hs.CORAL(use_labels=False),
    "CORAL, towards_source=0": lambda: hs.CORAL(towards_source=0.0),
    "LinearOTMapping": lambda: hs.LinearOTMapping(),
    "LinearOTMapping, use_labels=False": lambda: hs.LinearOTMapping(use_labels=False),
    "SubspaceAlignment": lambda: hs.SubspaceAlignment(),
    "SubspaceAlignment, use_labels=False": lambda: hs.SubspaceAlignment(use_labels=False),
    "SubspaceAlignment, 0.9": lambda: hs.SubspaceAlignment(0.9),
    "SubspaceAlignment, 0.8": lambda: hs.SubspaceAlignment(0.8),
    "GeodesicFlowKernel": lambda: hs.GeodesicFlowKernel(),
    "GeodesicFlowKernel, use_labels=False": lambda: hs.GeodesicFlowKernel(use_labels=False),
    "TCA": lambda: hs.TCA(random_state=0),
    "TCA, 300": lambda: hs.TCA(300, random_state=0),
    "OTMapping": lambda: hs.OTMapping(random_state=0),
    "OTMapping, least_spread=0": lambda: hs.OTMapping(least_spread=0.0, random_state=0),
    "OTMapping, use_labels=False": lambda: hs.OTMapping(use_labels=False, random_state=0),
}


def load(name: str) -> Pair:
    """A pair of the same columns, with the rows and labels of two domains of one file."""
    if name in TABLES:
        return pairs.load("shared", name)
    path, source, target = PAIRS[name]
    file = np.load(SHARED / "data" / f"{path}.npz")
    X, y, Xs, ys = (file[f"{d}_{what}"] for d in (target, source) for what in ("X", "y"))
    task = "binary" if len(np.unique(y)) == 2 else "multiclass"
    return Pair(X.astype(float), y.astype(int), Xs.astype(float), ys.astype(int), task)


def accuracy(data: dict[str, Any], split: protocol.Split, aligner: Any, blind: bool) -> float:
    """Accuracy on the test rows of the linear learner behind an aligner."""
    model = hs.Aligned(linear(split.task), aligner)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = (hs.TargetBlind(model) if blind else model).fit(
            data["X"], data["y"], source=hs.Domain(data["Xs"], data["ys"]), unlabeled=hs.Domain(data["Xu"])
        )
        return protocol.accuracy(split, fitted.predict_proba(data["X_test"]))


def main() -> None:
    """Run what is missing, and print the means."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.aligner_defaults", description=__doc__.splitlines()[0])
    parser.add_argument("--only", default=",".join([*PAIRS, *TABLES]), help="pairs, with commas between")
    parser.add_argument("--variants", default="", help="those that begin with one of these; where empty, all")
    parser.add_argument("--sizes", default="20,200")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "aligner_defaults.csv")
    a = parser.parse_args()
    done = set()
    if a.out.exists():
        done = set(pd.read_csv(a.out)[FIELDS[:4]].itertuples(index=False, name=None))
    else:
        with a.out.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(FIELDS)
    chosen = [v for v in VARIANTS if v.startswith(tuple(a.variants.split(",")))]
    with tempfile.TemporaryDirectory(prefix="headstart-bench-") as folder:
        path = Path(folder) / "cell.npz"
        for repeat in range(a.repeats):
            for pair in a.only.split(","):
                for n in (int(size) for size in a.sizes.split(",")):
                    todo = [v for v in chosen if (pair, n, repeat, v) not in done]
                    split = protocol.split(load(pair), n, repeat) if todo else None
                    if split is None:
                        continue
                    peers._write(split, path)
                    data = dict(np.load(path))
                    for variant in todo:
                        for labels in ("used", "hidden"):
                            found = accuracy(data, split, VARIANTS[variant](), labels == "hidden")
                            with a.out.open("a", newline="") as file:
                                row = [pair, n, repeat, variant, labels, f"{found:.4f}"]
                                csv.writer(file, lineterminator="\n").writerow(row)
    table = pd.read_csv(a.out)
    means = table.pivot_table(index=["labels", "variant"], columns=["pair", "n"], values="accuracy")
    print((100 * means).round(1).to_string())


if __name__ == "__main__":
    main()
