"""Ridge-penalised linear and logistic models with an offset, and a penalty chosen by leave-one-out.

All functions work on plain arrays. ``penalty`` is a vector, one entry a column, that multiplies the common
strength: a column with a small entry moves freely, one with a large entry stays near zero. The intercept is
never penalised. Weights of rows are scaled to mean 1, so that a strength means the same however they are given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize
from scipy.special import expit, log_expit, logsumexp, softmax

Array = NDArray[np.float64]
MOST_JOINT = 600  # coefficients of all classes together, up to which their whole Hessian is inverted
MOST_WORK = 1e9  # rows times squared coefficients; above it the rows are many and leaving one out changes little


@dataclass(frozen=True)
class GlmPath:
    """Models along a path of penalty strengths, and what leave-one-out says about each.

    ``coef`` (n_strengths, n_outputs, n_columns), ``intercept`` (n_strengths, n_outputs), ``loo`` (n_strengths,)
    the mean leave-one-out loss, ``loo_output`` (n_strengths, n_rows, n_outputs) the leave-one-out linear outputs.
    """

    strengths: Array
    coef: Array
    intercept: Array
    loo: Array
    loo_output: Array

    @property
    def best(self) -> int:
        """Index of the strength with the smallest leave-one-out loss; of equal ones the strongest."""
        return int(np.flatnonzero(self.loo <= self.loo.min() + 1e-12)[-1])


@dataclass(frozen=True)
class _Reduced:
    """Columns scaled by their penalties and rotated into at most ``n_rows`` dimensions; ``back`` undoes both."""

    A: Array
    back: Array

    @classmethod
    def of(cls, X: Array, penalty: Array) -> _Reduced:
        scale = 1.0 / np.sqrt(penalty)
        Z = X * scale
        n, d = Z.shape
        if d <= n:
            return cls(Z, np.diag(scale) if d < 2 else scale[:, None] * np.eye(d))
        U, S, Vt = np.linalg.svd(Z, full_matrices=False)
        keep = S > S[0] * 1e-10 if S.size and S[0] > 0 else np.zeros(S.size, dtype=bool)
        return cls(U[:, keep] * S[keep], scale[:, None] * Vt[keep].T)


def ridge_path(
    X: Array,
    y: Array,
    strengths: Array,
    *,
    penalty: Array | None = None,
    offset: Array | None = None,
    weight: Array | None = None,
) -> GlmPath:
    """Ridge regression along ``strengths`` (ascending), with exact leave-one-out by the hat matrix.

    Minimises ``sum_i w_i (y_i - offset_i - b - x_i beta)^2 + strength * sum_j penalty_j beta_j^2``.
    """
    n, d = X.shape
    w = np.ones(n) if weight is None else weight * (n / weight.sum())
    target = y if offset is None else y - offset
    reduced = _Reduced.of(X, np.ones(d) if penalty is None else penalty)
    root = np.sqrt(w)
    mean_a, mean_t = np.average(reduced.A, axis=0, weights=w), np.average(target, weights=w)
    centred = reduced.A - mean_a
    A, t = centred * root[:, None], (target - mean_t) * root
    U, S, Vt = np.linalg.svd(A, full_matrices=False)
    Ut = U.T @ t
    coefs, intercepts, loos, outputs = [], [], [], []
    for strength in strengths:
        shrink = S**2 / (S**2 + strength)
        gamma = Vt.T @ (S / (S**2 + strength) * Ut)
        leverage = np.einsum("ij,j,ij->i", U, shrink, U) + w / n
        error = (target - mean_t - centred @ gamma) / np.maximum(1.0 - leverage, 1e-8)
        coefs.append(reduced.back @ gamma)
        intercepts.append(mean_t - mean_a @ gamma)
        loos.append(float(np.average(error**2, weights=w)))
        outputs.append(target - error)
    out = np.array(outputs)[:, :, None] + (0.0 if offset is None else offset[None, :, None])
    return GlmPath(
        np.asarray(strengths), np.array(coefs)[:, None, :], np.array(intercepts)[:, None], np.array(loos), out
    )


def logistic_path(
    X: Array,
    Y: Array,
    strengths: Array,
    *,
    penalty: Array | None = None,
    offset: Array | None = None,
    weight: Array | None = None,
) -> GlmPath:
    """Logistic regression along ``strengths`` (ascending), with approximate leave-one-out.

    ``Y`` is (n_rows,) of 0 and 1 for two classes (one output, the log odds of class 1), or one-hot
    (n_rows, n_classes) for more (one output a class, softmax). ``offset`` has the shape of the outputs.

    Minimises ``sum_i w_i loss_i + strength / 2 * sum_j penalty_j beta_j^2``. The leave-one-out outputs are one
    Newton step from the fit on all rows (Rad & Maleki 2020). For more than two classes the step takes the whole
    Hessian where that is affordable; where ``n_classes * n_columns`` exceeds 600, or there are so many rows that one
    hardly moves the fit, the blocks that join classes are left out, and the loss comes out a little too high.
    """
    n, d = X.shape
    w = np.ones(n) if weight is None else weight * (n / weight.sum())
    reduced = _Reduced.of(X, np.ones(d) if penalty is None else penalty)
    A = np.column_stack([np.ones(n), reduced.A])
    binary = Y.ndim == 1
    K = 1 if binary else Y.shape[1]
    off = np.zeros((n, K)) if offset is None else np.asarray(offset, dtype=float).reshape(n, K)
    target = Y.reshape(n, K).astype(float)
    theta = np.zeros((K, A.shape[1]))
    count = w @ target / n
    theta[:, 0] = (
        np.log(np.clip(count, 1e-3, 1 - 1e-3) / np.clip(1 - count, 1e-3, 1))
        if binary
        else np.log(np.clip(count, 1e-3, 1))
    )
    theta[:, 0] -= off.mean(axis=0)
    solve = _newton_binary if binary else _lbfgs_softmax
    coefs, intercepts, loos, outputs = [], [], [], []
    for strength in strengths[::-1]:
        ridge = np.r_[1e-6, np.full(A.shape[1] - 1, strength)]
        theta = solve(A, target, off, w, ridge, theta)
        loo_output = _leave_one_out(A, target, off, w, ridge, theta)
        loos.append(_log_loss(loo_output, target, w))
        coefs.append(theta[:, 1:] @ reduced.back.T)
        intercepts.append(theta[:, 0].copy())
        outputs.append(loo_output)
    back = slice(None, None, -1)
    return GlmPath(
        np.asarray(strengths),
        np.array(coefs)[back],
        np.array(intercepts)[back],
        np.array(loos)[back],
        np.array(outputs)[back],
    )


def probabilities(output: Array) -> Array:
    """Class probabilities (n_rows, n_classes) of linear outputs: one column means two classes."""
    if output.shape[1] == 1:
        p = expit(output[:, 0])
        return np.column_stack([1.0 - p, p])
    return np.asarray(softmax(output, axis=1))


def _log_loss(output: Array, target: Array, w: Array) -> float:
    if output.shape[1] == 1:
        signed = np.where(target[:, 0] > 0.5, output[:, 0], -output[:, 0])
        return float(np.average(-log_expit(signed), weights=w))
    return float(np.average(logsumexp(output, axis=1) - (output * target).sum(axis=1), weights=w))


def _newton_binary(A: Array, target: Array, off: Array, w: Array, ridge: Array, theta: Array) -> Array:
    """Newton's method with step halving; the objective is convex, so it ends at the optimum."""
    t, o = target[:, 0], off[:, 0]
    beta = theta[0].copy()

    def objective(b: Array) -> float:
        eta = A @ b + o
        return float(w @ (np.logaddexp(0.0, eta) - t * eta) + 0.5 * ridge @ b**2)

    value = objective(beta)
    for _ in range(50):
        p = expit(A @ beta + o)
        gradient = A.T @ (w * (p - t)) + ridge * beta
        hessian = (A * (w * np.maximum(p * (1 - p), 1e-9))[:, None]).T @ A
        hessian[np.diag_indices_from(hessian)] += ridge
        step = cho_solve(cho_factor(hessian, check_finite=False), gradient, check_finite=False)
        decrement = float(gradient @ step)
        if decrement < 1e-9 * (1.0 + abs(value)):
            break
        size = 1.0
        while size > 1e-6:
            trial = objective(beta - size * step)
            if trial <= value - 1e-4 * size * decrement:
                break
            size *= 0.5
        else:
            break
        beta, value = beta - size * step, trial
    return beta[None, :]


