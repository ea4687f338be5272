"""Losses and rates to MLflow and TensorBoard."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ...core.optional import require
from .history import PLAIN, History
from .settings import check_whole


def _numbers(values: dict[str, Any], names: tuple[str, ...]) -> dict[str, float]:
    return {name: values[name] for name in names if values.get(name) is not None}


def _safe(name: str) -> str:
    """The name of a training with what both take as a key or folder."""
    return re.sub(r"[^\w\-. /]", "_", name)


class MLflowLog:
    """Logs to MLflow: the settings as parameters, the loss and rate of steps, and what each epoch's row holds.

    Parameters
    ----------
    run_id : str, optional
        A run to log to, which is left open. None: a new run, which is ended with the training. Where one ``fit`` trains
        several networks, such as those of folds, each has a run of its own, or its name before all that it logs.
    experiment : str, default="headstart"
        The experiment of a new run; it is made where it is missing.
    run_name : str, optional
        The name of a new run, before the name of the training where it has one; None: the latter, or what MLflow finds.
    tracking_uri : str, optional
        Where MLflow stores runs; None: where it is set to.
    every : int, default=10
        Steps between two logged ones; each is a message to MLflow.

    Raises
    ------
    MissingDependencyError
        At the start of training, where mlflow is not installed.

    Notes
    -----
    Neither the active run nor the tracking address of the process is changed.

    Examples
    --------
    >>> import headstart as hs
    >>> log = hs.neural.MLflowLog(experiment="digits", every=50)
    """

    def __init__(
        self,
        run_id: str | None = None,
        *,
        experiment: str = "headstart",
        run_name: str | None = None,
        tracking_uri: str | None = None,
        every: int = 10,
    ) -> None:
        check_whole("every", every)
        self.run_id, self.experiment, self.run_name = run_id, experiment, run_name
        self.tracking_uri, self.every = tracking_uri, every
        self._client: Any = None

    def on_start(self, start: dict[str, Any]) -> None:
        mlflow = require("mlflow", extra="logs", purpose="MLflowLog")
        self._client = mlflow.MlflowClient(tracking_uri=self.tracking_uri)
        self._run = self.run_id
        name = "" if start["name"] == PLAIN else _safe(start["name"])
        self._before = f"{name}/" if name and self.run_id is not None else ""
        if self._run is None:
            found = self._client.get_experiment_by_name(self.experiment)
            place = self._client.create_experiment(self.experiment) if found is None else found.experiment_id
            self._run = self._client.create_run(
                place, run_name=", ".join(filter(None, (self.run_name, name))) or None
            ).info.run_id
        for name, value in start["settings"].items():
            self._client.log_param(self._run, self._before + name, value)

    def on_step(self, step: dict[str, Any]) -> None:
        if step["step"] % self.every == 0:
            for name, value in {"loss": step["loss"], "rate": step["rate"]}.items():
                self._client.log_metric(self._run, f"{self._before}step/{name}", value, step=step["step"])

    def on_epoch(self, row: dict[str, Any]) -> None:
        names = tuple(name for name in row if name not in ("epoch", "steps"))
        for name, value in _numbers(row, names).items():
            self._client.log_metric(self._run, f"{self._before}epoch/{name}", value, step=row["epoch"])

    def on_end(self, history: History) -> None:
        if self._client is not None and self.run_id is None:
            self._client.set_terminated(self._run, "FAILED" if history.stopped == "error" else "FINISHED")


class TensorBoardLog:
    """Logs to TensorBoard: the loss and rate of steps, and what each epoch's row holds.

    Parameters
    ----------
    folder : path
        Where TensorBoard reads. Where one ``fit`` trains several networks, such as those of folds, each has a folder of
        its name there, which TensorBoard shows as a run.
    every : int, default=10
        Steps between two logged ones.

    Raises
    ------
    MissingDependencyError
        At the start of training, where tensorboard is not installed.

    Examples
    --------
    >>> import headstart as hs
    >>> log = hs.neural.TensorBoardLog("runs/digits")
    """

    def __init__(self, folder: str | Path, *, every: int = 10) -> None:
        check_whole("every", every)
        self.folder, self.every = folder, every
        self._writer: Any = None

    def on_start(self, start: dict[str, Any]) -> None:
        require("tensorboard", extra="logs", purpose="TensorBoardLog")
        from torch.utils.tensorboard import SummaryWriter

        # What an interrupted run logged after its last checkpoint is dropped by TensorBoard.
        folder = self.folder if start["name"] == PLAIN else Path(self.folder) / _safe(start["name"])
        self._writer = SummaryWriter(str(folder), purge_step=start["step"] + 1 if start["step"] else None)

    def on_step(self, step: dict[str, Any]) -> None:
        if step["step"] % self.every == 0:
            for name in ("loss", "rate"):
                self._writer.add_scalar(f"step/{name}", step[name], step["step"])

    def on_epoch(self, row: dict[str, Any]) -> None:
        names = tuple(name for name in row if name not in ("epoch", "steps"))
        for name, value in _numbers(row, names).items():
            # Against steps, so that all curves have one axis.
            self._writer.add_scalar(f"epoch/{name}", value, row["steps"])

    def on_end(self, history: History) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
