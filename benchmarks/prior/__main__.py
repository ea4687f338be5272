"""Learn how strongly the blend is held to its prior, and whether single candidates deserve more belief than others.

    python -m benchmarks.prior [--repeats 1] [--sizes 20,50,200] [--jobs 1]
    python -m benchmarks.prior --folder .bench/moved --without "linear transfer; forest transfer"

Fits every candidate to draws of each problem (kept under ``.bench/prior``, so that the run may be stopped and taken up
again; remove the folder after a change of the candidates), and writes ``results/prior.csv``.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from headstart.choose.judge import TAU

from ..accuracy import protocol
from ..accuracy.table import version
from .cells import Cell, measure
from .evaluate import compare, evaluate, summary
from .learn import draw_of
from .problems import PROBLEMS, Problem

ROOT = Path(__file__).resolve().parents[2]
TAUS = [1.0, 2.0, 4.0, 5.5, 8.0, 16.0]


def main() -> None:
    """Measure what is missing, then compare priors."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prior", description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--sizes", default="20,50,200")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=ROOT / ".bench" / "prior")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "prior.csv")
    parser.add_argument("--only", type=int, help="take part of the problems: every so many-th")
    parser.add_argument("--without", help="candidates, divided by semicolons: the blend without each, and without all")
    a = parser.parse_args()
    sizes = [int(n) for n in a.sizes.split(",")]
    todo = [
        (p, n, r, _path(a.folder, p, n, r)) for r in range(a.repeats) for p in PROBLEMS[:: a.only or 1] for n in sizes
    ]
    Parallel(n_jobs=a.jobs)(delayed(one)(*task) for task in todo)
    kept = [(p, n, Cell.load(path)) for p, n, _, path in todo if path.exists()]
    names = [name for name in kept[0][2].names if all(name in cell.names for _, _, cell in kept)]
    if a.without:
        print(_without(kept, names, a.without).to_string(index=False))
        return
    rows, beliefs = compare([draw_of(cell, names, p.name, n) for p, n, cell in kept], names, TAUS)
    table = pd.DataFrame(rows)
    table["version"] = version()
    table.to_csv(a.out, index=False)
    print(table.to_string(index=False))
    print("beliefs, where they are learned too:", beliefs)


def _without(kept: list[tuple[Problem, int, Cell]], names: list[str], given: str) -> pd.DataFrame:
    """What the blend loses with each of these candidates."""
    left_out = [name.strip() for name in given.split(";")]
    unknown = [name for name in left_out if name not in names]
    if unknown:
        sys.exit(f"no such candidate in all cells: {', '.join(unknown)}; expected some of {'; '.join(names)}")
    rows = []
    for word, gone in [("all", []), *((f"without {n}", [n]) for n in left_out), ("without these", left_out)]:
        rest = [n for n in names if n not in gone]
        draws = [draw_of(cell, rest, p.name, n) for p, n, cell in kept]
        rows.append(summary(evaluate(draws, np.full(len(rest), 1.0 / len(rest)), TAU), word, TAU))
    return pd.DataFrame(rows)


def _path(folder: Path, problem: Problem, n: int, repeat: int) -> Path:
    return folder / f"{problem.name.replace('/', '-')}-{n}-{repeat}.npz"


def one(problem: Problem, n: int, repeat: int, path: Path) -> None:
    """Measure a cell that is not there yet."""
    if path.exists():
        return
    start = time.process_time()
    try:
        split = protocol.split(problem.load(), n, repeat)
        if split is not None:
            measure(split, repeat).save(path)
        word = "too few rows" if split is None else f"{len(split.y)}+{len(split.ys)}x{split.X.shape[1]}"
    except ValueError as error:
        word = f"refused: {error}"
    spent = time.process_time() - start
    print(f"{time.strftime('%H:%M:%S')} {path.stem} {word} {spent:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
