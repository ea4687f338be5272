"""Whether a task gains by the others: held-out scores jointly and alone, with the interval of their difference."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...numeric.resampled import Gain, corrected_gain
from .hold_out import Held
from .problem import Problem

LEVEL = 0.9


@dataclass(frozen=True)
class TaskVerdict:
    """Whether joint learning helps one task.

    Attributes
    ----------
    task : str
        The name of the task.
    decision : {"helps", "hurts", "undetermined"}
        "helps" where the interval of the gain lies above zero, "hurts" where it lies below: the task would have been
        better left alone. Else its rows do not tell.
    metric : str
        "log likelihood" (mean over rows, of the true class; natural logarithm) or "r2" (1 less the squared error over
        the task's variance); higher is better.
    score, score_alone : float
        Of held-out rows, by the joint model and by the task's own.
    gain : float
        The difference of the two.
    interval : tuple of float
        Where the true gain lies with probability 0.9.
    p_harm : float
        Probability that the true gain is below zero.
    n_rows : int
        Number of labels of the task.
    """

    task: Any
    decision: str
    metric: str
    score: float
    score_alone: float
    gain: float
    interval: tuple[float, float]
    p_harm: float
    n_rows: int


def verdicts(problem: Problem, held: Held, n_folds: int) -> list[TaskVerdict]:
    """A verdict for each task."""
    out = []
    for t, name in enumerate(problem.names):
        rows = slice(problem.starts[t], problem.starts[t + 1])
        joint, alone, fold = held.joint[rows], held.alone[rows], held.fold[rows]
        level, unit = 0.0, 1.0
        if not problem.logistic:
            level, unit = 1.0, float(problem.y[rows].var()) or math.nan
        n = np.bincount(fold, minlength=n_folds)
        with np.errstate(invalid="ignore"):
            per_fold = np.bincount(fold, weights=alone - joint, minlength=n_folds) / np.where(n, n, np.nan) / unit
        gain = corrected_gain(per_fold[n > 0], 1 / (n_folds - 1), level=LEVEL, weight=n[n > 0].astype(float))
        metric = "log likelihood" if problem.logistic else "r2"
        scores = level - float(joint.mean()) / unit, level - float(alone.mean()) / unit
        out.append(
            TaskVerdict(
                name, decision_of(gain), metric, *scores, gain.mean, (gain.low, gain.high), gain.p_harm, len(joint)
            )
        )
    return out


def decision_of(gain: Gain) -> str:
    """What an interval of a gain says."""
    if gain.low > 0:
        return "helps"
    return "hurts" if gain.high < 0 else "undetermined"


def as_table(found: list[TaskVerdict], **more: np.ndarray) -> pd.DataFrame:
    """One row for each task; ``more`` are columns (n_tasks,) that stand behind the number of rows."""
    return pd.DataFrame(
        {
            "task": [v.task for v in found],
            "rows": [v.n_rows for v in found],
            **more,
            "joint": [v.score for v in found],
            "alone": [v.score_alone for v in found],
            "gain": [v.gain for v in found],
            "low": [v.interval[0] for v in found],
            "high": [v.interval[1] for v in found],
            "p_harm": [v.p_harm for v in found],
            "decision": [v.decision for v in found],
        }
    )
