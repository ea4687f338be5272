"""The quadratic programme of KMM: exact projection, a gap that holds, the optimum of other solvers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog, minimize

from headstart.numeric.kmm import lowest, match_means, project

vectors = arrays(np.float64, st.integers(1, 12), elements=st.floats(-5, 5))


@st.composite
def regions(draw):
    v = draw(vectors)
    bound = draw(st.floats(1.0, 4.0))
    slack = draw(st.floats(0.0, 1.0))
    return v, bound, v.size * (1 - slack), min(v.size * (1 + slack), v.size * bound)


@given(regions())
@settings(max_examples=150, deadline=None)
def test_projection_is_the_nearest_point(region):
    v, bound, low, high = region
    w = project(v, bound, low, high)
    assert (w >= 0).all() and (w <= bound).all()
    assert low - 1e-9 <= w.sum() <= high + 1e-9
    # nearest: no feasible point lies on the side of v; the farthest along v - w is the linear programme's
    assert (v - w) @ w >= -lowest(w - v, bound, low, high) - 1e-7


@given(regions())
@settings(max_examples=100, deadline=None)
def test_lowest_is_the_linear_programme(region):
    g, bound, low, high = region
    ones = np.ones((1, g.size))
    found = linprog(g, A_ub=np.vstack([ones, -ones]), b_ub=[high, -low], bounds=(0, bound))
    assert found.status == 0
    assert lowest(g, bound, low, high) == pytest.approx(found.fun, abs=1e-5)  # the solver cuts at 1e-7 each


def exact_kernel(n, seed=0):
    rng = np.random.default_rng(seed)
    Xs, Xt = rng.normal(size=(n, 2)), rng.normal(size=(n + 10, 2)) * 0.7 + 0.6
    k = lambda A, B: np.exp(-((A[:, None] - B) ** 2).sum(-1) / 2)  # noqa: E731
    K, kappa = k(Xs, Xs), k(Xs, Xt).mean(axis=1)
    values, vectors_ = np.linalg.eigh(K)
    F = vectors_ * np.sqrt(np.maximum(values, 0))
    good = values > 1e-9
    mu = np.zeros(n)
    mu[good] = (vectors_.T @ kappa)[good] / np.sqrt(values[good])
    return K, kappa, F, mu


@pytest.mark.parametrize(("bound", "slack"), [(1000.0, 0.9), (2.0, 0.9), (1.5, 0.05), (1000.0, 0.0)])
def test_optimum_is_that_of_a_general_solver(bound, slack):
    n = 40
    K, kappa, F, mu = exact_kernel(n)
    found = match_means(F, mu, bound=bound, slack=slack, tol=1e-5, max_iter=50_000)
    assert found.converged
    objective = lambda w: 0.5 * w @ K @ w / n**2 - kappa @ w / n  # noqa: E731
    reference = minimize(
        objective,
        np.ones(n),
        jac=lambda w: K @ w / n**2 - kappa / n,
        method="SLSQP",
        bounds=[(0, bound)] * n,
        constraints=[
            {"type": "ineq", "fun": lambda w: n * (1 + slack) - w.sum(), "jac": lambda w: -np.ones(n)},
            {"type": "ineq", "fun": lambda w: w.sum() - n * (1 - slack), "jac": lambda w: np.ones(n)},
        ],
        options={"ftol": 1e-14, "maxiter": 2000},
    )
    assert objective(found.weights) == pytest.approx(found.objective, rel=1e-6)
    assert found.objective == pytest.approx(reference.fun, rel=1e-4)
    # the certificate holds: the true minimum is not below objective - gap
    assert reference.fun >= found.objective - found.gap - 1e-9
    assert found.weights.max() <= bound and abs(found.weights.mean() - 1) <= slack + 1e-9


def test_steps_that_do_not_suffice_are_told():
    _, _, F, mu = exact_kernel(60)
    found = match_means(F, mu, bound=1000.0, slack=0.9, tol=1e-9, max_iter=3)
    assert not found.converged and found.n_iter == 3 and found.gap > 0
