"""A gradient-boosting model of the source, continued on the target."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin, clone

from ..core.base import TransferData, TransferEstimator
from ..core.checks import as_headstart_errors, common_classes
from ..core.errors import InputError
from ..core.traits import Traits
from ._boosting_fit import Continued, Grid, choose
from ._boosting_source import check_learner, check_range, default_learner, fit_source, read, read_source_model
from ._boosting_trees import SourceTrees

SHRINKAGES = (0.0, 0.25, 0.5, 0.75, 1.0)
LEARNING_RATES = (0.1,)


class _BoostingTransfer(TransferEstimator):
    _task: str

    def __init__(
        self,
        estimator: Any = None,
        *,
        source_model: Any = None,
        shrinkage: Any = None,
        learning_rate: Any = None,
        n_new_trees: int | None = None,
        max_new_trees: int = 200,
        cv: int = 5,
        random_state: Any = None,
    ) -> None:
        self.estimator = estimator
        self.source_model = source_model
        self.shrinkage = shrinkage
        self.learning_rate = learning_rate
        self.n_new_trees = n_new_trees
        self.max_new_trees = max_new_trees
        self.cv = cv
        self.random_state = random_state

    def fit(self, X: Any, y: Any, *, source: Any = None, unlabeled: Any = None) -> Any:
        """Fit the source model, where it is not given, and continue it on the target.

        Parameters
        ----------
        X : array-like of shape (n_target, n_features)
            Target rows. Gaps (NaN) are allowed.
        y : array-like of shape (n_target,)
            Target labels.
        source : Domain or Sources, default=None
            The labelled source; several are learned from as one. None: ``source_model``, or, without one, the
            plain estimator, fitted to the target rows.
        unlabeled : Domain, default=None
            Checked, and otherwise ignored.
        """
        grid = self._grid()
        if source is not None and self.source_model is not None:
            raise InputError("both source= and source_model= were given; expected one: the rows or the fitted model")
        if self.estimator is not None:
            check_learner(self.estimator, self._task, what="estimator")
        data = self._read(X, y, source, unlabeled, task=self._task, allow_nan=True)
        if data.y is None:
            raise InputError(
                f"the target y is None; {type(self).__name__} continues the source's model on the target's labels, "
                "which must be there: pass them, or use hs.SourceOnly"
            )
        source_trees = self._source(data)
        self.source_model_ = None if source_trees is None else source_trees.model
        if source_trees is None:
            return self._fit_alone(data)
        classes, labels = None, data.y
        if source_trees.classes is not None:
            classes = self.classes_ = common_classes(data.y, source_trees.classes)
            labels = np.searchsorted(classes, data.y)
        else:
            check_range(source_trees, data.y)
        self._continue(source_trees, classes, data.X, labels, grid)
        return self

    def _source(self, data: TransferData) -> SourceTrees | None:
        if self.source_model is not None:
            names = getattr(self, "feature_names_in_", None)
            return read_source_model(self.source_model, self._task, data, names)
        return None if data.Xs is None else fit_source(self.estimator, self._task, data)

    def _fit_alone(self, data: TransferData) -> Any:
        assert data.y is not None
        if self._task == "classification":
            self.classes_ = np.unique(data.y)
        learner = default_learner(self._task, data.y) if self.estimator is None else self.estimator
        with as_headstart_errors():
            self.estimator_ = clone(learner).fit(data.X, data.y)
        self.shrinkage_, self.learning_rate_, self.path_ = 0.0, np.nan, None
        self.n_source_trees_, self.n_new_trees_ = 0, read(self.estimator_, self._task).n_rounds
        return self

    def _continue(
        self, source: SourceTrees, classes: np.ndarray | None, X: np.ndarray, y: np.ndarray, grid: Grid
    ) -> None:
        raw = source.raw(X)
        self.path_ = None
        shrinkage, rate, rounds = max(grid.shrinkages), grid.rates[0], grid.rounds or 0
        if not grid.is_fixed and len(y) > 1:
            shrinkage, rate, rounds, self.path_ = choose(source, classes, X, y, raw, grid)
        self.shrinkage_, self.learning_rate_, self.n_new_trees_ = shrinkage, rate, rounds
        self.n_source_trees_ = source.n_rounds if shrinkage > 0 else 0
        self.estimator_ = Continued(source, classes, shrinkage).start(X, y, raw).finish(rounds, rate)

    def _grid(self) -> Grid:
        shrinkages = self._values("shrinkage", SHRINKAGES, "0 to 1", lambda v: 0 <= v <= 1)
        rates = self._values("learning_rate", LEARNING_RATES, "above 0 and at most 1", lambda v: 0 < v <= 1)
        for name, least in (("n_new_trees", 0), ("max_new_trees", 1), ("cv", 2)):
            value = getattr(self, name)
            if name == "n_new_trees" and value is None:
                continue
            if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
                raise InputError(f"{name}={value!r}; expected a whole number, {least} or more")
        rounds = None if self.n_new_trees is None else int(self.n_new_trees)
        return Grid(shrinkages, rates, rounds, int(self.max_new_trees), int(self.cv), self._seed())

    def _values(self, name: str, default: tuple[float, ...], words: str, allowed: Any) -> tuple[float, ...]:
        given = getattr(self, name)
        if given is None:
            return default
        values = [given] if isinstance(given, Real) else given
        fine = isinstance(values, (list, tuple, np.ndarray)) and len(values) > 0
        if not fine or not all(isinstance(v, Real) and not isinstance(v, bool) and allowed(v) for v in values):
            raise InputError(f"{name}={given!r}; expected a number {words}, a list of them to choose from, or None")
        return tuple(float(v) for v in values)

    def _seed(self) -> Any:
        if isinstance(self.random_state, np.random.RandomState):
            return self.random_state.randint(2**31)
        return self.random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


class BoostingTransferClassifier(ClassifierMixin, _BoostingTransfer):
    """DOC"""

    traits = Traits(kind="parameter", target_labels="required", regression=False, paper="Friedman (2001)")
    _task = "classification"

    def predict_proba(self, X: Any) -> np.ndarray:
        """Class probabilities (n_rows, n_classes), columns as in ``classes_``, of target rows (n_rows, n_features)."""
        rows = self._read_new(X, allow_nan=True)
        if self.source_model_ is None:
            return np.asarray(self.estimator_.predict_proba(rows))
        return self.estimator_.values(rows)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of target rows (n_rows, n_features)."""
        values = self.predict_proba(X)
        return self.classes_[values.argmax(axis=1)]


class BoostingTransferRegressor(RegressorMixin, _BoostingTransfer):
    """DOC"""

    traits = Traits(kind="parameter", target_labels="required", classification=False, paper="Friedman (2001)")
    _task = "regression"

    def predict(self, X: Any) -> np.ndarray:
        """Predicted numbers (n_rows,) of target rows (n_rows, n_features)."""
        rows = self._read_new(X, allow_nan=True)
        if self.source_model_ is None:
            return np.asarray(self.estimator_.predict(rows))
        return self.estimator_.predict(rows)
