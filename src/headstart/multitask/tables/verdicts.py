"""Verdicts on the tasks of a table, from what folds gave."""

from __future__ import annotations

from ..verdicts import TaskVerdict, verdict_of
from .hold_out import Held
from .problem import Problem


def verdicts(problem: Problem, held: Held, n_folds: int) -> list[TaskVerdict]:
    """A verdict for each task."""
    out = []
    for t, name in enumerate(problem.names):
        rows = slice(problem.starts[t], problem.starts[t + 1])
        variance = None if problem.logistic else float(problem.y[rows].var())
        out.append(
            verdict_of(name, held.joint[rows], held.alone[rows], problem.y[rows], held.fold[rows], n_folds, variance)
        )
    return out
