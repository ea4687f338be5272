"""The work of ``finetune``: the search, and the run folder."""

from __future__ import annotations

import os
import platform
import time
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .. import run_folder as rf
from ..core.errors import InputError
from ..store.files import versions
from . import parts
from .job import Result, threads_for, write_files
from .measure import check_scoring
from .problem import Problem
from .search_folder import check_search_place, working_folder
from .voice import Voice


@dataclass(frozen=True)
class How:
    """How networks are searched: options of the command that are parameters of ``NeuralTransferSearch``."""

    backbone: str | None = None
    weights: str | None = None
    policy: str = "best"
    candidates: str = "auto"
    scoring: str | None = None
    folds: int = 5
    time_limit: float | None = None
    epochs: int | None = None
    source_epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    device: str = "auto"


@dataclass(frozen=True)
class Settings:
    """How to search, and where to."""

    how: How
    out: str
    overwrite: bool = False
    resume: bool = False
    seed: int = 0
    command: str = ""
    ranking: Any = None  # of several backbones

    def check(self) -> None:
        """Refuse what cannot be before anything slow is done."""
        check_how(self.how)
        rf.check_place(self.out, overwrite=self.overwrite)
        check_search_place(self.out, resume=self.resume)


def check_how(how: How) -> None:
    """Refuse options that are none."""
    if how.policy not in ("best", "blend", "strict"):
        raise InputError(f"--policy is {how.policy!r}; expected best, blend or strict")
    if how.candidates not in ("auto", "every"):
        raise InputError(f"--candidates is {how.candidates!r}; expected auto or every")
    check_scoring(how.scoring)
    if how.weights is not None and how.backbone is None:
        raise InputError(f"--weights is {how.weights!r} without --backbone; expected the name of their network too")
    if how.learning_rate is not None and not how.learning_rate > 0:
        raise InputError(f"--learning-rate is {how.learning_rate:g}; expected a number above 0")


def check_device(name: str) -> None:
    """Refuse a device that is not there; each training would fail on it."""
    from ..neural.training.device import pick_device

    pick_device(name)


def search_run(problem: Problem, kind: str, settings: Settings, voice: Voice) -> Result:
    """Search, and write the run folder in one step."""
    started, created = time.perf_counter(), datetime.now(UTC)
    for left in rf.leftovers(settings.out):
        voice.note(f"a killed run left {str(left)!r}; it can be removed")
    assert problem.task is not None  # every target has labels
    how = settings.how
    with working_folder(settings.out, voice, resume=settings.resume) as folder:
        model = parts.network_search(
            **asdict(how), kind=kind, task=problem.task.kind, folder=folder, resume=True, random_state=settings.seed
        )
        # Small networks on a table wait for each other with several threads; large ones do not.
        calm = threads_for(problem) if kind == "table" else nullcontext()
        with voice.progress("training the networks ...") as progress, calm:
            model.set_params(progress=progress)
            model.fit(problem.target.X, problem.target.y, source=problem.source)
        model.set_params(progress=False, folder=None, resume=False)  # they are no part of the model
        run = {
            "command": settings.command,
            "created": created.isoformat(timespec="seconds"),
            "seed": settings.seed,
            **{name: value for name, value in asdict(how).items() if name != "device"},
            **problem.record,
            **({} if settings.ranking is None else {"backbones": settings.ranking.to_dict()}),
            "notes": [*problem.notes, *problem.warnings, *model.notes_],
            "seconds": {"search": round(time.perf_counter() - started, 2)},
            "versions": {**versions(), **more_versions()},
            "machine": {"system": platform.platform(), "cpus": os.cpu_count()},
        }
        with (
            voice.working("writing the report ..."),
            rf.new_run_folder(settings.out, overwrite=settings.overwrite) as written,
        ):
            if settings.ranking is not None:
                parts.write_ranking(written / rf.BACKBONES, ranking=settings.ranking, run=run)
            write_files(written, model, None, run)
    return Result(Path(settings.out), model, None, run)


def more_versions() -> dict[str, str]:
    """Those of the packages that networks stand on, as far as they are there."""
    found = {}
    for package in ("torch", "transformers", "peft", "timm"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
