"""What classifiers and regressors of several tasks over tables share: outputs of all tasks or of one, and scores."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from ...core.errors import InputError
from ..scoring import ScoresTasks, side_by_side
from .reading import read_rows


class MultiTaskTable(ScoresTasks):
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

    def predict(self, X: Any, task: Any = None) -> np.ndarray:
        """Predictions (n_rows, n_tasks), or (n_rows,) of one task."""
        raise NotImplementedError

    def _predicted(self, X: Any, places: list[int]) -> list[np.ndarray]:
        return [self.predict(X, self.tasks_[k]) for k in places]

    @property
    def kinds_(self) -> list[str]:  # type: ignore[override]
        """The kind of each task."""
        return ["classification" if self._classes else "regression"] * len(self.tasks_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = False  # domains bring their labels
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        return tags


class TwoClasses(ClassifierMixin, MultiTaskTable):
    """Predictions of tasks of two classes each."""

    _classes = True
    score = ScoresTasks.score

    def predict(self, X: Any, task: Any = None) -> np.ndarray:
        """The likelier class: (n_rows, n_tasks), or (n_rows,) of one task."""
        eta = self.decision_function(X, task)
        if task is not None:
            return np.asarray(self.classes_[self._place(task)][(eta > 0).astype(int)])
        return side_by_side([c[(eta[:, k] > 0).astype(int)] for k, c in enumerate(self.classes_)])

    def predict_proba(self, X: Any, task: Any = None) -> Any:
        """Probabilities (n_rows, 2) of one task; of all tasks a list of them, as scikit-learn has it."""
        share = expit(self.decision_function(X, task))
        if task is not None:
            return np.column_stack([1 - share, share])
        return [np.column_stack([1 - s, s]) for s in share.T]


class Numbers(RegressorMixin, MultiTaskTable):
    """Predictions of tasks of numbers."""

    _classes = False
    score = ScoresTasks.score

    def predict(self, X: Any, task: Any = None) -> np.ndarray:
        """Predictions (n_rows, n_tasks), or (n_rows,) of one task."""
        return self.decision_function(X, task)
