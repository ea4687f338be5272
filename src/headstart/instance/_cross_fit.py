"""Predictions of each row by a classifier that has not seen it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ..core.checks import as_headstart_errors, is_sparse
from ..core.errors import InputTypeError


def default_classifier(X: Any) -> Any:
    """Logistic regression of standardised columns: smooth, calibrated, and fast at millions of rows."""
    return make_pipeline(StandardScaler(with_mean=not is_sparse(X)), LogisticRegression(max_iter=1000))


def seeded(classifier: Any, seed: int) -> Any:
    """A copy whose every ``random_state`` of None is ``seed``; those that the user set stay."""
    copy = clone(classifier)
    unset = {
        k: seed for k, v in copy.get_params(deep=True).items() if k.split("__")[-1] == "random_state" and v is None
    }
    return copy.set_params(**unset) if unset else copy


def refuse_without_probabilities(classifier: Any, *, why: str) -> None:
    """Raise where a classifier has no ``predict_proba``."""
    if not (hasattr(classifier, "fit") and hasattr(classifier, "predict_proba")):
        raise InputTypeError(
            f"{type(classifier).__name__} has no predict_proba, which {why} needs; expected a probabilistic "
            "classifier such as LogisticRegression, or CalibratedClassifierCV around this one"
        )


def cross_fit(classifier: Any, X: Any, labels: np.ndarray, n_folds: int, seed: int) -> tuple[np.ndarray, list[Any]]:
    """Probabilities (n_rows, n_classes) by classifiers of the other folds, and these; ``labels`` are 0, 1, 2, ..."""
    probability = np.zeros((labels.size, int(labels.max()) + 1))
    fitted = []
    with warnings.catch_warnings():  # a class with fewer rows than folds is missing in some: that is handled here
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        folds = list(StratifiedKFold(n_folds, shuffle=True, random_state=seed).split(np.empty(labels.size), labels))
    for train, test in folds:
        with as_headstart_errors(f"{type(classifier).__name__}: "):
            model = clone(classifier).fit(X[train], labels[train])
        probability[np.ix_(test, model.classes_)] = model.predict_proba(X[test])
        fitted.append(model)
    return probability, fitted
