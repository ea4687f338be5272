"""What models of other tasks say of a target's rows, fold by fold, none of which saw what it must not have seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from joblib import Parallel, delayed

from .candidates import Candidate
from .folds import Fold
from .problem import Problem
from .setups import Setup
from .spaces import SourceSays
from .task_columns import TaskColumn, says

# With more folds than this two of them stand together where models of other tasks leave rows out.
MOST_GROUPS = 5


class TaskOutputs:
    """Outputs of source tasks for the rows of a target.

    In a fold no model of another task has seen a label of that task in the rows that are held out: a new row has none.
    Rows that the fold learns from get outputs of a model that did not see their own label either, since outputs that
    knew the labels would be trusted too much. For that the rows of a target are dealt to groups, each a fold or two
    (where there are ten): held-out rows are asked of a model without their group, rows of group h of one without h and
    without the held-out group. That model serves the other way round too, so that five folds take 15 fits, not 30.
    Rows that have a label of the source task alone are seen by all models.

    Parameters
    ----------
    table : table of shape (n_rows, n_columns)
        The rows of all tasks.
    rows : array of shape (n_target,)
        Those of the target, as places in the table.
    folds : list of Fold
        Of the target's rows.
    kinds : dict or None
        The kind of each column.
    n_jobs : int or None
        Models fitted at the same time.
    """

    def __init__(
        self, table: Any, rows: np.ndarray, folds: Sequence[Fold], kinds: dict[str, str] | None, n_jobs: int | None
    ) -> None:
        self._table, self._rows, self._kinds, self._n_jobs = table, rows, kinds, n_jobs
        self._group = {r: _groups([f for f in folds if f.repeat == r], len(rows)) for r in {f.repeat for f in folds}}
        self._said: dict[tuple[str, bytes], np.ndarray] = {}

    def of(self, task: TaskColumn, fold: Fold) -> np.ndarray:
        """The outputs (n_target, n_outputs) of a task in a fold."""
        group = self._group[fold.repeat]
        held = int(group[fold.test[0]])
        labelled = np.isin(self._rows, task.rows)
        trains = np.ones(len(group), dtype=bool)
        trains[fold.test] = False
        others = [h for h in np.unique(group[trains & labelled]) if h != held]
        kept = {h: self._kept(task, group, {held, int(h)}) for h in [held, *others]}
        self._fit(task, list(kept.values()))
        found = self._said[task.name, kept[held].tobytes()].copy()
        for h in others:
            inside = labelled & (group == h)
            found[inside] = self._said[task.name, kept[h].tobytes()][inside]
        return found

    def _kept(self, task: TaskColumn, group: np.ndarray, out: set[int]) -> np.ndarray:
        """Which labels of a task a model may see that leaves groups out."""
        return ~np.isin(task.rows, self._rows[np.isin(group, list(out))])

    def _fit(self, task: TaskColumn, wanted: list[np.ndarray]) -> None:
        missing = {k.tobytes(): k for k in wanted if (task.name, k.tobytes()) not in self._said}
        found = Parallel(n_jobs=self._n_jobs)(
            delayed(says)(task, kept, self._table, self._rows, self._kinds) for kept in missing.values()
        )
        self._said.update({(task.name, key): values for key, values in zip(missing, found, strict=True)})


def _groups(folds: Sequence[Fold], n_rows: int) -> np.ndarray:
    """The group (n_rows,) of each row; rows that no fold holds out have one of their own."""
    group = np.full(n_rows, -1)
    for k, fold in enumerate(folds):
        group[fold.test] = k if len(folds) <= MOST_GROUPS else k // 2
    return group


class TaskSetups:
    """The setup of each fold: the same candidates, with the outputs of the source tasks that are right there."""

    def __init__(
        self,
        problem: Problem,
        candidates: list[Candidate],
        outputs: TaskOutputs,
        sources: Sequence[TaskColumn],
        folds: Sequence[Fold],
    ) -> None:
        self._problem, self._candidates, self._outputs, self._sources = problem, candidates, outputs, sources
        self._fold_of = {f.train.tobytes(): f for f in folds}

    def of(self, rows: np.ndarray) -> Setup:
        """The setup of the fold that learns from ``rows``; outputs are in units of these rows."""
        fold = self._fold_of[rows.tobytes()]
        S = np.hstack([self._outputs.of(task, fold) for task in self._sources])
        deviation = S[fold.train].std(axis=0)
        S = (S - S[fold.train].mean(axis=0)) / np.where(deviation > 1e-9, deviation, 1.0)
        return Setup(self._problem, None, self._candidates, SourceSays(S[None], S[None]))
