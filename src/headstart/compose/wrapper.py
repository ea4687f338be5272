"""What all wrappers share: they are classifiers or regressors as their estimator is."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from ..core.base import TransferData, TransferEstimator
from ..core.checks import as_headstart_errors, check_label_sets, check_labels, common_classes
from ..core.domain import Sources, as_sources, as_table, as_unlabeled
from ..core.errors import InputError, InputTypeError


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


def takes_raw_domains(part: Any) -> bool:
    """Whether an estimator or aligner is for domains with different columns, and reads their tables itself."""
    traits = getattr(part, "traits", None)
    return traits is not None and not traits.same_columns


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

    def _read_raw_problem(self, X: Any, y: Any, source: Any, unlabeled: Any) -> tuple[Any, Any, Sources | None]:
        """Check what ``fit`` was given but for the content of the tables, which what is wrapped reads itself.

        Returns the target's table, its labels, and the sources; sets ``classes_`` and ``n_source_``.
        """
        task = task_of(self.estimator)
        sources = as_sources(source)
        as_unlabeled(unlabeled)
        if y is None and sources is None:
            raise InputError(
                f"{type(self).__name__} requires y to be passed, but the target y is None; "
                "without target labels a source with labels is needed: fit(X, None, source=hs.Domain(Xs, ys))"
            )
        table = self._check_columns(X, reset=True)
        is_classes = task == "classification"
        if y is not None:
            y = check_labels(y, classification=is_classes, what="y")
            if hasattr(table, "shape") and len(y) != table.shape[0]:
                raise InputError(
                    f"X has {table.shape[0]} rows and y {len(y)} labels; expected a label for each row: "
                    "inconsistent numbers of samples"
                )
        labels = None if sources is None else self._source_labels(sources, is_classes)
        if is_classes and y is not None and labels is not None:
            check_label_sets(y, labels)
        if is_classes:
            self.classes_ = common_classes(y, labels)
        self.n_source_ = 0 if sources is None else sources.n_rows
        return table, y, sources

    def _source_labels(self, sources: Sources, is_classes: bool) -> np.ndarray:
        for domain in sources.domains:
            if domain.y is None:
                raise InputError(
                    f"source {domain.label!r} has no labels, which {type(self).__name__} needs; "
                    "pass them: hs.Domain(X_source, y_source)"
                )
        return np.concatenate(
            [check_labels(d.y, classification=is_classes, what=f"y of source {d.label!r}") for d in sources.domains]
        )

    def _check_columns(self, X: Any, *, reset: bool) -> Any:
        """Hold the columns against those of ``fit``; what they contain is the business of what is wrapped."""
        table = as_table(X) if hasattr(X, "columns") else X
        if getattr(table, "ndim", 2) != 2:
            raise InputError(
                f"X has {table.ndim} dimension(s), shape {table.shape}; expected a table of rows and columns. Reshape "
                "your data: X.reshape(1, -1) for a single row, X.reshape(-1, 1) for a single column"
            )
        with as_headstart_errors():
            validate_data(self, table, reset=reset, skip_check_array=True)
        return table

    def _read_rows(self, X: Any) -> Any:
        check_is_fitted(self)
        if takes_raw_domains(self.estimator):
            return self._check_columns(X, reset=False)
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
