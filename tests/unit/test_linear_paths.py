"""Fast paths: the same minimum from every solver, and the same strength as from looking at all of them."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import logsumexp

from headstart.numeric.elastic import Elastic
from headstart.numeric.elastic_path import ElasticPath
from headstart.numeric.few_looks import least, least_of_every
from headstart.numeric.logistic_curvature import Shared, Whole
from headstart.numeric.logistic_path import fit_path
from headstart.numeric.logistic_solve import by_conjugate_gradients, by_newton, is_formed, solve
from headstart.numeric.offset_logistic import Logistic
from headstart.numeric.rotated import Rotated, column_scale

STRENGTHS = np.logspace(-1.0, 5.0, 9)


def draw(seed, n, d, K, models=0):
    """A problem of K classes on correlated columns, as axes that are orthogonal; with an offset that is about right."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) @ (np.eye(d) + 0.3 * rng.normal(size=(d, d)) / np.sqrt(d))
    W = rng.normal(size=(d, K)) / np.sqrt(d) * rng.choice([1.0, 3.0])
    label = (X @ W + rng.gumbel(size=(n, K))).argmax(axis=1)
    Y, known = np.eye(K)[label], X @ (W + rng.choice([0.2, 1.0]) * rng.normal(size=W.shape) / np.sqrt(d))
    if K == 2:
        Y, known = Y[:, 1:], known[:, 1:] - known[:, :1]
    rows = Rotated.of(X, column_scale(X)[1], orthogonal=True)
    S = np.zeros((models, *Y.shape))
    for s in S:
        s[:] = known * rng.uniform(0.3, 1.5) + rng.normal(size=known.shape)
    return Logistic(rows.A, Y, known if not models else np.zeros(Y.shape), S, 1.3, rows.squares)


def directly(problem, strength):
    """The penalised loss at its minimum, and the outputs, from every coefficient of every class and SciPy alone."""
    (n, K), (d, m) = problem.Y.shape, (problem.A.shape[1], len(problem.S))

    def outputs(v):
        slope, level, gamma = v[:m], v[m : m + K], v[m + K :].reshape(K, d)
        return problem.offset + np.tensordot(slope, problem.S, axes=1) + level + problem.A @ gamma.T

    def value(v):
        eta = outputs(v)
        full = np.column_stack([np.zeros(n), eta]) if K == 1 else eta
        said = (eta * problem.Y).sum(axis=1)
        total = logsumexp(full, axis=1)
        left = np.exp(eta - total[:, None]) - problem.Y
        slope, gamma = v[:m], v[m + K :]
        loss = (total - said).sum() + 0.5 * problem.hold * slope @ slope + 0.5 * strength * gamma @ gamma
        of_slopes = np.tensordot(problem.S, left, axes=2) + problem.hold * slope
        return loss, np.r_[of_slopes, left.sum(axis=0), (left.T @ problem.A).ravel() + strength * gamma]

    found = minimize(
        value, np.zeros(m + K + K * d), jac=True, method="L-BFGS-B",
        options={"maxiter": 20_000, "maxfun": 40_000, "ftol": 0.0, "gtol": 1e-9, "maxcor": 50},
    )  # fmt: skip
    return found.fun, outputs(found.x)


@pytest.mark.parametrize(("K", "models"), [(2, 0), (2, 2), (3, 0), (4, 2)])
@pytest.mark.parametrize("strength", [0.3, 20.0])
def test_every_solver_ends_at_the_direct_minimum(K, models, strength):
    problem = draw(K + models, 80, 60, K, models)
    expected, outputs = directly(problem, strength)
    start = problem.start()
    for flat in (
        by_newton(problem, start, strength)[0].flat,
        by_conjugate_gradients(problem, start, strength).flat,
        solve(problem, start, strength),
    ):
        value, gradient = problem.value_and_gradient(flat, strength)
        assert abs(value - expected) < 1e-8 * (1 + abs(expected)) and np.abs(gradient).max() < 1e-7
        difference = problem.output(flat) - outputs
        np.testing.assert_allclose(difference - difference.mean(axis=1, keepdims=True) * (K > 2), 0, atol=1e-5)


def test_second_derivatives_of_another_strength_lead_to_the_same_minimum():
    problem = draw(0, 80, 20, 2)
    _, near, _ = by_newton(problem, problem.start(), 1e4)
    found, _, _ = by_newton(problem, problem.start(), 0.1, near=near)
    expected, _, _ = by_newton(problem, problem.start(), 0.1)
    np.testing.assert_allclose(found.flat, expected.flat, atol=1e-9)


def test_contrasts_are_orthonormal_and_parts_add_up_to_zero():
    problem = draw(0, 40, 5, 4)
    Q = problem.contrasts
    np.testing.assert_allclose(Q.T @ Q, np.eye(3), atol=1e-12)
    _, level, gamma = problem.parts(np.random.default_rng(0).normal(size=problem.size))
    np.testing.assert_allclose(np.r_[level.sum(), gamma.sum(axis=0)], 0, atol=1e-12)


@pytest.mark.parametrize("models", [0, 2])
def test_shared_curvature_is_exact_where_all_rows_have_the_same(models):
    """With strong penalties and no offset all rows have the class shares as probabilities."""
    problem = draw(3, 60, 10, 3, models)
    problem = replace(problem, offset=np.zeros(problem.Y.shape))
    flat = np.zeros(problem.size)
    point = problem.at(flat, 5.0)
    shared, whole = Shared.of(problem, point.P, 5.0), Whole.of(problem, point.P)
    dense = whole.loss + np.diag(problem.held_by(5.0))
    np.testing.assert_allclose(shared.solve(point.gradient), np.linalg.solve(dense, point.gradient), atol=1e-8)
    rough, exact = shared.without_each_row(point), whole.without_each_row(point, whole.factor(5.0))
    if not models:
        np.testing.assert_allclose(rough, exact, atol=1e-4)
    assert rough.mean() == pytest.approx(exact.mean(), rel=0.01)


