"""What the kernel classifier and the kernel regressor of several tasks share: how they are fitted."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np

from ...core.errors import InputError
from ...numeric.task_covariance import FORMS
from ..tables.base import MultiTaskTable
from ..tables.problem import Problem
from ..tables.reading import read
from ..tables.verdicts import verdicts
from ..verdicts import TaskVerdict, as_table
from .choose import Choice, Fitter, Settings, hold_out
from .engine import Functions


class MultiTaskKernel(MultiTaskTable):
    """Base of the kernel models of several tasks."""

    def __init__(
        self,
        method: str = "auto",
        *,
        rank: int | None = None,
        exact_rows: int = 2000,
        n_components: int = 100,
        folds: int | None = 5,
        random_state: Any = None,
    ) -> None:
        self.method = method
        self.rank = rank
        self.exact_rows = exact_rows
        self.n_components = n_components
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
        if self.rank is not None and self.rank > problem.n_tasks:
            raise InputError(f"rank={self.rank} and there are {problem.n_tasks} tasks; expected no more directions")
        seed = self._seed(self.random_state)
        settings = Settings.of(self.method, self.rank, self.exact_rows, self.n_components, seed)
        fitter = Fitter(problem, settings)
        self._keep(problem, fitter, fitter.choose())
        if self.folds is not None:
            held = hold_out(problem, settings, int(self.folds))
            self.verdicts_: list[TaskVerdict] = verdicts(problem, held, int(self.folds))
            self.table_ = as_table(self.verdicts_, shared=self.shared_)
            self.chosen_in_folds_ = list(held.chosen)
        return self

    def _check_parameters(self) -> None:
        if self.method not in ("auto", *FORMS):
            raise InputError(f"method={self.method!r}; expected one of {', '.join(map(repr, ('auto', *FORMS)))}")
        if self.rank is not None and (self.method not in ("auto", "low-rank") or not self.rank >= 1):
            raise InputError(
                f"rank={self.rank!r} with method={self.method!r}; expected a whole number of at least 1, and method "
                "'low-rank' or 'auto'"
            )
        for name, least in (("exact_rows", 0), ("n_components", 1)):
            value = getattr(self, name)
            if not isinstance(value, Integral) or value < least:
                raise InputError(f"{name}={value!r}; expected a whole number of at least {least}")
        self._check_folds(self.folds)

    def _keep(self, problem: Problem, fitter: Fitter, choice: Choice) -> None:
        best, unit = choice.best, fitter.scale.unit
        c, f = best.covariance, best.functions
        self.tasks_ = list(problem.names)
        self.method_ = best.method
        self.candidates_ = choice.score
        self.exact_ = fitter.is_exact
        self.width_ = c.width
        self.task_covariance_ = c.B * unit**2
        deviation = np.sqrt(np.diag(c.B))
        self.task_correlation_ = c.B / np.outer(deviation, deviation)
        self.shared_ = 1 - c.own / np.diag(c.B)
        self.mean_, self.scale_ = fitter.scale.mean, fitter.scale.deviation
        self.landmarks_, self.dual_coef_ = f.landmarks, f.coef * unit
        self.level_ = f.level * unit + fitter.scale.level
        if problem.classes is not None:
            self.classes_ = list(problem.classes)
        else:
            self.noise_ = c.noise * unit**2

    def _outputs(self, X: np.ndarray, k: int | None) -> np.ndarray:
        functions = Functions(self.landmarks_, self.dual_coef_, self.level_, self.width_)
        return functions.outputs((X - self.mean_) / self.scale_, slice(None) if k is None else k)
