"""Exact optimal transport between as many points on either side, and how its cost changes with each point."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from .types import Floats, Ints


def assignment(C: Floats) -> tuple[float, Floats, Floats, Ints]:
    """The least mean cost of a one-to-one plan, a potential at each row and column of ``C`` (n, n), and the plan.

    The plan is the column of each row. The potentials f, g solve the dual problem: f_i + g_j <= C_ij everywhere and
    their means add up to the cost.
    """
    rows, columns = linear_sum_assignment(C)
    n = rows.size
    matched = C[rows, columns]
    # f_i - f_k <= C_i,plan(k) - C_k,plan(k): the shortest paths in the graph with these lengths
    lengths = C[:, columns] - matched
    f = np.zeros(n)
    for _ in range(n):
        shorter = np.min(lengths + f, axis=1)
        if np.all(shorter >= f - 1e-12 * (1.0 + np.abs(f))):
            break
        f = np.minimum(f, shorter)
    g = np.empty(n)
    g[columns] = matched - f
    return float(matched.mean()), f, g, columns
