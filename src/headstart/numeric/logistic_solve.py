"""The minimum of a logistic problem: by Newton's method with all second derivatives, by conjugate gradients, by L-BFGS.

Which of them is a matter of time only. Newton's method forms the matrix of second derivatives; where that of several
classes is large, conjugate gradients find its steps from products alone, with the curvature that all rows share as
their guide; where neither is affordable, it is L-BFGS.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from scipy.linalg import cho_solve
from scipy.optimize import minimize

from .logistic_curvature import Shared, Whole
from .offset_logistic import Logistic, Point
from .types import Floats

# Decrements, as a share of the loss: to the last digits, and as far as the choice of a strength needs.
EXACT, ENOUGH = 1e-20, 1e-5
# Second derivatives are formed anew where a step with the old is not smaller than this share of the last.
FASTER = 0.03
# Up to this many parameters of several classes it takes less time to form the second derivatives.
MOST_FORMED = 160


def is_formed(problem: Logistic) -> bool:
    """Whether the matrix of second derivatives is what steps are made of."""
    return problem.n_free == 1 or problem.size <= MOST_FORMED or problem.squares is None


def solve(problem: Logistic, flat: Floats, strength: float, *, exact: bool = True) -> Floats:
    """The parameters at the minimum, from a start; ``exact``, or as far as the choice of a strength needs."""
    if not problem.is_small:
        return by_lbfgs(problem, flat, strength, exact=exact)
    if is_formed(problem):
        return by_newton(problem, flat, strength, exact=exact)[0].flat
    return by_conjugate_gradients(problem, flat, strength, exact=exact).flat


def by_newton(
    problem: Logistic, flat: Floats, strength: float, *, exact: bool = True, near: Whole | None = None
) -> tuple[Point, Whole, Any]:
    """Newton's method with step halving; the problem is convex, so it ends at the minimum.

    Second derivatives serve for as many steps as they make the next much smaller; the first may be those ``near``, of
    another strength. Returned with their factor they are, unless ``exact``, those of a point next to the minimum.
    """
    point, whole, shares = problem.at(flat, strength), near, [np.inf]
    old, factor = near is not None, None
    for _ in range(200):
        if whole is None:
            whole, old, factor = Whole.of(problem, point.P), False, None
        factor = factor or whole.factor(strength)
        step = cho_solve(factor, point.gradient, check_finite=False)
        decrement = float(point.gradient @ step)
        share = decrement / (1.0 + abs(point.value))
        ends = share < (EXACT if exact else ENOUGH)
        found = None if old and (share > FASTER * shares[-1] or (ends and not exact)) else point
        found = found and _along(problem, point, step, decrement, strength)
        if found is None and old:
            whole = None
            continue
        point, old = found or point, True
        if ends or found is None:
            break
        shares.append(share)
    assert whole is not None
    return point, whole, factor


def by_conjugate_gradients(problem: Logistic, flat: Floats, strength: float, *, exact: bool = True) -> Point:
    """Newton's method whose steps are found by preconditioned conjugate gradients, the better the nearer the end."""
    point = problem.at(flat, strength)
    for _ in range(200):
        shared = Shared.of(problem, point.P, strength)
        decrement = float(point.gradient @ shared.solve(point.gradient))
        share = decrement / (1.0 + abs(point.value))
        if share < (EXACT if exact else ENOUGH):
            break
        step = _newton_step(problem, point, strength, shared, min(0.1, np.sqrt(share)))
        found = _along(problem, point, step, float(point.gradient @ step), strength)
        if found is None:
            break
        point = found
    return point


def _newton_step(problem: Logistic, point: Point, strength: float, shared: Shared, precision: float) -> Floats:
    """The step whose residual has shrunk to ``precision``, both measured by the shared curvature."""
    ridge, P = problem.held_by(strength), point.P
    step, residual = np.zeros(problem.size), point.gradient
    guided = shared.solve(residual)
    direction, size = guided, float(residual @ guided)
    enough = size * precision**2
    for _ in range(problem.size):
        along = problem.forward(*problem.split(direction))
        bent = P * along
        bent -= P * (P * along if len(P) == 1 else bent.sum(axis=0))
        product = problem.backward(bent) + ridge * direction
        length = size / float(direction @ product)
        step = step + length * direction
        residual = residual - length * product
        guided = shared.solve(residual)
        before, size = size, float(residual @ guided)
        if size <= enough:
            break
        direction = guided + (size / before) * direction
    return step


def _along(problem: Logistic, point: Point, step: Floats, decrement: float, strength: float) -> Point | None:
    """The first point along a step, halved until then, where the loss has fallen; None where it no longer does."""
    size = 1.0
    while size >= 1e-10:
        trial = problem.at(point.flat - size * step, strength)
        if trial.value <= point.value - 1e-4 * size * decrement:
            return trial
        # At the last digits the loss no longer falls, and the gradient says whether a step is one.
        last = decrement < 1e-9 * (1.0 + abs(point.value))
        if last and np.abs(trial.gradient).max() < np.abs(point.gradient).max():
            return trial
        size *= 0.5
    return None


def by_lbfgs(problem: Logistic, flat: Floats, strength: float, *, exact: bool) -> Floats:
    """L-BFGS, for parameters or rows too many for second derivatives."""
    n = len(problem.Y)
    options = {"maxiter": 5000, "maxfun": 10000, "gtol": 1e-8 * n, "ftol": 0.0, "maxcor": 30}
    if not exact:
        options = {"maxiter": 500, "gtol": 1e-4 * n, "ftol": 1e-8, "maxcor": 10}
    value: Any = problem.value_and_gradient
    found = minimize(value, flat, args=(strength,), jac=True, method="L-BFGS-B", options=cast(Any, options))
    return np.asarray(found.x)
