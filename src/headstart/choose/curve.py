"""What further target labels would bring: the learning curve of the target-only model, and what a gain is worth."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from .candidates import Candidate
from .folds import Fold
from .problem import Problem, take_rows
from .scoring import Metric
from .spaces import Spaces

# Beyond this many times the labels that there are a curve drawn through them tells nothing.
FURTHEST = 10.0


def learning_curve(
    score: Callable[[np.ndarray, np.ndarray], float],
    y: np.ndarray,
    folds: list[Fold],
    full_scores: np.ndarray,
    random: np.random.Generator,
    *,
    classes: bool,
    most_folds: int = 6,
) -> pd.DataFrame:
    """Score a learner when fitted to a third, a half and three quarters of each fold's rows.

    ``score`` fits it to the first rows and scores it on the others. Returns columns ``n_labels``, ``target_only``,
    ``target_only_low``, ``target_only_high`` (one standard error of the mean over folds). The last row is the fit to
    all rows of a fold, whose scores are known already.
    """
    part = [folds[k] for k in np.unique(np.linspace(0, len(folds) - 1, min(most_folds, len(folds))).astype(int))]
    n_train = float(np.mean([len(f.train) for f in folds]))
    records = []
    for share in (1 / 3, 1 / 2, 3 / 4):
        scores = []
        for fold in part:
            rows = _some_of_each(y[fold.train], fold.train, share, random, classes=classes)
            if len(rows) >= 3 and not (classes and len(np.unique(y[rows])) < 2):
                scores.append(score(rows, fold.test))
        scores = [s for s in scores if math.isfinite(s)]
        if len(scores) >= 2:
            records.append(_record(round(share * n_train), np.array(scores)))
    known = full_scores[np.isfinite(full_scores)]
    if len(known) >= 2:
        records.append(_record(round(n_train), known))
    return pd.DataFrame(records, columns=["n_labels", "target_only", "target_only_low", "target_only_high"])


def target_only_score(
    candidates: list[Candidate], weights: np.ndarray, problem: Problem, metric: Metric
) -> Callable[[np.ndarray, np.ndarray], float]:
    """Fit the target-only candidates that have a weight to some rows, and score their mixture on others."""
    used = [(c, w) for c, w in zip(candidates, weights, strict=True) if w > 0]

    def score(rows: np.ndarray, test: np.ndarray) -> float:
        table = take_rows(problem.X, rows)
        spaces = Spaces(need_shared=False).fit(table, problem)
        training = spaces.training(table, problem.y[rows], problem)
        view = spaces.view(take_rows(problem.X, test))
        fitted: list[Any] = [(clone(c.member).fit(training), w) for c, w in used]
        return metric(problem.y[test], sum(w * member.values(view) for member, w in fitted))

    return score


def _record(n_labels: int, scores: np.ndarray) -> tuple[int, float, float, float]:
    mean, error = float(scores.mean()), float(scores.std(ddof=1) / math.sqrt(len(scores)))
    return n_labels, mean, mean - error, mean + error


def _some_of_each(
    y: np.ndarray, rows: np.ndarray, share: float, random: np.random.Generator, *, classes: bool
) -> np.ndarray:
    """A share of the rows; of each class at least one."""
    if not classes:
        return random.permutation(rows)[: max(3, round(share * len(rows)))]
    picked = []
    for label in np.unique(y):
        mine = random.permutation(rows[y == label])
        picked.append(mine[: max(1, round(share * len(mine)))])
    return np.concatenate(picked)


def worth_labels(curve: pd.DataFrame, gain: float, n_target: int) -> float | None:
    """How many more target labels would have bought ``gain``.

    The curve is taken to approach its limit as one over the square root of the number of labels, the rate of the
    textbook's bound, with the two remaining numbers fitted to the points. None where the curve does not rise or the
    gain is not above zero; infinity where the gain lies beyond the limit, or more than ten times the labels away.
    """
    if len(curve) < 3 or not gain > 0:
        return None
    x = 1.0 / np.sqrt(curve["n_labels"].to_numpy(dtype=float))
    weight = np.sqrt(curve["n_labels"].to_numpy(dtype=float))
    slope, _ = np.polyfit(x, curve["target_only"].to_numpy(dtype=float), 1, w=weight)
    if slope >= 0:
        return None
    left = 1.0 / math.sqrt(n_target) - gain / -slope
    if left <= 0:
        return math.inf
    needed = 1.0 / left**2
    return math.inf if needed > FURTHEST * n_target else max(0.0, float(round(needed - n_target)))
