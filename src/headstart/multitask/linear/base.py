"""What the linear classifier and the linear regressor of several tasks share: how they are fitted."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core.errors import InputError
from ..tables.base import MultiTaskTable
from ..tables.problem import Problem
from ..tables.reading import read
from ..tables.verdicts import verdicts
from ..verdicts import TaskVerdict, as_table
from .choose import Choice, candidates, choose, fit_choice, hold_out
from .fit import METHODS


class MultiTaskLinear(MultiTaskTable):
    """Base of the linear models of several tasks."""

    def __init__(
        self,
        method: str = "auto",
        *,
        n_groups: int | None = None,
        folds: int | None = 5,
        random_state: Any = None,
    ) -> None:
        self.method = method
        self.n_groups = n_groups
        self.folds = folds
        self.random_state = random_state

    def fit(self, X: Any, Y: Any = None) -> Any:
        """Fit all tasks.

        Parameters
        ----------
        X : table of shape (n_rows, n_features), list of Domain or Sources
            One table whose rows all tasks share; or one Domain a task, with rows and labels of its own.
        Y : table of shape (n_rows, n_tasks), default=None
            One column for each task. Gaps (NaN, None) are allowed anywhere: a missing label takes a row from its task
            alone. None where ``X`` is domains.

        Returns
        -------
        self
        """
        self._check_parameters()
        problem = read(self, X, Y, classes=self._classes)
        if self.n_groups is not None and self.n_groups > problem.n_tasks:
            raise InputError(f"n_groups={self.n_groups} and there are {problem.n_tasks} tasks; expected no more groups")
        seed = self._seed(self.random_state)
        methods = candidates(self.method)
        choice = choose(methods, problem, seed, self.n_groups)
        fitted, scale = fit_choice(problem, choice, seed)
        self.coef_, self.intercept_ = scale.unscaled(fitted.W)
        self.groups_, self.group_probability_ = fitted.groups, fitted.probability
        self._keep(problem, choice)
        if self.folds is not None:
            self._judge(problem, methods, seed)
        return self

    def _check_parameters(self) -> None:
        if self.method not in ("auto", *METHODS):
            raise InputError(f"method={self.method!r}; expected one of {', '.join(map(repr, ('auto', *METHODS)))}")
        if self.n_groups is not None and (self.method not in ("auto", "clustered") or not self.n_groups >= 1):
            raise InputError(
                f"n_groups={self.n_groups!r} with method={self.method!r}; expected a whole number of at least 1, and "
                "method 'clustered' or 'auto'"
            )
        self._check_folds(self.folds)

    def _keep(self, problem: Problem, choice: Choice) -> None:
        self.tasks_ = list(problem.names)
        self.method_ = choice.best
        self.strength_ = choice.settings[choice.best].strengths()
        self.candidates_ = choice.loss
        if problem.classes is not None:
            self.classes_ = list(problem.classes)

    def _judge(self, problem: Problem, methods: tuple[str, ...], seed: int) -> None:
        held = hold_out(methods, problem, seed, self.n_groups, int(self.folds or 0))
        self.verdicts_: list[TaskVerdict] = verdicts(problem, held, int(self.folds or 0))
        self.table_ = as_table(self.verdicts_, group=self.groups_)
        self.chosen_in_folds_ = list(held.chosen)

    def _outputs(self, X: np.ndarray, k: int | None) -> np.ndarray:
        which: Any = slice(None) if k is None else k
        return X @ self.coef_[which].T + self.intercept_[which]
