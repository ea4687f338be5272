"""The weights of the blend against a general solver of the written objective."""

import numpy as np
import pytest
from scipy.optimize import minimize

from headstart.choose.blend import FLOOR, blend_weights, mean_losses


def numbers(seed, n=60, k=4):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=n)
    return y[:, None] + rng.normal(size=(n, k)) * np.linspace(0.3, 2, k), y


def chances(seed, n=60, k=4):
    rng = np.random.default_rng(seed)
    return rng.beta(2, 1, size=(n, k)) ** np.linspace(0.5, 2, k), np.zeros(n)


def objective(w, values, y, prior, tau, n_rows, n_classes):
    if n_classes:
        P = (1 - FLOOR) * values + FLOOR / n_classes
        loss = -np.mean(np.log(P @ w))
    else:
        unit = np.min(np.mean((values - y[:, None]) ** 2, axis=0))
        loss = 0.5 * np.mean((y - values @ w) ** 2) / unit
    w = np.maximum(w, 1e-15)
    return n_rows * loss + tau * np.sum(w * np.log(w / prior))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("tau", [0.5, 2.0, 20.0])
@pytest.mark.parametrize("n_classes", [0, 2, 5])
def test_minimises_the_written_objective_on_the_simplex(seed, tau, n_classes):
    values, y = numbers(seed) if n_classes == 0 else chances(seed)
    prior = np.random.default_rng(seed).dirichlet(np.ones(4) * 3)
    mine = blend_weights(values, y, prior, tau=tau, n_rows=30.0, n_classes=n_classes)
    assert mine.min() >= 0 and mine.sum() == pytest.approx(1, abs=1e-12)
    best = minimize(
        objective,
        prior,
        args=(values, y, prior, tau, 30.0, n_classes),
        method="SLSQP",
        bounds=[(1e-12, 1)] * 4,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"maxiter": 500, "ftol": 1e-12},
    )
    assert objective(mine, values, y, prior, tau, 30.0, n_classes) <= best.fun + 1e-4
    np.testing.assert_allclose(mine, best.x, atol=5e-3)


@pytest.mark.parametrize("n_classes", [0, 3])
def test_without_evidence_the_prior_and_with_all_of_it_the_best(n_classes):
    values, y = numbers(9) if n_classes == 0 else chances(9)
    prior = np.array([0.1, 0.2, 0.3, 0.4])
    held = blend_weights(values, y, prior, tau=1e6, n_rows=30.0, n_classes=n_classes)
    np.testing.assert_allclose(held, prior, atol=1e-3)
    free = blend_weights(values, y, prior, tau=1e-6, n_rows=30.0, n_classes=n_classes)
    best = minimize(
        objective,
        prior,
        args=(values, y, prior, 0.0, 30.0, n_classes),
        method="SLSQP",
        bounds=[(0, 1)] * 4,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"ftol": 1e-12},
    )
    assert objective(free, values, y, prior, 0.0, 30.0, n_classes) <= best.fun + 0.01


def test_two_candidates_against_a_grid():
    values, y = numbers(3, k=2)
    prior = np.array([0.5, 0.5])
    grid = np.linspace(1e-6, 1 - 1e-6, 20001)
    losses = [objective(np.array([a, 1 - a]), values, y, prior, 2.0, 10.0, 0) for a in grid]
    found = blend_weights(values, y, prior, tau=2.0, n_rows=10.0)
    assert found[0] == pytest.approx(grid[int(np.argmin(losses))], abs=2e-3)


def test_more_rows_move_the_weights_further_from_the_prior():
    values, y = chances(5)
    prior = np.full(4, 0.25)
    few, many = (blend_weights(values, y, prior, tau=2.0, n_rows=n, n_classes=2) for n in (5.0, 500.0))
    best = int(mean_losses(values, y, 2).argmin())
    assert 0.25 < few[best] < many[best]


def test_repeated_folds_count_a_row_once():
    values, y = numbers(6)
    prior = np.full(4, 0.25)
    once = blend_weights(values, y, prior, tau=2.0, n_rows=60.0)
    twice = blend_weights(np.vstack([values, values]), np.r_[y, y], prior, tau=2.0, n_rows=60.0)
    np.testing.assert_allclose(once, twice, atol=1e-4)


def test_units_of_the_labels_play_no_part():
    values, y = numbers(7)
    prior = np.full(4, 0.25)
    one, other = (blend_weights(c * values, c * y, prior, tau=2.0, n_rows=60.0) for c in (1.0, 1e4))
    np.testing.assert_allclose(one, other, atol=1e-4)


def test_a_candidate_that_is_certain_and_wrong_costs_a_bounded_loss():
    values = np.full((10, 2), 0.7)
    values[0, 1] = 0.0
    losses = mean_losses(values, np.zeros(10), 2)
    assert np.isfinite(losses).all() and losses[1] < losses[0] + np.log(200) / 10
    assert np.isfinite(blend_weights(values, np.zeros(10), np.full(2, 0.5), tau=2.0, n_rows=10.0, n_classes=2)).all()


def test_one_candidate_has_all_the_weight():
    assert blend_weights(np.ones((5, 1)), np.ones(5), np.ones(1), tau=2.0, n_rows=5.0).tolist() == [1.0]


def test_a_candidate_without_error_is_no_trouble():
    y = np.arange(10.0)
    found = blend_weights(np.column_stack([y, y + 1]), y, np.full(2, 0.5), tau=2.0, n_rows=10.0)
    assert found[0] > 0.99


def test_mean_losses_by_hand():
    values, y = np.array([[0.5, 1.0], [0.25, 1.0]]), np.array([1.0, 1.0])
    np.testing.assert_allclose(mean_losses(values, y), [(0.25 + 0.75**2) / 2, 0])
    floored = 0.99 * values + 0.01 / 2
    np.testing.assert_allclose(mean_losses(values, y, 2), -np.log(floored).mean(axis=0))
