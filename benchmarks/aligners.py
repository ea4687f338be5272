"""Accuracy of the aligners against the same methods of the peers, with the same base learner on the same matrices.

    python -m benchmarks.aligners --repeats 3 --adapt-python PATH --skada-python PATH

The protocol, the pairs and the encoding are those of ``benchmarks.accuracy``. Each aligner runs twice: with the
target's labels (learned from, and known to the aligner), and blind to them (the mapped source alone is learned from).
Both see up to 400 unlabelled target rows, as the peers' methods do. Appends to the CSV what is not there yet: remove
the rows of a method to measure it again. Pairs that are not there are skipped with a word.
"""

from __future__ import annotations

import os

# Before NumPy is imported: timings are of one thread.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import csv
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression, Ridge

import headstart as hs

from . import pairs
from .accuracy import peers, protocol

FIELDS = ["pair", "n", "repeat", "method", "labels", "score", "accuracy", "seconds", "note"]
PAIRS = ["digits_mnist_to_usps", "amazon_electronics_to_kitchen", "newsgroups_comp_vs_sci"]
ALIGNERS: dict[str, Callable[[], Any]] = {
    "FeatureAugmentation": lambda: hs.FeatureAugmentation(),
    "CORAL": lambda: hs.CORAL(),
    "SubspaceAlignment": lambda: hs.SubspaceAlignment(),
    "GeodesicFlowKernel": lambda: hs.GeodesicFlowKernel(),
    "LinearOTMapping": lambda: hs.LinearOTMapping(),
    "StructuralCorrespondence": lambda: hs.StructuralCorrespondence(),
    "TCA": lambda: hs.TCA(random_state=0),
    "JDA": lambda: hs.JDA(random_state=0),
    "OTMapping": lambda: hs.OTMapping(random_state=0),
}
BASELINES = ["target only", "pooled", "source only"]
# Which of the peers' methods are the same as one of ours, by the start of their name.
SAME = {
    "CORAL": "CORAL",
    "SubspaceAlignment": "SubspaceAlignment",
    "SA ": "SubspaceAlignment",
    "LinearOTMapping": "LinearOTMapping",
    "FA": "FeatureAugmentation",
    "TCA": "TCA",
    "OTMapping": "OTMapping",
    "EntropicOTMapping": "EntropicOTMapping",
    "ClassRegularizerOTMapping": "ClassRegularizerOTMapping",
}
# What is asked of the peers unless something else is: all that ends in seconds.
PEERS = [name for name in dict.fromkeys(SAME.values()) if name != "TCA"]


def linear(task: str) -> Any:
    """The base learner of all methods, as the peers' workers have it."""
    return Ridge() if task == "regression" else LogisticRegression(max_iter=1000)


def ours(data: dict[str, Any], task: str, only: list[str]) -> Iterator[dict[str, Any]]:
    """headstart's aligners, and the two baselines, on the matrices that the peers get."""
    source = hs.Domain(data["Xs"], data["ys"])
    extra = hs.Domain(data["Xu"])
    models: list[tuple[str, str, Any]] = [
        ("target only", "used", hs.TargetOnly(linear(task))),
        ("pooled", "used", hs.Pooled(linear(task))),
        ("source only", "hidden", hs.SourceOnly(linear(task))),
    ]
    models = [m for m in models if m[0] in only]
    for name in [a for a in ALIGNERS if a in only]:
        aligned = hs.Aligned(linear(task), ALIGNERS[name]())
        models.append((name, "used", aligned))
        if name != "FeatureAugmentation":
            models.append((name, "hidden", hs.TargetBlind(aligned)))
    for name, labels, model in models:
        start = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(data["X"], data["y"], source=source, unlabeled=extra)
            values = model.predict(data["X_test"]) if task == "regression" else model.predict_proba(data["X_test"])
        yield {"method": name, "labels": labels, "values": values, "seconds": time.process_time() - start}


