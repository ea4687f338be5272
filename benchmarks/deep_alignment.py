"""Deep alignment without target labels: MNIST to USPS and back, against no alignment and against skada.deep.

    python benchmarks/deep_alignment.py --data FILE.npz --out benchmarks/results/deep_alignment.csv
    python benchmarks/deep_alignment.py --data FILE.npz --out ... --peer     # in an environment with skada and skorch

FILE.npz holds ``mnist_X``, ``mnist_y``, ``usps_X``, ``usps_y``: images of 16 x 16 as rows of 256 numbers from 0 to 1,
and digits. All use the same small convolutional network, all target rows without labels, 10 epochs of batches of 32,
AdamW at 2e-3 in one cycle. Ours hold a tenth of the source rows out, the peer learns from all. Accuracy is that on the
target's own rows, whose labels no method sees. The peer runs with its defaults, but for one: its domain classifier ends
in a softmax over one output, which is always 1 and teaches nothing, so that ``DANN`` and ``CDAN`` get one with a
sigmoid (of DANN the default is shown too).

Rows are appended; those that are there already are skipped.
"""

from __future__ import annotations

import os

# Before torch is imported: figures are of one thread.
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
import torch
from torch import nn

FIELDS = ["pair", "method", "seed", "accuracy", "source_score", "agreement", "aligned", "cpu_s"]
EPOCHS, BATCH, RATE = 10, 32, 2e-3


class Encoder(nn.Module):
    """Two convolutions and a dense layer: 64 features of an image of 16 x 16."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 8, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(256, 64), nn.ReLU(),
        )  # fmt: skip

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Features (n, 64)."""
        return self.body(x)


class Classifier(nn.Module):
    """The same with a head, for the peer."""

    def __init__(self) -> None:
        super().__init__()
        self.features = Encoder()
        self.head = nn.Linear(64, 10)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, x: torch.Tensor, sample_weight: Any = None) -> torch.Tensor:
        """Outputs (n, 10); the peer passes weights, which play no part here."""
        return self.head(self.features(x))


def pairs(path: Path) -> Iterator[tuple[str, Any, Any, Any, Any]]:
    """Name, source rows and labels, target rows and labels."""
    z = np.load(path)
    digits = {n: (z[f"{n}_X"].reshape(-1, 16, 16), z[f"{n}_y"].astype(np.int64)) for n in ("mnist", "usps")}
    for source, target in (("mnist", "usps"), ("usps", "mnist")):
        yield f"{source}-{target}", *digits[source], *digits[target]


def ours(Xs: Any, ys: Any, Xt: Any, yt: Any, seed: int) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    """Each method as a call that fits and scores it."""
    import headstart as hs
    from headstart import neural

    methods = {
        "DeepCORAL": neural.DeepCORAL(), "DAN": neural.DAN(), "DANN": neural.DANN(), "CDAN": neural.CDAN(entropy=False),
        "CDAN+E": neural.CDAN(), "MCD": neural.MCD(), "DeepJDOT": neural.DeepJDOT(),
    }  # fmt: skip

    def one(alignment: Any) -> dict[str, Any]:
        model = hs.DeepAlignedClassifier(
            alignment, Encoder, kind="images", epochs=EPOCHS, batch_size=BATCH, learning_rate=RATE,
            validation_share=0.1, fallback=False, random_state=seed,
        )  # fmt: skip
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always", hs.HeadstartWarning)
            model.fit(images(Xt), None, source=hs.Domain(images(Xs), ys))
        table = model.source_only_
        return {
            "accuracy": model.score(images(Xt), yt),
            "source_score": float(table.loc["aligned", "source score"]),
            "agreement": float(table.loc["aligned", "agreement"]),
            "aligned": not any("seems to harm" in str(w.message) for w in said),
        }

    for name, alignment in methods.items():
        yield name, lambda alignment=alignment: one(alignment)

    def alone() -> dict[str, Any]:
        model = hs.FineTuneClassifier(
            Encoder, kind="images", source_epochs=EPOCHS, batch_size=BATCH, learning_rate=RATE, random_state=seed
        )
        model.fit(images(Xt), None, source=hs.Domain(images(Xs), ys))
        return {"accuracy": model.score(images(Xt), yt)}

    yield "source only", alone


def images(X: Any) -> Any:
    """Rows as the reader takes them: 8-bit images."""
    return np.round(X * 255).astype(np.uint8)


def peers(Xs: Any, ys: Any, Xt: Any, yt: Any, seed: int) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    """The peer's methods, with the same network, rows, optimiser and schedule."""
    from skada import deep
    from skada.deep.modules import DomainClassifier
    from skorch.callbacks import LRScheduler

    both = np.concatenate([Xs, Xt])
    scaled = ((both - both.mean()) / both.std()).astype(np.float32)[:, None]
    y = np.concatenate([ys, np.full(len(yt), -1)])
    domain = np.r_[np.ones(len(ys), int), np.full(len(yt), -2)]
    cycle = torch.optim.lr_scheduler.OneCycleLR
    steps = EPOCHS * (-(-max(len(ys), len(yt)) // BATCH) + 1)

    def sigmoid(n: int) -> Any:
        told = DomainClassifier(num_features=n)
        told.classifier[-1] = nn.Sigmoid()
        return told

    def one(make: Any, **more: Any) -> dict[str, Any]:
        torch.manual_seed(seed)
        more = {k: v() if callable(v) else v for k, v in more.items()}
        net = make(
            Classifier(), layer_name="features", batch_size=BATCH, max_epochs=EPOCHS, train_split=None, verbose=0,
            optimizer=torch.optim.AdamW, lr=RATE, optimizer__weight_decay=0.01, **more,
            callbacks=[LRScheduler(cycle, max_lr=RATE, total_steps=steps, step_every="batch")],
        )  # fmt: skip
        net.fit(scaled, y, sample_domain=domain)
        mine = scaled[len(ys) :]
        return {"accuracy": float((net.predict(mine, sample_domain=domain[len(ys) :]) == yt).mean())}

    yield "skada DeepCORAL", lambda: one(deep.DeepCoral)
    yield "skada DAN", lambda: one(deep.DAN)
    yield "skada DANN (default)", lambda: one(deep.DANN, num_features=64)
    yield "skada DANN (sigmoid)", lambda: one(deep.DANN, domain_classifier=lambda: sigmoid(64))
    yield "skada CDAN (sigmoid)", lambda: one(deep.CDAN, domain_classifier=lambda: sigmoid(640))
    yield "skada DeepJDOT", lambda: one(deep.DeepJDOT)


def main() -> None:
    """Run what is not there yet."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/deep_alignment.csv"))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    done = set()
    if arguments.out.exists():
        with open(arguments.out, newline="") as file:
            done = {(r["pair"], r["method"], int(r["seed"])) for r in csv.DictReader(file)}
    for seed in range(arguments.seeds):
        for pair, *rows in pairs(arguments.data):
            for method, call in (peers if arguments.peer else ours)(*rows, seed):
                if (pair, method, seed) in done or (arguments.only and method not in arguments.only.split(",")):
                    continue
                begun = time.process_time()
                found = {"pair": pair, "method": method, "seed": seed, **call()}
                found["cpu_s"] = round(time.process_time() - begun, 1)
                print({k: round(v, 4) if isinstance(v, float) else v for k, v in found.items()}, flush=True)
                new = not arguments.out.exists()
                with open(arguments.out, "a", newline="") as file:
                    writer = csv.DictWriter(file, FIELDS)
                    if new:
                        writer.writeheader()
                    writer.writerow(found)


if __name__ == "__main__":
    main()
