"""The source model's prediction as the prior of the target model."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin, clone
from sklearn.utils.validation import check_is_fitted

from ..core.base import TransferData, TransferEstimator
from ..core.checks import common_classes
from ..core.errors import InputError, InputTypeError
from ..core.traits import Traits
from ..learners import boosting, linear
from .given_columns import places, rows_at
from .given_models import check_classes, read_given, refuse_both
from .prior_core import PriorModel, source_outputs


class _SourcePrior(TransferEstimator):
    _task: str

    def __init__(self, estimator: Any = None, *, source_model: Any = None, slope_penalty: float = 1.0) -> None:
        self.estimator = estimator
        self.source_model = source_model
        self.slope_penalty = slope_penalty

    def fit(self, X: Any, y: Any, *, source: Any = None, unlabeled: Any = None) -> Any:
        """Fit the source models, then the target model on top of them.

        Parameters
        ----------
        X : array-like of shape (n_target, n_features)
            Target rows.
        y : array-like of shape (n_target,)
            Target labels.
        source : Domain or Sources, default=None
            The labelled source. With several, each gets models of its own. None: ``source_model``, or, without
            one, a penalised linear model of the target alone.
        unlabeled : Domain, default=None
            Checked, and otherwise ignored.
        """
        if not self.slope_penalty > 0:
            raise InputError(f"slope_penalty={self.slope_penalty!r}; expected a number above 0")
        refuse_both(source, self.source_model)
        data = self._read(X, y, source, unlabeled, task=self._task)
        if data.y is None:
            raise InputError(
                f"the target y is None; {type(self).__name__} learns how the target differs from the source, which "
                "needs target labels: pass them, or use hs.SourceOnly"
            )
        models = self._source_models(data)
        classes = self._all_classes(data, models)
        self.source_models_ = models
        if not models:
            self.target_model_ = linear(self._task).fit(data.X, data.y)
            return self
        S = self._says(data.X, classes)
        self.target_model_ = PriorModel(self._task, classes, self.slope_penalty)
        self.target_model_.fit(S, data.X, data.y)
        self.slope_, self.coef_ = self.target_model_.slope_, self.target_model_.coef_
        self.intercept_ = self.target_model_.intercept_
        return self

    def _source_models(self, data: TransferData) -> list[Any]:
        self._columns = None
        if self.source_model is not None:
            found = read_given(self.source_model, self._task, probabilities=True)
            if self._task == "classification":
                for given in found:
                    check_classes(given.model.classes_, data.y)
            names = getattr(self, "feature_names_in_", None)
            self._columns = [(places(given, names, self.n_features_in_), given.columns) for given in found]
            return [given.model for given in found]
        if data.Xs is None:
            return []
        models = []
        for k, rows in enumerate(data.source_blocks()):
            labels = data.ys[data.domain_of == k]
            for learner in self._learners(labels):
                models.append(clone(learner).fit(rows, labels))
        return models

    def _says(self, rows: np.ndarray, classes: np.ndarray | None) -> np.ndarray:
        """What the source models say of target rows: (n_models, n_rows, n_outputs)."""
        asked = [rows] * len(self.source_models_)
        if self._columns is not None:
            asked = [rows_at(rows, at, names) for at, names in self._columns]
        models = zip(self.source_models_, asked, strict=True)
        return np.stack([source_outputs(model, theirs, classes) for model, theirs in models])

    def _learners(self, labels: np.ndarray) -> list[Any]:
        if self.estimator is None:
            n_classes = len(np.unique(labels)) if self._task == "classification" else 2
            return [linear(self._task), boosting(self._task, len(labels), n_classes)]
        given = self.estimator if isinstance(self.estimator, (list, tuple)) else [self.estimator]
        for learner in given:
            if self._task == "classification" and not hasattr(learner, "predict_proba"):
                raise InputTypeError(
                    f"estimator is a {type(learner).__name__} without predict_proba; expected a classifier that gives "
                    "probabilities: wrap it in sklearn.calibration.CalibratedClassifierCV"
                )
        return list(given)

    def _all_classes(self, data: TransferData, models: list[Any]) -> np.ndarray | None:
        return None

    def _values(self, X: Any) -> np.ndarray:
        check_is_fitted(self, "target_model_")
        rows = self._read_new(X)
        if not self.source_models_:
            model = self.target_model_
            return model.predict(rows) if self._task == "regression" else model.predict_proba(rows)
        classes = getattr(self, "classes_", None)
        return self.target_model_.predict_values(self._says(rows, classes), rows)


class SourcePriorClassifier(ClassifierMixin, _SourcePrior):
    """A target model that starts from what source models predict, and learns only how the target differs.

    The log odds are ``sum_m slope_m s_m(x) + intercept + x coef``, with ``s_m`` the log odds that source model
    ``m`` gives. The slopes are shrunk towards ``1 / n_models`` (the source believed as it is), ``coef`` towards zero
    with a strength chosen by leave-one-out on the target rows, the intercept is free: label shift alone costs
    nothing.

    Parameters
    ----------
    estimator : classifier or list of classifiers, default=None
        The learners of the source models, with ``predict_proba``. None: a tuned linear model and gradient boosting,
        since either may be the one that carries over.
    source_model : fitted classifier, list of them, or dict of them by name, default=None
        Source models that are fitted already, where the source rows are not at hand. Then no ``source=``. Any model or
        Pipeline will do; it is asked about its own columns of the target, found by name.
    slope_penalty : float, default=1.0
        One over the prior variance of a slope. 1 allows a source model to count double or not at all.

    Attributes
    ----------
    source_models_ : list
        The fitted source models.
    slope_ : array of shape (n_models,)
        How far each source model is believed.
    coef_ : array of shape (n_outputs, n_features)
        How the target differs from the source models.
    intercept_ : array of shape (n_outputs,)
    classes_ : array of shape (n_classes,)
        The union of the labels of target and source.
    n_source_ : int
        Number of source rows.

    Raises
    ------
    InputError
        Where there are no target labels, both ``source`` and ``source_model`` are given, or a source model is not
        fitted, or was fitted to columns that the target lacks or to other labels.
    InputTypeError
        Where a source model gives no probabilities.

    Notes
    -----
    Probabilities of source models are held within 0.01 and 0.99 before their log odds are taken. Target rows are no
    part of the source models' training, so their outputs on target rows are honest without cross-fitting.

    References
    ----------
    Kuzborskij and Orabona (2013). Stability and hypothesis transfer learning. ICML.

    Examples
    --------
    >>> import headstart as hs
    >>> shift = hs.datasets.make_shift("label", n_target=40, random_state=0)
    >>> model = hs.SourcePriorClassifier().fit(shift.target.X, shift.target.y, source=shift.source)
    >>> model.slope_.shape
    (2,)
    """

    traits = Traits(
        kind="parameter",
        target_labels="required",
        several_sources=True,
        regression=False,
        paper="Kuzborskij and Orabona (2013)",
    )
    _task = "classification"

    def _all_classes(self, data: TransferData, models: list[Any]) -> np.ndarray:
        known = data.ys
        if known is None and models:
            known = np.concatenate([m.classes_ for m in models])
        self.classes_ = common_classes(data.y, known)
        return self.classes_

    def predict_proba(self, X: Any) -> np.ndarray:
        """Class probabilities (n_rows, n_classes) of target rows (n_rows, n_features)."""
        return self._values(X)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of target rows (n_rows, n_features)."""
        values = self._values(X)
        return self.classes_[values.argmax(axis=1)]


