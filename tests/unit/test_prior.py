"""The target model on source models: against a general minimiser of the written objective."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import logsumexp

from headstart.numeric.prior import fit_prior_logistic, fit_prior_ridge, rotate


def problem(seed, n=30, d=3, m=2, k=1):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    S = rng.normal(size=(m, n, k)) + X[None, :, :1]
    return rng, X, S


@pytest.mark.parametrize("m", [1, 2, 3])
@pytest.mark.parametrize("d", [3, 50])
def test_ridge_minimises_the_written_objective(m, d):
    rng, X, S = problem(m, d=d, m=m)
    y = S[:, :, 0].mean(axis=0) * 1.5 + X[:, 1] + rng.normal(size=len(X)) + 2
    found = fit_prior_ridge(X, y, S, np.array([3.0]), 2.0)
    # the same as least squares with rows for the penalties
    n, hold = len(y), 2.0 * np.var(y)
    A = np.zeros((n + m + d, m + 1 + d))
    A[:n] = np.column_stack([S[:, :, 0].T, np.ones(n), X])
    A[n : n + m, :m] = np.sqrt(hold) * np.eye(m)
    A[n + m :, m + 1 :] = np.sqrt(3.0) * np.eye(d)
    best = np.linalg.lstsq(A, np.r_[y, np.full(m, np.sqrt(hold) / m), np.zeros(d)], rcond=None)[0]
    np.testing.assert_allclose(found.slope, best[:m], atol=1e-7)
    np.testing.assert_allclose(found.intercept, best[m], atol=1e-7)
    np.testing.assert_allclose(found.coef[0], best[m + 1 :], atol=1e-7)
    np.testing.assert_allclose(found.output(S, X)[:, 0], A[:n] @ best, atol=1e-7)


def test_ridge_leave_one_out_is_exact():
    rng, X, S = problem(4, n=12)
    y = X[:, 0] + rng.normal(size=12)
    found = fit_prior_ridge(X, y, S, np.array([1.0]), 1.0)
    errors = []
    for i in range(12):
        rest = np.arange(12) != i
        # the slopes' penalty is in units of var(y): here it must be that of all rows
        penalty = 1.0 * np.var(y) / np.var(y[rest])
        errors.append(
            y[i]
            - fit_prior_ridge(X[rest], y[rest], S[:, rest], np.array([1.0]), penalty).output(S[:, [i]], X[[i]])[0, 0]
        )
    assert found.loo == pytest.approx(np.mean(np.square(errors)), rel=1e-6)


def objective(v, X, Y, S, strength, slope_penalty):
    m = S.shape[0]
    k = Y.shape[1]
    slope, theta = v[:m], v[m:].reshape(k, -1)
    eta = np.tensordot(slope, S, axes=1) + theta[:, 0] + X @ theta[:, 1:].T
    if k == 1:
        loss = np.sum(np.logaddexp(0, eta[:, 0]) - Y[:, 0] * eta[:, 0])
    else:
        loss = np.sum(logsumexp(eta, axis=1) - (eta * Y).sum(axis=1))
    return loss + 0.5 * slope_penalty * np.sum((slope - 1 / m) ** 2) + 0.5 * strength * np.sum(theta[:, 1:] ** 2)


@pytest.mark.parametrize("m", [1, 2])
@pytest.mark.parametrize("k", [1, 3])
def test_logistic_minimises_the_written_objective(m, k):
    rng, X, S = problem(5 + m, n=40, m=m, k=k)
    codes = rng.integers(max(k, 2), size=40)
    Y = codes.astype(float)[:, None] if k == 1 else np.eye(k)[codes]
    found = fit_prior_logistic(X, Y[:, 0] if k == 1 else Y, S, np.array([2.0]), 1.5)
    mine = np.r_[found.slope, np.column_stack([found.intercept, found.coef]).ravel()]
    best = minimize(objective, np.zeros(m + 4 * k), args=(X, Y, S, 2.0, 1.5), method="BFGS", options={"gtol": 1e-6})
    assert objective(mine, X, Y, S, 2.0, 1.5) <= best.fun + 1e-4
    np.testing.assert_allclose(found.slope, best.x[:m], atol=5e-3)
    np.testing.assert_allclose(found.coef, best.x[m:].reshape(k, 4)[:, 1:], atol=5e-3)


def test_one_class_more_than_columns_rotates_without_loss():
    _, X, S = problem(9, n=10, d=40)
    y = np.r_[np.zeros(5), np.ones(5)]
    found = fit_prior_logistic(X, y, S, np.array([1.0]), 1.0)
    mine = np.r_[found.slope, found.intercept, found.coef[0]]
    best = minimize(
        objective,
        np.zeros(43),
        args=(X, y[:, None], S, 1.0, 1.0),
        method="L-BFGS-B",
        options={"maxiter": 5000, "maxfun": 10**6, "ftol": 1e-14},
    )
    assert objective(mine, X, y[:, None], S, 1.0, 1.0) <= best.fun + 1e-5
    A, back = rotate(X)
    np.testing.assert_allclose(A, X @ back, atol=1e-9)


def test_strongest_penalties_leave_the_source_models_average():
    rng, X, S = problem(10)
    y = rng.normal(size=30) + 7
    found = fit_prior_ridge(X, y, S, np.array([1e9]), 1e9)
    average = S[:, :, 0].mean(axis=0)
    np.testing.assert_allclose(found.slope, 0.5, atol=1e-6)
    np.testing.assert_allclose(found.output(S, X)[:, 0], average + np.mean(y - average), atol=1e-5)


def test_leave_one_out_tells_a_perfect_source_from_a_changed_one():
    rng, X, S = problem(11, n=60, m=1)
    strengths = np.logspace(-1, 5, 7)
    perfect = fit_prior_ridge(X, S[0, :, 0] + 5 + 0.1 * rng.normal(size=60), S, strengths, 1.0)
    changed = fit_prior_ridge(X, S[0, :, 0] + 3 * X[:, 1] + 0.1 * rng.normal(size=60), S, strengths, 1.0)
    assert perfect.strength >= 10 and np.abs(perfect.coef).max() < 0.1
    assert changed.strength <= 1 and changed.coef[0, 1] == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize("constant", [0.0, 5.0])
def test_constant_labels_are_predicted(constant):
    _, X, S = problem(12)
    found = fit_prior_ridge(X, np.full(30, constant), S, np.array([1.0, 10.0]), 1.0)
    np.testing.assert_allclose(found.output(S, X), constant, atol=1e-3)
