"""What all wrappers share: they are classifiers or regressors as their estimator is."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ..core.base import TransferData, TransferEstimator
from ..core.errors import InputTypeError


def task_of(estimator: Any) -> str:
    """ "classification" or "regression", told from the tags of an estimator."""
    if is_classifier(estimator):
        return "classification"
    if is_regressor(estimator):
        return "regression"
    raise InputTypeError(
        f"estimator is a {type(estimator).__name__}; expected a scikit-learn classifier or regressor, "
        "such as LogisticRegression() or Ridge()"
    )


def pad_classes(P: np.ndarray, known: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Spread the columns of ``P``, one for each of ``known``, over all ``classes``; the others get zero."""
    if len(known) == len(classes):
        return P
    out = np.zeros((len(P), len(classes)))
    out[:, np.searchsorted(classes, known)] = P
    return out


def _inner_has(name: str) -> Any:
    def check(self: Any) -> bool:
        return hasattr(getattr(self, "estimator_", self.estimator), name)

    return check


def _inner_decides(self: Any) -> bool:
    """A decision function has one column a class that the inner estimator knows: it must know all."""
    inner = getattr(self, "estimator_", self.estimator)
    known, classes = getattr(inner, "classes_", None), getattr(self, "classes_", None)
    return hasattr(inner, "decision_function") and (known is None or classes is None or len(known) == len(classes))


class EstimatorWrapper(TransferEstimator):
    """Base of the wrappers: holds ``estimator``, and predicts through the fitted ``estimator_``."""

    estimator: Any
    estimator_: Any

    def _read_problem(self, X: Any, y: Any, source: Any, unlabeled: Any) -> TransferData:
        """Check what ``fit`` was given, for the task of the wrapped estimator, and set ``classes_``."""
        task = task_of(self.estimator)
        inner = get_tags(self.estimator).input_tags
        data = self._read(X, y, source, unlabeled, task=task, sparse=inner.sparse, allow_nan=inner.allow_nan)
        if task == "classification":
            self._set_classes(data)
        return data

    def _read_rows(self, X: Any) -> Any:
        check_is_fitted(self)
        inner = get_tags(self.estimator).input_tags
        return self._read_new(X, sparse=inner.sparse, allow_nan=inner.allow_nan)

    def predict(self, X: Any) -> np.ndarray:
        """Predict labels.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Target rows.

        Returns
        -------
        array of shape (n_rows,)
        """
        rows = self._read_rows(X)
        return np.asarray(self.estimator_.predict(rows))

    @available_if(_inner_has("predict_proba"))
    def predict_proba(self, X: Any) -> np.ndarray:
        """Predict class probabilities.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Target rows.

        Returns
        -------
        array of shape (n_rows, n_classes)
            Columns as in ``classes_``.
        """
        rows = self._read_rows(X)
        return pad_classes(np.asarray(self.estimator_.predict_proba(rows)), self.estimator_.classes_, self.classes_)

    @available_if(_inner_decides)
    def decision_function(self, X: Any) -> np.ndarray:
        """The decision function of the wrapped estimator, for target rows (n_rows, n_features)."""
        rows = self._read_rows(X)
        return np.asarray(self.estimator_.decision_function(rows))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Accuracy for a classifier, R2 for a regressor, on target rows and their labels."""
        metric = accuracy_score if task_of(self.estimator) == "classification" else r2_score
        return float(metric(y, self.predict(X), sample_weight=sample_weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.estimator_type = inner.estimator_type
        tags.classifier_tags = inner.classifier_tags
        tags.regressor_tags = inner.regressor_tags
        tags.target_tags = inner.target_tags
        tags.target_tags.multi_output = False
        if tags.classifier_tags is not None:
            tags.classifier_tags.multi_label = False
        tags.input_tags.sparse = inner.input_tags.sparse
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        return tags
