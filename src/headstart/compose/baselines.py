"""The three baselines of every transfer problem: target only, source only, pooled."""

from __future__ import annotations

from numbers import Real
from typing import Any, Literal

import numpy as np
from sklearn.base import clone

from ..core.base import TransferData, stack_rows
from ..core.checks import refuse_unweightable, weight_arguments
from ..core.errors import InputError
from ..core.traits import Traits
from .wrapper import EstimatorWrapper


def fit_stacked(
    estimator: Any, data: TransferData, source_weight: np.ndarray | None, target_weight: float | Literal["equal"]
) -> Any:
    """Fit a clone of ``estimator`` to source and target rows together, with the weights given.

    ``source_weight`` None leaves the source rows at weight 1. Where all weights are 1 none are passed, so that
    learners without ``sample_weight`` can be pooled too.
    """
    model = clone(estimator)
    if data.Xs is None:
        return model.fit(data.X, data.y)
    weight_s = np.ones(data.n_source) if source_weight is None else source_weight
    if data.y is None:
        rows, labels, weight = data.Xs, data.ys, weight_s
    else:
        n = len(data.y)
        each = weight_s.sum() / n if target_weight == "equal" else float(target_weight)
        rows, labels = stack_rows(data.Xs, data.X), np.concatenate([data.ys, data.y])
        weight = np.concatenate([weight_s, np.full(n, each)])
    if np.all(weight == 1.0):
        return model.fit(rows, labels)
    refuse_unweightable(estimator, why="weighting rows")
    return model.fit(rows, labels, **weight_arguments(model, weight))


def check_target_weight(value: Any) -> None:
    """Refuse a target weight that is not "equal" or a positive number."""
    if isinstance(value, str) and value == "equal":
        return
    if isinstance(value, Real) and not isinstance(value, bool) and 0 < float(value) < np.inf:
        return
    raise InputError(f"target_weight={value!r}; expected 'equal' or a number above 0")


class TargetOnly(EstimatorWrapper):
    """No transfer: fit the estimator to the target rows, whatever the source.

    Parameters
    ----------
    estimator : estimator
        A scikit-learn classifier or regressor.

    Attributes
    ----------
    estimator_ : estimator
        The fitted estimator.
    classes_ : array of shape (n_classes,)
        For a classifier: the union of the labels of target and source.
    n_source_ : int
        Number of source rows, none of which was used.

    Examples
    --------
    >>> import headstart as hs
    >>> from sklearn.linear_model import LogisticRegression
    >>> shift = hs.datasets.make_shift("covariate", random_state=0)
    >>> model = hs.TargetOnly(LogisticRegression()).fit(shift.target.X, shift.target.y, source=shift.source)
    >>> model.predict(shift.target.X).shape == shift.target.y.shape
    True
    """

    traits = Traits(kind="baseline", source_labels="ignored", target_labels="required")

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def fit(self, X: Any, y: Any, *, source: Any = None, unlabeled: Any = None) -> TargetOnly:
        """Fit to target rows.

        Parameters
        ----------
        X : array-like of shape (n_target, n_features)
            Target rows.
        y : array-like of shape (n_target,)
            Target labels.
        source : Domain or Sources, default=None
            Checked, and otherwise ignored.
        unlabeled : Domain, default=None
            Checked, and otherwise ignored.
        """
        data = self._read_problem(X, y, source, unlabeled)
        if data.y is None:
            raise InputError("the target y is None; TargetOnly requires y to be passed: there is nothing else to learn")
        self.estimator_ = clone(self.estimator).fit(data.X, data.y)
        return self


class SourceOnly(EstimatorWrapper):
    """The other baseline: fit the estimator to the source rows, and use it on the target as it is.

    Parameters
    ----------
    estimator : estimator
        A scikit-learn classifier or regressor.

    Attributes
    ----------
    estimator_ : estimator
        The fitted estimator.
    classes_ : array of shape (n_classes,)
        For a classifier: the union of the labels of target and source.
    n_source_ : int
        Number of source rows.

    Notes
    -----
    Without a source it is fitted to the target rows, as every estimator of this package.

    Examples
    --------
    >>> import headstart as hs
    >>> from sklearn.linear_model import LogisticRegression
    >>> shift = hs.datasets.make_shift("covariate", random_state=0)
    >>> model = hs.SourceOnly(LogisticRegression()).fit(shift.target.X, shift.target.y, source=shift.source)
    >>> model.n_source_ == shift.source.n_rows
    True
    """

    traits = Traits(kind="baseline", target_labels="ignored")

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def fit(self, X: Any, y: Any = None, *, source: Any = None, unlabeled: Any = None) -> SourceOnly:
        """Fit to source rows.

        Parameters
        ----------
        X : array-like of shape (n_target, n_features)
            Target rows: only their columns are looked at.
        y : array-like of shape (n_target,), default=None
            Target labels: only used where there is no source.
        source : Domain or Sources, default=None
            The labelled source. None: fit to the target rows.
        unlabeled : Domain, default=None
            Checked, and otherwise ignored.
        """
        data = self._read_problem(X, y, source, unlabeled)
        rows, labels = (data.X, data.y) if data.Xs is None else (data.Xs, data.ys)
        self.estimator_ = clone(self.estimator).fit(rows, labels)
        return self


class Pooled(EstimatorWrapper):
    """Fit the estimator to source and target rows together, the target rows weighted.

    Parameters
    ----------
    estimator : estimator
        A scikit-learn classifier or regressor; with weights other than 1 it must accept ``sample_weight``.
    target_weight : float or "equal", default=1.0
        The weight of a target row, where a source row weighs 1. "equal" gives both domains the same weight in
        all. The default is plain pooling, the baseline that papers report.

    Attributes
    ----------
    estimator_ : estimator
        The fitted estimator.
    classes_ : array of shape (n_classes,)
        For a classifier: the union of the labels of target and source.
    n_source_ : int
        Number of source rows.

    Raises
    ------
    InputTypeError
        Where weights are needed and the estimator does not accept ``sample_weight``.

    Examples
    --------
    >>> import headstart as hs
    >>> from sklearn.linear_model import LogisticRegression
    >>> shift = hs.datasets.make_shift("covariate", random_state=0)
    >>> pooled = hs.Pooled(LogisticRegression(), target_weight="equal")
    >>> pooled.fit(shift.target.X, shift.target.y, source=shift.source).predict(shift.target.X[:2]).shape
    (2,)
    """

    traits = Traits(kind="baseline")

    def __init__(self, estimator: Any, *, target_weight: float | Literal["equal"] = 1.0) -> None:
        self.estimator = estimator
        self.target_weight = target_weight

    def fit(self, X: Any, y: Any = None, *, source: Any = None, unlabeled: Any = None) -> Pooled:
        """Fit to the rows of both domains.

        Parameters
        ----------
        X : array-like of shape (n_target, n_features)
            Target rows.
        y : array-like of shape (n_target,), default=None
            Target labels. None: only the source rows are learned from.
        source : Domain or Sources, default=None
            The labelled source. None: fit to the target rows.
        unlabeled : Domain, default=None
            Checked, and otherwise ignored.
        """
        check_target_weight(self.target_weight)
        data = self._read_problem(X, y, source, unlabeled)
        self.estimator_ = fit_stacked(self.estimator, data, None, self.target_weight)
        return self
