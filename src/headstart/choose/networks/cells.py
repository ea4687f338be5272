"""Every candidate on every fold: one training each, kept on disk where a folder is given."""

from __future__ import annotations

import copy
import json
import os
import shutil
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...compose.wrapper import pad_classes
from ...core.domain import Domain
from ...core.errors import HeadstartWarning, MissingDependencyError
from ...neural.estimator import NetworkEstimator
from ...neural.inputs.taking import taken
from ..candidates import Candidate
from ..cross_fit import FAILURES, CrossFit
from ..folds import Fold

NOT_FITTED = (*FAILURES, MissingDependencyError)


@dataclass(frozen=True)
class Rows:
    """The target's rows as they came, and their labels; ``classes`` is None for numbers."""

    X: Any
    y: np.ndarray
    classes: np.ndarray | None

    def fit(self, estimator: Any, rows: np.ndarray | None = None) -> Any:
        """Fit an estimator to some of the rows."""
        if rows is None:
            return estimator.fit(self.X, self.y)
        return estimator.fit(taken(self.X, rows), self.y[rows])

    def values(self, estimator: Any, rows: np.ndarray) -> np.ndarray:
        """What it says of others: probabilities (n, n_classes) or numbers (n,)."""
        return values_of(estimator, taken(self.X, rows), self.classes)


@dataclass
class Cell:
    """One training: what it said of the fold's other rows, its course, and the seconds it took; or why it failed."""

    values: np.ndarray | None = None
    course: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    note: str = ""
    told: tuple[str, ...] = ()


def values_of(estimator: Any, X: Any, classes: np.ndarray | None) -> np.ndarray:
    """Probabilities with a column for each of ``classes``, or numbers."""
    if classes is None:
        return np.asarray(estimator.predict(X), dtype=float)
    return pad_classes(np.asarray(estimator.predict_proba(X)), estimator.classes_, classes)


def fresh(candidate: Candidate, **changes: Any) -> Any:
    """A copy of the candidate's estimator with other parameters; what it starts from is shared, and not trained."""
    estimator = copy.copy(candidate.member)
    return estimator.set_params(**changes) if isinstance(estimator, NetworkEstimator) else estimator


def run_cell(candidate: Candidate, rows: Rows, fold: Fold, seed: int, folder: Path | None) -> Cell:
    """Fit a candidate to a fold's rows, and ask it about the others."""
    cell, start = Cell(), time.perf_counter()
    if candidate.role == "source only":
        cell.values = rows.values(candidate.member, fold.test)
        cell.seconds = time.perf_counter() - start
        return cell
    network = isinstance(candidate.member, NetworkEstimator)
    changes: dict[str, Any] = {}
    if network:
        changes = {"random_state": seed, "watch": Domain(taken(rows.X, fold.test), rows.y[fold.test])}
        if rows.classes is not None and not set(rows.y[fold.test]) <= set(rows.y[fold.train]):
            changes.pop("watch")
        if folder is not None:
            changes |= {"folder": folder, "resume": True}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            fitted = rows.fit(fresh(candidate, **changes), fold.train)
            cell.values = rows.values(fitted, fold.test)
            if network and "target" in fitted.histories_:
                cell.course = fitted.histories_["target"].rows
        except NOT_FITTED as error:
            cell.note = f"could not be fitted: {error}".splitlines()[0]
    cell.told = tuple(dict.fromkeys(str(w.message) for w in caught if issubclass(w.category, HeadstartWarning)))
    if cell.values is not None and not np.isfinite(cell.values).all():
        cell.values, cell.note = None, "predicted values that are not finite"
    cell.seconds = time.perf_counter() - start
    return cell


class Kept:
    """Cells on disk, so that a search that was interrupted goes on; without a folder they are in memory alone."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = None if folder is None else folder / "cells"
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)

    def training(self, k: int, fold: int) -> Path | None:
        """Where the checkpoints of a training lie while it runs."""
        return None if self.folder is None else self.folder / f"{k}-{fold}.training"

    def load(self, k: int, fold: int) -> Cell | None:
        """A cell that is done."""
        if self.folder is None or not (self.folder / f"{k}-{fold}.json").is_file():
            return None
        said = json.loads((self.folder / f"{k}-{fold}.json").read_text(encoding="utf-8"))
        values = None if said["note"] else np.load(self.folder / f"{k}-{fold}.npy")
        return Cell(values, said["course"], said["seconds"], said["note"], tuple(said["told"]))

    def save(self, k: int, fold: int, cell: Cell) -> None:
        """Keep a cell; the file that makes it whole comes last."""
        if self.folder is None:
            return
        place = self.folder / f"{k}-{fold}"
        if cell.values is not None:
            np.save(place.with_suffix(".npy"), cell.values)
        said = {"course": cell.course, "seconds": cell.seconds, "note": cell.note, "told": list(cell.told)}
        partial = place.with_suffix(".partial")
        partial.write_text(json.dumps(said), encoding="utf-8")
        os.replace(partial, place.with_suffix(".json"))
        shutil.rmtree(self.training(k, fold) or "", ignore_errors=True)


def run_cells(
    candidates: list[Candidate],
    rows: Rows,
    folds: list[Fold],
    seeds: list[int],
    kept: Kept,
    *,
    deadline: float | None,
    report: Callable[[int, int, str], None],
) -> tuple[CrossFit, list[dict[str, Any]]]:
    """All candidates on one fold after the other, and the courses of their trainings.

    After the ``deadline`` (seconds of ``time.perf_counter``) no further fold is begun, but for the first two: with
    fewer there is nothing to choose by.
    """
    found = CrossFit(values={c.name: [] for c in candidates}, seconds={c.name: 0.0 for c in candidates})
    courses: list[dict[str, Any]] = []
    told: dict[str, None] = {}
    total = len(folds) * len(candidates)
    for f, (fold, seed) in enumerate(zip(folds, seeds, strict=True)):
        if deadline is not None and len(found.folds) >= 2 and time.perf_counter() > deadline:
            break
        for k, candidate in enumerate(candidates):
            report(f * len(candidates) + k, total, candidate.name)
            cell = kept.load(k, f)
            if cell is None:
                cell = run_cell(candidate, rows, fold, seed, kept.training(k, f))
                kept.save(k, f, cell)
            found.seconds[candidate.name] += cell.seconds
            if cell.values is not None:
                found.values[candidate.name].append(cell.values)
            else:
                found.notes[candidate.name] = cell.note
            courses += [{"candidate": candidate.name, "fold": f, **row} for row in cell.course]
            told |= dict.fromkeys(cell.told)
        found.folds.append(fold)
    report(total, total, "")
    for name, note in found.notes.items():
        warnings.warn(f"candidate {name!r} {note}; it is left out", HeadstartWarning, stacklevel=4)
    for message in told:
        warnings.warn(message, HeadstartWarning, stacklevel=4)
    return found, courses
