"""Several tasks, read and checked: rows stacked task after task, which parts of them are folds, and their scales."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...numeric.task_rows import TaskRows


@dataclass(frozen=True)
class Problem:
    """Rows of tasks: ``X`` (n, d), ``y`` (n,) numbers or 0 and 1, those of task t from ``starts[t]`` to the next.

    ``row`` (n,) tells which labels belong to one row of a table that the tasks share; None where each task has rows of
    its own. ``classes`` are the two labels of each task, None where labels are numbers.
    """

    names: tuple[Any, ...]
    X: np.ndarray
    y: np.ndarray
    starts: np.ndarray
    row: np.ndarray | None = None
    classes: tuple[np.ndarray, ...] | None = None

    @property
    def logistic(self) -> bool:
        """Whether labels are classes."""
        return self.classes is not None

    @property
    def n_tasks(self) -> int:
        """Number of tasks."""
        return len(self.names)

    @property
    def task(self) -> np.ndarray:
        """The task (n,) of each row."""
        return np.repeat(np.arange(self.n_tasks), np.diff(self.starts))

    def take(self, chosen: np.ndarray) -> Problem:
        """Some of the rows, in their order; a task may be left without any."""
        counts = np.bincount(self.task[chosen], minlength=self.n_tasks)
        starts = np.concatenate([[0], np.cumsum(counts)])
        row = None if self.row is None else self.row[chosen]
        return replace(self, X=self.X[chosen], y=self.y[chosen], starts=starts, row=row)

    def folds(self, n_folds: int, random: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
        """Rows to fit to and rows to score on, as positions; all labels of one row of a shared table go together.

        Rows of a task's own are dealt so that each fold holds its share of the task, and of each of its classes.
        """
        if self.row is not None:
            rows = np.unique(self.row)
            dealt = random.permutation(len(rows)) % n_folds
            fold = dealt[np.searchsorted(rows, self.row)]
        else:
            fold = np.empty(len(self.y), dtype=int)
            for a, b in zip(self.starts[:-1], self.starts[1:], strict=True):
                shuffled = random.permutation(b - a)
                if self.logistic:
                    shuffled = shuffled[np.argsort(self.y[a:b][shuffled], kind="stable")]
                fold[a + shuffled] = (np.arange(b - a) + random.integers(n_folds)) % n_folds
        pairs = [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(n_folds)]
        return [(train, test) for train, test in pairs if len(test)]


@dataclass(frozen=True)
class Scale:
    """Means and deviations of columns and, of numbers, of the labels, over all tasks."""

    mean: np.ndarray
    deviation: np.ndarray
    level: float
    unit: float

    @classmethod
    def of(cls, problem: Problem) -> Scale:
        """The scale of these rows."""
        deviation = problem.X.std(axis=0)
        # a constant column has a deviation of rounding alone
        flat = deviation <= 1e-10 * np.abs(problem.X).max(axis=0, initial=0.0)
        deviation = np.where(flat, 1.0, deviation)
        if problem.logistic:
            return cls(problem.X.mean(axis=0), deviation, 0.0, 1.0)
        return cls(problem.X.mean(axis=0), deviation, float(problem.y.mean()), float(problem.y.std()) or 1.0)

    def rows(self, problem: Problem) -> TaskRows:
        """The rows in this scale, behind a column of ones."""
        Z = np.column_stack([np.ones(len(problem.y)), (problem.X - self.mean) / self.deviation])
        return TaskRows(Z, (problem.y - self.level) / self.unit, problem.starts, problem.logistic)

    def unscaled(self, W: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients (n_tasks, d) and intercepts (n_tasks,) for rows as they came."""
        coef = W[:, 1:] / self.deviation * self.unit
        return coef, W[:, 0] * self.unit + self.level - coef @ self.mean
