"""Every task jointly and alone on rows held out: who gains by learning together, and who is better left alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import log_softmax

from ...core.errors import InputError
from ...neural.training.device import pick_device
from ...numeric.resampled import corrected_gain
from ..linear.verdicts import LEVEL, TaskVerdict, decision_of
from .fitting import FittedTasks, fit_tasks
from .outputs import outputs_of_tasks
from .problem import TaskProblem

# Fewest labels of a task among the rows of a fold that are learnt from.
FEWEST = 2


@dataclass(frozen=True)
class HeldOut:
    """Losses (n_rows, n_mains) of held-out rows, jointly and alone, NaN where a row has no label; ``fold`` (n_rows,).

    Log losses, or squared errors in the labels' own units.
    """

    joint: np.ndarray
    alone: np.ndarray
    fold: np.ndarray


def hold_out(how: Any, problem: TaskProblem, n_folds: int, seed: int) -> HeldOut:
    """Fit jointly and each task alone, on the same rows, in the same way and as long, and score on the others.

    Auxiliary tasks serve the joint network alone.
    """
    _check_folds(problem, n_folds)
    fold = problem.folds(n_folds, seed)
    mains = problem.mains
    joint, alone = (np.full((len(fold), len(mains)), np.nan) for _ in range(2))
    for f in range(n_folds):
        train, test = np.flatnonzero(fold != f), np.flatnonzero(fold == f)
        part, rest = problem.take(train), problem.take(test)
        known = np.flatnonzero(part.there.sum(axis=0) >= FEWEST)
        together = fit_tasks(how, part.of_tasks(known), seed, f"fold {f}/joint")
        for column, k in enumerate(mains):
            if k not in known:
                continue
            apart = fit_tasks(how, part.of_tasks(k), seed, f"fold {f}/alone {k}", alone=True)
            joint[test, column] = losses_of(how, together, int(np.flatnonzero(known == k)[0]), rest, k)
            alone[test, column] = losses_of(how, apart, 0, rest, k)
    return HeldOut(joint, alone, fold)


def losses_of(how: Any, fitted: FittedTasks, place: int, rows: TaskProblem, k: int) -> np.ndarray:
    """Losses (n_rows,) of task ``k`` of these rows under the task at ``place`` of a fitted network; NaN for gaps."""
    read = fitted.reader.read(rows.X, "X")
    device = pick_device(how.device)
    (out,) = outputs_of_tasks(fitted.network.to(device), read, device, [place])
    y = rows.codes[:, k]
    there = ~np.isnan(y)
    found = np.full(len(y), np.nan)
    if rows.tasks[k].kind == "classification":
        found[there] = -log_softmax(out[there], axis=1)[np.arange(there.sum()), y[there].astype(int)]
    else:
        said = fitted.center[place] + fitted.scale[place] * out[there, 0]
        found[there] = (said - y[there]) ** 2
    return found


def _check_folds(problem: TaskProblem, n_folds: int) -> None:
    counts = problem.there.sum(axis=0)
    for k in problem.mains:
        if counts[k] < 2 * n_folds:
            raise InputError(
                f"task {problem.tasks[k].label!r} has {counts[k]} labels, too few to judge over {n_folds} folds; "
                f"expected at least {2 * n_folds}: more labels, fewer folds, auxiliary=[{problem.tasks[k].label!r}] if "
                "it only serves, or folds=None for no verdict"
            )


def verdicts_of(problem: TaskProblem, held: HeldOut, n_folds: int) -> list[TaskVerdict]:
    """A verdict for each task that is predicted."""
    out = []
    for column, k in enumerate(problem.mains):
        there = np.isfinite(held.joint[:, column])
        joint, alone, fold = held.joint[there, column], held.alone[there, column], held.fold[there]
        numbers = problem.tasks[k].kind == "regression"
        level, unit = 0.0, 1.0
        if numbers:
            level, unit = 1.0, float(problem.codes[problem.there[:, k], k].var()) or math.nan
        n = np.bincount(fold, minlength=n_folds)
        with np.errstate(invalid="ignore"):
            gains = np.bincount(fold, weights=alone - joint, minlength=n_folds) / np.where(n, n, np.nan) / unit
        gain = corrected_gain(gains[n > 0], 1 / (n_folds - 1), level=LEVEL, weight=n[n > 0].astype(float))
        scores = [level - float(values.mean()) / unit if len(values) else math.nan for values in (joint, alone)]
        out.append(
            TaskVerdict(
                problem.tasks[k].name,
                decision_of(gain),
                "r2" if numbers else "log likelihood",
                scores[0],
                scores[1],
                gain.mean,
                (gain.low, gain.high),
                gain.p_harm,
                int(problem.there[:, k].sum()),
            )
        )
    return out


def losers(verdicts: Sequence[TaskVerdict], fallback: str) -> list[int]:
    """Places of the tasks that get a network of their own."""
    if fallback == "never":
        return []
    kept = ("helps", "undetermined") if fallback == "hurts" else ("helps",)
    return [place for place, verdict in enumerate(verdicts) if verdict.decision not in kept]
