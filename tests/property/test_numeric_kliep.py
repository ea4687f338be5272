"""KLIEP at its optimum: the conditions of Karush, Kuhn and Tucker, and the optimum of EM run for long."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headstart.numeric import kliep
from headstart.numeric.kernels import gaussian


def em(L, n_iter):
    p = np.full(L.shape[1], 1 / L.shape[1])
    for _ in range(n_iter):
        p = p * (L / (L @ p)[:, None]).mean(axis=0)
    return p


@given(st.integers(0, 200), st.integers(1, 60), st.integers(1, 15), st.floats(0.1, 3.0))
@settings(max_examples=80, deadline=None)
def test_optimality_conditions_hold(seed, n, b, spread):
    L = np.exp(spread * np.random.default_rng(seed).normal(size=(n, b)))
    found = kliep.mixture_shares(L, tol=1e-8)
    assert found.shares.sum() == pytest.approx(1.0) and (found.shares >= 0).all()
    rise = (L / (L @ found.shares)[:, None]).mean(axis=0)
    assert rise.max() <= 1 + 1e-7
    np.testing.assert_allclose(rise[found.shares > 1e-5], 1.0, atol=1e-2)


def test_likelihood_is_at_least_that_of_long_em_and_the_gap_holds():
    L = np.exp(np.random.default_rng(3).normal(size=(80, 12)))
    found = kliep.mixture_shares(L)
    at = lambda p: np.mean(np.log(L @ p))  # noqa: E731
    slow = em(L, 20_000)
    assert at(found.shares) >= at(slow) - 1e-6
    early = kliep.mixture_shares(L, tol=1e-2)
    assert at(found.shares) - at(early.shares) <= early.gap + 1e-12


def test_parts_that_are_equal_do_no_harm():
    L = np.repeat(np.exp(np.random.default_rng(0).normal(size=(50, 3))), 4, axis=1)
    assert kliep.mixture_shares(L).gap <= 1e-6


def test_em_carries_on_where_newton_cannot(monkeypatch):
    def fails(*_):
        raise RuntimeError("too many iterations")

    L = np.exp(np.random.default_rng(0).normal(size=(50, 3)))
    best = kliep.mixture_shares(L).shares
    monkeypatch.setattr(kliep, "nnls", fails)
    np.testing.assert_allclose(kliep.mixture_shares(L, max_iter=5000).shares, best, atol=1e-2)


def test_fitted_ratio_has_mean_one_over_the_source_and_the_greatest_likelihood():
    rng = np.random.default_rng(0)
    Xs, Xt = rng.normal(size=(300, 2)), rng.normal(size=(200, 2)) * 0.6 + 0.5
    centers = Xt[:30]
    found = kliep.fit_likelihood_ratio(Xs, Xt, centers, 0.7)
    Ks, Kt = gaussian(Xs, centers, 0.7), gaussian(Xt, centers, 0.7)
    assert np.mean(Ks @ found.coef) == pytest.approx(1.0)
    best = np.mean(np.log(Kt @ found.coef))
    for _ in range(200):  # no other feasible coefficients do better
        other = found.coef * rng.exponential(size=30) + rng.exponential(size=30) * rng.choice([0, 1e-3, 1e-1])
        other /= np.mean(Ks @ other)
        assert np.mean(np.log(Kt @ other)) <= best + 1e-6


def test_many_rows_start_from_a_few_and_end_at_the_same_place(monkeypatch):
    rng = np.random.default_rng(0)
    Xs, Xt = rng.normal(size=(900, 2)), rng.normal(size=(900, 2)) * 0.6 + 0.5
    plain = kliep.fit_likelihood_ratio(Xs, Xt, Xt[:20], 0.7)
    monkeypatch.setattr(kliep, "_WARM_ROWS", 100)
    warm = kliep.fit_likelihood_ratio(Xs, Xt, Xt[:20], 0.7)
    assert warm.gap <= 1e-6
    np.testing.assert_allclose(gaussian(Xs, Xt[:20], 0.7) @ (warm.coef - plain.coef), 0, atol=0.02)


def test_centres_that_the_source_does_not_reach():
    Xs = np.zeros((5, 1)) + np.arange(5)[:, None] * 0.1
    near = kliep.fit_likelihood_ratio(Xs, np.array([[0.2], [0.3], [100.0]]), np.array([[0.2], [100.0]]), 0.5)
    assert near.coef[0] > 0 and near.coef[1] == 0
    far = kliep.fit_likelihood_ratio(Xs, np.array([[100.0]]), np.array([[100.0]]), 0.5)
    assert not far.coef.any() and np.isinf(far.gap)
    assert kliep.likelihood_score(Xs, np.array([[100.0], [101.0]]), np.array([[100.0]]), 0.5, np.arange(2)) == -np.inf
