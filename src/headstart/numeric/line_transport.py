"""Optimal transport on a line: its exact cost, and how the cost changes with each point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .types import Floats, Ints


@dataclass(frozen=True)
class Levels:
    """Where the quantile functions of ``n`` and ``m`` points step: for each piece its length and the points there."""

    n: int
    m: int
    lengths: Floats
    of_a: Ints
    of_b: Ints


def levels(n: int, m: int) -> Levels:
    """The pieces of the unit interval on which both quantile functions are constant."""
    if n == m:
        return Levels(n, m, np.full(n, 1.0 / n), np.arange(n), np.arange(n))
    # in units of 1 / (n m)
    steps = np.union1d(np.arange(1, n + 1) * m, np.arange(1, m + 1) * n)
    return Levels(n, m, np.diff(steps, prepend=0) / (n * m), (steps - 1) // m, (steps - 1) // n)


def line_transport(a: Floats, b: Floats, power: float, at: Levels) -> tuple[float, Floats, Floats]:
    """The least mean of |x - y|^power over plans between two samples of points, and a potential at each point.

    Points need not be sorted; ``at`` is ``levels(a.size, b.size)``. The potentials f, g solve the dual problem: their
    means over ``a`` and ``b`` add up to the cost, and means over some of the points to a lower bound of the cost
    between these.
    """
    order_a, order_b = np.argsort(a), np.argsort(b)
    x, y, n, m = a[order_a], b[order_b], at.n, at.m
    cost = float(at.lengths @ _power(x[at.of_a] - y[at.of_b], power))
    # at a level where both step, the one looks above and the other below, so that both are of one plan
    f = _potential(x, y[(np.arange(1, n) * m) // n], power)
    g = _potential(y, x[(np.arange(1, m) * n - 1) // m], power)
    # each is known but for a constant
    f += cost - f.mean() - g.mean()
    of_a, of_b = np.empty(n), np.empty(m)
    of_a[order_a], of_b[order_b] = f, g
    return cost, of_a, of_b


def _potential(x: Floats, between: Floats, power: float) -> Floats:
    """Along x the potential rises as the cost to the other sample's point at the level between two points."""
    rise = _power(x[1:] - between, power) - _power(x[:-1] - between, power)
    return np.concatenate([[0.0], np.cumsum(rise)])


def _power(gap: Floats, power: float) -> Floats:
    # squares and absolute values are ten times as fast as powers
    if power == 2.0:
        return gap * gap
    size = np.abs(gap)
    return size if power == 1.0 else size**power
