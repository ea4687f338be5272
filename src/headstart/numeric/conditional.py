"""Whether y given x is the same in two domains, measured only where both domains have rows.

The test is the generalised covariance measure (Shah and Peters 2020) of "which domain" and the label, given
the features, weighted by several functions of the features (Scheidegger, Hoerrmann and Buhlmann 2022): the product
of two residuals has mean zero when domain and label are independent given x. Small errors of the two regressions
enter only as a product, and rows where only one domain has rows weigh almost nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .two_sample import sign_flip_p_value

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Dependence:
    """Whether and how far the outcome depends on the domain.

    ``p_value`` of "no dependence"; ``size`` the root mean square difference between the domains of the expected
    outcome at the same x, in the outcome's units, with a 95 % interval ``low`` to ``high``; ``level`` its constant
    part (one entry an outcome column) and ``form`` the size of the rest, with ``form_p_value``.
    """

    p_value: float
    size: float
    low: float
    high: float
    level: Array
    form: float
    form_p_value: float


def dependence(domain: Array, outcome: Array, shapes: Array, rng: np.random.Generator) -> Dependence:
    """Test and measure how the outcome depends on the domain.

    ``domain`` (n,) is the domain indicator minus its expectation given the features; ``outcome`` (n, c) the
    outcomes minus theirs; ``shapes`` (n, k) functions of the features along which a difference is sought, the
    first of them constant.
    """
    shapes = _orthonormal(shapes, domain**2)
    k, c = shapes.shape[1], outcome.shape[1]
    terms = (domain[:, None] * shapes)[:, :, None] * outcome[:, None, :]
    p_value = sign_flip_p_value(terms.reshape(len(domain), k * c), rng)
    size, low, high, level, _ = _difference(domain, outcome, shapes)
    form, form_p = 0.0, 1.0
    if k > 1:
        # The constant part is taken out, so that what is left says whether the shape of the relation differs.
        left = outcome - domain[:, None] * level[None, :]
        rest = (domain[:, None] * shapes[:, 1:])[:, :, None] * left[:, None, :]
        form_p = sign_flip_p_value(rest.reshape(len(domain), (k - 1) * c), rng)
        form = _difference(domain, left, shapes[:, 1:])[0]
    return Dependence(p_value, size, low, high, level, form, form_p)


def _orthonormal(shapes: Array, weight: Array) -> Array:
    """The shapes made orthonormal under the weight, in their order; dependent ones dropped."""
    total = float(weight.sum())
    kept: list[Array] = []
    for j in range(shapes.shape[1]):
        column = shapes[:, j].astype(float)
        start = float(np.sqrt((weight * column**2).sum() / total)) if total > 0 else 0.0
        for other in kept:
            column = column - other * float((weight * column * other).sum() / total)
        size = float(np.sqrt((weight * column**2).sum() / total)) if total > 0 else 0.0
        if size > 1e-6 * max(start, 1e-12) and size > 1e-12:
            kept.append(column / size)
    return np.column_stack(kept) if kept else np.zeros((len(shapes), 0))


def _difference(domain: Array, outcome: Array, shapes: Array) -> tuple[float, float, float, Array, Array]:
    """Least squares of outcome on domain x shapes: the size of the difference with interval, and coefficients.

    The square of an estimate is too large by its variance, which is taken off; the interval is that of a
    quadratic form of a normal vector.
    """
    total = float((domain**2).sum())
    k, c = shapes.shape[1], outcome.shape[1]
    if total <= 0 or k == 0:
        return 0.0, 0.0, np.inf, np.zeros(c), np.zeros((k, c))
    design = domain[:, None] * shapes
    coefficient = design.T @ outcome / total
    left = outcome - design @ coefficient
    n_effective = float((domain**2).sum() ** 2 / (domain**4).sum())
    inflate = n_effective / max(n_effective - k, 1.0)
    meat = (design[:, :, None] * left[:, None, :]).reshape(len(domain), k * c)
    V = meat.T @ meat / total**2 * inflate
    b = coefficient.reshape(-1)
    square = float(b @ b - np.trace(V))
    spread = float(np.sqrt(2 * (V**2).sum() + 4 * max(b @ V @ b - 0.0, 0.0)))
    low, high = square - 1.96 * spread, square + 1.96 * spread
    root = [float(np.sqrt(max(v, 0.0))) for v in (square, low, high)]
    # The first shape is constant with mean square one: its coefficient is the level, signed.
    sign = 1.0 if shapes[:, 0].mean() >= 0 else -1.0
    return root[0], root[1], root[2], coefficient[0] * sign, coefficient