def of_peer(worker: Any, path: Path, task: str, seconds: int, wanted: list[str]) -> Iterator[dict[str, Any]]:
    """A peer's methods that are the same as one of ours, of those that are wanted."""
    # importing TensorFlow on a busy machine can take minutes
    for method in worker.ask({"list": task, "slow": True, "seconds": 900})["methods"]:
        known = next((own for start, own in SAME.items() if method.startswith(start)), None)
        if known not in wanted:
            continue
        told = worker.ask({"method": method, "data": str(path), "task": task, "seconds": seconds})
        row = {
            "method": f"{worker.peer.name}: {known}",
            "labels": "hidden" if "no target labels" in method else "used",
            "seconds": told.get("seconds"),
            "note": told.get("failed", ""),
        }
        yield {**row, "values": None if "failed" in told else np.load(f"{path}.out.npy")}


def main() -> None:
    """Run what is missing, and print the comparison."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.aligners", description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", choices=["public", "shared"], default="shared")
    parser.add_argument("--only", default="", help="pairs, with commas between; where empty, digits and texts")
    parser.add_argument("--methods", default=",".join(ALIGNERS), help="aligners to run")
    parser.add_argument("--sizes", default="20,50,200")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--adapt-python", help="the interpreter that has adapt 0.4.5")
    parser.add_argument("--skada-python", help="the interpreter that has skada 0.6.0")
    parser.add_argument("--peer-methods", default=",".join(PEERS), help="of the peers; TCA takes minutes a cell")
    parser.add_argument("--peer-seconds", type=int, default=120)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "aligners.csv")
    a = parser.parse_args()
    done = set()
    if a.out.exists():
        known = pd.read_csv(a.out)
        done = set(known[["pair", "n", "repeat", "method"]].itertuples(index=False, name=None))
    else:
        with a.out.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(FIELDS)
    given = {"adapt": a.adapt_python, "skada": a.skada_python}
    workers = {
        name: peers._Worker(peers.Peer(name, python, a.peer_seconds))
        for name, python in given.items()
        if python and Path(python).exists()
    }
    for name in given.keys() - workers.keys():
        print(f"skipped: {name} has no interpreter here; name it with --{name}-python", file=sys.stderr)
    chosen = a.only.split(",") if a.only else PAIRS if a.pairs == "shared" else list(pairs.names(a.pairs))
    with tempfile.TemporaryDirectory(prefix="headstart-bench-") as folder:
        path = Path(folder) / "cell.npz"
        for repeat in range(a.repeats):
            for pair in chosen:
                for n in (int(size) for size in a.sizes.split(",")):
                    _cell(a, (pair, n, repeat), path, workers, done)
    for worker in workers.values():
        worker.close()
    print(comparison(pd.read_csv(a.out)))


def _cell(a: Any, cell: tuple[str, int, int], path: Path, workers: dict[str, Any], done: set[Any]) -> None:
    pair, n, repeat = cell
    todo = [m for m in (*BASELINES, *a.methods.split(",")) if m and (*cell, m) not in done]
    asked = {
        name: [m for m in a.peer_methods.split(",") if m and (*cell, f"{name}: {m}") not in done] for name in workers
    }
    if not todo and not any(asked.values()):
        return
    try:
        split = protocol.split(pairs.load(a.pairs, pair), n, repeat)
    except pairs.MissingData as error:
        print(f"skipped: {error}", file=sys.stderr)
        return
    if split is None:
        return
    peers._write(split, path)
    data = dict(np.load(path))
    found = [*ours(data, split.task, todo)] if todo else []
    for name, wanted in asked.items():
        if wanted:
            found += of_peer(workers[name], path, split.task, a.peer_seconds, wanted)
    with a.out.open("a", newline="") as file:
        table = csv.DictWriter(file, FIELDS, restval="", lineterminator="\n")
        for row in found:
            if (*cell, row["method"]) in done:
                continue
            values = row.pop("values")
            if values is not None:
                row |= {"score": protocol.score(split, values), "accuracy": protocol.accuracy(split, values)}
            row = {k: f"{v:.5g}" if isinstance(v, float) else v for k, v in row.items()}
            table.writerow({"pair": pair, "n": n, "repeat": repeat, **row})
    print(f"{time.strftime('%H:%M:%S')} {cell}", file=sys.stderr, flush=True)


def comparison(table: pd.DataFrame) -> str:
    """Mean accuracy (R2 for numbers) by method, pair and number of labels."""
    value = table["accuracy"].fillna(table["score"])
    means = table.assign(value=value).pivot_table(index=["labels", "method"], columns=["pair", "n"], values="value")
    return means.round(3).to_string()


if __name__ == "__main__":
    main()
