"""The steps of two-stage TrAdaBoost.R2: weight moves from the source to the target, cross-validation keeps one step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.model_selection import KFold

from ._adaboost_r2 import MedianEnsemble, adjusted_errors, boost_target, decayed, search_decay
from ._boosting import WeightedLearner


@dataclass(frozen=True)
class Steps:
    """The kept model, its weights (source rows first) and position, and the error and source share of every step."""

    model: MedianEnsemble
    weight: np.ndarray
    best: int
    errors: np.ndarray
    shares: np.ndarray


@dataclass(frozen=True)
class Fold:
    """A learner over all source rows and the training rows of the target, and the held-out target rows."""

    learner: WeightedLearner
    rows: np.ndarray
    X_test: Any
    y_test: np.ndarray


def make_folds(learner: WeightedLearner, n_source: int, cv: int, seed: int) -> list[Fold]:
    """Folds of the target rows, the same for every step; the rows are copied once."""
    m = len(learner.y) - n_source
    made = []
    for train, test in KFold(n_splits=min(cv, m), shuffle=True, random_state=seed).split(np.zeros(m)):
        rows = np.concatenate([np.arange(n_source), n_source + train])
        held_out = n_source + test
        made.append(Fold(learner.rows(rows), rows, learner.X[held_out], learner.y[held_out]))
    return made


def cross_validated_error(folds: list[Fold], weight: np.ndarray, n_source: int, n_rounds: int, loss: str) -> float:
    """Root mean squared error over the held-out target rows of all folds."""
    squares = 0.0
    for fold in folds:
        w = weight[fold.rows]
        w[n_source:] *= weight[n_source:].sum() / w[n_source:].sum()
        model = boost_target(fold.learner, n_source, w, n_rounds, loss)
        squares += float(((model.predict(fold.X_test) - fold.y_test) ** 2).sum())
    return float(np.sqrt(squares / (len(weight) - n_source)))


def next_weight(
    learner: WeightedLearner, fitted: Any, weight: np.ndarray, n_source: int, done: float, loss: str
) -> np.ndarray:
    """Weights with a target share that is ``done`` (0 to 1) of the way from the share of the rows to 1."""
    moved = weight.copy()
    if done >= 1.0:
        moved[:n_source] = 0.0
    else:
        start = 1.0 - n_source / len(weight)
        share = start + done * (1.0 - start)
        errors = adjusted_errors(fitted.predict(learner.X).ravel() - learner.y, loss)[:n_source]
        wanted = float(weight[n_source:].sum()) * (1.0 - share) / share
        moved[:n_source] = decayed(weight[:n_source], errors, search_decay(weight[:n_source], errors, wanted))
    return moved / moved.sum()


def two_stage(
    learner: WeightedLearner,
    n_source: int,
    *,
    n_steps: int,
    n_rounds: int,
    n_rounds_cv: int,
    cv: int,
    loss: str,
    seed: int,
) -> Steps:
    """Algorithm 3 of Pardoe and Stone over the rows of ``learner``, the first ``n_source`` of them from the source."""
    folds = make_folds(learner, n_source, cv, seed)
    weight = np.full(len(learner.y), 1.0 / len(learner.y))
    kept_weight, kept_fit, best = weight, None, 0
    errors: list[float] = []
    shares: list[float] = []
    for step in range(n_steps):
        fitted = learner.fit(weight)
        shares.append(float(weight[:n_source].sum()))
        errors.append(cross_validated_error(folds, weight, n_source, n_rounds_cv, loss))
        if kept_fit is None or errors[-1] < errors[best]:
            kept_weight, kept_fit, best = weight, fitted, step
        if step < n_steps - 1:
            weight = next_weight(learner, fitted, weight, n_source, (step + 1) / (n_steps - 1), loss)
    model = boost_target(learner, n_source, kept_weight, n_rounds, loss, first=kept_fit)
    return Steps(model, kept_weight, best, np.array(errors), np.array(shares))
