"""Kernel mean matching as a quadratic programme over a low-rank kernel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .types import Floats

# How often the certificate (one more pass over the features) is computed.
_CHECK_EVERY = 10
# A gap that rounding explains; the kernel is at most 1, and so is the objective.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Matching:
    """A solution: the weights, the objective J, and how far above the optimum J is at most (``gap``)."""

    weights: Floats
    objective: float
    gap: float
    n_iter: int
    converged: bool


def project(v: Floats, bound: float, low: float, high: float) -> Floats:
    """The nearest point to ``v`` with 0 <= w <= bound and low <= sum(w) <= high.

    It is clip(v - shift, 0, bound). The shift is 0 where the sum is right already; otherwise it is the root of a
    piecewise linear, decreasing function, found by Newton steps that a bracket holds.
    """
    w = np.clip(v, 0.0, bound)
    total = float(np.sum(w))
    if low <= total <= high:
        return w
    wanted = low if total < low else high
    left, right = float(np.min(v)) - bound, float(np.max(v))
    shift = 0.0
    for _ in range(200):
        w = np.clip(v - shift, 0.0, bound)
        excess = float(np.sum(w)) - wanted
        if abs(excess) <= 1e-12 * max(1.0, wanted):
            break
        if excess > 0:
            left = shift
        else:
            right = shift
        free = int(np.count_nonzero((w > 0.0) & (w < bound)))
        step = shift + excess / free if free else np.inf
        shift = step if left < step < right else 0.5 * (left + right)
    return w


def lowest(gradient: Floats, bound: float, low: float, high: float) -> float:
    """The least value of gradient @ w over 0 <= w <= bound, low <= sum(w) <= high: fill the cheapest rows first."""
    n = gradient.size

    def fill(total: float, only_gains: bool) -> float:
        full = min(int(total // bound), n)
        k = min(full + 1, n)
        cheapest = np.sort(np.partition(gradient, k - 1)[:k])
        if only_gains:
            cheapest = np.minimum(cheapest, 0.0)
        value = bound * float(np.sum(cheapest[:full]))
        return value + (total - full * bound) * float(cheapest[full]) if full < k else value

    gains = int(np.count_nonzero(gradient < 0))
    if gains * bound <= low:
        return fill(low, only_gains=False)
    return fill(min(high, gains * bound), only_gains=True)


def match_means(
    F: Floats, mu: Floats, *, bound: float, slack: float, tol: float, max_iter: int, start: Floats | None = None
) -> Matching:
    """Minimise J(w) = ||F'w / n||^2 / 2 - mu'F'w / n over 0 <= w <= bound, |mean(w) - 1| <= slack.

    ``F`` (n, r) are kernel features of the source rows, ``mu`` (r,) the mean feature of the target, so that
    J + ||mu||^2 / 2 is half the squared distance of the two kernel means. Accelerated projected gradient steps
    (Beck & Teboulle 2009) with the adaptive restart of O'Donoghue & Candes (2015); the step length is one over
    the largest eigenvalue. It ends when the duality gap of the linearised problem, an upper limit of J - J*, is
    at most ``tol`` * |J|.
    """
    n = F.shape[0]
    low, high = n * (1.0 - slack), n * (1.0 + slack)
    curvature = float(np.linalg.eigvalsh(F.T @ F)[-1]) / n
    if curvature <= 0.0:  # no source row has any kernel in common with the landmarks
        return Matching(np.ones(n), 0.0, 0.0, 0, True)
    rate = 1.0 / curvature  # for gradients times n
    w = project(np.ones(n) if start is None else start, bound, low, high)
    u = F.T @ w / n
    y, uy, t = w, u, 1.0
    gap = np.inf
    for iteration in range(max_iter + 1):
        objective = float(0.5 * u @ u - mu @ u)
        if iteration % _CHECK_EVERY == 0 or iteration == max_iter:
            gradient = F @ (u - mu) / n
            gap = float(gradient @ w) - lowest(gradient, bound, low, high)
            if gap <= tol * abs(objective) + _ROUNDING:
                return Matching(w, objective, gap, iteration, True)
            if iteration == max_iter:
                break
        w_new = project(y - rate * (F @ (uy - mu)), bound, low, high)
        u_new = F.T @ w_new / n
        if float((y - w_new) @ (w_new - w)) > 0.0:
            t = 1.0
        t_new = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * t * t))
        momentum = (t - 1.0) / t_new
        y, uy = w_new + momentum * (w_new - w), u_new + momentum * (u_new - u)
        w, u, t = w_new, u_new, t_new
    return Matching(w, objective, gap, max_iter, False)
