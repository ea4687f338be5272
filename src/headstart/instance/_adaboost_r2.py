"""AdaBoost.R2 with frozen source weights, and the search for beta: the two halves of two-stage TrAdaBoost.R2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq

from ._boosting import WeightedLearner, log_odds

# Residuals of rows that a tree fits exactly are rounding errors, not a reason to search for beta = exp(-1e17).
EXACT = 1e-12


@dataclass(frozen=True)
class MedianEnsemble:
    """Fitted regressors whose prediction is the median, weighted by ``votes``."""

    estimators: list[Any]
    errors: list[float]
    votes: np.ndarray

    def predict(self, X: Any) -> np.ndarray:
        """The weighted median of the predictions for each row."""
        voters = [e for e, v in zip(self.estimators, self.votes, strict=True) if v > 0]
        if len(voters) == 1:
            return np.asarray(voters[0].predict(X), dtype=np.float64).ravel()
        said = np.column_stack([np.asarray(e.predict(X), dtype=np.float64).ravel() for e in voters])
        return weighted_median(said, self.votes[self.votes > 0])


def weighted_median(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """For each row of ``values`` the smallest entry at which the weights up to it reach half of their sum."""
    order = np.argsort(values, axis=1, kind="stable")
    reached = np.cumsum(weights[order], axis=1)
    # The sum of the same row, since the order of a sum moves its last digit; a hair below half keeps exact ties low.
    middle = (reached >= (0.5 - 1e-12) * reached[:, -1:]).argmax(axis=1)
    rows = np.arange(len(values))
    return values[rows, order[rows, middle]]


def adjusted_errors(residual: np.ndarray, loss: str) -> np.ndarray:
    """Errors as parts of the largest one, between 0 and 1, under the loss of AdaBoost.R2."""
    size = np.abs(residual)
    largest = size.max()
    if largest > 0.0:
        size = size / largest
        size[size < EXACT] = 0.0
    if loss == "square":
        return size**2
    return 1.0 - np.exp(-size) if loss == "exponential" else size


def boost_target(
    learner: WeightedLearner, n_source: int, weight: np.ndarray, n_rounds: int, loss: str, first: Any = None
) -> MedianEnsemble:
    """AdaBoost.R2 in which the weights of the first ``n_source`` rows never change.

    ``first`` is the learner already fitted with ``weight``, where there is one.
    """
    weight = weight / weight.sum()
    share = weight[n_source:].sum()
    # A source without weight has no say in the largest residual either.
    used = slice(None) if weight[:n_source].any() else slice(n_source, None)
    estimators: list[Any] = []
    errors: list[float] = []
    for t in range(n_rounds):
        fitted = first if t == 0 and first is not None else learner.fit(weight)
        e = adjusted_errors(fitted.predict(learner.X[used]).ravel() - learner.y[used], loss)
        error = float(weight[used] @ e)
        if error >= 0.5 and estimators:
            break
        estimators.append(fitted)
        errors.append(error)
        if error >= 0.5 or error <= 0.0:
            break
        target = weight[n_source:] * (error / (1.0 - error)) ** (1.0 - e[n_source - len(weight) :])
        weight[n_source:] = target * (share / target.sum())
    # A lone first round with an error of 1/2 or more would vote with ln(1/beta) <= 0.
    votes = np.array([log_odds(e) for e in errors]) if len(errors) > 1 else np.ones(1)
    return MedianEnsemble(estimators, errors, votes)


def search_decay(weight: np.ndarray, errors: np.ndarray, wanted: float) -> float:
    """The s = -ln(beta) >= 0 for which sum(weight * beta ** errors) equals ``wanted``; inf where nothing reaches it.

    In s, not in beta: where most errors are small, beta lies far below what a step of fixed size in [0, 1] can find.
    """
    if wanted >= weight.sum():
        return 0.0
    if wanted <= weight[errors == 0.0].sum():
        return float("inf")

    def excess(s: float) -> float:
        return float(weight @ np.exp(-s * errors) - wanted)

    high = 1.0
    while excess(high) > 0.0:
        high *= 2.0
        if high > 1e18:  # wanted is the weight of the rows without error, but for rounding
            return float("inf")
    return float(brentq(excess, 0.0, high, xtol=1e-12, rtol=1e-12))


def decayed(weight: np.ndarray, errors: np.ndarray, decay: float) -> np.ndarray:
    """``weight * beta ** errors``, with 0 ** 0 = 1."""
    if np.isinf(decay):
        return np.where(errors == 0.0, weight, 0.0)
    return weight * np.exp(-decay * errors)
