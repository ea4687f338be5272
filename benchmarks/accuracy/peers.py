"""The peers, each in an interpreter of its own: matrices go there in a file, predictions come back in another."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import tempfile
import threading
import warnings
from pathlib import Path
from typing import Any

import numpy as np

import headstart as hs
from headstart.core.frames import stack_tables

from .protocol import Split, accuracy, score

HERE = Path(__file__).resolve().parent


class Peer:
    """One worker process for each thread that asks.

    A method that runs into the time limit is stopped; a process that cannot be stopped from inside is ended and
    started anew.
    """

    def __init__(self, name: str, python: str, seconds: int) -> None:
        self.name, self.python, self.seconds = name, python, seconds
        self._local = threading.local()
        self._workers: list[_Worker] = []
        self._slow: dict[tuple[str, str], int] = {}

    def __enter__(self) -> Peer:
        self._folder = tempfile.TemporaryDirectory(prefix="headstart-bench-")
        return self

    def __exit__(self, *_: Any) -> None:
        for worker in self._workers:
            worker.close()
        self._folder.cleanup()

    def installed(self) -> str:
        """The version of the peer."""
        code = f"from importlib.metadata import version; print(version('{self.name}'))"
        return subprocess.run([self.python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()

    def measure(self, split: Split) -> list[dict[str, Any]]:
        """Score all methods of the peer that apply to the task."""
        if not hasattr(self._local, "worker"):
            self._local.worker = _Worker(self)
            self._workers.append(self._local.worker)
        worker: _Worker = self._local.worker
        path = Path(self._folder.name) / f"{threading.get_ident()}.npz"
        shapes = _write(split, path)
        rows = []
        for method in worker.methods(split.task):
            # Twice over the limit on matrices of this size: it will be so a third time.
            if self._slow.get((method, shapes), 0) >= 2:
                rows.append(self._failed(method, f"over {self.seconds} s before"))
                continue
            told = worker.ask({"method": method, "data": str(path), "task": split.task, "seconds": self.seconds})
            if "failed" in told:
                if told["failed"].startswith("over"):
                    self._slow[method, shapes] = self._slow.get((method, shapes), 0) + 1
                rows.append(self._failed(method, told["failed"]))
                continue
            values = np.load(f"{path}.out.npy")
            note = "labels only" if split.task == "binary" and values.ndim == 1 else ""
            rows.append(
                {
                    "method": f"{self.name}: {method}",
                    "score": score(split, values),
                    "accuracy": accuracy(split, values),
                    "seconds": told["seconds"],
                    "note": note,
                }
            )
        return rows

    def _failed(self, method: str, why: str) -> dict[str, Any]:
        return {"method": f"{self.name}: {method}", "score": float("nan"), "note": why[:120]}


class _Worker:
    """A process that reads one line of JSON and answers with another."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self._start()

    def _start(self) -> None:
        script = HERE / f"worker_{self.peer.name}.py"
        self.process = subprocess.Popen(
            [self.peer.python, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
            env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        )
        self.lines: queue.Queue[str] = queue.Queue()
        stdout = self.process.stdout
        assert stdout is not None
        threading.Thread(target=_forward, args=(stdout, self.lines), daemon=True).start()

    def methods(self, task: str) -> list[str]:
        """The names of the methods for a task."""
        return self.ask({"list": task, "seconds": 120})["methods"]

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """Ask, and wait somewhat longer than the worker's own limit."""
        stdin = self.process.stdin
        assert stdin is not None
        try:
            stdin.write(json.dumps(question) + "\n")
            stdin.flush()
            answer = self.lines.get(timeout=question["seconds"] + 60)
        except (queue.Empty, BrokenPipeError):
            answer = ""
        if not answer:
            ended = self.process.poll()
            self.close()
            self._start()
            return {"failed": f"over {question['seconds']} s" if ended is None else f"the process ended with {ended}"}
        return dict(json.loads(answer))

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


def _forward(stdout: Any, lines: queue.Queue[str]) -> None:
    """Hand on lines as they come; an empty one says that the process has ended."""
    for line in stdout:
        lines.put(line)
    lines.put("")


def _write(split: Split, path: Path) -> str:
    """Encode as a peer's user would: one encoder, fitted to the source and the labelled target rows."""
    if hasattr(split.X, "columns"):
        shared = [c for c in split.X.columns if c in split.Xs.columns]
        tables = [t[shared] for t in (split.Xs, split.X, split.Xu, split.X_test)]
    else:
        tables = [split.Xs, split.X, split.Xu, split.X_test]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        encoder = hs.TableEncoder().fit(stack_tables(tables[:2]))
        Xs, X, Xu, X_test = (np.asarray(encoder.transform(t), dtype=float) for t in tables)
    np.savez(path, Xs=Xs, ys=split.ys, X=X, y=split.y, Xu=Xu, X_test=X_test, n_classes=split.n_classes)
    return f"{Xs.shape} {split.task}"
