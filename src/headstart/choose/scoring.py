"""Scores of predicted values, fold by fold: higher is better."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.stats import rankdata
from sklearn.metrics import check_scoring, get_scorer
from sklearn.utils import Tags
from sklearn.utils._tags import ClassifierTags, InputTags, RegressorTags, TargetTags
from sklearn.utils.metaestimators import available_if

from ..core.errors import InputError


class Metric:
    """A metric by name, on values (probabilities or numbers) rather than on an estimator.

    The defaults: area under the ROC curve for two classes, accuracy for more, R2 for numbers. R2 of a few rows would
    divide by their own small spread; here it is one minus the squared error over the variance of all labelled rows.

    Raises
    ------
    InputError
        Where there is no such metric, or it is not made for such labels.
    """

    def __init__(self, scoring: Any, classes: np.ndarray | None, y: np.ndarray) -> None:
        if scoring is None:
            scoring = "r2" if classes is None else "roc_auc" if len(classes) == 2 else "accuracy"
        self.name = scoring if isinstance(scoring, str) else getattr(scoring, "__name__", type(scoring).__name__)
        self.classes = classes
        self._variance = max(float(np.var(y)), 1e-12) if classes is None else 1.0
        self._score = self._choose(scoring)
        self._try_it(y)

    def _try_it(self, y: np.ndarray) -> None:
        """Raise where the metric is not made for such labels: each class predicted well, or nearly these numbers."""
        if self.classes is None:
            told, kind, fits = np.asarray(y, dtype=float), "numbers", "r2 or neg_mean_absolute_error"
            values = told + 0.01 * np.abs(told) + 0.013  # not whole, as those of a model
        else:
            n = len(self.classes)
            told, values = np.repeat(self.classes, 2), np.repeat(np.eye(n), 2, axis=0)
            kind = f"{n} classes, {', '.join(repr(c) for c in self.classes[:5].tolist())}{', ...' if n > 5 else ''}"
            fits = "roc_auc, accuracy or neg_log_loss" if n == 2 else "accuracy, roc_auc_ovr or neg_log_loss"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._score(told, values)
        except (TypeError, ValueError) as error:
            raise InputError(
                f"scoring={self.name!r} cannot score these labels, which are {kind}; expected a metric for them, such "
                f"as {fits} (it says: {str(error).strip().splitlines()[0]})"
            ) from error

    def _choose(self, scoring: Any) -> Callable[[np.ndarray, np.ndarray], float]:
        if scoring == "r2" and self.classes is None:
            return lambda y, values: 1.0 - float(np.mean((y - values) ** 2)) / self._variance
        if scoring == "accuracy" and self.classes is not None:
            return lambda y, values: float(np.mean(self.classes[values.argmax(axis=1)] == y))
        if scoring == "roc_auc" and self.classes is not None and len(self.classes) == 2:
            return lambda y, values: area_under_roc(y == self.classes[1], values[:, 1])
        try:
            scorer = get_scorer(scoring) if isinstance(scoring, str) else scoring
        except ValueError as error:
            raise InputError(
                f"scoring={scoring!r} is no metric of scikit-learn; expected a name from "
                "sklearn.metrics.get_scorer_names() or a scorer"
            ) from error
        if not callable(scorer):
            raise InputError(f"scoring={scoring!r}; expected the name of a metric or a scorer")
        check_scoring(_Given(np.zeros((1, 2)), self.classes), scoring=scorer)
        return lambda y, values: float(scorer(_Given(values, self.classes), np.zeros((len(y), 1)), y))

    def __call__(self, y: np.ndarray, values: np.ndarray) -> float:
        """The score; NaN where it is not defined, such as the area under the ROC curve of one class."""
        if self.name.startswith("roc_auc") and len(np.unique(y)) < 2:
            return float("nan")
        try:
            return self._score(y, values)
        except ValueError:  # log loss and others are not defined on a fold that lacks a class
            if self.classes is not None and len(np.unique(y)) < len(self.classes):
                return float("nan")
            raise


def area_under_roc(positive: np.ndarray, values: np.ndarray) -> float:
    """Share of pairs (one positive, one not) that ``values`` puts in order, ties counting half."""
    n_positive = int(positive.sum())
    ranks = rankdata(values)
    pairs = n_positive * (len(values) - n_positive)
    return float((ranks[positive].sum() - n_positive * (n_positive + 1) / 2) / pairs)


class _Given:
    """An estimator that answers with values it was given, so that any scorer can score them."""

    def __init__(self, values: np.ndarray, classes: np.ndarray | None) -> None:
        self.values = values
        if classes is not None:
            self.classes_ = classes

    def fit(self, X: Any, y: Any) -> _Given:
        return self

    def predict(self, X: Any) -> np.ndarray:
        if hasattr(self, "classes_"):
            return np.asarray(self.classes_[self.values.argmax(axis=1)])
        return self.values

    @available_if(lambda self: hasattr(self, "classes_"))
    def predict_proba(self, X: Any) -> np.ndarray:
        return self.values

    def __sklearn_tags__(self) -> Tags:
        is_classifier = hasattr(self, "classes_")
        return Tags(
            estimator_type="classifier" if is_classifier else "regressor",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags() if is_classifier else None,
            regressor_tags=None if is_classifier else RegressorTags(),
            transformer_tags=None,
            input_tags=InputTags(),
        )
