"""Cost of a step of each multi-task weighting beside the plain sum of the losses, and beside TorchJD.

    python benchmarks/speed_multitask.py [--tasks 10 40] [--repeats 9] [--out FILE] [--heads-out FILE]

One network for all: an encoder of 1.6 million weights, linear heads, 256 rows. A step is forward, backward and the
weights of the method, without an optimiser. The steps are timed in turns, so that a slow moment of the machine meets
all; ``ratio`` is the median over the repeats of a step's CPU time over that of the plain sum in the same turn, ``peer``
the same for TorchJD, where it is installed and has the method. At the parameter level TorchJD runs ``mtl_backward`` and
``jac_to_grad``; at the representation level it runs them down to the representation only, and one pass goes on through
the encoder. ``--chunk 1`` makes it go through the network task by task, as we do, rather than batched.

Then the plain sum with all heads and losses as one batched operation beside a head and a loss for each task
(``torch.nn.Linear``, ``torch.nn.functional``): heads and losses alone, forward and backward from given features, and
the whole step with an encoder, the one of 1.6 million weights or headstart's small network for a table. Labels are
looked up for each batch on both sides; with gaps, the one of a task each takes the rows that it has.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import csv
import importlib.util
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from headstart import multitask as mt
from headstart.multitask.heads import Heads
from headstart.multitask.objectives import TaskLosses
from headstart.neural import small_backbone

FIELDS = ["tasks", "level", "method", "plain_ms", "ours_ms", "ratio", "peer_ms", "peer", "torch", "torchjd"]
HEADS_FIELDS = ["tasks", "classes", "gaps", "rows", "part", "apart_ms", "fused_ms", "ratio", "torch"]
BY_LOSSES = [mt.EqualWeighting(), mt.UncertaintyWeighting(), mt.GeometricMean(), mt.RandomWeighting(), mt.STCH()]
BY_GRADIENTS = [
    mt.MGDA, mt.PCGrad, mt.GradVac, mt.CAGrad, mt.NashMTL, mt.AlignedMTL, mt.IMTLG, mt.UPGrad, mt.ConFIG, mt.GradDrop,
    mt.GradNorm,
]  # fmt: skip


class Problem:
    """An encoder, heads, and rows."""

    def __init__(self, n_tasks: int, rows: int) -> None:
        torch.manual_seed(0)
        self.encoder = nn.Sequential(
            nn.Linear(500, 1000), nn.ReLU(), nn.Linear(1000, 1000), nn.ReLU(), nn.Linear(1000, 100)
        )
        self.heads = nn.ModuleList(nn.Linear(100, 1) for _ in range(n_tasks))
        self.X, self.Y = torch.randn(rows, 500), torch.randn(rows, n_tasks)
        self.n_tasks = n_tasks

    def losses(self, read: Callable[[int], torch.Tensor]) -> list[torch.Tensor]:
        found = []
        for k, head in enumerate(self.heads):
            found.append((head(read(k))[:, 0] - self.Y[:, k]).square().mean())
        return found

    def clear(self) -> None:
        for p in [*self.encoder.parameters(), *self.heads.parameters()]:
            p.grad = None

    def plain(self) -> None:
        z = self.encoder(self.X)
        torch.stack(self.losses(lambda k: z)).sum().backward()

    def ours(self, weighting: Any) -> Callable[[], None]:
        state = weighting.start(self.n_tasks)

        def step() -> None:
            tap = mt.Tap(self.encoder(self.X), self.n_tasks)
            mt.weighted_backward(self.losses(tap.__getitem__), state, tap=tap, shared=self.encoder.parameters())

        return step

    def theirs(self, aggregator: Any, level: str, chunk: int | None) -> Callable[[], None]:
        from torchjd.autojac import jac_to_grad, mtl_backward

        tasks = [list(head.parameters()) for head in self.heads]
        shared = list(self.encoder.parameters())

        def at_parameters() -> None:
            z = self.encoder(self.X)
            losses = self.losses(lambda k: z)
            mtl_backward(losses, features=z, tasks_params=tasks, shared_params=shared, parallel_chunk_size=chunk)
            jac_to_grad(shared, aggregator)

        def at_representation() -> None:
            z = self.encoder(self.X)
            leaf = z.detach().requires_grad_()
            losses = self.losses(lambda k: leaf)
            mtl_backward(losses, features=leaf, tasks_params=tasks, shared_params=[leaf], parallel_chunk_size=chunk)
            jac_to_grad([leaf], aggregator)
            z.backward(leaf.grad)

        return at_parameters if level == "parameter" else at_representation


class HeadsProblem:
    """Features, and heads and losses of two kinds: one of each for a task, or fused. ``classes`` is 1 for numbers."""

    def __init__(self, n_tasks: int, classes: int, gaps: float, rows: int, encoder: nn.Module | None) -> None:
        torch.manual_seed(0)
        self.encoder, self.classes, self.gaps = encoder, classes, gaps
        self.X = torch.randn(rows, 500)
        self.z = torch.randn(rows, 100) if encoder is None else encoder(self.X).detach()
        width, rng = self.z.shape[1], np.random.default_rng(0)
        codes = rng.normal(size=(4096, n_tasks)) if classes == 1 else rng.integers(0, classes, (4096, n_tasks))
        codes = np.where(rng.random(codes.shape) < gaps, np.nan, codes)
        self.index = torch.as_tensor(rng.permutation(4096)[:rows])
        self.Y = torch.as_tensor(codes, dtype=torch.float32)
        self.heads = nn.ModuleList(nn.Linear(width, classes) for _ in range(n_tasks))
        self.together = Heads(width, [classes] * n_tasks)
        with torch.no_grad():
            for k, head in enumerate(self.heads):
                for ours, theirs in zip(self.together.of(k), (head.weight, head.bias), strict=True):
                    ours.copy_(theirs)
        kind = "regression" if classes == 1 else "classification"
        self.losses = TaskLosses(codes, [kind] * n_tasks, self.together.places)

    def clear(self) -> None:
        for module in (self.heads, self.together, self.encoder):
            for p in () if module is None else module.parameters():
                p.grad = None

    def features(self) -> torch.Tensor:
        return self.z.detach().requires_grad_() if self.encoder is None else self.encoder(self.X)

    def apart(self) -> None:
        z, Y, found = self.features(), self.Y[self.index], []
        for k, head in enumerate(self.heads):
            out, y = head(z), Y[:, k]
            if self.gaps:
                there = ~torch.isnan(y)
                out, y = out[there], y[there]
            if self.classes == 1:
                found.append(functional.mse_loss(out[:, 0], y))
            else:
                found.append(functional.cross_entropy(out, y.long()))
        torch.stack(found).sum().backward()

    def fused(self) -> None:
        self.losses(self.together(self.features()), self.index).sum().backward()


def measure_heads(n_tasks: int, classes: int, gaps: float, part: str, args: argparse.Namespace) -> dict[str, Any]:
    """One row of the table of heads."""
    rows = args.rows
    encoder = None
    if part == "step, 1.6 million weights":
        encoder = Problem(n_tasks, rows).encoder
    elif part == "step, small network":
        encoder = small_backbone("table", (500,)).module
    problem = HeadsProblem(n_tasks, classes, gaps, rows, encoder)
    steps = 20 if encoder is None else 4
    times: dict[str, list[float]] = {"apart": [], "fused": []}
    for turn in range(args.repeats + 1):
        for name, found in times.items():
            spent = timed(getattr(problem, name), problem, steps)
            if turn:
                found.append(spent)
    ratio = statistics.median(f / a for f, a in zip(times["fused"], times["apart"], strict=True))
    middle = {name: round(1e3 * statistics.median(t), 3) for name, t in times.items()}
    return {
        "tasks": n_tasks, "classes": "numbers" if classes == 1 else classes, "gaps": gaps, "rows": rows, "part": part,
        "apart_ms": middle["apart"], "fused_ms": middle["fused"], "ratio": round(ratio, 3), "torch": torch.__version__,
    }  # fmt: skip


def peers() -> dict[str, Callable[[], Any]]:
    """TorchJD's aggregators by our names, as far as they can be made here."""
    if importlib.util.find_spec("torchjd") is None:
        print("TorchJD is not installed: its columns stay empty")
        return {}
    from torchjd import aggregation as agg

    made = {
        "MGDA": agg.MGDA, "PCGrad": agg.PCGrad, "GradVac": agg.GradVac, "CAGrad": lambda: agg.CAGrad(c=0.5),
        "AlignedMTL": agg.AlignedMTL, "IMTLG": agg.IMTLG, "UPGrad": agg.UPGrad, "ConFIG": agg.ConFIG,
        "GradDrop": agg.GradDrop,
    }  # fmt: skip
    found = {}
    for name, make in made.items():
        try:
            make()
        except ImportError as error:
            print(f"TorchJD's {name} is left out: {str(error).splitlines()[0]}")
            continue
        found[name] = make
    return found