def _lbfgs_softmax(A: Array, target: Array, off: Array, w: Array, ridge: Array, theta: Array) -> Array:
    shape = theta.shape

    def value_and_gradient(flat: Array) -> tuple[float, Array]:
        b = flat.reshape(shape)
        eta = A @ b.T + off
        total = logsumexp(eta, axis=1)
        p = np.exp(eta - total[:, None])
        value = float(w @ (total - (eta * target).sum(axis=1)) + 0.5 * (ridge * b**2).sum())
        gradient = ((p - target) * w[:, None]).T @ A + ridge * b
        return value, gradient.ravel()

    found = minimize(
        value_and_gradient,
        theta.ravel(),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 500, "gtol": 1e-4 * max(1.0, w.sum() / 100), "ftol": 1e-10},
    )
    return np.asarray(found.x).reshape(shape)


def _leave_one_out(A: Array, target: Array, off: Array, w: Array, ridge: Array, theta: Array) -> Array:
    """Linear outputs (n_rows, n_outputs) of each row without that row, one Newton step from the fit on all."""
    K, size = theta.shape[0], theta.size
    if K > 1 and size <= MOST_JOINT and len(A) * size**2 <= MOST_WORK:
        return _leave_one_out_joint(A, target, off, w, ridge, theta)
    return _leave_one_out_apart(A, target, off, w, ridge, theta)


