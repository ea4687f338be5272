"""Accuracy over source and target pairs.

    python -m benchmarks.accuracy --pairs public --sizes 20,50,200 --repeats 10 --methods ours,afternoon \
        --out benchmarks/results/accuracy_public.csv

Appends to the CSV, one row for each pair, size, repeat and method, and skips what is there already. Repeats are the
outer loop: a run that is cut off has all pairs to the same depth.
"""

from __future__ import annotations

import os

# Before NumPy is imported: timings are of one thread.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed

from .. import pairs
from . import afternoon, ours, protocol
from .peers import Peer
from .table import ResultTable, version

PEERS = ("adapt", "skada")
Cell = tuple[str, int, int]


def main() -> None:
    """Read the command line and run what is missing."""
    a = _arguments()
    try:
        kinds = pairs.names(a.pairs)
    except pairs.MissingData as error:
        sys.exit(f"skipped: {error}")
    chosen = [p for p in (a.only.split(",") if a.only else kinds) if p not in a.skip.split(",")]
    unknown = sorted(set(chosen) - set(kinds))
    if unknown:
        sys.exit(f"no such pair in the set {a.pairs!r}: {', '.join(unknown)}; expected some of {', '.join(kinds)}")
    table = ResultTable(a.out or Path(__file__).parents[1] / "results" / f"accuracy_{a.pairs}.csv")
    sizes = [int(n) for n in a.sizes.split(",")]
    cells = [(pair, n, r) for r in range(a.repeats) for pair in chosen for n in sizes]
    for which in a.methods.split(","):
        todo = [c for c in cells if not table.done(*c, which)]
        print(f"{which}: {len(todo)} of {len(cells)} cells to do", file=sys.stderr, flush=True)
        if which in PEERS:
            _run_peer(which, getattr(a, f"{which}_python"), todo, a, table)
        else:
            _run_here(which, todo, a, table)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", choices=["public", "shared"], default="public")
    parser.add_argument("--only", default="", help="pairs to run, by name, with commas between; all where empty")
    parser.add_argument("--skip", default="", help="pairs to leave out")
    parser.add_argument("--sizes", default="20,50,200", help="numbers of labelled target rows")
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--methods", default="ours,afternoon", help="some of ours,afternoon,adapt,skada")
    parser.add_argument("--adapt-python", help="the interpreter that has adapt 0.4.5")
    parser.add_argument("--skada-python", help="the interpreter that has skada 0.6.0")
    parser.add_argument("--peer-seconds", type=int, default=60, help="most seconds for one fit of a peer")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path)
    return parser.parse_args()


def _run_here(which: str, todo: list[Cell], a: argparse.Namespace, table: ResultTable) -> None:
    named = version()
    calls = (delayed(_cell)(a.pairs, cell, which, named) for cell in todo)
    results = Parallel(n_jobs=a.jobs, return_as="generator_unordered", pre_dispatch=a.jobs)(calls)
    for k, (cell, rows, word) in enumerate(results):
        table.append(rows)
        print(f"{time.strftime('%H:%M:%S')} {which} {k + 1}/{len(todo)} {cell} {word}", file=sys.stderr, flush=True)


def _cell(pairset: str, cell: Cell, which: str, named: str) -> tuple[Cell, list[dict[str, Any]], str]:
    pair, n, repeat = cell
    try:
        split = protocol.split(pairs.load(pairset, pair), n, repeat)
        if split is None:
            return cell, [], "too few rows"
        rows = (ours if which == "ours" else afternoon).measure(split, repeat)
    except pairs.MissingData as error:
        return cell, [], f"skipped: {error}"
    except ValueError as error:
        return cell, [], f"refused: {error}"
    return cell, [_named(row, pairset, cell, split, named) for row in rows], "done"


def _named(row: dict[str, Any], pairset: str, cell: Cell, split: protocol.Split, named: str) -> dict[str, Any]:
    pair, n, repeat = cell
    return {
        "pairset": pairset,
        "pair": pair,
        "n": n,
        "repeat": repeat,
        "n_target": len(split.y),
        "n_source": len(split.ys),
        "version": named,
        **row,
    }


def _run_peer(which: str, python: str | None, todo: list[Cell], a: argparse.Namespace, table: ResultTable) -> None:
    if not python or not Path(python).exists():
        print(f"skipped: {which} has no interpreter here; name it with --{which}-python", file=sys.stderr)
        return
    with ThreadPoolExecutor(a.jobs) as pool, Peer(which, python, a.peer_seconds) as peer:
        named = f"{which} {peer.installed()}"

        def one(cell: Cell) -> tuple[Cell, list[dict[str, Any]], str]:
            pair, n, repeat = cell
            try:
                split = protocol.split(pairs.load(a.pairs, pair), n, repeat)
            except pairs.MissingData as error:
                return cell, [], f"skipped: {error}"
            if split is None:
                return cell, [], "too few rows"
            return cell, [_named(row, a.pairs, cell, split, named) for row in peer.measure(split)], "done"

        for k, future in enumerate(as_completed([pool.submit(one, cell) for cell in todo])):
            cell, rows, word = future.result()
            table.append(rows)
            print(f"{time.strftime('%H:%M:%S')} {which} {k + 1}/{len(todo)} {cell} {word}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
