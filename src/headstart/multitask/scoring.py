"""How well a fitted model of several tasks predicts each: what all of them have in common."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils.validation import check_is_fitted

from ..core.domain import refuse_duplicate_columns
from ..core.errors import InputError
from .given import as_domains, label_table


def side_by_side(columns: list[np.ndarray]) -> np.ndarray:
    """Predictions (n_rows, n_tasks); objects where types differ, since NumPy would turn numbers beside text into it."""
    kinds = {c.dtype.kind for c in columns}
    return np.column_stack(columns if len(kinds) == 1 else [c.astype(object) for c in columns])


class ScoresTasks(BaseEstimator):
    """Scores of tasks by name, in ``tasks_``; auxiliary ones among the labels are left out."""

    tasks_: list[Any]
    kinds_: list[str]
    auxiliary_: list[Any] = []  # noqa: RUF012 - nobody writes to it
    # The places of the tasks among all columns of labels, where some of these are auxiliary.
    _labelled_at: tuple[int, list[int]] | None = None

    def _predicted(self, X: Any, places: list[int]) -> list[np.ndarray]:
        """Predictions (n_rows,) of some tasks."""
        raise NotImplementedError

    def _placed(self) -> list[Any]:
        check_is_fitted(self)
        return list(self.tasks_)

    def _place(self, task: Any) -> int:
        check_is_fitted(self)
        if task not in self.tasks_:
            shown = ", ".join(repr(name) for name in self.tasks_[:10]) + (" ..." if len(self.tasks_) > 10 else "")
            what = " (it is auxiliary, and its head was dropped)" if task in self.auxiliary_ else ""
            raise InputError(f"task={task!r} is none of the {len(self.tasks_)} tasks{what}; expected one of {shown}")
        return self.tasks_.index(task)

    def score(self, X: Any, Y: Any = None) -> float:
        """The mean over tasks of the score of each, over the rows that have a label of it.

        Accuracy of classes, R2 of numbers. Takes what ``fit`` takes, a table or domains.
        """
        scores = self.scores(X, Y)
        if scores.isna().all():
            raise InputError("no task has a label to score on; expected at least one")
        return float(scores.mean())

    def scores(self, X: Any, Y: Any = None) -> pd.Series:
        """The score of each task, by its name: accuracy of classes, R2 of numbers; NaN for a task without a label."""
        check_is_fitted(self)
        domains = as_domains(X)
        if domains is None:
            frame = label_table(Y, X)
            if hasattr(Y, "columns"):
                refuse_duplicate_columns(frame, what="Y")
                lacking = [name for name in self.tasks_ if name not in frame.columns]
                if lacking:
                    raise InputError(f"Y lacks the tasks {lacking[:5]}; expected a column for each of {self.tasks_}")
                frame = frame[self.tasks_]
            elif self._labelled_at is not None and frame.shape[1] == self._labelled_at[0]:
                frame = frame.iloc[:, self._labelled_at[1]]
            elif frame.shape[1] != len(self.tasks_):
                raise InputError(f"Y has {frame.shape[1]} columns; expected one for each of {len(self.tasks_)} tasks")
            said = self._predicted(X, list(range(len(self.tasks_))))
            pairs = [(k, frame.iloc[:, k].to_numpy(), said[k]) for k in range(len(self.tasks_))]
        else:
            for d in domains:
                if d.label not in self.auxiliary_:
                    self._place(d.label)
            known = [d for d in domains if d.y is not None and d.label in self.tasks_]
            pairs = [
                (self._place(d.label), np.asarray(d.y), self._predicted(d.X, [self._place(d.label)])[0]) for d in known
            ]
        scores = dict.fromkeys(self.tasks_, np.nan)
        for k, y, predicted in pairs:
            there = ~pd.isna(y)
            right = np.asarray(y[there].tolist())
            if self.kinds_[k] == "classification":
                if there.any():
                    scores[self.tasks_[k]] = float(accuracy_score(right, predicted[there]))
            elif there.sum() > 1:
                scores[self.tasks_[k]] = float(r2_score(right, predicted[there]))
        return pd.Series(scores, name="score")
