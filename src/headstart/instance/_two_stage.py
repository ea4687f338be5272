"""The steps of two-stage TrAdaBoost.R2: weight moves from the source to the target, cross-validation keeps one step."""

from __future__ import annotations

from collections.abc import Iterator
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
    """Folds of the target rows, each with all source rows."""
    m = len(learner.y) - n_source
    made = []
    for train, test in KFold(n_splits=min(cv, m), shuffle=True, random_state=seed).split(np.zeros(m)):
        rows = np.concatenate([np.arange(n_source), n_source + train])
        held_out = n_source + test
        made.append(Fold(learner.rows(rows), rows, learner.X[held_out], learner.y[held_out]))
    return made


def walk(learner: WeightedLearner, n_source: int, n_steps: int, loss: str) -> Iterator[tuple[np.ndarray, Any]]:
    """For each step the weights (source rows first), and the base learner fitted with them."""
    weight = np.full(len(learner.y), 1.0 / len(learner.y))
    for step in range(n_steps):
        fitted = learner.fit(weight)
        yield weight, fitted
        if step < n_steps - 1:
            weight = next_weight(learner, fitted, weight, n_source, (step + 1) / (n_steps - 1), loss)


def cross_validated_errors(folds: list[Fold], n_source: int, *, n_steps: int, n_rounds: int, loss: str) -> np.ndarray:
    """For each step the root mean squared error over the held-out target rows of all folds."""
    squares = np.zeros(n_steps)
    for fold in folds:
        for step, (weight, fitted) in enumerate(walk(fold.learner, n_source, n_steps, loss)):
            model = fitted
            if n_rounds > 1:  # one round is the learner itself, and its errors on its own rows are not needed
                model = boost_target(fold.learner, n_source, weight, n_rounds, loss, first=fitted)
            squares[step] += ((np.ravel(model.predict(fold.X_test)) - fold.y_test) ** 2).sum()
    return np.sqrt(squares / sum(len(fold.y_test) for fold in folds))


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
    errors = cross_validated_errors(folds, n_source, n_steps=n_steps, n_rounds=n_rounds_cv, loss=loss)
    best = int(errors.argmin())
    steps = list(walk(learner, n_source, n_steps, loss))
    weight, fitted = steps[best]
    model = boost_target(learner, n_source, weight, n_rounds, loss, first=fitted)
    return Steps(model, weight, best, errors, np.array([w[:n_source].sum() for w, _ in steps]))
