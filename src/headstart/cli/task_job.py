"""The work of ``multitask``: the fit, and the run folder."""

from __future__ import annotations

import os
import platform
import time
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .. import run_folder as rf
from ..core.errors import InputError
from ..store.files import versions
from . import parts
from .job import Result, threads_for, write_pages
from .network_job import more_versions
from .task_parts import check_exported, part_of
from .task_table import TaskTable
from .voice import Voice, plain

MODELS = ("network", "linear", "kernel")
FALLBACKS = ("hurts", "doubt", "never")


@dataclass(frozen=True, kw_only=True)
class TaskSettings:
    """How to fit, and where to. None: what the estimator takes by default."""

    model: str = "network"
    sharing: str | None = None
    weighting: str | None = None
    fallback: str | None = None
    backbone: str | None = None
    weights: str | None = None
    folds: int = 5
    epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    device: str = "auto"
    seed: int = 0
    out: str = "headstart-run"
    overwrite: bool = False
    command: str = ""

    def check(self, *, column: str | None, auxiliary: bool) -> None:
        """Refuse what cannot be before anything slow is done."""
        if self.model not in MODELS:
            raise InputError(f"--model is {self.model!r}; expected {', '.join(MODELS)}")
        check_exported("sharing", self.sharing)
        check_exported("weighting", self.weighting)
        if self.fallback not in (None, *FALLBACKS):
            raise InputError(f"--fallback is {self.fallback!r}; expected {', '.join(FALLBACKS)}")
        if self.weights is not None and self.backbone is None:
            raise InputError(
                f"--weights is {self.weights!r} without --backbone; expected the name of their network too"
            )
        if self.learning_rate is not None and not self.learning_rate > 0:
            raise InputError(f"--learning-rate is {self.learning_rate:g}; expected a number above 0")
        if self.model != "network":
            self._check_no_network(column, auxiliary=auxiliary)
        rf.check_place(self.out, overwrite=self.overwrite)

    def _check_no_network(self, column: str | None, *, auxiliary: bool) -> None:
        """Options that are about networks say nothing of other models."""
        of_networks = {
            "--sharing": self.sharing,
            "--weighting": self.weighting,
            "--fallback": self.fallback,
            "--backbone": self.backbone,
            "--column": column,
            "--auxiliary": auxiliary or None,
            "--epochs": self.epochs,
            "--batch-size": self.batch_size,
            "--learning-rate": self.learning_rate,
            "--device": None if self.device == "auto" else self.device,
        }
        given = [option for option, value in of_networks.items() if value is not None]
        if given:
            raise InputError(
                f"{given[0]} is about networks, and --model is {self.model}; expected --model network, or "
                f"{given[0]} left out"
            )


def multitask_run(table: TaskTable, settings: TaskSettings, voice: Voice) -> Result:
    """Fit all tasks, judge each, and write the run folder in one step."""
    started, created = time.perf_counter(), datetime.now(UTC)
    for left in rf.leftovers(settings.out):
        voice.note(f"a killed run left {str(left)!r}; it can be removed")
    problem, networks = table.problem, settings.model == "network"
    model = _made(table, settings)
    n_tasks = len(table.Y.columns)
    fits = f"{settings.folds} folds of a joint fit and {n_tasks - len(table.auxiliary)} single ones"
    # Small networks on a table wait for each other with several threads; large ones do not.
    calm = threads_for(problem) if table.holds == "table" else nullcontext()
    with voice.working(f"fitting {n_tasks} tasks together; {fits} ..."), calm:
        model.fit(problem.target.X, table.Y)
    run = {
        "command": settings.command,
        "created": created.isoformat(timespec="seconds"),
        "seed": settings.seed,
        "model": settings.model,
        "folds": settings.folds,
        **({name: getattr(settings, name) for name in _OF_NETWORKS} if networks else {}),
        **problem.record,
        "notes": [*problem.notes, *problem.warnings, *getattr(model, "notes_", ())],
        "seconds": {"fit": round(time.perf_counter() - started, 2)},
        "versions": {**versions(), **(more_versions() if networks else {})},
        "machine": {"system": platform.platform(), "cpus": os.cpu_count()},
    }
    with (
        voice.working("writing the report ..."),
        rf.new_run_folder(settings.out, overwrite=settings.overwrite) as folder,
    ):
        _write(folder, model, run)
    return Result(Path(settings.out), model, None, run)


_OF_NETWORKS = (
    "sharing",
    "weighting",
    "fallback",
    "backbone",
    "weights",
    "epochs",
    "batch_size",
    "learning_rate",
)


def _made(table: TaskTable, settings: TaskSettings) -> Any:
    """The unfitted model."""
    if settings.model != "network":
        kinds = set(table.kinds.values())
        if len(kinds) > 1:
            told = [next(name for name, k in table.kinds.items() if k == kind) for kind in sorted(kinds)]
            raise InputError(
                f"task {told[0]!r} has classes and {told[1]!r} numbers, and --model {settings.model} takes tasks of "
                "one kind; expected --model network, or two runs"
            )
        return parts.table_tasks(settings.model, kinds.pop(), folds=settings.folds, random_state=settings.seed)
    options = {name: getattr(settings, name) for name in ("folds", "epochs", "batch_size", "learning_rate", "device")}
    return parts.network_tasks(
        backbone=settings.backbone,
        weights=settings.weights,
        kinds=dict(table.kinds),
        sharing=part_of("sharing", settings.sharing),
        weighting=part_of("weighting", settings.weighting),
        auxiliary=list(table.auxiliary),
        kind=table.holds,
        random_state=settings.seed,
        **({"fallback": settings.fallback} if settings.fallback else {}),
        **options,
    )


def _write(folder: Path, model: Any, run: dict[str, Any]) -> None:
    """All files of a run; ``run.json``, which makes it whole, comes last."""
    parts.save_model(model, folder / rf.MODEL)
    rf.write_json(folder / rf.VERDICT, plain(parts.tasks_record(model, run)))
    model.table_.to_csv(folder / rf.LEADERBOARD, index=False)
    affinity = getattr(model, "affinity_", None)
    if affinity is not None:
        affinity.to_csv(folder / rf.AFFINITY)
    histories = {name: h for name, h in getattr(model, "histories_", {}).items() if h is not None}
    if histories:
        _courses(histories).to_csv(folder / rf.CURVES, index=False)
    if getattr(model, "layers_", None) is not None:
        model.layers_.to_csv(folder / rf.LAYERS, index=False)
    write_pages(folder, model, None, run)
    rf.finish(folder, plain(run))


def _courses(histories: dict[str, Any]) -> Any:
    """The loss by epoch of each network that the model is made of."""
    import pandas as pd

    tables = [history.table().assign(network=name) for name, history in histories.items()]
    every = pd.concat(tables, ignore_index=True)
    return every[["network", *(c for c in every if c != "network")]]
