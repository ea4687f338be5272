"""Every task jointly and alone on rows held out: who gains by learning together, and who is better left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import log_softmax

from ...core.errors import InputError
from ...neural.inputs.taking import taken
from ...neural.training.device import pick_device
from ..verdicts import TaskVerdict, verdict_of
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
    """Fit jointly and each task alone, on the same rows, trained and stopped in the same way, and score on the others.

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
        # Tasks made of the rows learn from those without a label too, as they do in the end.
        shared = part if len(known) == len(part.tasks) else part.of_tasks(known)
        together = fit_tasks(how, shared, seed, f"fold {f}/joint")
        for column, k in enumerate(mains):
            if k not in known:
                continue
            apart = fit_tasks(how, part.of_tasks(k), seed, f"fold {f}/alone {k}", alone=True)
            joint[test, column] = losses_of(how, together, int(np.flatnonzero(known == k)[0]), rest, k)
            alone[test, column] = losses_of(how, apart, 0, rest, k)
    return HeldOut(joint, alone, fold)


def losses_of(how: Any, fitted: FittedTasks, place: int, rows: TaskProblem, k: int) -> np.ndarray:
    """Losses (n_rows,) of task ``k`` of these rows under the task at ``place`` of a fitted network; NaN for gaps."""
    found = np.full(len(rows.codes), np.nan)
    there = np.flatnonzero(~np.isnan(rows.codes[:, k]))
    if not there.size:
        return found
    # Those with a label alone: where each task has rows of its own, all the others are none of its business.
    read, y = fitted.reader.read(taken(rows.X, there), "X"), rows.codes[there, k]
    device = pick_device(how.device)
    (out,) = outputs_of_tasks(fitted.network.to(device), read, device, [place])
    if rows.tasks[k].kind == "classification":
        found[there] = -log_softmax(out, axis=1)[np.arange(len(y)), y.astype(int)]
    else:
        found[there] = (fitted.center[place] + fitted.scale[place] * out[:, 0] - y) ** 2
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
        parts = (v[there] for v in (held.joint[:, column], held.alone[:, column], problem.codes[:, k], held.fold))
        numbers = problem.tasks[k].kind == "regression"
        variance = float(problem.codes[problem.there[:, k], k].var()) if numbers else None
        out.append(verdict_of(problem.tasks[k].name, *parts, n_folds, variance))
    return out


def losers(verdicts: Sequence[TaskVerdict], fallback: str) -> list[int]:
    """Places of the tasks that get a network of their own."""
    if fallback == "never":
        return []
    kept = ("helps", "undetermined") if fallback == "hurts" else ("helps",)
    return [place for place, verdict in enumerate(verdicts) if verdict.decision not in kept]
