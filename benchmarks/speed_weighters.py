"""Speed and memory of the weighters against ADAPT and skada.

    python benchmarks/speed_weighters.py --rows 1000 10000 --adapt-python PATH --skada-python PATH

Each cell (algorithm, library, rows, columns) runs in a process of its own, in one thread, after a warm-up on 300
rows that takes imports out of the figures. Source rows are drawn from N(0, I), as many target rows from
N(0.3, 0.9^2 I). All libraries get the same kernel widths, penalties, centres and neighbours, on columns as they are.
A peer whose interpreter is not given, or not there, is skipped with a word; so is a cell beyond ``--peer-rows``. A
cell that takes more than ``--cap`` CPU seconds or ``--memory`` GB is ended, and the table says so.

The table is printed and written as CSV: ``times_slower`` is a peer's CPU time over headstart's in the same run;
``quality`` is, for KMM, the paper's objective at the solution with the exact kernel (lower is better), for KLIEP the
mean log ratio over the target (higher is better; each library draws centres of its own), for nearest neighbours the
sum of the counts.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import resource
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve()
FIELDS = ["algorithm", "library", "version", "rows", "columns", "status", "wall_s", "cpu_s", "extra_mb"]
FIELDS += ["quality", "times_slower", "processor"]
# One thread in each process, and no accelerator.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
ONE_THREAD |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}

# algorithm -> columns it is measured at
ALGORITHMS = {
    "KMM": (10,),
    "KLIEP, one width": (10,),
    "KLIEP, 3 widths": (10,),
    "uLSIF, 3 x 3": (10,),
    "RuLSIF, 3 x 3": (10,),
    "nearest neighbour": (10, 100),
    "5 nearest neighbours": (100,),
    "domain classifier": (10,),
    # with all defaults: what a user waits for
    "KMM, defaults": (10,),
    "KLIEP, defaults": (10,),
    "uLSIF, defaults": (10,),
    "RuLSIF, defaults": (10,),
    "label shift, defaults": (10,),
}


# ------------------------------------------------------------------------------------------- in the library's process


def draw(n: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, d)), 0.3 + 0.9 * rng.normal(size=(n, d))


def grid(d: int) -> list[float]:
    """gamma = 1 / (2 width^2)"""
    return [0.1 / d, 1.0 / d, 10.0 / d]


def headstart_run(algorithm: str, Xs: np.ndarray, Xt: np.ndarray):
    import headstart as hs

    d = Xs.shape[1]
    widths = [float(np.sqrt(0.5 / g)) for g in grid(d)]
    same = {"scale": False, "random_state": 0}
    ys = (Xs[:, 0] > 0).astype(int)
    weighter = {
        "KMM": lambda: hs.KMM(width=widths[1], **same),
        "KLIEP, one width": lambda: hs.KLIEP(width=widths[1], **same),
        "KLIEP, 3 widths": lambda: hs.KLIEP(width=widths, **same),
        "uLSIF, 3 x 3": lambda: hs.ULSIF(width=widths, penalty=[0.01, 0.1, 1.0], **same),
        "RuLSIF, 3 x 3": lambda: hs.RULSIF(0.1, width=widths, penalty=[0.01, 0.1, 1.0], **same),
        "nearest neighbour": lambda: hs.NearestNeighborWeighter(scale=False),
        "5 nearest neighbours": lambda: hs.NearestNeighborWeighter(5, scale=False),
        "domain classifier": lambda: hs.DomainClassifierWeighter(random_state=0),
        "KMM, defaults": lambda: hs.KMM(random_state=0),
        "KLIEP, defaults": lambda: hs.KLIEP(random_state=0),
        "uLSIF, defaults": lambda: hs.ULSIF(random_state=0),
        "RuLSIF, defaults": lambda: hs.RULSIF(random_state=0),
        "label shift, defaults": lambda: hs.LabelShiftWeighter(random_state=0),
    }[algorithm]()
    weighter.fit(Xt, source=hs.Domain(Xs, ys))
    if algorithm == "KMM":
        return lambda: kmm_objective(Xs, Xt, weighter.solution_)
    if algorithm.startswith("KLIEP"):
        return lambda: likelihood(weighter.weigh(Xs), weighter.weigh(Xt))
    if "nearest" in algorithm:
        return lambda: float(weighter.counts_.sum())
    return None


def adapt_run(algorithm: str, Xs: np.ndarray, Xt: np.ndarray):
    from adapt import instance_based as ib
    from sklearn.linear_model import LogisticRegression

    g = grid(Xs.shape[1])
    same = {"Xt": Xt, "verbose": 0, "random_state": 0}
    lambdas = [0.01, 0.1, 1.0]
    make = {
        "KMM": lambda: ib.KMM(gamma=g[1], **same),
        "KLIEP, one width": lambda: ib.KLIEP(gamma=g[1], **same),
        "KLIEP, 3 widths": lambda: ib.KLIEP(gamma=g, **same),
        "uLSIF, 3 x 3": lambda: ib.ULSIF(gamma=g, lambdas=lambdas, **same),
        "RuLSIF, 3 x 3": lambda: ib.RULSIF(alpha=0.1, gamma=g, lambdas=lambdas, **same),
        "nearest neighbour": lambda: ib.NearestNeighborsWeighting(n_neighbors=1, **same),
        "5 nearest neighbours": lambda: ib.NearestNeighborsWeighting(n_neighbors=5, **same),
        "domain classifier": lambda: ib.IWC(classifier=LogisticRegression(max_iter=1000), **same),
    }.get(algorithm)
    if make is None:
        raise NotImplementedError
    model = make()
    weights = np.asarray(model.fit_weights(Xs, Xt)).ravel()
    if algorithm == "KMM":
        return lambda: kmm_objective(Xs, Xt, weights)
    if algorithm.startswith("KLIEP"):
        return lambda: likelihood(model.predict_weights(Xs), model.predict_weights(Xt))
    if "nearest" in algorithm:
        return lambda: float(weights.sum())
    return None


def skada_run(algorithm: str, Xs: np.ndarray, Xt: np.ndarray):
    import skada

    g = grid(Xs.shape[1])
    make = {
        "KMM": lambda: skada.KMMReweightAdapter(gamma=g[1]),
        "KLIEP, one width": lambda: skada.KLIEPReweightAdapter(gamma=g[1], random_state=0),
        "KLIEP, 3 widths": lambda: skada.KLIEPReweightAdapter(gamma=g, random_state=0),
        "nearest neighbour": lambda: skada.NearestNeighborReweightAdapter(n_neighbors=1),
        "5 nearest neighbours": lambda: skada.NearestNeighborReweightAdapter(n_neighbors=5),
        "domain classifier": lambda: skada.DiscriminatorReweightAdapter(),
    }.get(algorithm)
    if make is None:
        raise NotImplementedError
    X = np.vstack([Xs, Xt])
    domain = np.repeat([1, -2], [len(Xs), len(Xt)])
    adapter = make().fit(X, sample_domain=domain)
    weights = np.asarray(adapter.compute_weights(X, sample_domain=domain)).ravel()[: len(Xs)]
    if algorithm == "KMM":
        return lambda: kmm_objective(Xs, Xt, weights)
    if "nearest" in algorithm:
        return lambda: float(weights.sum())
    return None


def likelihood(at_source: np.ndarray, at_target: np.ndarray) -> float:
    """The mean log ratio over the target, of the ratio scaled to mean 1 over the source."""
    return float(np.mean(np.log(np.maximum(at_target, 1e-300))) - np.log(np.mean(at_source)))


def kmm_objective(Xs: np.ndarray, Xt: np.ndarray, w: np.ndarray) -> float:
    """w'Kw / 2 - kappa'w over n^2 with the exact kernel, in blocks; NaN where that takes too long."""
    n, gamma = len(Xs), grid(Xs.shape[1])[1]
    if n > 30_000:
        return float("nan")

    def kernel(A: np.ndarray, B: np.ndarray) -> np.ndarray:
        return np.exp(-gamma * np.maximum((A**2).sum(1)[:, None] + (B**2).sum(1) - 2 * A @ B.T, 0))

    total = 0.0
    for i in range(0, n, 500):
        block = Xs[i : i + 500]
        total += w[i : i + 500] @ (0.5 * kernel(block, Xs) @ w / n - kernel(block, Xt).mean(axis=1))
    return float(total / n)


def memory_mb(field: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    return float("nan")


def _limit(what: int, value: int) -> None:
    """Set a limit that can be lifted again."""
    resource.setrlimit(what, (value, resource.getrlimit(what)[1]))


def worker(library: str, algorithm: str, n: int, d: int, cap: int, memory: float) -> None:
    """Run one cell and print what was measured as a line of JSON."""
    warnings.simplefilter("ignore")
    run = {"headstart": headstart_run, "adapt": adapt_run, "skada": skada_run}[library]
    result: dict[str, object] = {"version": __import__("importlib.metadata").metadata.version(library)}
    try:
        run(algorithm, *draw(300, d))
        Xs, Xt = draw(n, d)
        Path("/proc/self/clear_refs").write_text("5")  # the peak so far is forgotten
        before = memory_mb("VmRSS")
        _limit(resource.RLIMIT_AS, int(memory_mb("VmSize") * 2**20 + memory * 2**30))
        _limit(resource.RLIMIT_CPU, int(time.process_time()) + cap + 1)
        wall, cpu = time.perf_counter(), time.process_time()
        quality = run(algorithm, Xs, Xt)
        result |= {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu, "status": "ok"}
        result["extra_mb"] = memory_mb("VmHWM") - before
        for limit in (resource.RLIMIT_AS, resource.RLIMIT_CPU):
            _limit(limit, resource.RLIM_INFINITY)
        if quality is not None:
            result["quality"] = quality()
    except NotImplementedError:
        result["status"] = "not there"
    except MemoryError:
        result["status"] = f"more than {memory:g} GB"
    except Exception as error:  # a peer's failure is a result
        result["status"] = f"{type(error).__name__}: {str(error)[:80]}"
    print("RESULT " + json.dumps(result), flush=True)


# ---------------------------------------------------------------------------------------------------- in this process


def measure(python: str, library: str, algorithm: str, n: int, d: int, cap: int, memory: float) -> dict[str, object]:
    """Run a cell in a process of its own."""
    task = json.dumps([library, algorithm, n, d, cap, memory])
    try:
        done = subprocess.run(
            [python, str(HERE), "--worker", task],
            capture_output=True,
            text=True,
            timeout=10 * cap + 120,
            check=False,
            env={**os.environ, **ONE_THREAD},
        )
    except subprocess.TimeoutExpired:
        return {"status": f"more than {cap} s"}
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if lines:
        return json.loads(lines[-1].removeprefix("RESULT "))
    ended_by = {-24: f"more than {cap} s", -9: f"more than {cap} s", -6: f"more than {memory:g} GB"}
    return {"status": ended_by.get(done.returncode, f"ended with {done.returncode}: {done.stderr.strip()[-80:]}")}


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def main(arguments: list[str] | None = None) -> list[dict[str, object]]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000], help="source rows; as many target rows")
    parser.add_argument("--columns", type=int, nargs="+", default=None, help="instead of each algorithm's own")
    parser.add_argument("--algorithms", nargs="+", default=list(ALGORITHMS), choices=list(ALGORITHMS))
    parser.add_argument("--adapt-python", default=None, help="an interpreter that has adapt")
    parser.add_argument("--skada-python", default=None, help="an interpreter that has skada")
    parser.add_argument("--peer-rows", type=int, default=30_000, help="the most rows that peers are run with")
    parser.add_argument("--cap", type=int, default=120, help="the most CPU seconds of a cell")
    parser.add_argument("--memory", type=float, default=6.0, help="the most GB of a cell")
    parser.add_argument("--out", type=Path, default=HERE.parent / "results" / "speed_weighters.csv")
    parser.add_argument("--update", action="store_true", help="keep the rows of --out that are not measured again")
    parser.add_argument("--worker", default=None, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.worker:
        worker(*json.loads(options.worker))
        return []

    libraries = {"headstart": sys.executable}
    for name, path in (("adapt", options.adapt_python), ("skada", options.skada_python)):
        if path and Path(path).exists():
            libraries[name] = path
        else:
            word = f"{path} is not there" if path else f"--{name}-python was not given"
            print(f"{name} is skipped: {word}", file=sys.stderr)

    options.out.parent.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, object]] = []
    kept: list[dict[str, str]] = []
    if options.update and options.out.exists():
        with options.out.open(newline="") as file:
            kept = [r for r in csv.DictReader(file) if not _measured_again(r, options)]
    with options.out.open("w", newline="") as file:
        table = csv.DictWriter(file, FIELDS, lineterminator="\n")
        table.writeheader()
        table.writerows(kept)
        print(
            f"{'algorithm':22} {'library':10} {'rows':>8} {'cols':>4} {'cpu s':>8} {'extra MB':>9} {'ratio':>7}  status"
        )
        for n in options.rows:
            for algorithm in options.algorithms:
                for d in options.columns or ALGORITHMS[algorithm]:
                    if n * d > 10_000_000 and "nearest" in algorithm:
                        continue  # all pairs of a million rows in many columns: days, for anyone
                    ours = None
                    for library, python in libraries.items():
                        if library != "headstart" and (n > options.peer_rows or "defaults" in algorithm):
                            continue
                        cell = measure(python, library, algorithm, n, d, options.cap, options.memory)
                        if cell["status"] == "not there":
                            continue
                        cpu = cell.get("cpu_s")
                        if library == "headstart":
                            ours = cpu
                        slower = cpu / ours if cpu and ours and library != "headstart" else None
                        row = {"algorithm": algorithm, "library": library, "rows": n, "columns": d, **cell}
                        row |= {"times_slower": slower, "processor": processor()}
                        row = {k: _short(v) for k, v in row.items()}
                        rows.append(row)
                        table.writerow(row)
                        file.flush()
                        print(
                            f"{algorithm:22} {library:10} {n:8} {d:4} {row.get('cpu_s', ''):>8} "
                            f"{row.get('extra_mb', ''):>9} {row['times_slower']:>7}  {row['status']} "
                            f"{row.get('quality', '')}",
                            flush=True,
                        )
    return rows


def _measured_again(row: dict[str, str], options: argparse.Namespace) -> bool:
    columns = options.columns or ALGORITHMS.get(row["algorithm"], ())
    return (
        row["algorithm"] in options.algorithms and int(row["rows"]) in options.rows and int(row["columns"]) in columns
    )


def _short(value: object) -> object:
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.4g}"
    return "" if value is None else value


if __name__ == "__main__":
    main()
