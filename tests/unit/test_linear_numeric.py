"""The paths under the linear transfer: against direct minimisation, refits without each row, and scikit-learn."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import check_grad, minimize
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge

from headstart.learners import linear
from headstart.numeric.elastic import Elastic
from headstart.numeric.elastic_path import ElasticPath
from headstart.numeric.large_ridge import fit_large_ridge
from headstart.numeric.logistic_curvature import Whole
from headstart.numeric.logistic_path import fit_path
from headstart.numeric.logistic_solve import by_lbfgs, solve
from headstart.numeric.offset_logistic import Logistic, row_losses
from headstart.numeric.rotated import Rotated, column_scale
from headstart.numeric.shrunk_ridge import RidgePath, ridge_at

STRENGTHS = np.logspace(-1, 3, 5)


def draw(n, d, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) * rng.uniform(0.2, 5, d) + 3
    return rng, X, X[:, 0] + rng.normal(size=n)


def one_hot(y, K):
    if K == 2:
        return (y > np.median(y)).astype(float)[:, None]
    return np.eye(K)[np.digitize(y, np.quantile(y, np.arange(1, K) / K))]


@pytest.mark.parametrize("sparse", [False, True])
def test_scale_of_columns_and_constant_ones(sparse):
    X = np.array([[0.0, 5.0, 1.0], [2.0, 5.0, 0.0], [4.0, 5.0, 0.0]])
    mean, scale = column_scale(sp.csr_array(X) if sparse else X)
    np.testing.assert_allclose(mean, X.mean(axis=0))
    np.testing.assert_allclose(scale, [X[:, 0].std(), 1.0, X[:, 2].std()])


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize(("n", "d"), [(40, 6), (15, 60)])
def test_rotated_ridge_is_ridge_on_scaled_columns(n, d, sparse):
    _, X, y = draw(n, d)
    scale = column_scale(X)[1]
    rows = Rotated.of(sp.csr_array(X) if sparse else X, scale)
    found = ridge_at(rows.A, rows.squares, y, 2.0)
    expected = Ridge(2.0, solver="cholesky").fit((X - X.mean(axis=0)) / scale, y)
    delta = rows.columns(found.gamma[None, :])[0]
    np.testing.assert_allclose(delta, expected.coef_ / scale, atol=1e-9)
    np.testing.assert_allclose(found.level, expected.intercept_, atol=1e-9)
    path = RidgePath(rows.A, rows.squares).fit(y, np.array([2.0]))
    np.testing.assert_allclose(path.gamma, found.gamma, atol=1e-9)


@pytest.mark.parametrize(("n", "d"), [(20, 3), (12, 30)])
def test_ridge_with_slopes_is_the_minimum_and_leave_one_out_is_exact(n, d):
    rng, X, y = draw(n, d)
    S, centre, hold = rng.normal(size=(n, 2)) + y[:, None], np.full(2, 0.5), 3.0
    rows = Rotated.of(X, column_scale(X)[1])
    found = RidgePath(rows.A, rows.squares).fit(y, STRENGTHS, S, centre, hold)
    same = ridge_at(rows.A, rows.squares, y, found.strength, S, centre, hold)
    np.testing.assert_allclose(found.gamma, same.gamma, atol=1e-9)
    np.testing.assert_allclose(found.slope, same.slope, atol=1e-9)

    def direct(keep, strength):
        B = np.column_stack([np.ones(n), S, rows.A])
        G = B[keep].T @ B[keep] + np.diag(np.r_[0, hold, hold, np.full(rows.A.shape[1], strength)])
        theta = np.linalg.solve(G, B[keep].T @ y[keep] + np.r_[0, hold * centre, np.zeros(rows.A.shape[1])])
        return B @ theta

    for k, strength in enumerate(STRENGTHS):
        errors = [y[i] - direct(np.arange(n) != i, strength)[i] for i in range(n)]
        np.testing.assert_allclose(found.loo[k], np.mean(np.square(errors)), rtol=1e-8)
    everywhere = found.level + S @ found.slope + rows.A @ found.gamma
    np.testing.assert_allclose(everywhere, direct(np.ones(n, bool), found.strength), atol=1e-8)


@pytest.mark.parametrize("sparse", [False, True])
def test_large_ridge_is_the_same_minimum(sparse):
    rng, X, y = draw(30, 8)
    scale = column_scale(X)[1]
    S, centre = rng.normal(size=(30, 2)) + y[:, None], np.full(2, 0.5)
    Z = sp.csr_array(X / scale) if sparse else X / scale
    found = fit_large_ridge(Z, y, np.array([2.0]), S, centre, 3.0)
    rows = Rotated.of(X, scale)
    expected = ridge_at(rows.A, rows.squares, y, 2.0, S, centre, 3.0)
    np.testing.assert_allclose(found.gamma, expected.gamma, atol=1e-5)
    np.testing.assert_allclose(found.slope, expected.slope, atol=1e-5)
    chosen = fit_large_ridge(Z, y, STRENGTHS, S, centre, 3.0)
    assert chosen.strength == STRENGTHS[chosen.loo.argmin()] and chosen.held.shape == (30,)


@pytest.mark.parametrize("K", [2, 3])
@pytest.mark.parametrize("models", [0, 2])
def test_logistic_gradient_minimum_and_leave_one_out(K, models):
    rng, X, y = draw(40, 4)
    Y = one_hot(y, K)
    S = rng.normal(size=(models, 40, Y.shape[1]))
    problem = Logistic((X - X.mean(axis=0)) / X.std(axis=0), Y, rng.normal(size=Y.shape), S, 1.3)
    point = 0.3 * rng.normal(size=problem.size)
    value = lambda v: problem.value_and_gradient(v, 2.0)[0]  # noqa: E731
    gradient = lambda v: problem.value_and_gradient(v, 2.0)[1]  # noqa: E731
    assert check_grad(value, gradient, point) < 1e-4
    found = solve(problem, problem.start(), 2.0)
    direct = minimize(value, problem.start(), jac=gradient, method="BFGS", options={"gtol": 1e-9}).x
    np.testing.assert_allclose(problem.output(found), problem.output(direct), atol=1e-6)
    slowly = by_lbfgs(problem, problem.start(), 2.0, exact=True)
    np.testing.assert_allclose(problem.output(slowly), problem.output(found), atol=1e-5)
    without = np.empty(40)
    for i in range(40):
        rest = problem.rows(np.arange(40) != i)
        without[i] = row_losses(problem.output(solve(rest, found, 2.0)), Y)[i]
    point = problem.at(found, 2.0)
    whole = Whole.of(problem, point.P)
    approximate = whole.without_each_row(point, whole.factor(2.0))
    np.testing.assert_allclose(approximate.mean(), without.mean(), rtol=0.01)
    assert np.corrcoef(approximate, without)[0, 1] > 0.999


def test_logistic_far_from_the_start_converges():
    """Rows that are separated, and offsets that are wrong by far."""
    _, X, y = draw(30, 3)
    Y = (y > 3).astype(float)[:, None]
    problem = Logistic((X - X.mean(axis=0)) / X.std(axis=0), Y, 30 * (1 - 2 * Y), np.zeros((0, 30, 1)))
    found = solve(problem, problem.start(), 1e-3)
    assert np.abs(problem.value_and_gradient(found, 1e-3)[1]).max() < 1e-7


def test_many_coefficients_choose_by_folds():
    _, X, y = draw(60, 300)
    rows = Rotated.of(X, column_scale(X)[1])
    Y = one_hot(y, 12)
    problem = Logistic(rows.A, Y, np.zeros(Y.shape), np.zeros((0, *Y.shape)))
    assert not problem.is_small
    found = fit_path(problem, STRENGTHS)
    assert found.held.shape == (60,) and np.isfinite(found.loss).all()
    assert np.abs(problem.value_and_gradient(found.flat, found.strength)[1]).max() < 1e-4


@pytest.mark.parametrize("l1_ratio", [1.0, 0.5])
@pytest.mark.parametrize(("n", "d"), [(50, 6), (40, 120)])
def test_elastic_numbers_are_those_of_scikit_learn(n, d, l1_ratio):
    _, X, y = draw(n, d)
    A = (X - X.mean(axis=0)) / X.std(axis=0)
    problem = Elastic(A, y[:, None], np.zeros((n, 1)), task="regression", l1_ratio=l1_ratio)
    for strength in problem.strengths()[[3, 15]]:
        gamma, level = problem.exact(float(strength))
        expected = ElasticNet(alpha=strength / n, l1_ratio=l1_ratio, tol=1e-13, max_iter=100_000).fit(A, y)
        np.testing.assert_allclose(gamma[0], expected.coef_, atol=1e-8)
        np.testing.assert_allclose(level, expected.intercept_, atol=1e-8)
    top = problem.strengths()[0]
    assert not problem.exact(top * 1.0001)[0].any() and problem.exact(top * 0.95)[0].any()


@pytest.mark.parametrize("l1_ratio", [1.0, 0.5])
@pytest.mark.parametrize("K", [2, 3])
def test_elastic_classes_are_those_of_scikit_learn(K, l1_ratio):
    _, X, y = draw(60, 8)
    A = (X - X.mean(axis=0)) / X.std(axis=0)
    Y = one_hot(y, K)
    codes = Y[:, 0].astype(int) if K == 2 else Y.argmax(axis=1)
    problem = Elastic(A, Y, np.zeros(Y.shape), task="classification", l1_ratio=l1_ratio)
    strength = float(problem.strengths()[12])
    gamma, level = problem.exact(strength)
    slow = LogisticRegression(C=1 / strength, solver="saga", tol=1e-10, max_iter=50_000, **_elastic(l1_ratio))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", FutureWarning)
        slow.fit(A, codes)
    np.testing.assert_allclose(gamma, slow.coef_, atol=1e-6)
    np.testing.assert_allclose(
        level - level.mean() * (K > 2), slow.intercept_ - slow.intercept_.mean() * (K > 2), atol=1e-5
    )


def _elastic(l1_ratio):
    """Releases of scikit-learn before 1.8 want the penalty named."""
    import sklearn

    old = tuple(int(part) for part in sklearn.__version__.split(".")[:2]) < (1, 8)
    return {"l1_ratio": l1_ratio} | ({"penalty": "elasticnet"} if old else {})


@pytest.mark.parametrize("K", [1, 2, 3])
def test_elastic_leave_one_out_follows_the_refits(K):
    _, X, y = draw(50, 10)
    A = (X - X.mean(axis=0)) / X.std(axis=0)
    Y = y[:, None] if K == 1 else one_hot(y, K)
    task = "regression" if K == 1 else "classification"
    problem = Elastic(A, Y, np.zeros(Y.shape), task=task, l1_ratio=0.9)
    path = ElasticPath(problem)
    for k in (8, 15):
        loss, without = path.loss(k), np.empty(50)
        for i in range(50):
            keep = np.arange(50) != i
            mean = A[keep].mean(axis=0)
            rest = Elastic(A[keep] - mean, Y[keep], np.zeros(Y[keep].shape), task=task, l1_ratio=0.9)
            gamma, level = rest.fit(path.strengths[k], path.gamma[k], path.intercept[k], tol=1e-8)
            eta = level + (A - mean) @ gamma.T
            without[i] = ((Y - eta) ** 2)[i, 0] if K == 1 else row_losses(eta, Y)[i]
        np.testing.assert_allclose(loss, without.mean(), rtol=0.06)


def test_elastic_rules():
    _, X, y = draw(50, 10)
    A = (X - X.mean(axis=0)) / X.std(axis=0)
    problem = Elastic(A, y[:, None], np.zeros((50, 1)), task="regression", l1_ratio=1.0)
    path = ElasticPath(problem)
    best, within = path.choose(), path.choose("one error")
    losses = [path.loss(k) for k in range(len(path.strengths))]
    assert within < best and losses[best] == min(losses)
    error = path.held[best].std(ddof=1) / np.sqrt(50)
    assert losses[within] <= losses[best] + error < losses[within - 1]


@pytest.mark.parametrize("n_classes", [2, 20])
def test_one_row_of_each_class_is_enough_for_many_columns(n_classes):
    X = np.random.default_rng(0).normal(size=(n_classes, 1500))
    model = linear("classification").fit(X, np.arange(n_classes))
    assert model.strength_ > 0 and (model.predict(X) == np.arange(n_classes)).all()
