"""The evidence of Bayesian linear regression at its best prior and noise, for many targets on the same rows."""

from __future__ import annotations

import numpy as np

from .kernels import row_blocks
from .types import Floats

# The ratio of noise to prior is looked for between these multiples of the largest eigenvalue, on the logarithm's scale.
_LOWEST, _HIGHEST, _STEPS = -27.0, 12.0, 53
# Golden sections leave 1e-4 of two steps of the grid, and of the evidence, flat there, some 1e-9.
_SECTIONS = 20
_GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0
# An eigenvalue below this share of the largest is rounding noise.
_NOISE = 1e-12
# With more rows than columns, what is left of a target that the rows explain in full, as a share of its square.
_LEAST_LEFT = 1e-12


def best_evidence(gram: Floats, yz: Floats, yy: Floats, n: float) -> tuple[Floats, Floats]:
    """The largest log evidence of each target by the number of rows, and the penalty alpha / beta that it has there.

    The model is y ~ N(Z w, 1 / beta), w ~ N(0, 1 / alpha). ``gram`` is Z'Z, ``yz`` (n_targets, d) Y'Z and ``yy`` the
    sums of squares of the targets. For a given t = alpha / beta the best beta has a closed form, so that one number
    is looked for: on a grid, and by golden sections around its best point, for all targets at once.
    """
    values, vectors = np.linalg.eigh(gram)
    sound = values > _NOISE * max(values[-1], 1e-300)
    values, vectors = values[sound], vectors[:, sound]
    known = (yz @ vectors) ** 2 / values
    left = np.maximum(yy - known.sum(axis=1), 0.0)
    if n > values.size:
        left = np.maximum(left, _LEAST_LEFT * yy)
    if values.size == 0:
        return -0.5 * (1.0 + np.log(2.0 * np.pi * yy / n)), np.full(yy.size, np.inf)

    def evidence(log_t: Floats) -> Floats:
        """At one or more values (..., n_targets)."""
        ratio = values / np.exp(log_t)[..., None]
        square = np.sum(known / (1.0 + ratio), axis=-1) + left
        return -0.5 * (1.0 + np.log(2.0 * np.pi * square / n) + np.sum(np.log1p(ratio), axis=-1) / n)

    grid = np.log(values[-1]) + np.linspace(_LOWEST, _HIGHEST, _STEPS)
    at_grid = np.concatenate(
        [
            evidence(np.broadcast_to(grid[part, None], (part.stop - part.start, yy.size)))
            for part in row_blocks(_STEPS, known.size)
        ]
    )
    best = at_grid.argmax(axis=0)
    step = grid[1] - grid[0]
    low, high = grid[best] - step, grid[best] + step
    for _ in range(_SECTIONS):
        a, b = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        at_a, at_b = evidence(np.array([a, b]))
        low, high = np.where(at_a > at_b, low, a), np.where(at_a > at_b, b, high)
    log_t = (low + high) / 2.0
    return np.maximum(evidence(log_t), at_grid.max(axis=0)), np.exp(log_t)