def timed(step: Callable[[], None], problem: Problem | HeadsProblem, steps: int) -> float:
    """Processor seconds of a step: a shared machine changes them less than seconds on the clock."""
    spent = 0.0
    for _ in range(steps):
        problem.clear()
        start = time.process_time()
        step()
        spent += time.process_time() - start
    return spent / steps


def measure(problem: Problem, level: str, weighting: Any, peer: Any, args: argparse.Namespace) -> dict[str, Any]:
    """One row of the table."""
    steps = {"plain": problem.plain, "ours": problem.ours(weighting)}
    if peer is not None:
        steps["peer"] = problem.theirs(peer(), level, args.chunk)
    for step in steps.values():
        timed(step, problem, 1)
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(args.repeats):
        for name, step in steps.items():
            times[name].append(timed(step, problem, args.steps))
    ratio = {name: statistics.median(t / p for t, p in zip(times[name], times["plain"], strict=True)) for name in times}
    middle = {name: 1e3 * statistics.median(t) for name, t in times.items()}
    return {
        "tasks": problem.n_tasks,
        "level": level,
        "method": type(weighting).__name__,
        "plain_ms": round(middle["plain"], 2),
        "ours_ms": round(middle["ours"], 2),
        "ratio": round(ratio["ours"], 3),
        "peer_ms": round(middle["peer"], 2) if peer is not None else "",
        "peer": round(ratio["peer"], 3) if peer is not None else "",
        "torch": torch.__version__,
        "torchjd": _version() if peer is not None else "",
    }


