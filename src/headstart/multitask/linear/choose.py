"""Which of the five ways, by folds of training rows; whether it helps each task, by folds that the choice never saw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..tables.hold_out import Held, over_folds
from ..tables.problem import Problem, Scale
from .fit import METHODS, Fitted, Settings, fit_settings
from .tune import tune

CHOICE_FOLDS = 3


@dataclass(frozen=True)
class Choice:
    """The settings of each candidate, their mean held-out losses (empty for one candidate) and the best of them."""

    settings: dict[str, Settings]
    loss: dict[str, float]

    @property
    def best(self) -> str:
        """The candidate with the smallest loss."""
        return min(self.loss, key=self.loss.__getitem__) if self.loss else next(iter(self.settings))


def choose(methods: tuple[str, ...], problem: Problem, seed: int, n_groups: int | None) -> Choice:
    """Tune each method on all rows; of several, compare them with these strengths on folds of the same rows."""
    settings = {m: tune(m, problem, seed, n_groups) for m in methods}
    if len(methods) == 1:
        return Choice(settings, {})
    loss = dict.fromkeys(methods, 0.0)
    for train, test in problem.folds(CHOICE_FOLDS, np.random.default_rng(seed)):
        for m in methods:
            loss[m] += float(held_out(problem, train, test, settings[m], seed).sum())
    return Choice(settings, {m: total / len(problem.y) for m, total in loss.items()})


def held_out(problem: Problem, train: np.ndarray, test: np.ndarray, settings: Settings, seed: int) -> np.ndarray:
    """Losses of the rows ``test`` under a fit to the rows ``train``: log losses, or squared errors in units of y."""
    part = problem.take(train)
    scale = Scale.of(part)
    fitted = fit_settings(scale.rows(part), settings, seed, exact=False)
    loss = scale.rows(problem.take(test)).row_losses(fitted.W)
    return loss if problem.logistic else 2 * loss * scale.unit**2


def hold_out(methods: tuple[str, ...], problem: Problem, seed: int, n_groups: int | None, n_folds: int) -> Held:
    """All of the work, tuning and choice included, on the rows of each fold's outside, scored on its inside."""

    def judge(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray, str]:
        part = problem.take(train)
        choice = choose(methods, part, seed, n_groups)
        joint = held_out(problem, train, test, choice.settings[choice.best], seed)
        if choice.best == "independent":
            return joint, joint, choice.best
        apart = choice.settings.get("independent") or tune("independent", part, seed)
        return joint, held_out(problem, train, test, apart, seed), choice.best

    return over_folds(problem, seed, n_folds, judge)


def candidates(method: str) -> tuple[str, ...]:
    """The methods that a choice is among."""
    return METHODS if method == "auto" else (method,)


def fit_choice(problem: Problem, choice: Choice, seed: int) -> tuple[Fitted, Scale]:
    """The chosen method on all rows."""
    scale = Scale.of(problem)
    return fit_settings(scale.rows(problem), choice.settings[choice.best], seed), scale