def _leave_one_out_apart(A: Array, target: Array, off: Array, w: Array, ridge: Array, theta: Array) -> Array:
    """One output at a time: all there is of two classes, of more without the blocks that join them."""
    eta = A @ theta.T + off
    p = probabilities(eta)[:, 1:] if eta.shape[1] == 1 else probabilities(eta)
    out = np.empty_like(eta)
    for k in range(eta.shape[1]):
        curvature = w * np.maximum(p[:, k] * (1 - p[:, k]), 1e-9)
        hessian = (A * curvature[:, None]).T @ A
        hessian[np.diag_indices_from(hessian)] += ridge
        factor = cho_factor(hessian, check_finite=False)
        leverage = np.einsum("ij,ji->i", A, cho_solve(factor, A.T, check_finite=False))
        out[:, k] = eta[:, k] + w * leverage * (p[:, k] - target[:, k]) / np.maximum(1 - curvature * leverage, 1e-3)
    return out


def _leave_one_out_joint(A: Array, target: Array, off: Array, w: Array, ridge: Array, theta: Array) -> Array:
    """All classes together. A row adds a K x K block to the Hessian, which Woodbury's identity takes off again."""
    n, d = A.shape
    K = theta.shape[0]
    eta = A @ theta.T + off
    p = probabilities(eta)
    blocks = w[:, None, None] * (p[:, :, None] * np.eye(K) - p[:, :, None] * p[:, None, :])
    joined = np.empty((K, d, K, d))
    for k in range(K):
        for m in range(k + 1):
            joined[k, :, m, :] = joined[m, :, k, :] = (A * blocks[:, k, m, None]).T @ A
    hessian = joined.reshape(K * d, K * d)
    hessian[np.diag_indices_from(hessian)] += np.tile(ridge, K)
    # Only the ridge of 1e-6 holds what all intercepts have in common, which no probability depends on: held firmly it
    # leaves all that matters as it is, and the matrix well conditioned.
    hessian[::d, ::d] += w.sum() / K
    inverse = cho_solve(cho_factor(hessian, check_finite=False), np.eye(K * d), check_finite=False).reshape(K, d, K, d)
    leverage = np.empty((n, K, K))
    for k in range(K):
        for m in range(k + 1):
            leverage[:, k, m] = leverage[:, m, k] = np.einsum("ij,ij->i", A @ inverse[k, :, m, :], A)
    pull = leverage @ (w[:, None] * (p - target))[:, :, None]
    # The floor keeps a row that alone holds a direction of the fit from being thrown to infinity.
    return np.asarray(eta + np.linalg.solve((1 + 1e-6) * np.eye(K) - leverage @ blocks, pull)[:, :, 0])


def log_loss(output: Array, target: Array) -> float:
    """Mean log loss of linear outputs (n_rows, n_outputs); one output means two classes."""
    return _log_loss(output, target, np.ones(len(output)))


def softmax_leave_one_out_loss(A: Array, Y: Array, offset: Array, ridge: Array, theta: Array) -> float:
    """Approximate leave-one-out log loss of a softmax model; ``A`` has the column of ones, ``ridge`` its penalties."""
    w = np.ones(len(A))
    return _log_loss(_leave_one_out(A, Y, offset, w, ridge, theta), Y, w)
