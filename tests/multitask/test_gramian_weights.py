"""Weights from inner products are those that the papers' equations give on the gradients themselves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize, nnls

from headstart.multitask.weighting.aligned import aligned_weights
from headstart.multitask.weighting.cagrad import cagrad_weights
from headstart.multitask.weighting.complementarity import nonnegative
from headstart.multitask.weighting.conflict_free import config_weights
from headstart.multitask.weighting.gradvac import gradvac_weights
from headstart.multitask.weighting.imtlg import imtlg_weights
from headstart.multitask.weighting.mgda import min_norm
from headstart.multitask.weighting.nash import nash_weights
from headstart.multitask.weighting.pcgrad import orders, pcgrad_weights
from headstart.multitask.weighting.upgrad import upgrad_weights

from .cases import matrices

SOLVERS = {
    "mgda": min_norm,
    "cagrad": lambda G: cagrad_weights(G, 0.5),
    "nash": nash_weights,
    "aligned": aligned_weights,
    "imtlg": imtlg_weights,
    "upgrad": upgrad_weights,
    "config": config_weights,
}


def unit(v):
    return v / np.linalg.norm(v)


@pytest.mark.parametrize("K", [2, 5, 12])
def test_shortest_convex_combination(K):
    for J in matrices(K):
        w = min_norm(J @ J.T)
        assert w.min() >= 0 and w.sum() == pytest.approx(1)
        # Optimal on a simplex: no task's inner product with the result is below its squared length.
        d = w @ J
        assert (J @ d).min() >= d @ d - 1e-5 * np.abs(J @ J.T).max()


@pytest.mark.parametrize("K", [2, 5, 12])
def test_mean_of_projections_onto_the_cone_that_harms_none(K):
    for J in matrices(K):
        d = upgrad_weights(J @ J.T) @ J
        projections = []
        for g in J:
            # The projection onto {v: Jv >= 0} is g + J'x with the x >= 0 that makes it shortest.
            x, _ = nnls(J.T, -g)
            projections.append(g + J.T @ x)
        assert np.allclose(d, np.mean(projections, axis=0), atol=1e-4 * np.abs(J).max())


@pytest.mark.parametrize("K", [2, 4])
@pytest.mark.parametrize("c", [0.2, 0.5, 1.5])
def test_best_direction_for_the_worst_task_near_the_mean(K, c):
    for J in matrices(K, count=4):
        mean = J.mean(axis=0)
        d = cagrad_weights(J @ J.T, c) @ J
        radius = c * np.linalg.norm(mean)
        assert np.linalg.norm(d - mean) <= radius * (1 + 1e-5)
        found = minimize(
            lambda v: -v[-1],
            np.append(mean, (J @ mean).min()),
            constraints=[
                {"type": "ineq", "fun": lambda v, J=J: J @ v[:-1] - v[-1]},
                {"type": "ineq", "fun": lambda v, m=mean, r=radius: r**2 - ((v[:-1] - m) ** 2).sum()},
            ],
            options={"maxiter": 500, "ftol": 1e-12},
        )
        assert (J @ d).min() == pytest.approx(-found.fun, rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("K", [1, 2, 5, 12, 40])
def test_bargain(K):
    rng = np.random.default_rng(K)
    for J in (rng.normal(size=(K, 2 * K + 5)), rng.normal(size=(K, 2 * K + 5)) * np.exp(3 * rng.normal(size=(K, 1)))):
        w = nash_weights(J @ J.T)
        assert w.min() > 0
        assert np.allclose(w * (J @ (w @ J)), 1, atol=1e-4)


@pytest.mark.parametrize("K", [2, 5])
def test_aligned_gradients_are_the_nearest_orthogonal_matrix(K):
    for J in matrices(K):
        U, s, Vt = np.linalg.svd(J, full_matrices=False)
        assert np.allclose(aligned_weights(J @ J.T) @ J, (s[-1] * U @ Vt).mean(axis=0), atol=1e-6)


@pytest.mark.parametrize("K", [2, 5])
def test_impartial_direction(K):
    for J in matrices(K):
        w = imtlg_weights(J @ J.T)
        along = J @ (w @ J) / np.linalg.norm(J, axis=1)
        # The paper's closed form, with the first task set apart.
        U = J / np.linalg.norm(J, axis=1, keepdims=True)
        D, V = J[0] - J[1:], U[0] - U[1:]
        rest = J[0] @ V.T @ np.linalg.inv(D @ V.T)
        paper = np.append(1 - rest.sum(), rest)
        sign = np.sign(along[0])
        assert np.allclose(along, along[0], rtol=1e-4)
        assert sign > 0, "a direction against all tasks"
        assert np.allclose(np.abs(w @ J), np.abs(paper @ J) / abs(paper.sum()), rtol=1e-3)


@pytest.mark.parametrize("K", [2, 5])
def test_conflict_free_direction(K):
    for J in matrices(K):
        U = J / np.linalg.norm(J, axis=1, keepdims=True)
        x = unit(np.linalg.pinv(U) @ np.ones(K))
        assert np.allclose(config_weights(J @ J.T) @ J, (J @ x).sum() * x, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("K", [1, 2, 6])
def test_gradient_surgery(K):
    rng = np.random.default_rng(0)
    for J in matrices(K):
        order = orders(K, rng)
        total = np.zeros(J.shape[1])
        for i in range(K):
            g = J[i].copy()
            for j in order[i]:
                if g @ J[j] < 0:
                    g -= (g @ J[j]) / (J[j] @ J[j]) * J[j]
            total += g
        assert np.allclose(pcgrad_weights(J @ J.T, order) @ J, total)


@pytest.mark.parametrize("K", [1, 2, 6])
def test_gradient_vaccine(K):
    rng = np.random.default_rng(0)
    mine = usual = rng.uniform(-0.2, 0.5, size=(K, K))
    for J in matrices(K):
        order = orders(K, rng)
        total, usual = np.zeros(J.shape[1]), usual.copy()
        for i in range(K):
            g = J[i].copy()
            for j in order[i]:
                cosine, aim = unit(g) @ unit(J[j]), usual[i, j]
                if cosine < aim:
                    up = aim * np.sqrt(1 - cosine**2) - cosine * np.sqrt(1 - aim**2)
                    g = g + np.linalg.norm(g) * up / (np.linalg.norm(J[j]) * np.sqrt(1 - aim**2)) * J[j]
                    assert unit(g) @ unit(J[j]) == pytest.approx(aim, abs=1e-9)
                usual[i, j] = 0.7 * aim + 0.3 * cosine
            total += g
        weights, mine = gradvac_weights(J @ J.T, order, mine, 0.3)
        assert np.allclose(weights @ J, total)
        assert np.allclose(mine, usual)


def test_orders_hold_the_others():
    found = orders(6, np.random.default_rng(0))
    assert [sorted({*row, i}) for i, row in enumerate(found.tolist())] == [list(range(6))] * 6
    assert len({tuple(row) for row in orders(6, np.random.default_rng(1))[:, :2].tolist()}) > 1


@pytest.mark.parametrize("K", [1, 3, 20])
def test_pivoting_solves_what_lawson_and_hanson_do(K):
    rng = np.random.default_rng(K)
    J = rng.normal(size=(K, K + 2))
    A, Q = J @ J.T + 0.01 * np.eye(K), rng.normal(size=(7, K))
    L = np.linalg.cholesky(A)
    X = nonnegative(A, Q)
    for x, q in zip(X, Q, strict=True):
        assert np.allclose(x, nnls(L.T, -np.linalg.solve(L, q))[0], atol=1e-8)


def test_pivoting_that_does_not_settle_is_finished_by_another_method(monkeypatch):
    from headstart.multitask.weighting import complementarity

    rng = np.random.default_rng(0)
    J = rng.normal(size=(9, 12))
    whole = nonnegative(J @ J.T, -(J @ J.T) - 1)
    monkeypatch.setattr(complementarity, "_LIMIT", 1)
    assert np.allclose(nonnegative(J @ J.T, -(J @ J.T) - 1), whole, atol=1e-8)


@pytest.mark.parametrize("name", SOLVERS)
def test_one_task_has_its_own_direction(name):
    w = SOLVERS[name](np.array([[4.0]]))
    # CAGrad may go further along it, to the edge of its ball; the bargain has length 1.
    assert w == pytest.approx({"cagrad": 1.5, "nash": 0.5}.get(name, 1.0), rel=1e-5)


@pytest.mark.parametrize("name", SOLVERS)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), K=st.integers(2, 6))
def test_tasks_in_another_order_have_the_same_weights(name, seed, K):
    rng = np.random.default_rng(seed)
    J, order = rng.normal(size=(K, K + 3)), rng.permutation(K)
    one, other = SOLVERS[name](J @ J.T), SOLVERS[name](J[order] @ J[order].T)
    assert np.allclose(one[order] @ J[order], other @ J[order], atol=1e-4 * np.abs(one @ J).max() + 1e-6)


@pytest.mark.parametrize("name", SOLVERS)
def test_equal_tasks_go_their_way(name):
    g = np.array([1.0, -2.0, 0.5])
    J = np.stack([g, g, g])
    d = SOLVERS[name](J @ J.T) @ J
    assert unit(d) @ unit(g) == pytest.approx(1, abs=1e-6)
    sizes = {"cagrad": 1.5 * np.linalg.norm(g), "nash": np.sqrt(3), "config": 3 * np.linalg.norm(g)}
    assert np.linalg.norm(d) == pytest.approx(sizes.get(name, np.linalg.norm(g)), rel=1e-4)


@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize("K", [2, 40])
def test_weights_are_finite_where_gradients_vanish_or_cancel(name, K):
    rng = np.random.default_rng(0)
    J = rng.normal(size=(K, 50))
    zero = J.copy()
    zero[0] = 0
    against = J.copy()
    against[1] = -against[0]
    for matrix in (zero, against, np.zeros_like(J), 1e-15 * J, 1e15 * J):
        assert np.isfinite(SOLVERS[name](matrix @ matrix.T)).all()


def test_a_gradient_of_zero():
    J = np.array([[0.0, 0.0], [1.0, 1.0], [-0.5, 1.0]])
    G, rest = J @ J.T, J[1:] @ J[1:].T
    # The shortest combination is that of the task that has arrived; it stops the others, as the method says.
    assert min_norm(G).tolist() == [1, 0, 0]
    for weights in (nash_weights, imtlg_weights, config_weights):
        assert weights(G)[0] == 0 and np.allclose(weights(G)[1:], weights(rest))
    assert np.allclose(upgrad_weights(G)[1:] * 3, upgrad_weights(rest) * 2)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), K=st.integers(1, 12))
def test_no_task_is_harmed(seed, K):
    rng = np.random.default_rng(seed)
    J = rng.normal(size=(K, K + 4)) * np.exp(rng.normal(size=(K, 1)))
    G = J @ J.T
    for weights in (min_norm, upgrad_weights, nash_weights, config_weights):
        w = weights(G)
        against = (G @ w) / (np.sqrt(np.diagonal(G)) * np.linalg.norm(w @ J) + 1e-30)
        assert against.min() >= -1e-4, weights


@pytest.mark.parametrize("weights", [nash_weights, imtlg_weights, config_weights])
def test_units_of_the_losses_do_not_turn_the_direction(weights):
    rng = np.random.default_rng(1)
    J, by = rng.normal(size=(5, 30)), np.exp(4 * rng.normal(size=(5, 1)))
    one, other = weights(J @ J.T) @ J, weights((by * J) @ (by * J).T) @ (by * J)
    assert unit(one) @ unit(other) == pytest.approx(1, abs=1e-6)


def test_where_nothing_conflicts_the_mean_stays():
    J = np.abs(np.random.default_rng(0).normal(size=(5, 8)))
    G = J @ J.T
    assert np.allclose(upgrad_weights(G), 0.2)
    assert np.allclose(pcgrad_weights(G, orders(5, np.random.default_rng(0))), 1)
    assert np.allclose(cagrad_weights(G, 0.0), 0.2)
