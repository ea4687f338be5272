"""CPU seconds and memory of the aligners, beside the matrix products that they cannot do without, and of the peers.

    python benchmarks/speed_aligners.py --rows 1000 10000 100000 1000000 --columns 10 100
    python benchmarks/speed_aligners.py --cells TCA:3000:10 TCA:100000:50 OTMapping:20000:10 --append \\
        --skada-python PATH --adapt-python PATH

As many source as target rows. ``products_s`` is X'X of both domains, in blocks, and one X A for the source: what any
method by covariances must do. ``ratio`` is fit and both transforms over that. ``objective`` is that of TCA with the
kernel matrix of all rows, as a share of the largest one possible with as many components; only up to 3,000 rows, where
that can be computed. Each cell runs in a process of its own, in one thread, after a warm-up on few rows. The peers
run in the cells up to 3,000 rows, with the same number of components.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
FIELDS = ["aligner", "library", "rows", "columns", "cpu_s", "products_s", "ratio", "extra_mb", "data_mb", "objective"]
# The largest cell in which the peers run, and the exact optimum is computed.
MOST_ROWS = 3000
ALIGNERS = ["CORAL", "LinearOTMapping", "SubspaceAlignment", "GeodesicFlowKernel", "StructuralCorrespondence"]
ALIGNERS += ["TCA", "JDA", "OTMapping"]
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def memory_mb(field: str) -> float:
    """A figure of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    return float("nan")


def of_headstart(name: str) -> Callable[[Any, Any], Any]:
    """Fit an aligner and map both domains; returns the aligner."""
    import headstart as hs

    def run(Xs: Any, Xt: Any) -> Any:
        aligner = getattr(hs, name)()
        # labels only where nothing goes without them
        ys = (Xs[:, 0] > 0).astype(int) if aligner.traits.source_labels == "required" else None
        aligner.fit(Xt, source=hs.Domain(Xs, ys))
        aligner.transform(Xt)
        aligner.transform_source(Xs)
        return aligner

    return run


def of_skada(name: str) -> Callable[[Any, Any], Any]:
    """The same of skada's adapter of that name."""
    import numpy as np
    import skada

    adapters = {
        "CORAL": lambda d: skada.CORALAdapter(),
        "LinearOTMapping": lambda d: skada.LinearOTMappingAdapter(),
        "SubspaceAlignment": lambda d: skada.SubspaceAlignmentAdapter(),
        "TCA": lambda d: skada.TransferComponentAnalysisAdapter(n_components=d),
        "OTMapping": lambda d: skada.EntropicOTMappingAdapter(),
    }

    def run(Xs: Any, Xt: Any) -> Any:
        domain = np.r_[np.ones(len(Xs), int), np.full(len(Xt), -2)]
        y = np.r_[(Xs[:, 0] > 0).astype(int), np.full(len(Xt), -1)]
        rows = np.vstack([Xs, Xt])
        return adapters[name](Xs.shape[1]).fit_transform(rows, y, sample_domain=domain)

    return run


def of_adapt(name: str) -> Callable[[Any, Any], Any]:
    """The same of adapt's method of that name."""
    from adapt import feature_based as fb

    kinds = {
        "CORAL": lambda Xt: fb.CORAL(Xt=Xt, verbose=0),
        "SubspaceAlignment": lambda Xt: fb.SA(Xt=Xt, verbose=0),
        "TCA": lambda Xt: fb.TCA(Xt=Xt, n_components=Xt.shape[1], verbose=0),
    }

    def run(Xs: Any, Xt: Any) -> Any:
        model = kinds[name](Xt)
        model.fit_transform(Xs, Xt)
        model.transform(Xs, domain="src")
        return model.transform(Xt, domain="tgt")

    return run


LIBRARIES = {"headstart": of_headstart, "skada": of_skada, "adapt": of_adapt}
OF_PEERS = {
    "skada": {"CORAL", "LinearOTMapping", "SubspaceAlignment", "TCA", "OTMapping"},
    "adapt": {"CORAL", "SubspaceAlignment", "TCA"},
}


