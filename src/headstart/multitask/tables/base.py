"""What classifiers and regressors of several tasks over tables share: outputs of all tasks or of one, and scores."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from ...core.errors import InputError
from ..given import as_domains, label_table
from .reading import read_rows


class MultiTaskTable(BaseEstimator):
    """Base of the models of several tasks over tables."""

    _classes: bool

    def _outputs(self, X: np.ndarray, k: int | None) -> np.ndarray:
        """Outputs (n_rows, n_tasks) for checked rows, or (n_rows,) of the task at place ``k``."""
        raise NotImplementedError

    def decision_function(self, X: Any, task: Any = None) -> np.ndarray:
        """Outputs (n_rows, n_tasks), or (n_rows,) of one task: log odds of classes, or numbers."""
        check_is_fitted(self)
        k = None if task is None else self._place(task)
        return np.asarray(self._outputs(read_rows(self, X, what="X", reset=False), k))

    def _check_folds(self, folds: Any) -> None:
        if folds is not None and not folds >= 2:
            raise InputError(f"folds={folds!r}; expected at least 2, or None for no verdict")

    def _seed(self, random_state: Any) -> int:
        return 0 if random_state is None else int(check_random_state(random_state).randint(2**31))

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
                scores.append(self._score_of(right, self.predict(rows, name)[there]))
        if not scores:
            raise InputError("no task has a label to score on; expected at least one")
        return float(np.mean(scores))

    def predict(self, X: Any, task: Any = None) -> np.ndarray:
        """Predictions (n_rows, n_tasks), or (n_rows,) of one task."""
        raise NotImplementedError

    def _score_of(self, right: np.ndarray, predicted: np.ndarray) -> float:
        raise NotImplementedError

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = False  # domains bring their labels
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        return tags


class TwoClasses(ClassifierMixin, MultiTaskTable):
    """Predictions of tasks of two classes each."""

    _classes = True
    score = MultiTaskTable.score

    def predict(self, X: Any, task: Any = None) -> np.ndarray:
        """The likelier class: (n_rows, n_tasks), or (n_rows,) of one task."""
        eta = self.decision_function(X, task)
        if task is not None:
            return np.asarray(self.classes_[self._place(task)][(eta > 0).astype(int)])
        columns = [c[(eta[:, k] > 0).astype(int)] for k, c in enumerate(self.classes_)]
        kinds = {c.dtype.kind for c in self.classes_}
        # NumPy would turn numbers into text where only some tasks have text
        return np.column_stack(columns if len(kinds) == 1 else [c.astype(object) for c in columns])

    def predict_proba(self, X: Any, task: Any = None) -> Any:
        """Probabilities (n_rows, 2) of one task; of all tasks a list of them, as scikit-learn has it."""
        share = expit(self.decision_function(X, task))
        if task is not None:
            return np.column_stack([1 - share, share])
        return [np.column_stack([1 - s, s]) for s in share.T]

    def _score_of(self, right: np.ndarray, predicted: np.ndarray) -> float:
        return float(np.mean(right == predicted))


class Numbers(RegressorMixin, MultiTaskTable):
    """Predictions of tasks of numbers."""

    _classes = False
    score = MultiTaskTable.score

    def predict(self, X: Any, task: Any = None) -> np.ndarray:
        """Predictions (n_rows, n_tasks), or (n_rows,) of one task."""
        return self.decision_function(X, task)

    def _score_of(self, right: np.ndarray, predicted: np.ndarray) -> float:
        return float(r2_score(right, predicted)) if len(right) > 1 else float("nan")
