"""The base learners that candidates are built on: what a good practitioner fits to a small table."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from .bins import QuantileBins
from .core.checks import as_headstart_errors
from .numeric.glm import logistic_path, probabilities, ridge_path

# From hardly any penalty to hardly any model, on columns of unit variance; a factor of three a step loses little.
STRENGTHS = np.logspace(-1.0, 4.0, 11)

# Beyond these sizes the exact path costs more than the solvers of scikit-learn.
EXACT_LIMIT = 400
EXACT_SIZE = 200_000


class TunedLogistic(ClassifierMixin, BaseEstimator):
    """Ridge-penalised logistic regression whose penalty is chosen by leave-one-out, in closed form.

    Parameters
    ----------
    strengths : array-like, default=None
        Penalties to choose from, ascending. None: eleven from 0.1 to 10,000.

    Attributes
    ----------
    strength_ : float
        The penalty chosen.
    coef_, intercept_ : arrays
        As in scikit-learn's LogisticRegression.
    """

    def __init__(self, strengths: Any = None) -> None:
        self.strengths = strengths

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> TunedLogistic:
        """Fit to rows (n_rows, n_columns) and their classes."""
        with as_headstart_errors():
            X, y = validate_data(self, X, y, dtype=np.float64, accept_sparse="csr")
            check_classification_targets(y)
        w = None if sample_weight is None else _check_sample_weight(sample_weight, X)
        self.classes_, codes = np.unique(y, return_inverse=True)
        K = len(self.classes_)
        strengths = STRENGTHS if self.strengths is None else np.asarray(self.strengths, dtype=float)
        if K == 1:
            self.strength_ = float(strengths[-1])
            self.coef_, self.intercept_ = np.zeros((1, X.shape[1])), np.zeros(1)
            return self
        if sp.issparse(X) or min(X.shape) > EXACT_LIMIT or X.size * (K if K > 2 else 1) > EXACT_SIZE:
            return self._fit_large(X, codes, w, strengths)
        Y = codes.astype(float) if K == 2 else np.eye(K)[codes]
        path = logistic_path(X, Y, strengths, weight=w)
        self.strength_ = float(strengths[path.best])
        self.coef_, self.intercept_ = path.coef[path.best], path.intercept[path.best]
        return self

    def _fit_large(self, X: Any, codes: np.ndarray, w: np.ndarray | None, strengths: np.ndarray) -> TunedLogistic:
        self.strength_ = _choose_by_folds(X, codes, w, strengths)
        model = LogisticRegression(C=1.0 / self.strength_, max_iter=300, tol=1e-3).fit(X, codes, sample_weight=w)
        self.coef_, self.intercept_ = model.coef_, model.intercept_
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """Linear outputs: (n_rows,) log odds for two classes, else (n_rows, n_classes)."""
        check_is_fitted(self)
        with as_headstart_errors():
            X = validate_data(self, X, reset=False, dtype=np.float64, accept_sparse="csr")
        out = np.asarray(X @ self.coef_.T) + self.intercept_
        return out[:, 0] if len(self.classes_) <= 2 else out

    def predict_proba(self, X: Any) -> np.ndarray:
        """Class probabilities (n_rows, n_classes)."""
        out = self.decision_function(X)
        if len(self.classes_) == 1:
            return np.ones((len(out), 1))
        return probabilities(out.reshape(len(out), -1))

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of each row."""
        proba = self.predict_proba(X)
        return self.classes_[proba.argmax(axis=1)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _choose_by_folds(X: Any, codes: np.ndarray, w: np.ndarray | None, strengths: np.ndarray) -> float:
    """The penalty with the smallest log loss over three folds, from every second strength.

    With one row of each class no fold knows the class of a row that it leaves out: then it is the second of those
    tried, which lets columns of unit variance separate a few rows without a claim to certainty.
    """
    from sklearn.model_selection import KFold

    tried = strengths[1:-2:2] if len(strengths) > 5 else strengths
    loss, scored = np.zeros(len(tried)), False
    for train, test in KFold(min(3, len(codes)), shuffle=True, random_state=0).split(np.zeros(len(codes))):
        known = np.isin(codes[test], codes[train])
        if not known.any() or len(np.unique(codes[train])) < 2:
            continue
        scored = True
        for k, strength in enumerate(tried):
            model = LogisticRegression(C=1.0 / strength, max_iter=100, tol=1e-2)
            model.fit(X[train], codes[train], sample_weight=None if w is None else w[train])
            P = model.predict_proba(X[test[known]])
            rows = np.searchsorted(model.classes_, codes[test[known]])
            loss[k] -= np.log(np.clip(P[np.arange(len(rows)), rows], 1e-12, 1.0)).sum()
    return float(tried[int(loss.argmin()) if scored else min(1, len(tried) - 1)])


class TunedRidge(RegressorMixin, BaseEstimator):
    """Ridge regression whose penalty is chosen by exact leave-one-out.

    Parameters
    ----------
    strengths : array-like, default=None
        Penalties to choose from, ascending. None: eleven from 0.1 to 10,000.

    Attributes
    ----------
    strength_ : float
        The penalty chosen.
    coef_, intercept_ : arrays
        As in scikit-learn's Ridge.
    """

    def __init__(self, strengths: Any = None) -> None:
        self.strengths = strengths

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> TunedRidge:
        """Fit to rows (n_rows, n_columns) and their numbers."""
        with as_headstart_errors():
            X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True, accept_sparse="csr")
        w = None if sample_weight is None else _check_sample_weight(sample_weight, X)
        strengths = STRENGTHS if self.strengths is None else np.asarray(self.strengths, dtype=float)
        if sp.issparse(X):
            from sklearn.linear_model import RidgeCV

            model = RidgeCV(alphas=strengths).fit(X, y, sample_weight=w)
            self.strength_, self.coef_, self.intercept_ = float(model.alpha_), model.coef_, float(model.intercept_)
            return self
        path = ridge_path(X, y.astype(float), strengths, weight=w)
        self.strength_ = float(strengths[path.best])
        self.coef_, self.intercept_ = path.coef[path.best, 0], float(path.intercept[path.best, 0])
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predicted numbers (n_rows,)."""
        check_is_fitted(self)
        with as_headstart_errors():
            X = validate_data(self, X, reset=False, dtype=np.float64, accept_sparse="csr")
        return np.asarray(X @ self.coef_) + self.intercept_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def linear(task: str) -> Any:
    """The tuned linear model for a task."""
    return TunedLogistic() if task == "classification" else TunedRidge()


def linear_fixed(task: str, strength: float) -> Any:
    """A linear model with a given penalty, for fits whose rows are mostly source rows."""
    if task == "classification":
        return LogisticRegression(C=1.0 / strength, max_iter=200, tol=1e-3)
    return Ridge(alpha=strength)


def boosting(task: str, n_rows: int, n_classes: int = 2) -> Any:
    """Gradient-boosted trees whose smallest leaf follows the number of rows (20 would leave 30 rows unsplit).

    Each round grows a tree a class: with many classes fewer rounds take larger steps.
    """
    many = n_classes > 2
    arguments = {
        "max_iter": max(30, 200 // n_classes) if many else 100,
        "learning_rate": 0.2 if many else 0.1,
        "max_leaf_nodes": 15,
        "min_samples_leaf": int(np.clip(n_rows // 20, 3, 20)),
        "l2_regularization": 1.0,
        "early_stopping": False,
        "random_state": 0,
    }
    kind = HistGradientBoostingClassifier if task == "classification" else HistGradientBoostingRegressor
    return make_pipeline(QuantileBins(), kind(**arguments))


def trees(task: str) -> Any:
    """Extremely randomised trees: the strongest untuned learner on some tens of rows."""
    if task == "classification":
        return ExtraTreesClassifier(40, min_samples_leaf=2, random_state=0)
    return ExtraTreesRegressor(40, min_samples_leaf=2, random_state=0)
