"""The target model on top of source models: columns of source outputs first, then the target's own columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from ..numeric.glm import probabilities
from ..numeric.prior import PriorFit, fit_prior_logistic, fit_prior_ridge

# From "the domains may differ in any column" to "the source is believed as it is".
STRENGTHS = np.logspace(-1.0, 5.0, 7)

# No source model is believed beyond 99 to 1: its rows cannot know how the target differs.
MOST_CERTAIN = 0.01


def source_outputs(model: Any, rows: Any, classes: np.ndarray | None) -> np.ndarray:
    """What a source model says of rows, as linear outputs (n_rows, n_outputs).

    Numbers for a regression; log odds of the second class for two classes; centred log probabilities for more.
    A class that the model does not know gets the average probability of those that it knows.
    """
    if classes is None:
        return np.asarray(model.predict(rows), dtype=float).reshape(-1, 1)
    P = np.full((rows.shape[0], len(classes)), np.nan)
    known = np.isin(classes, model.classes_)
    P[:, known] = model.predict_proba(rows)[:, np.isin(model.classes_, classes)]
    P[:, ~known] = 1.0 / max(1, known.sum())
    P = np.clip(P, MOST_CERTAIN, None)
    P /= P.sum(axis=1, keepdims=True)
    L = np.log(P)
    return L[:, [1]] - L[:, [0]] if len(classes) == 2 else L - L.mean(axis=1, keepdims=True)


class PriorModel(BaseEstimator):
    """Fit ``sum_m slope_m S_m + intercept + X coef``, shrunk towards the source models.

    Parameters
    ----------
    task : {"classification", "regression"}
    classes : array, default=None
        All classes, for a classification.
    slope_penalty : float
        How strongly the slopes are held at ``1 / n_models``.
    """

    def __init__(self, task: str, classes: Any = None, slope_penalty: float = 1.0) -> None:
        self.task = task
        self.classes = classes
        self.slope_penalty = slope_penalty

    def fit(self, S: np.ndarray, X: np.ndarray, y: np.ndarray) -> PriorModel:
        """Fit to source outputs (n_models, n_rows, n_outputs), rows (n_rows, n_columns) and labels."""
        if self.task == "regression":
            found = fit_prior_ridge(X, y, S, STRENGTHS, self.slope_penalty)
        else:
            codes = np.searchsorted(self.classes, y)
            K = len(self.classes)
            Y = codes.astype(float) if K == 2 else np.eye(K)[codes]
            found = fit_prior_logistic(X, Y, S, STRENGTHS, self.slope_penalty)
        self.slope_, self.intercept_, self.coef_ = found.slope, found.intercept, found.coef
        self.strength_, self.loo_ = found.strength, found.loo
        return self

    def output(self, S: np.ndarray, X: np.ndarray) -> np.ndarray:
        """Linear outputs (n_rows, n_outputs)."""
        return PriorFit(self.slope_, self.intercept_, self.coef_, self.strength_, self.loo_).output(S, X)

    def predict_values(self, S: np.ndarray, X: np.ndarray) -> np.ndarray:
        """Class probabilities (n_rows, n_classes), or numbers (n_rows,)."""
        out = self.output(S, X)
        return out[:, 0] if self.task == "regression" else probabilities(out)
