"""What the estimators of tree and forest transfer share: parameters, reading, fitting, predicting."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.base import clone
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import check_array

from ..core.base import TransferData, TransferEstimator
from ..core.checks import as_headstart_errors, common_classes
from ..core.errors import InputError
from ._source_trees import check_learner, fit_source, read_source_model, takes_gaps
from ._tree_moves import Options, Target, make_target
from .given_models import refuse_both


class TreeEstimator(TransferEstimator):
    """Base: fits or takes the source model, hands each tree to the move, predicts through ``estimator_``."""

    _task: ClassVar[str]
    _kinds: ClassVar[tuple[type, ...]]
    _methods: ClassVar[tuple[str, ...]]
    estimator: Any
    source_model: Any
    method: str
    keep: Any
    source_rows: float
    label_shift: bool
    strut_rows: int

    def fit(self, X: Any, y: Any, *, source: Any = None, unlabeled: Any = None) -> Any:
        """Fit the source model, where it is not given, and move its trees to the target.

        Parameters
        ----------
        X : array-like of shape (n_target, n_features)
            Target rows.
        y : array-like of shape (n_target,)
            Target labels.
        source : Domain or Sources, default=None
            The labelled source; several are learned from as one. None: ``source_model``, or, without one, the
            plain estimator, fitted to the target rows.
        unlabeled : Domain, default=None
            Checked, and otherwise ignored.
        """
        self._check_settings()
        refuse_both(source, self.source_model)
        learner = check_learner(self._learner(), self._kinds, self._task)
        data = self._read(X, y, source, unlabeled, task=self._task, allow_nan=self._allows_gaps())
        if data.y is None:
            raise InputError(
                f"the target y is None; {type(self).__name__} moves the source's trees to the target's labels, which "
                "must be there: pass them, or use hs.SourceOnly"
            )
        model = self._source(learner, data)
        if self._task == "classification":
            self.classes_ = common_classes(data.y, None if model is None else np.asarray(model.classes_))
        self.source_model_ = model
        if model is None:
            self.estimator_ = clone(learner).fit(data.X, data.y)
            self._not_moved()
            return self
        self._move(model, self._target(data, model), self._options(data))
        if hasattr(self.estimator_, "feature_names_in_"):
            # Rows reach it as arrays, as all estimators inside this package.
            del self.estimator_.feature_names_in_
        return self

    def _move(self, model: Any, target: Target, options: Options) -> None:
        raise NotImplementedError

    def _not_moved(self) -> None:
        self.transfer_ = None

    def _default(self) -> Any:
        raise NotImplementedError

    def _learner(self) -> Any:
        return self._default() if self.estimator is None else self.estimator

    def _check_settings(self) -> None:
        if self.method not in self._methods:
            raise InputError(f"method={self.method!r}; expected one of {', '.join(map(repr, self._methods))}")
        if not _is_number(self.source_rows) or not 0 <= self.source_rows < np.inf:
            raise InputError(f"source_rows={self.source_rows!r}; expected a number of rows, 0 or more")
        if not isinstance(self.label_shift, (bool, np.bool_)):
            raise InputError(f"label_shift={self.label_shift!r}; expected True or False")
        if not isinstance(self.strut_rows, Integral) or isinstance(self.strut_rows, bool) or self.strut_rows < 2:
            raise InputError(f"strut_rows={self.strut_rows!r}; expected a number of rows, 2 or more")
        words = ("all", "none", "rare") if self._task == "classification" else ("all", "none")
        if isinstance(self.keep, str) and self.keep in words:
            return
        if self._task == "classification" and isinstance(self.keep, (list, tuple, np.ndarray)) and len(self.keep):
            return
        more = " or a list of classes" if self._task == "classification" else ""
        raise InputError(f"keep={self.keep!r}; expected one of {', '.join(map(repr, words))}{more}")

    def _options(self, data: TransferData) -> Options:
        keep = self.keep
        if isinstance(keep, str) and keep == "rare":
            assert data.y is not None
            count = np.array([(data.y == label).sum() for label in self.classes_])
            keep = np.flatnonzero(count < count.sum() / (2 * len(count)))
        elif not isinstance(keep, str):
            unknown = [label for label in keep if label not in self.classes_]
            if unknown:
                raise InputError(
                    f"keep names the class {unknown[0]!r}, which neither domain has; expected some of "
                    f"{', '.join(map(repr, self.classes_.tolist()))}"
                )
            keep = np.searchsorted(self.classes_, np.asarray(keep))
        risk = float(getattr(self, "leaf_risk", 0.0))
        return Options(keep, float(self.source_rows), bool(self.label_shift), risk, int(self.strut_rows))

    def _source(self, learner: Any, data: TransferData) -> Any:
        if self.source_model is not None:
            names = getattr(self, "feature_names_in_", None)
            return read_source_model(self.source_model, self._kinds, self._task, data, names, type(self).__name__)
        return None if data.Xs is None else fit_source(learner, data)

    def _target(self, data: TransferData, model: Any) -> Target:
        with as_headstart_errors(), np.errstate(over="ignore"):
            X = check_array(data.X, dtype=np.float32, ensure_all_finite="allow-nan")
        assert data.y is not None
        if self._task == "regression":
            return make_target(X, data.y, None, np.ones(len(data.y)))
        class_weight = "balanced" if model.class_weight == "balanced_subsample" else model.class_weight
        weight = compute_sample_weight(class_weight, data.y)
        return make_target(X, np.searchsorted(self.classes_, data.y), self.classes_, weight)

    def _columns(self, model: Any) -> np.ndarray | None:
        """Where the classes of the source model stand among all."""
        return None if self._task == "regression" else np.searchsorted(self.classes_, model.classes_)

    def _allows_gaps(self) -> bool:
        return takes_gaps(self.source_model, self._kinds, self._learner())

    def predict(self, X: Any) -> np.ndarray:
        """Predict the labels (n_rows,) of target rows (n_rows, n_features)."""
        rows = self._read_new(X, allow_nan=self._allows_gaps())
        return np.asarray(self.estimator_.predict(rows))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self._allows_gaps()
        return tags


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


class TreeClassifying:
    """What classifiers have besides."""

    def _check_settings(self) -> None:
        super()._check_settings()  # type: ignore[misc]
        risk = self.leaf_risk  # type: ignore[attr-defined]
        if not _is_number(risk) or not 0 <= risk <= 1:
            raise InputError(f"leaf_risk={risk!r}; expected a probability, 0 to 1")

    def predict_proba(self, X: Any) -> np.ndarray:
        """Class probabilities (n_rows, n_classes), columns as in ``classes_``, of target rows (n_rows, n_features)."""
        rows = self._read_new(X, allow_nan=self._allows_gaps())  # type: ignore[attr-defined]
        return np.asarray(self.estimator_.predict_proba(rows))  # type: ignore[attr-defined]
