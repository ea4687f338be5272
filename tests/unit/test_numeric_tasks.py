"""Linear models of several tasks: every solver against direct minimisation, evidences against normal densities."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime, minimize
from scipy.special import expit
from scipy.stats import multivariate_normal

from headstart.numeric.task_groups import best_groups, fit_groups, group_starts
from headstart.numeric.task_ridge import fit_shared, log_evidence, log_prior
from headstart.numeric.task_rows import TaskRows
from headstart.numeric.task_trace import fit_trace, shrink_singular, strongest, trace_norm

T, P = 4, 3


def draw(logistic, seed=0, sizes=(6, 8, 0, 7)):
    """Rows of four tasks, one of which has none."""
    rng = np.random.default_rng(seed)
    n = sum(sizes)
    Z = np.column_stack([np.ones(n), rng.normal(size=(n, P - 1))])
    W = np.array([0.3, 1.0, -0.5]) + 0.5 * rng.normal(size=(len(sizes), P))
    eta = (Z * W[np.repeat(np.arange(len(sizes)), sizes)]).sum(axis=1)
    y = (rng.random(n) < expit(eta)).astype(float) if logistic else eta + 0.5 * rng.normal(size=n)
    return TaskRows(Z, y, np.concatenate([[0], np.cumsum(sizes)]), logistic)


def direct_losses(rows, W):
    """Task by task, as the definition has it."""
    out = np.zeros(rows.n_tasks)
    for t in range(rows.n_tasks):
        part = slice(rows.starts[t], rows.starts[t + 1])
        eta, y = rows.Z[part] @ W[t], rows.y[part]
        out[t] = (np.log1p(np.exp(eta)) - y * eta).sum() if rows.logistic else 0.5 * ((y - eta) ** 2).sum()
    return out


@pytest.mark.parametrize("logistic", [False, True])
def test_losses_gradients_and_curvatures_are_those_of_the_definition(logistic, rng):
    rows = draw(logistic)
    W, own = rng.normal(size=(T, P)), np.array([2.0, np.inf, 0.5])
    assert np.allclose(rows.losses(W), direct_losses(rows, W))
    assert np.allclose(rows.total(rows.row_losses(W)), rows.losses(W))
    flat = approx_fprime(W.ravel(), lambda v: direct_losses(rows, v.reshape(T, P)).sum(), 1e-7)
    assert np.allclose(rows.gradient(W), flat.reshape(T, P), atol=1e-4)
    c = rows.curvature(W, own)
    for t in range(T):
        columns = [
            (rows.gradient(W + 1e-6 * np.eye(T)[t][:, None] * np.eye(P)[j])[t] - rows.gradient(W)[t]) / 1e-6
            for j in range(P)
        ]
        assert np.allclose(c.H[t], columns, atol=1e-4)
        inner = c.H[t][np.ix_([0, 2], [0, 2])] + np.diag([2.0, 0.5])
        assert np.allclose(c.K[t][np.ix_([0, 2], [0, 2])], np.linalg.inv(inner))
        assert np.all(c.K[t][1] == 0)
        assert np.isclose(c.log_det[t], np.log(np.linalg.det(inner) / (2.0 * 0.5)))


def test_some_of_the_rows_are_those_rows():
    rows = draw(False)
    chosen = np.array([0, 3, 6, 14, 20])
    part = rows.rows(chosen)
    assert part.counts.tolist() == [2, 1, 0, 2]
    assert np.array_equal(part.Z, rows.Z[chosen])


@pytest.mark.parametrize("logistic", [False, True])
@pytest.mark.parametrize(
    "shared, own",
    [
        ([0.1, 1.0, 1.0], [2.0, 5.0, 5.0]),
        ([0.1, 1.0, 1.0], [2.0, np.inf, np.inf]),
        ([0.1, 1.0, 1.0], [np.inf] * 3),
        ([np.inf] * 3, [0.1, 1.0, 1.0]),
        ([0.1, np.inf, 3.0], [2.0, 5.0, np.inf]),
    ],
)
def test_shared_and_own_parts_are_the_direct_minimum(logistic, shared, own):
    rows, weight = draw(logistic), np.array([1.0, 0.3, 1.0, 2.0])
    shared, own = np.array(shared), np.array(own)
    moves, free = np.isfinite(shared), np.isfinite(own)

    def parts(v):
        u, V = np.zeros(P), np.zeros((T, P))
        u[moves] = v[: moves.sum()]
        V[:, free] = v[moves.sum() :].reshape(T, -1)
        return u, V

    def value(v):
        u, V = parts(v)
        pulls = 0.5 * (np.where(free, own, 0) * V**2).sum(axis=1)
        return weight @ (direct_losses(rows, u + V) + pulls) + 0.5 * np.where(moves, shared, 0) @ u**2

    best = minimize(value, np.zeros(moves.sum() + T * free.sum()), method="BFGS", options={"gtol": 1e-7})
    fit = fit_shared(rows, shared, own, weight=weight)
    u, V = parts(best.x)
    assert np.isclose(fit.value, best.fun, atol=1e-8)
    assert np.allclose(fit.W, u + V, atol=1e-4)


def test_own_penalties_may_differ_by_task():
    rows = draw(False)
    own = np.array([[1.0, 2.0, 2.0], [1.0, 50.0, 50.0], [1.0, 1.0, 1.0], [1.0, 0.1, 0.1]])
    fit = fit_shared(rows, np.full(P, np.inf), own)
    for t in range(T):
        alone = np.linalg.solve(rows.gram[t] + np.diag(own[t]), rows.moments[t])
        assert np.allclose(fit.W[t], alone)


@pytest.mark.parametrize("own", [[2.0, 5.0, 0.7], [2.0, np.inf, np.inf]])
def test_evidence_is_the_normal_density_with_all_parts_integrated_out(own):
    rows, shared, own, noise = draw(False), np.array([0.5, 1.0, 3.0]), np.array(own), 0.4
    fit = fit_shared(rows, shared, own)
    there = np.where(np.isfinite(own), 1 / own, 0)
    apart = rows.Z * there @ rows.Z.T * (rows.task[:, None] == rows.task)
    joint = rows.Z / shared @ rows.Z.T
    n = len(rows.y)
    right = multivariate_normal(np.zeros(n), noise * (np.eye(n) + apart + joint)).logpdf(rows.y)
    found = log_evidence(rows, fit, own, noise).sum() + log_prior(rows, fit, shared, own, np.ones(T), noise)
    assert np.isclose(found - n / 2 * np.log(2 * np.pi), right)


@pytest.mark.parametrize("logistic", [False, True])
@pytest.mark.parametrize("share", [0.6, 0.2, 0.02])
def test_trace_norm_fit_fulfils_the_conditions_of_a_minimum(logistic, share):
    rows, level = draw(logistic), 0.7
    strength = share * strongest(rows, level)
    W = fit_trace(rows, strength, level, tolerance=1e-11, most_steps=50_000)
    g = rows.gradient(W)
    assert np.allclose(g[:, 0] + level * (W[:, 0] - W[:, 0].mean()), 0, atol=1e-6)
    # minus the gradient is a subgradient of the norm: no longer than the strength, and as long along the slopes
    slopes = W[:, 1:]
    assert np.linalg.norm(g[:, 1:], 2) <= strength * (1 + 1e-6)
    assert np.isclose(-(g[:, 1:] * slopes).sum(), strength * trace_norm(slopes), rtol=1e-5)


def test_trace_norm_fit_is_the_direct_minimum_over_factors():
    rows, strength, level = draw(True), 1.0, 0.7

    def value(v):
        b, A, B = v[:T], v[T : T + 2 * T].reshape(T, 2), v[3 * T :].reshape(2, P - 1)
        W = np.column_stack([b, A @ B])
        norm = 0.5 * ((A**2).sum() + (B**2).sum())
        return direct_losses(rows, W).sum() + strength * norm + 0.5 * level * ((b - b.mean()) ** 2).sum()

    start = np.random.default_rng(0).normal(size=3 * T + 4)
    best = minimize(value, start, method="BFGS", options={"gtol": 1e-6})
    W = fit_trace(rows, strength, level)
    found = rows.losses(W).sum() + strength * trace_norm(W[:, 1:]) + level / 2 * T * W[:, 0].var()
    assert np.isclose(found, best.fun, atol=1e-6)


@pytest.mark.parametrize("logistic", [False, True])
def test_slopes_leave_zero_where_the_strongest_says(logistic):
    rows = draw(logistic)
    top = strongest(rows, 0.7)
    assert np.abs(fit_trace(rows, 1.001 * top, 0.7)[:, 1:]).max() < 1e-8
    assert np.abs(fit_trace(rows, 0.98 * top, 0.7)[:, 1:]).max() > 1e-4


def test_shrunk_singular_values_are_the_proximal_step(rng):
    M = rng.normal(size=(4, 3))
    found = shrink_singular(M, 0.8)

    def value(W):
        return 0.5 * ((W - M) ** 2).sum() + 0.8 * trace_norm(W)

    assert all(value(found) <= value(found + 0.1 * rng.normal(size=M.shape)) for _ in range(50))
    assert np.all(shrink_singular(M, 100.0) == 0)


def two_groups(logistic, seed=0, sizes=(20,) * 8):
    rng = np.random.default_rng(seed)
    group = np.arange(len(sizes)) % 2
    n = sum(sizes)
    Z = np.column_stack([np.ones(n), rng.normal(size=(n, 4))])
    centres = np.array([[0.5, 1.5, -1.5, 0.0, 0.0], [-0.5, -1.5, 0.0, 1.5, 0.0]])
    task = np.repeat(np.arange(len(sizes)), sizes)
    eta = (Z * centres[group][task]).sum(axis=1)
    y = (rng.random(n) < expit(eta)).astype(float) if logistic else eta + rng.normal(size=n)
    return TaskRows(Z, y, np.concatenate([[0], np.cumsum(sizes)]), logistic), group


@pytest.mark.parametrize("logistic", [False, True])
def test_planted_groups_are_found(logistic):
    rows, group = two_groups(logistic)
    shared, own = np.r_[0.1, np.ones(4)], np.full(5, 30.0)
    one = fit_shared(rows, shared, np.full(5, 5.0))
    starts = group_starts(one.W, 2, np.random.default_rng(0), 3)
    fit = best_groups(rows, starts, shared, own)
    assert fit.groups.tolist() == group.tolist()
    assert np.allclose(fit.probability.sum(axis=1), 1)
    # one group explains the labels less well, and a third group no better than its centre costs
    alone = fit_groups(rows, np.ones((8, 1)), shared, own)
    three = best_groups(rows, group_starts(one.W, 3, np.random.default_rng(0), 3), shared, own)
    assert fit.evidence > alone.evidence + 10
    assert fit.evidence > three.evidence


def test_group_probabilities_are_those_of_bayes():
    """With squared errors the rows of a task are normal around its group's centre, so there is a direct answer."""
    rows, _ = two_groups(False, sizes=(3,) * 8)
    shared, own, noise = np.r_[0.1, np.ones(4)], np.full(5, 10.0), 1.3
    first = np.random.default_rng(1).dirichlet([1, 1], size=8)
    fit = fit_groups(rows, first, shared, own, noise=noise, most_rounds=1)
    right = np.zeros((8, 2))
    for g in range(2):
        centre = fit.U[g]
        for t in range(8):
            part = slice(rows.starts[t], rows.starts[t + 1])
            Z = rows.Z[part]
            spread = noise * (np.eye(3) + Z @ Z.T / 10.0)
            right[t, g] = multivariate_normal(Z @ centre, spread).logpdf(rows.y[part])
    right += np.log((first.sum(axis=0) + 1) / 10)
    right = np.exp(right - right.max(axis=1, keepdims=True))
    assert np.allclose(fit.probability, right / right.sum(axis=1, keepdims=True), atol=1e-6)


def test_one_group_is_the_shared_and_own_parts():
    rows, _ = two_groups(True)
    shared, own = np.r_[0.1, np.ones(4)], np.full(5, 30.0)
    assert np.allclose(fit_groups(rows, np.ones((8, 1)), shared, own).W, fit_shared(rows, shared, own).W, atol=1e-6)
