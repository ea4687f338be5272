"""CPU time of a training step beside a bare loop written by hand: same network, rows and fused AdamW.

    python benchmarks/speed_training.py --out benchmarks/results/speed_training.csv

Both take turns of one epoch each in one process, so that whatever else runs on the machine meets both; each time is the
lower quartile over turns of the CPU time per step, and ``ratio`` is that of ``train`` over that of the bare loop. With
"clip" both limit the norm of the gradient. The bare loop has a constant rate, reads no loss and knows no plan; it takes
batches by index. ``loader`` is a bare loop with torch's DataLoader instead, as most are written.
"""

from __future__ import annotations

import os

# Before torch is imported: timings are of one thread.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import copy
import csv
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from headstart.neural import LayerGroup, Plan, TrainingSettings, layer_groups, train

FIELDS = ["network", "batch", "clip", "bare_us", "train_us", "loader_us", "ratio", "loader_ratio"]


def networks() -> dict[str, tuple[nn.Module, torch.Tensor]]:
    """Small ones, where a step costs little: the overhead is largest there."""
    torch.manual_seed(0)
    mlp = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    conv = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.1), nn.Linear(32 * 16, 10),
    )  # fmt: skip
    return {"mlp": (mlp, torch.randn(3200, 20)), "conv": (conv, torch.randn(640, 1, 16, 16))}


def bare(net: nn.Module, X: torch.Tensor, y: torch.Tensor, batch: int, clip: float | None) -> Callable[[], float]:
    """CPU seconds a step of the loop that one writes by hand."""
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, fused=True)
    net.train()

    def epoch() -> float:
        begun = time.process_time()
        batches = torch.randperm(len(X)).split(batch)
        for rows in batches:
            optimizer.zero_grad()
            cross_entropy(net(X[rows]), y[rows]).backward()
            if clip is not None:
                nn.utils.clip_grad_norm_(net.parameters(), clip)
            optimizer.step()
        return (time.process_time() - begun) / len(batches)

    return epoch


def loader(net: nn.Module, X: torch.Tensor, y: torch.Tensor, batch: int, clip: float | None) -> Callable[[], float]:
    """The same with a DataLoader."""
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, fused=True)
    batches = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, y), batch_size=batch, shuffle=True)
    net.train()

    def epoch() -> float:
        begun = time.process_time()
        for Xb, yb in batches:
            optimizer.zero_grad()
            cross_entropy(net(Xb), yb).backward()
            if clip is not None:
                nn.utils.clip_grad_norm_(net.parameters(), clip)
            optimizer.step()
        return (time.process_time() - begun) / len(batches)

    return epoch


class _Clock:
    """Notes the time of each step, so that what precedes the first one is apart."""

    def __init__(self) -> None:
        self.epochs: list[float] = []

    def on_start(self, start: dict) -> None:
        self.last = time.process_time()

    def on_epoch(self, row: dict) -> None:
        now = time.process_time()
        self.epochs.append(now - self.last)
        self.other()
        self.last = time.process_time()


def measure(name: str, batch: int, clip: float | None, turns: int) -> dict:
    """Turns of an epoch each: within ``train``, after each of its epochs, the others take theirs."""
    net, X = networks()[name]
    y = torch.randint(0, 10, (len(X),))
    loops = [make(copy.deepcopy(net), X, y, batch, clip) for make in (bare, loader)]
    clock, others = _Clock(), []

    def other() -> None:
        # In turns, so that none is always the one after a DataLoader.
        order = (0, 1) if len(others) % 2 else (1, 0)
        times = {i: loops[i]() for i in order}
        others.append([times[0], times[1]])

    clock.other = other
    settings = TrainingSettings(epochs=turns + 1, batch_size=batch, clip=clip, device="cpu", precision="float32")
    groups: tuple[LayerGroup, ...] = layer_groups(net)
    train(net, Plan.of(groups), lambda r: cross_entropy(net(X[r]), y[r]), len(X), settings, seed=0, callbacks=[clock])
    # The first turn warms up.
    ours = [seconds / (len(X) // batch) for seconds in clock.epochs[1:]]
    plain, loaded = zip(*others[1:], strict=True)
    times = {"bare": plain, "train": ours, "loader": loaded}
    quartile = {what: 1e6 * statistics.quantiles(values, n=4)[0] for what, values in times.items()}
    return {
        "network": name,
        "batch": batch,
        "clip": clip or "",
        **{f"{what}_us": round(value) for what, value in quartile.items()},
        "ratio": round(quartile["train"] / quartile["bare"], 3),
        "loader_ratio": round(quartile["loader"] / quartile["bare"], 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=30)
    parser.add_argument("--batch", type=int, nargs="+", default=[32])
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    found = []
    for name in networks():
        for batch in args.batch:
            for clip in (None, 1.0):
                found.append(measure(name, batch, clip, args.turns))
                print(found[-1], flush=True)
    if args.out:
        with open(args.out, "w", newline="") as file:
            writer = csv.DictWriter(file, FIELDS)
            writer.writeheader()
            writer.writerows(found)


if __name__ == "__main__":
    main()