def every_loss(problem):
    """Leave-one-out losses of all strengths, each from its exact fit."""
    flat, out = problem.start(), np.empty(len(STRENGTHS))
    for k in range(len(STRENGTHS) - 1, -1, -1):
        point, _, _ = by_newton(problem, flat, STRENGTHS[k])
        flat, whole = point.flat, Whole.of(problem, point.P)
        out[k] = whole.without_each_row(point, whole.factor(STRENGTHS[k])).mean()
    return out


@pytest.mark.parametrize(("n", "d", "K"), [(60, 10, 2), (300, 80, 2), (80, 60, 3), (120, 60, 4)])
@pytest.mark.parametrize("models", [0, 1])
def test_the_strength_is_that_of_the_whole_path(n, d, K, models):
    same, worse = [], []
    for seed in range(6):
        problem = draw(seed, n, d, K, models)
        found, losses = fit_path(problem, STRENGTHS), every_loss(problem)
        k = int(np.flatnonzero(STRENGTHS == found.strength)[0])
        same.append(k == losses.argmin())
        worse.append(losses[k] - losses.min())
        np.testing.assert_allclose(found.held.mean(), losses[k], rtol=1e-3)
        assert np.abs(problem.value_and_gradient(found.flat, found.strength)[1]).max() < 1e-7
    assert np.mean(same) >= 5 / 6 and max(worse) < 0.005, (same, worse)


def test_large_problems_are_solved_by_products_and_small_ones_are_looked_at_throughout():
    large, small = draw(0, 80, 60, 4), draw(0, 60, 10, 2)
    assert not is_formed(large) and is_formed(small)
    assert np.isfinite(fit_path(small, STRENGTHS).loss).all()
    assert np.isnan(fit_path(large, STRENGTHS).loss).any()


@pytest.mark.parametrize("K", [1, 2, 3])
def test_an_elastic_path_loses_next_to_nothing_by_looking_at_few(K):
    worse = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        A = rng.normal(size=(150, 30))
        A -= A.mean(axis=0)
        y = A[:, :4].sum(axis=1) + 2 * rng.normal(size=150)
        cuts = np.quantile(y, np.arange(1, K) / K)
        Y = y[:, None] if K == 1 else np.eye(K)[np.digitize(y, cuts)][:, int(K == 2) :]
        task = "regression" if K == 1 else "classification"
        path = ElasticPath(Elastic(A, Y, np.zeros(Y.shape), task=task, l1_ratio=0.5))
        k = path.choose()
        assert len(path.held) < 20
        losses = np.array([path.loss(j) for j in range(len(path.strengths))])
        worse.append((losses[k] - losses.min()) / losses.min())
    assert max(worse) < 0.02, worse


def test_elastic_outputs_together_or_one_at_a_time_are_the_same(monkeypatch):
    rng = np.random.default_rng(0)
    A = rng.normal(size=(60, 8))
    A -= A.mean(axis=0)
    Y = np.eye(3)[rng.integers(3, size=60)]
    problem = Elastic(A, Y, rng.normal(size=Y.shape), task="classification", l1_ratio=0.5)
    together, level = problem.exact(2.0)
    monkeypatch.setattr("headstart.numeric.elastic._MOST_TOGETHER", 1)
    apart, other = problem.exact(2.0)
    np.testing.assert_allclose(apart, together, atol=1e-7)
    np.testing.assert_allclose(other - other.mean(), level - level.mean(), atol=1e-7)


@pytest.mark.parametrize("n", [1, 2, 9, 40])
@pytest.mark.parametrize("stride", [1, 2, 4])
def test_a_valley_is_found_wherever_it_is(n, stride):
    for bottom in range(n):
        seen = []

        def look(k, bottom=bottom, seen=seen):
            seen.append(k)
            return float(abs(k - bottom))

        for start in (0, n // 2, n - 1):
            seen.clear()
            assert least(n, look, start, stride) == bottom
            assert len(seen) == len(set(seen))
        assert least_of_every(n, look) == bottom


def test_of_equal_losses_the_last_and_patience_ends_the_walk():
    assert least(5, lambda k: 1.0, 2) == 4 and least_of_every(5, lambda k: 1.0) == 4
    seen = []
    assert least_of_every(40, lambda k: seen.append(k) or float(abs(k - 30)), 3, 2) == 30
    assert seen == [39, 36, 33, 30, 27, 24]


@pytest.mark.parametrize(("n", "d"), [(40, 6), (15, 60)])
def test_orthogonal_axes_lead_back_to_the_columns(n, d):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, d)) * rng.uniform(0.2, 5, d) + 3
    X[:, 2] = 4.0
    scale = column_scale(X)[1]
    rows = Rotated.of(X, scale, orthogonal=True)
    np.testing.assert_allclose(rows.A.T @ rows.A, np.diag(rows.squares), atol=1e-8)
    gamma = rng.normal(size=(2, rows.A.shape[1]))
    np.testing.assert_allclose((X - X.mean(axis=0)) @ rows.columns(gamma).T, rows.A @ gamma.T, atol=1e-9)
