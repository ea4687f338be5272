"""The integer program of policies and groupings against trying everything."""

from itertools import chain, combinations

import numpy as np
import pytest

from headstart.numeric.supply import Options, best_supply, least_cost


def subsets(n):
    return chain.from_iterable(combinations(range(n), k) for k in range(n + 1))


def by_trying(options, cost, budget):
    """The largest value of all sets of suppliers, or None."""
    best = None
    customers = sorted(set(options.serves.tolist()))
    for opened in subsets(len(cost)):
        if sum(cost[k] for k in opened) > budget + 1e-9:
            continue
        worth = [
            max(
                (
                    v
                    for n, c, v in zip(options.needs, options.serves, options.value, strict=True)
                    if c == k and set(n) <= set(opened)
                ),
                default=None,
            )
            for k in customers
        ]
        if None not in worth and (best is None or sum(worth) > best):
            best = sum(worth)
    return best


def draw(rng, *, n_suppliers=7, n_customers=5, order=3, fine=False):
    needs, serves = [], []
    for customer in range(n_customers):
        possible = [s for k in range(1, order + 1) for s in combinations(range(n_suppliers), k)]
        for k in rng.choice(len(possible), size=rng.integers(1, 12), replace=False):
            needs.append(possible[k])
            serves.append(customer)
    value = rng.normal(size=len(needs))
    return Options(needs, np.array(serves), value * 1e-5 if fine else value)


@pytest.mark.parametrize("seed", range(25))
def test_best_supply_is_the_best_of_all(seed):
    rng = np.random.default_rng(seed)
    options = draw(rng, fine=seed % 5 == 0)
    cost = rng.choice([0.0, 0.5, 1.0, 1.7], size=7) if seed % 2 else np.ones(7)
    for budget in (0, 1, 2.2, 4, 7, 20):
        expected = by_trying(options, cost, budget)
        found = best_supply(options, cost, budget)
        if expected is None:
            assert found is None
            continue
        assert found.value == pytest.approx(expected, abs=1e-12)
        assert found.gap == 0
        assert cost[list(found.open)].sum() <= budget + 1e-9
        for customer, k in enumerate(found.chosen):
            assert options.serves[k] == customer
            assert set(options.needs[k]) <= set(found.open)


@pytest.mark.parametrize("seed", range(5))
def test_least_cost_is_where_everyone_begins_to_be_served(seed):
    rng = np.random.default_rng(100 + seed)
    options, cost = draw(rng), rng.uniform(0.1, 2, size=7)
    least = least_cost(options, cost)
    assert best_supply(options, cost, least) is not None
    assert best_supply(options, cost, 0.999 * least) is None


def test_costs_that_round_badly_are_within_their_sum():
    options = Options([(0, 1, 2), (3,)], np.array([0, 0]), np.array([1.0, 0.5]))
    assert best_supply(options, np.array([0.1, 0.1, 0.1, 0.1]), 0.3).value == 1.0


def test_nothing_is_open_that_nobody_needs_and_equals_need_little():
    options = Options([(0, 1), (1,), (2,)], np.array([0, 0, 1]), np.array([1.0, 1.0, 0.0]))
    found = best_supply(options, np.ones(4), 4)
    assert found.open == (1, 2)
    assert found.chosen == (1, 2)


def test_tiny_differences_are_not_lost():
    """The solver's own tolerance is 1e-6."""
    value = np.array([0.5, 0.5 + 1e-9, 0.5 + 2e-9])
    found = best_supply(Options([(0,), (1,), (2,)], np.zeros(3, dtype=int), value), np.ones(3), 1)
    assert found.chosen == (2,)
