"""Run what is missing in the table, or tell what it says.

python -m benchmarks.source_ranking
python -m benchmarks.source_ranking --tell
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import csv
import time
from pathlib import Path

import headstart as hs

from ..pairs import MissingData
from .cells import FIELDS, measure
from .data import SETS, targets_and_sources
from .told import told

OUT = Path(__file__).parents[1] / "results" / "source_ranking.csv"


def main() -> None:
    """Measure cell after cell; what the table holds already is left out, so the run may be stopped at any time."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.source_ranking", description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--draws", type=int, default=1, help="draws of labelled rows")
    parser.add_argument("--rows", type=int, default=50, help="labelled target rows")
    parser.add_argument("--repeats", type=int, default=2, help="shufflings of trying a source in full")
    parser.add_argument("--held", type=int, default=3000, help="target rows to score on, at most")
    parser.add_argument("--most", type=int, default=1000, help="rows of a source, at most")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--tell", action="store_true", help="measure nothing")
    a = parser.parse_args()
    if not a.tell:
        _run(a)
    print(told(a.out))


def _run(a: argparse.Namespace) -> None:
    is_new = not a.out.exists()
    done = set()
    if not is_new:
        with a.out.open(newline="") as file:
            done = {(r["set"], r["target"], int(r["draw"])) for r in csv.DictReader(file)}
    with a.out.open("a", newline="") as file:
        table = csv.DictWriter(file, FIELDS, lineterminator="\n", restval="")
        if is_new:
            table.writeheader()
        for draw in range(a.draws):
            for name in a.sets:
                try:
                    domains = SETS[name]()
                except MissingData as missing:
                    print(f"{name}: {missing}")
                    continue
                for target, sources in targets_and_sources(name, domains).items():
                    if (name, target, draw) not in done:
                        began = time.process_time()
                        rows = _cell(a, domains, target, sources, draw)
                        table.writerows({"set": name, **_rounded(r)} for r in rows)
                        file.flush()
                        print(f"{name}, {target}, draw {draw}: {time.process_time() - began:.0f} s of CPU", flush=True)


def _cell(
    a: argparse.Namespace, domains: dict[str, hs.Domain], target: str, sources: list[str], draw: int
) -> list[dict[str, object]]:
    listed = [domains[s] for s in sources]
    try:
        return measure(domains[target], listed, draw, n=a.rows, repeats=a.repeats, held=a.held, most=a.most)
    except hs.InputError as error:  # such as labelled rows of one class
        print(f"{target}, draw {draw}: left out, {error}")
        return []


def _rounded(row: dict[str, object]) -> dict[str, object]:
    return {k: round(v, 5) if isinstance(v, float) else v for k, v in row.items()}


if __name__ == "__main__":
    main()