def _version() -> str:
    import importlib.metadata

    return importlib.metadata.version("torchjd")


def main() -> None:
    """Print the table, and write it where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, nargs="+", default=[10, 40])
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--steps", type=int, default=2, help="steps of one timing")
    parser.add_argument("--repeats", type=int, default=9, help="timings of each")
    parser.add_argument("--chunk", type=int, default=None, help="TorchJD's parallel_chunk_size")
    parser.add_argument("--levels", nargs="+", default=["losses", "representation", "parameter"])
    parser.add_argument("--methods", nargs="+", default=None)
    parser.add_argument("--out", type=Path, default=None, help="a csv file for the table; what it has else is kept")
    parser.add_argument("--heads-out", type=Path, default=None, help="a csv file for the table of heads")
    parser.add_argument("--heads-only", action="store_true", help="leave out the weightings")
    args = parser.parse_args()
    torch.set_num_threads(1)
    theirs = {} if args.heads_only else peers()
    rows = []
    for n_tasks in () if args.heads_only else args.tasks:
        problem = Problem(n_tasks, args.rows)
        for level in args.levels:
            made = BY_LOSSES if level == "losses" else [cls(level=level) for cls in BY_GRADIENTS]
            for weighting in made:
                name = type(weighting).__name__
                if args.methods is not None and name not in args.methods:
                    continue
                peer = None if level == "losses" else theirs.get(name)
                rows.append(measure(problem, level, weighting, peer, args))
                print("  ".join(f"{key}={rows[-1][key]}" for key in FIELDS[:8]), flush=True)
    _write(args.out, FIELDS, rows, FIELDS[:3])
    rows = []
    for n_tasks in args.tasks:
        for classes, gaps in ((1, 0.0), (1, 0.3), (3, 0.0), (3, 0.3)):
            for part in ("heads and losses", "step, small network", "step, 1.6 million weights"):
                rows.append(measure_heads(n_tasks, classes, gaps, part, args))
                print("  ".join(f"{key}={rows[-1][key]}" for key in HEADS_FIELDS[:8]), flush=True)
    _write(args.heads_out, HEADS_FIELDS, rows, HEADS_FIELDS[:5])


def _write(path: Path | None, fields: list[str], rows: list[dict[str, Any]], keys: list[str]) -> None:
    """Put rows into a table, in the place of those that are there of the same keys."""
    if path is None or not rows:
        return
    known: list[dict[str, Any]] = []
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            known = list(csv.DictReader(file))

    def key(row: dict[str, Any]) -> tuple[str, ...]:
        return tuple(str(row[k]) for k in keys)

    new = {key(row): row for row in rows}
    merged = [new.pop(key(row), row) for row in known]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fields)
        writer.writeheader()
        writer.writerows([*merged, *new.values()])


if __name__ == "__main__":
    main()
