"""What a training tells while it runs: the protocol of callbacks, a progress bar and a table on disk."""

from __future__ import annotations

import csv
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.errors import InputTypeError
from .history import PLAIN, History

if TYPE_CHECKING:
    from .run import Training

_HOOKS = ("on_start", "on_step", "on_epoch", "on_end")


class Callback:
    """What a callback may have; any object with some of these methods is one, this class need not be its base.

    With several processes callbacks are called in the first one only, unless they have ``every_process = True``.
    An error that a callback raises ends the training.

    Examples
    --------
    >>> class Losses:
    ...     def __init__(self):
    ...         self.seen = []
    ...     def on_epoch(self, row):
    ...         self.seen.append(row["loss"])
    """

    every_process = False

    def on_start(self, start: dict[str, Any]) -> None:
        """Before the first step: "name" of the training, "settings" (a dict), "step" (steps done), "steps" (in all),
        "epochs", "rows" so far.
        """

    def on_step(self, step: dict[str, Any]) -> None:
        """After each step: "step" (steps done), "steps", "epoch", "loss", "rate", "losses" (named, of this process)."""

    def on_epoch(self, row: dict[str, Any]) -> None:
        """After each epoch: its row of the history."""

    def on_end(self, history: History) -> None:
        """At the end, also that by an error; ``history.stopped`` is then "error"."""


class Callbacks:
    """Several callbacks as one."""

    def __init__(self, callbacks: Sequence[Any], rank: int) -> None:
        for one in callbacks:
            if isinstance(one, type) or not any(callable(getattr(one, hook, None)) for hook in _HOOKS):
                name = f"the class {one.__name__}" if isinstance(one, type) else f"a {type(one).__name__}"
                raise InputTypeError(f"callbacks hold {name}; expected objects with one of {', '.join(_HOOKS)}")
        here = [one for one in callbacks if rank == 0 or getattr(one, "every_process", False)]
        self._of = {hook: [getattr(one, hook) for one in here if hasattr(one, hook)] for hook in _HOOKS}

    @property
    def steps(self) -> bool:
        """Whether any callback asks for steps."""
        return bool(self._of["on_step"])

    def start(self, run: Training) -> None:
        start = {
            "name": run.name,
            "settings": asdict(run.settings),
            "step": run.progress.step,
            "steps": run.n_steps,
            "epochs": run.settings.epochs,
            "rows": [dict(row) for row in run.progress.rows],
        }
        for hook in self._of["on_start"]:
            hook(start)

    def step(self, run: Training, losses: dict[str, float], rate: float) -> None:
        step = run.progress.step
        told = {
            "step": step,
            "steps": run.n_steps,
            "epoch": (step - 1) // run.batches.per_epoch,
            "loss": losses["loss"],
            "rate": rate,
            "losses": {name: value for name, value in losses.items() if name != "loss"},
        }
        for hook in self._of["on_step"]:
            hook(told)

    def epoch(self, row: dict[str, Any]) -> None:
        for hook in self._of["on_epoch"]:
            hook(dict(row))

    def end(self, history: History) -> None:
        for hook in self._of["on_end"]:
            hook(history)


class ProgressBar:
    """A bar on stderr with the epoch, the loss and the time left.

    Parameters
    ----------
    title : str, default=None
        What stands before the bar. None: the name of the training, which tells those of several networks apart.

    Examples
    --------
    >>> import headstart as hs
    >>> bar = hs.neural.ProgressBar("fine-tuning")
    """

    # Drawing costs more than a small step; eyes need no more than this.
    _SECONDS = 0.1

    def __init__(self, title: str | None = None) -> None:
        self.title = title
        self._progress: Any = None

    def on_start(self, start: dict[str, Any]) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[told]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = self._progress.add_task(
            self.title or start["name"], total=start["steps"], completed=start["step"], told=""
        )
        self._last = 0.0
        self._score = ""
        self._progress.start()

    def on_step(self, step: dict[str, Any]) -> None:
        now = time.perf_counter()
        if now - self._last >= self._SECONDS or step["step"] == step["steps"]:
            self._last = now
            told = f"epoch {step['epoch'] + 1}, loss {step['loss']:.4g}{self._score}"
            self._progress.update(self._task, completed=step["step"], told=told)

    def on_epoch(self, row: dict[str, Any]) -> None:
        if row["validation"] is not None:
            self._score = f", validation {row['validation']:.4g}"

    def on_end(self, history: History) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


class CSVLog:
    """The rows of the history in a CSV file, written after each epoch.

    Several trainings of one ``fit``, such as those of folds, follow each other, told apart by a column ``training``.

    Parameters
    ----------
    path : path
        The file; an existing one is replaced. A resumed training writes the epochs before it again.

    Examples
    --------
    >>> import headstart as hs
    >>> log = hs.neural.CSVLog("training.csv")
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._trainings: dict[str, list[dict[str, Any]]] = {}
        self._name = ""

    def on_start(self, start: dict[str, Any]) -> None:
        self._name = start["name"]
        self._trainings.pop(self._name, None)
        self._trainings[self._name] = list(start["rows"])
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._write()

    def on_epoch(self, row: dict[str, Any]) -> None:
        self._trainings[self._name].append(row)
        self._write()

    def _write(self) -> None:
        rows = [{"training": name, **row} for name, of in self._trainings.items() for row in of]
        names = list(dict.fromkeys(name for row in rows for name in row))
        if list(self._trainings) == [PLAIN]:
            names = names[1:]
        with open(self.path, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, names, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
