"""A model of the target whose prior is what source models predict.

The linear output is ``sum_m slope_m S_m + intercept + X coef``, where ``S_m`` (n_rows, n_outputs) is the output of
source model ``m`` (log odds, or numbers). The slopes are shrunk towards ``1 / n_models`` each (the source models,
believed on average), the coefficients towards zero (no difference between the domains); the intercept is free.
How strongly the coefficients are held is chosen by leave-one-out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp

from .glm import logistic_path, ridge_path, softmax_leave_one_out_loss

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PriorFit:
    """``slope`` (n_models,), ``intercept`` (n_outputs,), ``coef`` (n_outputs, n_columns), ``strength``, ``loo``."""

    slope: Array
    intercept: Array
    coef: Array
    strength: float
    loo: float

    def output(self, S: Array, X: Array) -> Array:
        """Linear outputs (n_rows, n_outputs) for source outputs ``S`` (n_models, n_rows, n_outputs)."""
        return np.asarray(np.tensordot(self.slope, S, axes=1) + X @ self.coef.T + self.intercept)


def rotate(X: Array) -> tuple[Array, Array]:
    """``X`` in at most as many columns as rows, and the matrix that takes coefficients back: ridge does not notice."""
    n, d = X.shape
    if d <= n:
        return X, np.eye(d)
    U, S, Vt = np.linalg.svd(X, full_matrices=False)
    return U * S, Vt.T


def fit_prior_ridge(X: Array, y: Array, S: Array, strengths: Array, slope_penalty: float) -> PriorFit:
    """Real-valued targets; ``S`` (n_models, n_rows, 1). Leave-one-out is exact.

    A slope one away from its prior costs as much as ``slope_penalty`` rows that are wrong by the spread of ``y``.
    """
    m = S.shape[0]
    A, back = rotate(X)
    Z = np.hstack([S[:, :, 0].T, A])
    hold = slope_penalty * max(float(np.var(y)), 1e-12)
    offset = S[:, :, 0].mean(axis=0)
    best: PriorFit | None = None
    for strength in strengths:
        penalty = np.r_[np.full(m, hold / strength), np.ones(A.shape[1])]
        path = ridge_path(Z, y, np.array([strength]), penalty=penalty, offset=offset)
        if best is None or path.loo[0] <= best.loo:
            theta = path.coef[0, 0]
            best = PriorFit(
                theta[:m] + 1.0 / m, path.intercept[0], (back @ theta[m:])[None, :], float(strength), float(path.loo[0])
            )
    assert best is not None
    return best


def fit_prior_logistic(X: Array, Y: Array, S: Array, strengths: Array, slope_penalty: float) -> PriorFit:
    """Classes; ``Y`` (n_rows,) of 0 and 1 with one output, or one-hot with one output a class.

    A slope has a normal prior of variance ``1 / slope_penalty``. Leave-one-out is approximate (one Newton step).
    """
    A, back = rotate(X)
    if Y.ndim == 1:
        return _binary(A, back, Y, S, strengths, slope_penalty)
    return _softmax(A, back, Y, S, strengths, slope_penalty)


def _binary(A: Array, back: Array, Y: Array, S: Array, strengths: Array, slope_penalty: float) -> PriorFit:
    m = S.shape[0]
    Z = np.hstack([S[:, :, 0].T, A])
    offset = S[:, :, 0].mean(axis=0)[:, None]
    best: PriorFit | None = None
    for strength in strengths:
        penalty = np.r_[np.full(m, slope_penalty / strength), np.ones(A.shape[1])]
        path = logistic_path(Z, Y, np.array([strength]), penalty=penalty, offset=offset)
        if best is None or path.loo[0] <= best.loo:
            theta = path.coef[0, 0]
            best = PriorFit(
                theta[:m] + 1.0 / m, path.intercept[0], (back @ theta[m:])[None, :], float(strength), float(path.loo[0])
            )
    assert best is not None
    return best


def _softmax(A: Array, back: Array, Y: Array, S: Array, strengths: Array, slope_penalty: float) -> PriorFit:
    m, (n, K), r = S.shape[0], Y.shape, A.shape[1]
    B = np.column_stack([np.ones(n), A])
    centre = np.full(m, 1.0 / m)
    flat = np.r_[centre, np.zeros(K * (r + 1))]
    best: PriorFit | None = None
    for strength in strengths[::-1]:
        ridge = np.r_[1e-6, np.full(r, strength)]

        def objective(v: Array, ridge: Array = ridge) -> tuple[float, Array]:
            slope, theta = v[:m], v[m:].reshape(K, r + 1)
            eta = np.tensordot(slope, S, axes=1) + B @ theta.T
            total = logsumexp(eta, axis=1)
            residual = np.exp(eta - total[:, None]) - Y
            away = slope - centre
            value = float((total - (eta * Y).sum(axis=1)).sum())
            value += 0.5 * float(slope_penalty * away @ away + (ridge * theta**2).sum())
            return value, np.r_[
                np.tensordot(S, residual, axes=2) + slope_penalty * away, (residual.T @ B + ridge * theta).ravel()
            ]

        found = minimize(
            objective, flat, jac=True, method="L-BFGS-B", options={"maxiter": 300, "gtol": 1e-4 * max(1.0, n / 100)}
        )
        flat = np.asarray(found.x)
        slope, theta = flat[:m], flat[m:].reshape(K, r + 1)
        loo = softmax_leave_one_out_loss(B, Y, np.tensordot(slope, S, axes=1), ridge, theta)
        if best is None or loo < best.loo - 1e-12:
            best = PriorFit(slope.copy(), theta[:, 0].copy(), theta[:, 1:] @ back.T, float(strength), loo)
    assert best is not None
    return best
