"""Every candidate on the same folds: out-of-fold values, none of which saw the rows it is scored on."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone

from ..core.errors import HeadstartWarning
from .candidates import Candidate
from .folds import Fold
from .problem import Problem, take_rows
from .setups import Setup, Setups
from .spaces import SourceSays, Spaces

# What a candidate may fail with: it is left out with a note. Anything else is a fault of the program.
FAILURES = (ValueError, TypeError, ArithmeticError, np.linalg.LinAlgError)


@dataclass
class CrossFit:
    """Out-of-fold values of each candidate, for each fold that was finished, and the seconds that each took."""

    folds: list[Fold] = field(default_factory=list)
    values: dict[str, list[np.ndarray]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The candidates that have values for every fold."""
        return [name for name, v in self.values.items() if len(v) == len(self.folds)]

    @property
    def rows(self) -> np.ndarray:
        """The target row of each prediction."""
        return np.concatenate([f.test for f in self.folds])

    @property
    def fold_of(self) -> np.ndarray:
        """The fold of each prediction."""
        return np.repeat(np.arange(len(self.folds)), [len(f.test) for f in self.folds])

    def stacked(self, name: str) -> np.ndarray:
        """All values of a candidate, fold after fold."""
        return np.concatenate(self.values[name])


def fit_members(
    candidates: list[Candidate],
    problem: Problem,
    models: Any,
    rows: np.ndarray | None = None,
    says: SourceSays | None = None,
) -> tuple[Spaces, dict[str, Any], dict[str, float], dict[str, str]]:
    """Fit the encoders and the candidates to some of the target rows (None: to all)."""
    index = np.arange(len(problem.y)) if rows is None else rows
    table = problem.X if rows is None else take_rows(problem.X, rows)
    y = problem.y[index]
    spaces = Spaces(
        models,
        need_shared=any(c.needs_shared for c in candidates),
        need_common=any(c.needs_common for c in candidates),
    ).fit(table, problem, y)
    given = spaces.training(table, y, problem, None if says is None else says.rows(index))
    fitted, seconds, notes = {}, {}, {}
    for candidate in candidates:
        if candidate.needs_common and spaces.common_ is None:
            notes[candidate.name] = f"could not be fitted: {spaces.common_note_}"
            continue
        start = time.perf_counter()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                fitted[candidate.name] = clone(candidate.member).fit(given)
        except FAILURES as error:
            notes[candidate.name] = f"could not be fitted: {error}".splitlines()[0]
        seconds[candidate.name] = time.perf_counter() - start
    return spaces, fitted, seconds, notes


def _one_fold(setup: Setup, fold: Fold) -> Any:
    problem, says = setup.problem, setup.says
    spaces, fitted, seconds, notes = fit_members(setup.candidates, problem, setup.models, fold.train, says)
    view = spaces.view(take_rows(problem.X, fold.test), None if says is None else says.rows(fold.test))
    values = {}
    for name, member in fitted.items():
        start = time.perf_counter()
        try:
            found = member.values(view)
        except FAILURES as error:
            notes[name] = f"could not predict: {error}".splitlines()[0]
            continue
        finally:
            seconds[name] += time.perf_counter() - start
        if np.isfinite(found).all():
            values[name] = found
        else:
            notes[name] = "predicted values that are not finite"
    return values, seconds, notes


def cross_fit(
    candidates: list[Candidate],
    problem: Problem,
    models: Any,
    folds: list[Fold],
    *,
    n_jobs: int | None,
    deadline: float | None,
    report: Callable[[int, int], None],
    setups: Setups | None = None,
) -> CrossFit:
    """Fit every candidate on every fold, and keep what it says of the fold's other rows.

    With ``setups`` the sources, their models and the candidates of a fold are those that its training rows choose.
    After the ``deadline`` (seconds of ``time.perf_counter``) no further fold is begun, but for the first two: with
    fewer there is nothing to choose by.
    """
    found = CrossFit(values={c.name: [] for c in candidates}, seconds={c.name: 0.0 for c in candidates})
    if setups is None:
        says = models.says(problem.X) if models is not None else None
        same = Setup(problem, models, candidates, says)
    batch = max(1, n_jobs_of(n_jobs))
    with Parallel(n_jobs=n_jobs) as parallel:
        for start in range(0, len(folds), batch):
            if deadline is not None and len(found.folds) >= 2 and time.perf_counter() > deadline:
                break
            part = folds[start : start + batch]
            chosen = [same if setups is None else setups.of(fold.train) for fold in part]
            done = parallel(delayed(_one_fold)(setup, fold) for setup, fold in zip(chosen, part, strict=True))
            for fold, (values, seconds, notes) in zip(part, done, strict=True):
                found.folds.append(fold)
                for name in found.values:
                    found.seconds[name] += seconds.get(name, 0.0)
                    if name in values:
                        found.values[name].append(values[name])
                    elif name not in notes:
                        found.notes[name] = "is not tried with the sources that some folds choose"
                found.notes.update(notes)
            report(len(found.folds), len(folds))
    for name, note in found.notes.items():
        warnings.warn(f"candidate {name!r} {note}; it is left out", HeadstartWarning, stacklevel=5)
    return found


def n_jobs_of(n_jobs: int | None) -> int:
    """The number of workers that joblib will use."""
    from joblib import effective_n_jobs

    return int(effective_n_jobs(n_jobs))
