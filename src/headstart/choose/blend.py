"""Convex weights over candidates, regularised towards a prior: never left to an argmax."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Array = NDArray[np.float64]

# A candidate that gives the true class no chance at all costs at most log(100 * n_classes) a row.
FLOOR = 0.01


def blend_weights(values: Array, y: Array, prior: Array, *, tau: float, n_rows: float, n_classes: int = 0) -> Array:
    """Weights on the simplex that minimise the loss of the blend plus ``tau`` times their distance to the prior.

    Minimises ``n_rows * mean loss(values @ w) + tau * KL(w, prior)``. With few rows the prior decides, with many
    the rows do.

    Parameters
    ----------
    values : array of shape (n_predictions, n_candidates)
        Out-of-fold predictions: for classes the probability of the true class, else the predicted number.
    y : array of shape (n_predictions,)
        The true numbers; not looked at for classes.
    prior : array of shape (n_candidates,)
        Positive, with sum 1.
    tau : float
        How many nats of loss, over all rows, it takes to move the weights.
    n_rows : float
        Number of target rows. ``values`` may hold each row several times, from repeated folds.
    n_classes : int, default=0
        Number of classes; 0 for a regression.
    """
    k = values.shape[1]
    if k == 1:
        return np.ones(1)
    loss, gradient = _squared(values, y, n_rows) if n_classes == 0 else _log(values, n_rows, n_classes)
    log_prior = np.log(prior)

    def objective(t: Array) -> tuple[float, Array]:
        w = _softmax(t + log_prior)
        log_ratio = np.log(np.maximum(w, 1e-300)) - log_prior
        slope = gradient(w) + tau * (log_ratio + 1.0)
        return loss(w) + tau * float(w @ log_ratio), w * (slope - w @ slope)

    found = minimize(objective, np.zeros(k), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return _softmax(np.asarray(found.x) + log_prior)


def _softmax(t: Array) -> Array:
    e = np.exp(t - t.max())
    return np.asarray(e / e.sum())


def _squared(values: Array, y: Array, n_rows: float):  # type: ignore[no-untyped-def]
    """Half the squared error in units of the best candidate's: nats under a normal error of that size."""
    gram, cross, total = values.T @ values / len(y), values.T @ y / len(y), float(y @ y / len(y))
    unit = max(float(((values - y[:, None]) ** 2).mean(axis=0).min()), 1e-12)
    scale = n_rows / unit

    def loss(w: Array) -> float:
        return 0.5 * scale * float(w @ gram @ w - 2 * cross @ w + total)

    return loss, lambda w: scale * (gram @ w - cross)


def _log(values: Array, n_rows: float, n_classes: int):  # type: ignore[no-untyped-def]
    P = (1 - FLOOR) * values + FLOOR / n_classes

    def loss(w: Array) -> float:
        return -n_rows * float(np.log(P @ w).mean())

    return loss, lambda w: -n_rows * (P / (P @ w)[:, None]).mean(axis=0)


def mean_losses(values: Array, y: Array, n_classes: int = 0) -> Array:
    """The mean loss of each candidate on its own: log loss for classes, squared error for numbers."""
    if n_classes == 0:
        return np.asarray(((values - y[:, None]) ** 2).mean(axis=0))
    return np.asarray(-np.log((1 - FLOOR) * values + FLOOR / n_classes).mean(axis=0))
