"""Whether a task gains by the others: held-out scores jointly and alone, with the interval of their difference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..numeric.resampled import Gain, corrected_gain

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
    score_guess : float
        Of the same rows, where each class is given its share among the rows learnt from, or each number their mean:
        what needs no model. A score below it is worse than none, whatever the gain.
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
    score_guess: float
    gain: float
    interval: tuple[float, float]
    p_harm: float
    n_rows: int


def verdict_of(
    task: Any,
    joint: np.ndarray,
    alone: np.ndarray,
    labels: np.ndarray,
    fold: np.ndarray,
    n_folds: int,
    variance: float | None = None,
) -> TaskVerdict:
    """The verdict on a task, from the losses (n_rows,) of its held-out rows jointly and alone, and their labels.

    Losses are log losses; or squared errors, where ``variance`` is that of the task's labels.
    """
    guess = guessing(labels, fold, n_folds, numbers=variance is not None)
    level, unit = (0.0, 1.0) if variance is None else (1.0, variance or math.nan)
    n = np.bincount(fold, minlength=n_folds)
    with np.errstate(invalid="ignore"):
        per_fold = np.bincount(fold, weights=alone - joint, minlength=n_folds) / np.where(n, n, np.nan) / unit
    gain = corrected_gain(per_fold[n > 0], 1 / (n_folds - 1), level=LEVEL, weight=n[n > 0].astype(float))
    metric = "log likelihood" if variance is None else "r2"
    scores = [level - float(losses.mean()) / unit if len(losses) else math.nan for losses in (joint, alone, guess)]
    return TaskVerdict(
        task, decision_of(gain), metric, *scores, gain.mean, (gain.low, gain.high), gain.p_harm, len(joint)
    )  # fmt: skip


def guessing(labels: np.ndarray, fold: np.ndarray, n_folds: int, *, numbers: bool) -> np.ndarray:
    """Losses (n_rows,) of guessing from the labels of the other folds: the mean, or the shares of the classes.

    Half a row is added to each class, so that one that the other folds lack is thought unlikely, not impossible.
    """
    values, codes = np.unique(labels, return_inverse=True)
    losses = np.empty(len(labels))
    for k in range(n_folds):
        test = fold == k
        others = ~test
        if numbers:
            losses[test] = (labels[test] - labels[others].mean()) ** 2 if others.any() else math.nan
        else:
            counts = np.bincount(codes[others], minlength=len(values)) + 0.5
            losses[test] = -np.log(counts / counts.sum())[codes[test]]
    return losses


def no_better_than_guessing(verdict: TaskVerdict, uses: str) -> bool:
    """Whether what predicts a task ("joint" or "alone") scores no better than guessing on held-out rows."""
    return (verdict.score_alone if uses == "alone" else verdict.score) <= verdict.score_guess


def decision_of(gain: Gain) -> str:
    """What an interval of a gain says."""
    if gain.low > 0:
        return "helps"
    return "hurts" if gain.high < 0 else "undetermined"


def as_table(found: Sequence[TaskVerdict], **more: Any) -> pd.DataFrame:
    """One row for each task; ``more`` are columns (n_tasks,) that stand behind the number of rows."""
    return pd.DataFrame(
        {
            "task": [v.task for v in found],
            "rows": [v.n_rows for v in found],
            **more,
            "joint": [v.score for v in found],
            "alone": [v.score_alone for v in found],
            "guessing": [v.score_guess for v in found],
            "gain": [v.gain for v in found],
            "low": [v.interval[0] for v in found],
            "high": [v.interval[1] for v in found],
            "p_harm": [v.p_harm for v in found],
            "decision": [v.decision for v in found],
        }
    )