class SourcePriorRegressor(RegressorMixin, _SourcePrior):
    """A target model that starts from what source models predict, and learns only how the target differs.

    The prediction is ``sum_m slope_m f_m(x) + intercept + x coef``, with ``f_m`` the source models. The slopes are
    shrunk towards ``1 / n_models``, ``coef`` towards zero with a strength chosen by leave-one-out on the target rows,
    the intercept is free: another level alone costs nothing.

    Parameters
    ----------
    estimator : regressor or list of regressors, default=None
        The learners of the source models. None: a tuned linear model and gradient boosting.
    source_model : fitted regressor, list of them, or dict of them by name, default=None
        Source models that are fitted already, where the source rows are not at hand. Then no ``source=``. Any model or
        Pipeline will do; it is asked about its own columns of the target, found by name.
    slope_penalty : float, default=1.0
        A slope one away from its prior costs as much as this many rows that are wrong by the target's spread.

    Attributes
    ----------
    source_models_ : list
        The fitted source models.
    slope_ : array of shape (n_models,)
        How far each source model is believed.
    coef_ : array of shape (1, n_features)
        How the target differs from the source models.
    intercept_ : array of shape (1,)
    n_source_ : int
        Number of source rows.

    Raises
    ------
    InputError
        Where there are no target labels, both ``source`` and ``source_model`` are given, or a source model is not
        fitted, or was fitted to columns that the target lacks or to other labels.

    References
    ----------
    Kuzborskij and Orabona (2013). Stability and hypothesis transfer learning. ICML.

    Examples
    --------
    >>> import headstart as hs
    >>> shift = hs.datasets.make_shift("concept", n_target=40, task="regression", random_state=0)
    >>> model = hs.SourcePriorRegressor().fit(shift.target.X, shift.target.y, source=shift.source)
    >>> model.coef_.shape == (1, shift.target.n_columns)
    True
    """

    traits = Traits(
        kind="parameter",
        target_labels="required",
        several_sources=True,
        classification=False,
        paper="Kuzborskij and Orabona (2013)",
    )
    _task = "regression"

    def predict(self, X: Any) -> np.ndarray:
        """Predicted numbers (n_rows,) of target rows (n_rows, n_features)."""
        return self._values(X)
