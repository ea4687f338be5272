"""Platt's calibration of a score, robust where the score separates the classes."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

from .types import Floats


def platt(score: Floats, positive: np.ndarray, *, max_iter: int = 100) -> tuple[float, float]:
    """Slope and intercept of the log-odds of ``positive`` in ``score``; the slope is at least 0.

    The targets are Platt's: (n_pos + 1) / (n_pos + 2) and 1 / (n_neg + 2) instead of 1 and 0, so that the maximum
    is finite where the score separates the classes. A score that is no better than guessing gets the slope 0 and
    the log-odds of the class shares: cross-fitted scores of two equal samples have a slope a little below 0, which
    must not turn their order around.
    """
    n_pos = int(np.count_nonzero(positive))
    n_neg = positive.size - n_pos
    target = np.where(positive, (n_pos + 1.0) / (n_pos + 2.0), 1.0 / (n_neg + 2.0))
    # on the scale of its spread, so that the Newton steps are as good for tiny scores as for large ones
    middle, spread = float(np.mean(score)), float(np.std(score))
    flat = float(logit(np.mean(target)))
    if spread <= 1e-12 * (1.0 + abs(middle)):
        return 0.0, flat
    x = (score - middle) / spread
    a, b = 0.0, flat
    loss = _loss(x, target, a, b)
    for _ in range(max_iter):
        p = expit(a * x + b)
        r, h = p - target, np.maximum(p * (1.0 - p), 1e-12)
        ga, gb = float(r @ x), float(np.sum(r))
        haa, hab, hbb = float(h @ (x * x)), float(h @ x), float(np.sum(h))
        det = haa * hbb - hab * hab
        if det <= 0.0:
            break
        da, db = -(hbb * ga - hab * gb) / det, -(haa * gb - hab * ga) / det
        length = 1.0
        while length > 1e-6:
            new = _loss(x, target, a + length * da, b + length * db)
            if new <= loss:
                break
            length *= 0.5
        else:
            break
        a, b, gain, loss = a + length * da, b + length * db, loss - new, new
        if gain <= 1e-12 * (1.0 + abs(loss)):
            break
    if a <= 0.0:
        return 0.0, flat
    return a / spread, b - a * middle / spread


def _loss(x: Floats, target: Floats, a: float, b: float) -> float:
    z = a * x + b
    return float(np.mean(np.logaddexp(0.0, z) - target * z))
