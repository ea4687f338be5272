"""CPU seconds and memory of the aligners, beside the matrix products that they cannot do without.

    python benchmarks/speed_aligners.py --rows 1000 10000 100000 1000000 --columns 10 100

As many source as target rows. ``products_s`` is X'X of both domains, in blocks, and one X A for the source: what any
method by covariances must do. ``ratio`` is fit and both transforms over that. Each cell runs in a process of its own,
in one thread, after a warm-up on few rows.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve()
FIELDS = ["aligner", "rows", "columns", "cpu_s", "products_s", "ratio", "extra_mb", "data_mb"]
ALIGNERS = ["CORAL", "LinearOTMapping", "SubspaceAlignment", "GeodesicFlowKernel", "StructuralCorrespondence"]
ALIGNERS += ["TCA", "JDA", "OTMapping"]
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def memory_mb(field: str) -> float:
    """A figure of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    return float("nan")


def worker(name: str, n: int, d: int) -> None:
    """Measure one cell, and print it as a line of JSON."""
    import numpy as np

    import headstart as hs

    def draw(n: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(0)
        return rng.normal(size=(n, d)), 0.3 + 0.9 * rng.normal(size=(n, d))

    def products(Xs: np.ndarray, Xt: np.ndarray) -> None:
        for X in (Xs, Xt):
            S = np.zeros((d, d))
            for start in range(0, n, 4096):
                block = X[start : start + 4096]
                S += block.T @ block
        Xs @ S

    def run(Xs: np.ndarray, Xt: np.ndarray) -> None:
        aligner = getattr(hs, name)()
        # labels only where nothing goes without them
        ys = (Xs[:, 0] > 0).astype(int) if aligner.traits.source_labels == "required" else None
        aligner.fit(Xt, source=hs.Domain(Xs, ys))
        aligner.transform(Xt)
        aligner.transform_source(Xs)

    run(*draw(200))
    Xs, Xt = draw(n)
    start = time.process_time()
    products(Xs, Xt)
    middle = time.process_time()
    Path("/proc/self/clear_refs").write_text("5")  # the peak so far is forgotten
    before = memory_mb("VmRSS")
    again = time.process_time()
    run(Xs, Xt)
    end = time.process_time()
    found = {"cpu_s": end - again, "products_s": middle - start, "extra_mb": memory_mb("VmHWM") - before}
    print("RESULT " + json.dumps(found | {"data_mb": 2 * Xs.nbytes / 2**20}), flush=True)


def main() -> None:
    """Run all cells and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--columns", type=int, nargs="+", default=[10, 100])
    parser.add_argument("--aligners", nargs="+", default=ALIGNERS, choices=ALIGNERS)
    parser.add_argument("--out", type=Path, default=HERE.parent / "results" / "speed_aligners.csv")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.worker:
        worker(*json.loads(a.worker))
        return
    with a.out.open("w", newline="") as file:
        table = csv.DictWriter(file, FIELDS, lineterminator="\n")
        table.writeheader()
        for n in a.rows:
            for d in a.columns:
                for name in a.aligners:
                    done = subprocess.run(
                        [sys.executable, str(HERE), "--worker", json.dumps([name, n, d])],
                        capture_output=True,
                        text=True,
                        env={**os.environ, **ONE_THREAD},
                    )
                    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
                    if not lines:
                        print(f"{name} {n} x {d}: ended with {done.returncode} {done.stderr[-200:]}", file=sys.stderr)
                        continue
                    found = json.loads(lines[0].removeprefix("RESULT "))
                    found["ratio"] = found["cpu_s"] / max(found["products_s"], 1e-4)
                    row = {"aligner": name, "rows": n, "columns": d} | {k: f"{v:.3g}" for k, v in found.items()}
                    table.writerow(row)
                    file.flush()
                    print(row, flush=True)


if __name__ == "__main__":
    main()
