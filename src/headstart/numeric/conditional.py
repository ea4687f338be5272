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
from scipy.optimize import brentq
from scipy.stats import ncx2

from .two_sample import redraw_p_value, sign_flip_p_value

Array = NDArray[np.float64]
FEW = 1000  # rows of the domain above which a sum of them is normal enough


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


def dependence(
    inside: Array, probability: Array, outcome: Array, shapes: Array, rng: np.random.Generator
) -> Dependence:
    """Test and measure how the outcome depends on the domain.

    ``inside`` (n,) says which rows are in the domain and ``probability`` (n,) how probable that is given the
    features; ``outcome`` (n, c) are the outcomes minus their expectation given the features; ``shapes`` (n, k)
    functions of the features along which a difference is sought, the first of them constant.

    Of two tests, by sign flips and by drawing the domain anew, the larger p value counts: the first trusts neither
    regression, the second is right with a few rows in the domain.
    """
    domain = inside - probability
    shapes = _orthonormal(shapes, domain**2)
    k, c = shapes.shape[1], outcome.shape[1]
    products = (shapes[:, :, None] * outcome[:, None, :]).reshape(len(domain), k * c)
    p_value = sign_flip_p_value(domain[:, None] * products, rng)
    if p_value < 0.05 and inside.sum() < FEW:
        p_value = max(p_value, redraw_p_value(inside.astype(float), probability, products, rng))
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
    root = _length(b, V)
    # The first shape is constant with mean square one: its coefficient is the level, signed.
    sign = 1.0 if shapes[:, 0].mean() >= 0 else -1.0
    return root[0], root[1], root[2], coefficient[0] * sign, coefficient


def _length(b: Array, V: Array) -> tuple[float, float, float]:
    """Length of the mean of a normal vector ``b`` with covariance ``V``, and its 95 % interval.

    The squared length is too large by the trace of ``V``, which is taken off. The interval inverts the noncentral
    chi-square distribution that has the same mean and variance.
    """
    trace, square = float(np.trace(V)), float((V**2).sum())
    length = float(np.sqrt(max(float(b @ b) - trace, 0.0)))
    if trace <= 0:
        return length, length, length
    df, scale = trace**2 / square, square / trace
    found = float(b @ b) / scale

    def bound(level: float) -> float:
        if ncx2.cdf(found, df, 1e-9) <= level:
            return 0.0
        most = 2 * found + 100.0
        root = brentq(lambda c: float(ncx2.cdf(found, df, c)) - level, 1e-9, most, xtol=1e-4 * most)
        return float(np.sqrt(root * scale))

    return length, min(bound(0.975), length), max(bound(0.025), length)
