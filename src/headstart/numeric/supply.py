"""Which suppliers to open within a budget so that every customer is served as well as can be: an integer program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_matrix, csr_matrix, vstack

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

# The solver stops within an absolute 1e-6; values are scaled to this, so that it is nothing beside them.
SCALE = 1e4
# Sums of costs that differ by less are equal, and rounding has made the difference.
SLACK = 1e-9


@dataclass(frozen=True)
class Options:
    """Ways to serve customers.

    Attributes
    ----------
    needs : sequence of tuple of int
        The suppliers that have to be open for each option.
    serves : ndarray of shape (n_options,)
        The customer of each option.
    value : ndarray of shape (n_options,)
        What it is worth.
    """

    needs: Sequence[tuple[int, ...]]
    serves: Ints
    value: Array


class Supply(NamedTuple):
    """The best choice.

    ``open`` holds the suppliers that some chosen option needs, ``chosen`` the option of each customer, ``gap`` by how
    much the solver has not ruled out that another choice is worth more.
    """

    open: tuple[int, ...]
    chosen: tuple[int, ...]
    value: float
    gap: float


def best_supply(options: Options, cost: Array, budget: float) -> Supply | None:
    """Open suppliers and give each customer one option, so that the sum of values is largest.

    Every customer is served. Where two options of a customer are worth the same, the one that needs fewer suppliers is
    taken.

    Parameters
    ----------
    options : Options
        Every customer has at least one.
    cost : ndarray of shape (n_suppliers,)
        Not negative.
    budget : float
        What the open suppliers may cost in all.

    Returns
    -------
    Supply or None
        None where no choice serves everyone within the budget.
    """
    kept = _not_dominated(options)
    spread = float(np.ptp(options.value))
    scale = SCALE / spread if spread > 0 else 1.0
    worth = (options.value[kept] - options.value.min()) * scale
    within = max(budget * (1 + SLACK), budget + SLACK)
    found = _solve(options, kept, cost, np.r_[np.zeros(len(cost)), -worth], budget=within)
    if found is None:
        return None
    opened = np.flatnonzero(found.x[: len(cost)] > 0.5)
    chosen = _served(options, set(opened.tolist()))
    value = float(options.value[list(chosen)].sum())
    n_customers = len(chosen)
    bound = -float(found.mip_dual_bound) / scale + n_customers * float(options.value.min())
    needed = sorted({s for k in chosen for s in options.needs[k]})
    gap = bound - value
    # What rounding leaves is no gap.
    return Supply(tuple(needed), chosen, value, 0.0 if gap < 1e-8 * max(spread, abs(value)) else gap)


def least_cost(options: Options, cost: Array) -> float:
    """What it costs at least to serve every customer."""
    kept = _not_dominated(options)
    found = _solve(options, kept, cost, np.r_[cost, np.zeros(len(kept))], budget=None)
    assert found is not None  # with every supplier open everyone is served
    return float(cost[found.x[: len(cost)] > 0.5].sum())


def _solve(options: Options, kept: Ints, cost: Array, objective: Array, *, budget: float | None) -> Any:
    """The result of the integer program, or None. Suppliers are whole; the options then are so by themselves."""
    n_suppliers, n_options = len(cost), len(kept)
    serves = options.serves[kept]
    customers = np.unique(serves)
    row_of = {int(c): r for r, c in enumerate(customers)}
    each = _matrix(
        np.ones(n_options),
        [row_of[int(c)] for c in serves],
        [n_suppliers + p for p in range(n_options)],
        (len(customers), n_suppliers + n_options),
    )
    # What a customer takes from options that need a supplier is at most 1, and 0 while the supplier is shut.
    pairs = [(int(c), s, p) for p, (k, c) in enumerate(zip(kept, serves, strict=True)) for s in options.needs[k]]
    rows = {pair: r for r, pair in enumerate(sorted({(c, s) for c, s, _ in pairs}))}
    used = _matrix(
        np.r_[np.ones(len(pairs)), -np.ones(len(rows))],
        [rows[c, s] for c, s, _ in pairs] + list(rows.values()),
        [n_suppliers + p for _, _, p in pairs] + [s for _, s in rows],
        (len(rows), n_suppliers + n_options),
    )
    matrix = vstack([each, used], format="csr")
    lower = np.r_[np.ones(len(customers)), np.full(len(rows), -np.inf)]
    upper = np.r_[np.ones(len(customers)), np.zeros(len(rows))]
    if budget is not None:
        largest = float(cost.max(initial=0.0)) or 1.0
        spent = csr_matrix(np.r_[cost / largest, np.zeros(n_options)][None, :])
        matrix = vstack([matrix, spent], format="csr")
        lower, upper = np.r_[lower, -np.inf], np.r_[upper, budget / largest]
    found = milp(
        objective,
        constraints=LinearConstraint(matrix, lower, upper),
        integrality=np.r_[np.ones(n_suppliers), np.zeros(n_options)],
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0.0},
    )
    if found.status == 2:
        return None
    if found.x is None:
        raise RuntimeError(f"the solver gave up: {found.message}")
    return found


def _matrix(values: Array, rows: list[int], columns: list[int], shape: tuple[int, int]) -> Any:
    return coo_matrix((values, (np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64))), shape=shape)


def _not_dominated(options: Options) -> Ints:
    """The options of which no other of the same customer is worth as much and needs no supplier more."""
    by_customer: dict[int, list[int]] = {}
    # The best first, and of equals the one that needs fewer; so what rules an option out comes before it.
    order = sorted(range(len(options.needs)), key=lambda k: (-options.value[k], len(options.needs[k]), k))
    needs = [frozenset(n) for n in options.needs]
    for k in order:
        held = by_customer.setdefault(int(options.serves[k]), [])
        if not any(needs[h] <= needs[k] for h in held):
            held.append(k)
    return np.array(sorted(k for held in by_customer.values() for k in held), dtype=np.int64)


def _served(options: Options, opened: set[int]) -> tuple[int, ...]:
    """The best option of each customer that the open suppliers allow."""
    best: dict[int, int] = {}
    order = sorted(range(len(options.needs)), key=lambda k: (-options.value[k], len(options.needs[k]), k))
    for k in order:
        if opened.issuperset(options.needs[k]):
            best.setdefault(int(options.serves[k]), k)
    return tuple(best[c] for c in sorted(best))
