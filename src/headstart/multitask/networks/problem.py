"""What ``fit`` of several tasks was given, read: rows of any kind, and labels with gaps as numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...neural.inputs.taking import taken


@dataclass(frozen=True)
class OneTask:
    """One task: its name as the user has it, the kind of its labels, its classes, and whether it only serves."""

    name: Any
    kind: str
    classes: np.ndarray | None = None
    auxiliary: bool = False

    @property
    def label(self) -> str:
        """Its name in messages and tables."""
        return str(self.name)

    @property
    def n_outputs(self) -> int:
        """One for each class, or one for a number."""
        return 1 if self.classes is None else len(self.classes)


@dataclass(frozen=True)
class TaskProblem:
    """Rows and the labels of several tasks.

    ``codes`` (n_rows, n_tasks) are places in the task's classes, or numbers; NaN where a row has no label of the task.
    ``domain`` (n_rows,) is the task whose domain a row came from, None where one table is shared. Each row has a label
    of at least one task, unless there are tasks made of the rows, which need none.
    """

    kind: str
    X: Any
    codes: np.ndarray
    tasks: tuple[OneTask, ...]
    domain: np.ndarray | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the tasks, as text."""
        return tuple(task.label for task in self.tasks)

    @property
    def there(self) -> np.ndarray:
        """Which labels there are, (n_rows, n_tasks)."""
        return ~np.isnan(self.codes)

    @property
    def mains(self) -> np.ndarray:
        """Places of the tasks that are predicted."""
        return np.flatnonzero([not task.auxiliary for task in self.tasks])

    def take(self, rows: np.ndarray) -> TaskProblem:
        """Some of the rows."""
        domain = None if self.domain is None else self.domain[rows]
        return replace(self, X=taken(self.X, rows), codes=self.codes[rows], domain=domain)

    def of_tasks(self, places: Any) -> TaskProblem:
        """Some of the tasks, with the rows that have a label of them."""
        places = np.atleast_1d(places)
        rows = np.flatnonzero(self.there[:, places].any(axis=1))
        # Whose domain a row came from is of no use among other tasks.
        domain = None if self.domain is None or len(places) < 2 else np.searchsorted(places, self.domain[rows])
        tasks = tuple(self.tasks[k] for k in places)
        return TaskProblem(self.kind, taken(self.X, rows), self.codes[np.ix_(rows, places)], tasks, domain)

    def folds(self, n_folds: int, seed: int) -> np.ndarray:
        """The fold (n_rows,) of each row; classes, and labels of numbers, are spread evenly, those of the rarest first.

        All labels of a row go together, so that no task's label of a row is known where another's is predicted.
        """
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(self.codes))
        # Of numbers it matters alone whether they are there.
        numbers = np.array([task.classes is None for task in self.tasks])
        codes = np.where(self.there, np.where(numbers, 0.0, self.codes), -1.0)[order]
        if self.domain is not None:
            domain = self.domain[order]
            keys = [domain, codes[np.arange(len(codes)), domain]]
        else:
            rarest = [np.unique(column, return_counts=True)[1].min() for column in codes.T]
            keys = [codes[:, k] for k in np.argsort(rarest, kind="stable")]
        order = order[np.lexsort(keys[::-1])]
        fold = np.empty(len(order), dtype=int)
        fold[order] = (np.arange(len(order)) + rng.integers(n_folds)) % n_folds
        return fold
