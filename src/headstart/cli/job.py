"""The work of ``fit``: diagnosis, model, and the run folder."""

from __future__ import annotations

import os
import platform
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .. import run_folder as rf
from ..core.errors import HeadstartWarning, InputError
from ..store.files import versions
from . import parts
from .measure import check_scoring
from .problem import Problem
from .spaces import write_spaces
from .voice import Voice, plain

# From here on the threads of the gradient boosting are worth their waiting.
MANY_ROWS = 20_000


@dataclass(frozen=True)
class Settings:
    """How to fit, and where to."""

    out: str
    overwrite: bool = False
    policy: str = "blend"
    candidates: str = "auto"
    scoring: str | None = None
    all_sources: bool = False
    time_limit: float | None = None
    jobs: int = 1
    seed: int = 0
    command: str = ""

    def check(self) -> None:
        """Refuse what cannot be before anything slow is done."""
        rf.check_place(self.out, overwrite=self.overwrite)
        if self.policy not in ("blend", "best", "strict"):
            raise InputError(f"--policy is {self.policy!r}; expected blend, best or strict")
        if self.candidates not in ("auto", "every"):
            raise InputError(f"--candidates is {self.candidates!r}; expected auto or every")
        check_scoring(self.scoring)


@dataclass(frozen=True, eq=False)
class Result:
    """What a fit left."""

    folder: Path
    model: Any
    diagnosis: Any
    run: dict[str, Any]

    @property
    def verdict(self) -> Any:
        """The verdict, or None where there is none."""
        return getattr(self.model, "verdict_", None)


def fit_run(problem: Problem, settings: Settings, voice: Voice) -> Result:
    """Diagnose, fit, and write the run folder in one step."""
    started, created = time.perf_counter(), datetime.now(UTC)
    for left in rf.leftovers(settings.out):
        voice.note(f"a killed run left {str(left)!r}; it can be removed")
    assert problem.task is not None  # fit requires the label
    _check_rows(problem)
    diagnosis = None
    if problem.source is not None:
        with voice.working("comparing the tables ..."), threads_for(problem):
            diagnosis = parts.diagnose(problem.target, problem.source, unlabeled=problem.unlabeled, seed=settings.seed)
    diagnosed = time.perf_counter()
    model = parts.make_model(
        problem.task.kind,
        policy=settings.policy,
        candidates=settings.candidates,
        scoring=settings.scoring,
        select_sources=not settings.all_sources,
        time_limit=settings.time_limit,
        n_jobs=settings.jobs if settings.jobs > 1 else None,
        random_state=settings.seed,
        **({"source_model": problem.models} if problem.models else {}),
    )
    with voice.progress("fitting the candidates ...") as progress:
        model.set_params(progress=progress)
        with threads_for(problem), warnings.catch_warnings():
            # Told already, with the option that mends it.
            warnings.filterwarnings("ignore", message="no shared column", category=HeadstartWarning)
            model.fit(problem.target.X, problem.target.y, source=problem.source, unlabeled=problem.unlabeled)
    model.set_params(progress=False)  # the bar is no part of the model
    fitted = time.perf_counter()
    run = {
        "command": settings.command,
        "created": created.isoformat(timespec="seconds"),
        "seed": settings.seed,
        "policy": settings.policy,
        "candidates": settings.candidates,
        "scoring": settings.scoring,
        "all_sources": settings.all_sources,
        "time_limit": settings.time_limit,
        **problem.record,
        "notes": [*problem.notes, *problem.warnings],
        "seconds": {"diagnosis": round(diagnosed - started, 2), "fit": round(fitted - diagnosed, 2)},
        "versions": versions(),
        "machine": {"system": platform.platform(), "cpus": os.cpu_count()},
    }
    with (
        voice.working("writing the report ..."),
        rf.new_run_folder(settings.out, overwrite=settings.overwrite) as folder,
    ):
        write_files(folder, model, diagnosis, run)
    return Result(Path(settings.out), model, diagnosis, run)


def _check_rows(problem: Problem) -> None:
    """Refuse too few labels here, where the mend is an option of the command."""
    from ..choose.verdict import FEWEST_ROWS

    n = problem.target.n_rows
    if problem.target.y is not None and n < FEWEST_ROWS:
        raise InputError(
            f"{problem.record['target']['file']!r} has {n} labelled rows; expected at least {FEWEST_ROWS} to judge by: "
            "label more, or pass --no-target-labels to learn from the sources alone, without a verdict"
        )


@contextmanager
def threads_for(problem: Problem) -> Iterator[None]:
    """One thread where rows are few: more of them only wait for each other, on a busy machine twenty times as long."""
    sources = () if problem.source is None else getattr(problem.source, "domains", (problem.source,))
    if problem.target.n_rows + sum(d.n_rows for d in sources) > MANY_ROWS:
        yield
        return
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield


def write_files(folder: Path, model: Any, diagnosis: Any, run: dict[str, Any]) -> None:
    """All files of a run; ``run.json``, which makes it whole, comes last."""
    parts.save_model(model, folder / rf.MODEL)
    rf.write_json(folder / rf.VERDICT, verdict_record(model))
    model.leaderboard_.to_csv(folder / rf.LEADERBOARD, index=False)
    if hasattr(model, "curves_"):
        write_courses(folder, model)
    if diagnosis is not None:
        rf.write_json(folder / rf.DIAGNOSIS, plain(diagnosis.to_dict()))
    write_spaces(folder, parts.shown_alignments(model))
    write_pages(folder, model, diagnosis, run)
    rf.finish(folder, plain(run))


def write_courses(folder: Path, model: Any) -> None:
    """How the networks of a search were trained: the loss by epoch, and what trained layer by layer."""
    import pandas as pd

    model.curves_.to_csv(folder / rf.CURVES, index=False)
    tables = [table.assign(candidate=name) for name, table in model.layers_.items()]
    if tables:
        layers = pd.concat(tables, ignore_index=True)
        layers[["candidate", *(c for c in layers if c != "candidate")]].to_csv(folder / rf.LAYERS, index=False)


def write_pages(folder: Path, model: Any, diagnosis: Any, run: dict[str, Any]) -> None:
    """The pages that people read."""
    parts.write_report(folder / rf.REPORT, model=model, diagnosis=diagnosis, run=run)
    (folder / rf.CARD).write_text(parts.model_card(model, diagnosis, run), encoding="utf-8")


def verdict_record(model: Any) -> dict[str, Any]:
    """The verdict for JSON, or why there is none."""
    verdict = getattr(model, "verdict_", None)
    if verdict is None:
        return {"decision": None, "sentence": str(getattr(model, "verdict_note_", "") or "there is no verdict")}
    return {"sentence": verdict.sentence(), **plain(verdict.to_dict())}
