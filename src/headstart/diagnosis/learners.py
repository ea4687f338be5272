"""Cross-fitted predictions by a linear model and by trees: what a diagnosis measures with."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from scipy.special import expit, logit
from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge

from ..numeric.two_sample import cross_fit_factor

FOLDS = 5
FACTOR = cross_fit_factor(FOLDS)
TREES: Any = {"learning_rate": 0.1, "max_leaf_nodes": 8, "early_stopping": False, "random_state": 0}
MIXES = (0.0, 0.25, 0.5, 0.75, 1.0)


def folds_of(groups: np.ndarray, n_folds: int, rng: np.random.Generator) -> np.ndarray:
    """Fold number of each row, stratified by group."""
    fold = np.empty(len(groups), dtype=int)
    for g in np.unique(groups):
        rows = rng.permutation(np.flatnonzero(groups == g))
        fold[rows] = np.arange(len(rows)) % n_folds
    return fold


def domain_logits(X: np.ndarray, domain: np.ndarray, fold: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cross-fitted log odds of "target" for each row, from the linear model and from trees."""
    trees = np.empty(len(X))
    for k in np.unique(fold):
        train, test = fold != k, fold == k
        trees[test] = _log_odds(_fit(_trees(), X[train], domain[train]), X[test])
    return linear_logits(X, domain, fold), trees


def linear_logits(X: np.ndarray, domain: np.ndarray, fold: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """The same from the linear model alone, with weights of the rows."""
    out = np.empty(len(X))
    for k in np.unique(fold):
        train, test = fold != k, fold == k
        w = None if weight is None else weight[train]
        out[test] = _log_odds(_fit(LogisticRegression(C=0.1, max_iter=200), X[train], domain[train], w), X[test])
    return out


def _log_odds(model: Any, X: np.ndarray) -> np.ndarray:
    return np.asarray(logit(np.clip(model.predict_proba(X)[:, 1], 1e-6, 1 - 1e-6)))


def _trees() -> Any:
    return HistGradientBoostingClassifier(max_iter=50, **TREES)


def _fit(model: Any, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a nearly converged fit is as good a measure
        return model.fit(X, y) if weight is None else model.fit(X, y, sample_weight=weight)


def best_mix(a: np.ndarray, b: np.ndarray, truth: np.ndarray) -> float:
    """The share of ``b`` in the mix of two cross-fitted predictions with the smallest squared error."""
    errors = [float((((1 - m) * a + m * b - truth) ** 2).sum()) for m in MIXES]
    return MIXES[int(np.argmin(errors))]


def domain_probability(linear: np.ndarray, trees: np.ndarray, domain: np.ndarray) -> np.ndarray:
    """P(target given x) from the better mix of the two."""
    a, b = expit(linear), expit(trees)
    m = best_mix(a, b, domain.astype(float))
    return np.clip((1 - m) * a + m * b, 1e-6, 1 - 1e-6)


class Outcome:
    """The labels as columns of numbers: one indicator a class, or the standardised label itself."""

    def __init__(self, task: str, classes: np.ndarray, centre: float, spread: float) -> None:
        self.task, self.classes, self.centre, self.spread = task, classes, centre, spread

    @classmethod
    def of(cls, task: str, y: np.ndarray, ys: np.ndarray) -> Outcome:
        """Learn the classes, or centre and spread (that of the source), from the labels of both domains."""
        if task == "classification":
            return cls(task, np.unique(np.concatenate([np.unique(y), np.unique(ys)])), 0.0, 1.0)
        spread = float(np.std(ys)) or float(np.std(y)) or 1.0
        return cls(task, np.empty(0), float(np.mean(ys)), spread)

    def columns(self, y: np.ndarray) -> np.ndarray:
        """The labels as a matrix; of two classes only the second has a column."""
        if self.task == "regression":
            return ((y.astype(float) - self.centre) / self.spread)[:, None]
        marks = (y[:, None] == self.classes[None, :]).astype(float)
        return marks[:, 1:] if len(self.classes) == 2 else marks

    def fit_predict(self, X: np.ndarray, y: np.ndarray, *news: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Fit both models and predict the columns for each matrix of ``news``: (linear, trees)."""
        linear, trees = self._models()
        target: Any = self.columns(y)
        if self.task == "regression" or len(np.unique(y)) < 2:
            one = target[:, 0] if target.shape[1] == 1 else target
            linear, trees = Ridge(1.0), (self._regressor() if target.shape[1] == 1 else self._forest())
            linear.fit(X, one)
            trees.fit(X, one)
            return [(_as_columns(linear.predict(new)), _as_columns(trees.predict(new))) for new in news]
        _fit(linear, X, y)
        if len(self.classes) == 2:
            _fit(trees, X, y)
            return [(self._proba(linear, new), self._proba(trees, new)) for new in news]
        trees.fit(X, target)
        return [(self._proba(linear, new), _as_columns(trees.predict(new))) for new in news]

    def cross_fit(self, X: np.ndarray, y: np.ndarray, fold: np.ndarray) -> np.ndarray:
        """Cross-fitted expectation of the columns, from the better mix of both models."""
        truth = self.columns(y)
        linear, trees = np.empty_like(truth), np.empty_like(truth)
        for k in np.unique(fold):
            train, test = fold != k, fold == k
            ((linear[test], trees[test]),) = self.fit_predict(X[train], y[train], X[test])
        m = best_mix(linear, trees, truth)
        return np.asarray((1 - m) * linear + m * trees)

    def _proba(self, model: Any, X: np.ndarray) -> np.ndarray:
        p = model.predict_proba(X)
        full = np.zeros((len(X), len(self.classes)))
        full[:, np.searchsorted(self.classes, model.classes_)] = p
        return full[:, 1:] if len(self.classes) == 2 else full

    def _models(self) -> tuple[Any, Any]:
        return LogisticRegression(C=1.0, max_iter=200), (_trees() if len(self.classes) == 2 else self._forest())

    @staticmethod
    def _regressor() -> Any:
        return HistGradientBoostingRegressor(max_iter=60, **TREES)

    @staticmethod
    def _forest() -> Any:
        return ExtraTreesRegressor(60, min_samples_leaf=5, random_state=0)


def _as_columns(values: np.ndarray) -> np.ndarray:
    return values[:, None] if values.ndim == 1 else values