def share_of_optimum(tca: Any, Xs: Any, Xt: Any) -> float:
    """What fitted components reach of the paper's trace with the exact kernel matrix, over the most that there is."""
    import numpy as np
    import scipy.sparse.linalg as sla

    from headstart.numeric.kernels import gaussian, nystrom_map

    Z = np.vstack([Xs, Xt]) / tca.scale_ - tca.mean_ / tca.scale_
    n, m = len(Z), tca.coef_.shape[1]
    K = gaussian(Z, Z, tca.width_)
    half = len(Xs)
    gap = K @ np.r_[np.full(half, 1.0 / half), np.full(n - half, -1.0 / (n - half))]
    mu = float(tca.penalty) * n
    # W of the low-rank kernel: the components in the span of its features
    M = nystrom_map(tca.landmarks_, tca.landmarks_, tca.width_, 1.0)
    F = gaussian(Z, tca.landmarks_, tca.width_) @ M
    W = F @ np.linalg.lstsq(F.T @ F, np.linalg.lstsq(M, tca.coef_, rcond=None)[0], rcond=1e-12)[0]
    KW = K @ W
    KW -= KW.mean(axis=0)
    below = np.outer(gap @ W, gap @ W) + mu * W.T @ W
    reached = float(np.trace(np.linalg.solve(below, KW.T @ KW)))
    # (mu I + g g')^(-1/2) in closed form makes a symmetric problem of the general one
    length = float(np.linalg.norm(gap))
    g = gap / length
    shrink = 1.0 / np.sqrt(mu + length**2) - 1.0 / np.sqrt(mu)

    def half_inverse(v: Any) -> Any:
        return v / np.sqrt(mu) + shrink * g * (g @ v)

    def product(v: Any) -> Any:
        u = K @ half_inverse(v.ravel())
        return half_inverse(K @ (u - u.mean()))

    values = sla.eigsh(sla.LinearOperator((n, n), product, dtype=float), k=m, return_eigenvectors=False)
    return reached / float(values.sum())


def worker(name: str, library: str, n: int, d: int) -> None:
    """Measure one cell, and print it as a line of JSON."""
    import numpy as np

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

    run = LIBRARIES[library](name)
    run(*draw(200))
    Xs, Xt = draw(n)
    start = time.process_time()
    products(Xs, Xt)
    middle = time.process_time()
    Path("/proc/self/clear_refs").write_text("5")  # the peak so far is forgotten
    before = memory_mb("VmRSS")
    again = time.process_time()
    fitted = run(Xs, Xt)
    end = time.process_time()
    found = {"cpu_s": end - again, "products_s": middle - start, "extra_mb": memory_mb("VmHWM") - before}
    if name == "TCA" and library == "headstart" and n <= MOST_ROWS:
        found["objective"] = share_of_optimum(fitted, Xs, Xt)
    print("RESULT " + json.dumps(found | {"data_mb": 2 * Xs.nbytes / 2**20}), flush=True)


def main() -> None:
    """Run all cells and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--columns", type=int, nargs="+", default=[10, 100])
    parser.add_argument("--aligners", nargs="+", default=ALIGNERS, choices=ALIGNERS)
    parser.add_argument("--cells", nargs="+", help="ALIGNER:ROWS:COLUMNS, in the place of all of the above")
    parser.add_argument("--skada-python", help="the interpreter that has skada 0.6.0")
    parser.add_argument("--adapt-python", help="the interpreter that has adapt 0.4.5")
    parser.add_argument("--append", action="store_true", help="replace the rows of these cells, and keep the others")
    parser.add_argument("--out", type=Path, default=HERE.parent / "results" / "speed_aligners.csv")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.worker:
        worker(*json.loads(a.worker))
        return
    pythons = {"headstart": sys.executable, "skada": a.skada_python, "adapt": a.adapt_python}
    cells = [(name, n, d) for n in a.rows for d in a.columns for name in a.aligners]
    if a.cells:
        cells = [(name, int(n), int(d)) for name, n, d in (cell.split(":") for cell in a.cells)]
    known: list[dict[str, str]] = []
    if a.append and a.out.exists():
        with a.out.open(newline="") as file:
            known = list(csv.DictReader(file))
    for name, n, d in cells:
        for library, python in pythons.items():
            if not python or (library != "headstart" and (n > MOST_ROWS or name not in OF_PEERS[library])):
                continue
            row = measure(name, library, n, d, python)
            key = [str(v) for v in (name, library, n, d)]
            known = [k for k in known if [k["aligner"], k["library"], k["rows"], k["columns"]] != key]
            known.append(row)
            print(row, flush=True)
            with a.out.open("w", newline="") as file:
                table = csv.DictWriter(file, FIELDS, restval="", lineterminator="\n")
                table.writeheader()
                table.writerows(known)


def measure(name: str, library: str, n: int, d: int, python: str) -> dict[str, str]:
    """Run one cell in a process of its own."""
    row = {"aligner": name, "library": library, "rows": str(n), "columns": str(d)}
    env = {**os.environ, **ONE_THREAD, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    if library != "headstart":
        env.pop("PYTHONPATH", None)
    done = subprocess.run(
        [python, str(HERE), "--worker", json.dumps([name, library, n, d])], capture_output=True, text=True, env=env
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not lines:
        print(f"{name} of {library}, {n} x {d}: ended with {done.returncode} {done.stderr[-200:]}", file=sys.stderr)
        return row
    found = json.loads(lines[0].removeprefix("RESULT "))
    found["ratio"] = found["cpu_s"] / max(found["products_s"], 1e-4)
    return row | {k: f"{v:.5g}" if k == "objective" else f"{v:.3g}" for k, v in found.items()}


if __name__ == "__main__":
    main()
