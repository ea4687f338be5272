"""Win rates and the Analytic Hierarchy Process against direct computations."""

import numpy as np
import pytest

from headstart.numeric.ahp import ahp, compared_groups
from headstart.numeric.win_rates import win_rates


def test_win_rates_are_those_counted_by_hand(rng):
    scores = rng.integers(0, 4, size=(5, 30)).astype(float)
    scores[rng.random(scores.shape) < 0.2] = np.nan
    found = win_rates(scores)
    for i in range(5):
        for j in range(5):
            rows = [(a, b) for a, b in zip(scores[i], scores[j], strict=True) if a == a and b == b]
            direct = sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in rows) / len(rows)
            assert i == j or found[i, j] == pytest.approx(direct)
    assert np.allclose((found + found.T)[~np.eye(5, dtype=bool)], 1)
    assert np.isnan(np.diag(found)).all()


def test_rows_that_nobody_shares_are_a_gap():
    found = win_rates(np.array([[1.0, np.nan], [np.nan, 2.0], [0.0, 3.0]]))
    assert np.isnan(found[0, 1])
    assert found[0, 2] == 1 and found[1, 2] == 0


def power_iteration(wins, clip, steps=20_000):
    """The principal eigenvector of Saaty's matrix by repeated multiplication."""
    rates = np.clip(wins, clip, 1 - clip)
    matrix = rates / rates.T
    np.fill_diagonal(matrix, 1.0)
    v = np.ones(len(matrix))
    for _ in range(steps):
        v = matrix @ v
        v /= v.sum()
    return v


@pytest.mark.parametrize("clip", [0.001, 0.05])
def test_weights_are_the_principal_eigenvector(rng, clip):
    wins = win_rates(rng.normal(size=(12, 40)) + np.linspace(0, 3, 12)[:, None])
    found = ahp(wins, clip=clip)
    assert np.allclose(found.weights, power_iteration(wins, clip), rtol=1e-8)
    assert found.weights.sum() == pytest.approx(1)
    assert found.inconsistency > 0


@pytest.mark.parametrize("gaps", [0, 20])
def test_consistent_odds_are_recovered_also_through_gaps(rng, gaps):
    true = rng.dirichlet(np.ones(9))
    wins = true[:, None] / (true[:, None] + true)
    upper = np.array([(i, j) for i in range(9) for j in range(i + 2, 9)])  # neighbours stay: all are linked
    for i, j in rng.permutation(upper)[:gaps]:
        wins[i, j] = wins[j, i] = np.nan
    found = ahp(wins, clip=1e-9)
    assert np.allclose(found.weights, true, rtol=1e-7)
    assert found.inconsistency == pytest.approx(0, abs=1e-8)


def test_gaps_are_filled_by_what_the_weights_say(rng):
    """Harker: with the missing odds put in from the weights, Saaty's matrix has these weights."""
    wins = win_rates(rng.normal(size=(7, 20)))
    wins[1, 4] = wins[4, 1] = wins[0, 6] = wins[6, 0] = np.nan
    found = ahp(wins).weights
    odds = found[:, None] / found
    filled = np.where(np.isnan(wins), odds / (1 + odds), np.clip(wins, 0.001, 0.999))
    assert np.allclose(found, power_iteration(filled, 1e-12), rtol=1e-7)


def test_ties_weigh_alike():
    assert np.allclose(ahp(np.full((4, 4), 0.5)).weights, 0.25)


def test_two_things_that_always_win_and_lose_are_clipped():
    assert ahp(np.array([[0.5, 1.0], [0.0, 0.5]])).weights == pytest.approx([0.999, 0.001])


def test_things_that_no_comparison_links_are_apart():
    wins = np.full((4, 4), np.nan)
    wins[0, 1] = wins[1, 0] = wins[2, 3] = wins[3, 2] = 0.5
    assert compared_groups(wins).tolist() == [0, 0, 1, 1]
