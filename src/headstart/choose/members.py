"""What a candidate becomes once it is fitted: something that gives values for a view of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone

from ..compose.wrapper import pad_classes
from ..core.domain import Domain, Sources
from ..core.errors import InputError
from ..parameter.prior_core import PriorModel
from .spaces import Training, View, _dense


class Member(BaseEstimator):
    """Base of the fitted candidates; ``values`` gives probabilities (n_rows, n_classes) or numbers (n_rows,)."""

    def fit(self, given: Training) -> Member:
        raise NotImplementedError

    def values(self, view: View) -> np.ndarray:
        raise NotImplementedError


def _values_of(model: Any, rows: Any, classes: np.ndarray | None) -> np.ndarray:
    if classes is None:
        return np.asarray(model.predict(rows), dtype=float)
    if not hasattr(model, "predict_proba"):
        return (np.asarray(model.predict(rows))[:, None] == classes[None, :]).astype(float)
    return pad_classes(np.asarray(model.predict_proba(rows)), model.classes_, classes)


class TargetMember(Member):
    """A learner on the target rows alone."""

    def __init__(self, learner: Any, *, dense: bool = False) -> None:
        self.learner = learner
        self.dense = dense

    def fit(self, given: Training) -> TargetMember:
        self.classes_ = given.classes
        self.model_ = clone(self.learner).fit(self._rows(given.view), given.y)
        return self

    def _rows(self, view: View) -> Any:
        return _dense(view.target) if self.dense else view.target

    def values(self, view: View) -> np.ndarray:
        return _values_of(self.model_, self._rows(view), self.classes_)


class SourceMember(Member):
    """A source model as it is; nothing is fitted."""

    def __init__(self, model: int) -> None:
        self.model = model

    def fit(self, given: Training) -> SourceMember:
        self.classes_ = given.classes
        return self

    def values(self, view: View) -> np.ndarray:
        assert view.probable is not None
        P = view.probable[self.model]
        return P[:, 0] if self.classes_ is None else P


class PriorMember(Member):
    """Source models as the prior of the target model; without columns it only recalibrates them."""

    def __init__(self, models: tuple[int, ...] | None = None, *, columns: bool = True) -> None:
        self.models = models
        self.columns = columns

    def _parts(self, view: View) -> tuple[np.ndarray, np.ndarray]:
        assert view.outputs is not None
        S = view.outputs if self.models is None else view.outputs[list(self.models)]
        return S, _dense(view.target) if self.columns else np.empty((S.shape[1], 0))

    def fit(self, given: Training) -> PriorMember:
        S, X = self._parts(given.view)
        task = "regression" if given.classes is None else "classification"
        self.model_ = PriorModel(task, given.classes).fit(S, X, given.y)
        return self

    def values(self, view: View) -> np.ndarray:
        return self.model_.predict_values(*self._parts(view))


class StackedMember(Member):
    """A learner on the target's columns with the source models' outputs beside them."""

    def __init__(self, learner: Any) -> None:
        self.learner = learner

    def _rows(self, view: View) -> np.ndarray:
        assert view.outputs is not None
        return np.hstack([_dense(view.target), *view.outputs])

    def fit(self, given: Training) -> StackedMember:
        self.classes_ = given.classes
        self.model_ = clone(self.learner).fit(self._rows(given.view), given.y)
        return self

    def values(self, view: View) -> np.ndarray:
        return _values_of(self.model_, self._rows(view), self.classes_)


class SharedMember(Member):
    """Any transfer estimator, on the columns that both domains have."""

    def __init__(self, estimator: Any, *, dense: bool = False) -> None:
        self.estimator = estimator
        self.dense = dense

    def fit(self, given: Training) -> SharedMember:
        self.classes_ = given.classes
        source = self._source(given)
        if self.dense and source is not None:
            source = Sources([Domain(_dense(d.X), d.y, name=d.name) for d in source.domains])
        rows = None if given.more is None else self._rows(given.more)
        more = None if rows is None else Domain(rows)
        self.model_ = clone(self.estimator).fit(self._rows(given.view), given.y, source=source, unlabeled=more)
        return self

    def _source(self, given: Training) -> Sources | None:
        return given.shared

    def _rows(self, view: View) -> Any:
        return _dense(view.shared) if self.dense else view.shared

    def values(self, view: View) -> np.ndarray:
        return _values_of(self.model_, self._rows(view), self.classes_)


class MovedMember(SharedMember):
    """A parameter transfer that starts from a source model, which was fitted once, in that model's code."""

    def __init__(self, estimator: Any, *, dense: bool = False, code: int = 0) -> None:
        super().__init__(estimator, dense=dense)
        self.code = code

    def _source(self, given: Training) -> Sources | None:
        return None

    def _rows(self, view: View) -> Any:
        rows = view.coded[self.code]
        if rows is None:
            raise InputError("the columns before the last step of its source model are not numbers")
        return _dense(rows) if self.dense else rows


class CommonMember(SharedMember):
    """Any transfer estimator, in the space that domains with different columns have in common."""

    def _source(self, given: Training) -> Sources | None:
        return given.common

    def _rows(self, view: View) -> Any:
        return view.common


class RawMember(SharedMember):
    """A transfer estimator for domains with different columns, on the tables as they are."""

    def _source(self, given: Training) -> Sources | None:
        return given.raw

    def _rows(self, view: View) -> Any:
        return view.raw
