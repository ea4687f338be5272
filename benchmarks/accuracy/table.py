"""The CSV of results: appended to row by row, so that a run that was cut off goes on where it stopped."""

from __future__ import annotations

import csv
import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd

import headstart

COLUMNS = [
    "pairset",
    "pair",
    "n",
    "repeat",
    "n_target",
    "n_source",
    "method",
    "score",
    "accuracy",
    "seconds",
    "decision",
    "gain_estimate",
    "low",
    "high",
    "p_harm",
    "worth_labels",
    "weight",
    "note",
    "version",
]


def version() -> str:
    """The commit that the measured package is of; a plus and a digest where files differ from it.

    ``HEADSTART_VERSION`` names it where the package measured is a copy outside a repository.
    """
    if given := os.environ.get("HEADSTART_VERSION"):
        return given
    package = Path(headstart.__file__).resolve().parent

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=package, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    commit = git("log", "-1", "--format=%h", "--", ".")
    if not commit:
        return headstart.__version__
    changed = git("diff", "HEAD", "--", ".")
    return f"{commit}+{hashlib.sha1(changed.encode()).hexdigest()[:4]}" if changed else commit


class ResultTable:
    """Rows on disk; ``done`` tells which cells are there already."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._done: set[tuple[str, int, int, str]] = set()
        if path.exists() and path.stat().st_size:
            known = pd.read_csv(path, usecols=["pair", "n", "repeat", "method", "version"], dtype=str)
            for pair, n, repeat, method in known[["pair", "n", "repeat", "method"]].itertuples(index=False):
                self._done.add((pair, int(n), int(repeat), family(method)))
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w", newline="") as file:
                csv.writer(file).writerow(COLUMNS)

    def done(self, pair: str, n: int, repeat: int, which: str) -> bool:
        """Whether the rows of a family of methods are there."""
        return (pair, n, repeat, which) in self._done

    def append(self, rows: list[dict[str, Any]]) -> None:
        """Write the rows of a cell at once."""
        with self.path.open("a", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, restval="")
            for row in rows:
                writer.writerow({k: _short(v) for k, v in row.items()})
        for row in rows:
            self._done.add((row["pair"], row["n"], row["repeat"], family(row["method"])))


def family(method: str) -> str:
    """Which --methods entry a row came from."""
    head = method.partition(":")[0]
    return head if head in ("afternoon", "adapt", "skada") else "ours"


def _short(value: Any) -> Any:
    if value is None or (isinstance(value, float) and value != value):
        return ""
    return f"{value:.6g}" if isinstance(value, float) else value
