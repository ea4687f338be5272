"""What the classifier and the regressor of several tasks share: fit, and predictions of all tasks or of one."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from ...core.errors import InputError
from .choose import Choice, candidates, choose, fit_choice, hold_out
from .fit import METHODS
from .problem import Problem
from .reading import as_domains, label_table, read, read_rows
from .verdicts import TaskVerdict, as_table, verdicts


class MultiTaskLinear(BaseEstimator):
    """Base of the linear models of several tasks."""

    _classes: bool

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
        seed = 0 if self.random_state is None else int(check_random_state(self.random_state).randint(2**31))
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
        if self.folds is not None and not self.folds >= 2:
            raise InputError(f"folds={self.folds!r}; expected at least 2, or None for no verdict")

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
        self.table_ = as_table(self.verdicts_, self.groups_)
        self.chosen_in_folds_ = list(held.chosen)

    def decision_function(self, X: Any, task: Any = None) -> np.ndarray:
        """Linear outputs (n_rows, n_tasks), or (n_rows,) of one task."""
        check_is_fitted(self)
        coef, intercept = self.coef_, self.intercept_
        if task is not None:
            k = self._place(task)
            coef, intercept = coef[k], intercept[k]
        return np.asarray(read_rows(self, X, what="X", reset=False) @ coef.T + intercept)

    def _place(self, task: Any) -> int:
        check_is_fitted(self)
        if task not in self.tasks_:
            shown = ", ".join(repr(name) for name in self.tasks_[:10]) + (" ..." if len(self.tasks_) > 10 else "")
            raise InputError(f"task={task!r} is none of the {len(self.tasks_)} tasks of fit; expected one of {shown}")
        return self.tasks_.index(task)

    def score(self, X: Any, Y: Any = None) -> float:
        """The mean over tasks of the score of each, over the rows that have a label of it.

        Accuracy of classes, R2 of numbers. Takes what ``fit`` takes, a table or domains.
        """
        check_is_fitted(self)
        domains = as_domains(X)
        if domains is None:
            frame = label_table(Y)
            if frame.shape[1] != len(self.tasks_):
                raise InputError(f"Y has {frame.shape[1]} columns; expected one for each of {len(self.tasks_)} tasks")
            pairs = [(name, X, frame.iloc[:, k].to_numpy()) for k, name in enumerate(self.tasks_)]
        else:
            pairs = [(d.label, d.X, d.y) for d in domains if d.y is not None]
        scores = []
        for name, rows, y in pairs:
            there = np.array([v is not None and v == v for v in y])
            if there.any():
                right = np.asarray(y[there].tolist())
                scores.append(self._score_of(right, self._predicted(rows, name)[there]))
        if not scores:
            raise InputError("no task has a label to score on; expected at least one")
        return float(np.mean(scores))

    def _predicted(self, X: Any, task: Any) -> np.ndarray:
        raise NotImplementedError

    def _score_of(self, right: np.ndarray, predicted: np.ndarray) -> float:
        raise NotImplementedError

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = False  # domains bring their labels
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        return tags
