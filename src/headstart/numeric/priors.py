"""The class shares of unlabelled rows, from a classifier that was fitted where the shares were others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def em_priors(
    probability: Array, priors: Array, *, start: Array | None = None, max_iter: int = 1000, tol: float = 1e-7
) -> Array:
    """Shares of the classes among unlabelled rows by maximum likelihood (Saerens, Latinne and Decaestecker 2002).

    ``probability`` (n, c) are the classifier's probabilities and ``priors`` (c,) the shares in its own training
    rows; ``start`` (c,) are the shares to begin with, the priors where there are none. Right where p(x given y) is the
    same in both.
    """
    shares = (priors if start is None else start).copy()
    for _ in range(max_iter):
        joint = probability * (shares / priors)
        new = (joint / joint.sum(axis=1, keepdims=True)).mean(axis=0)
        done = float(np.abs(new - shares).max()) < tol
        shares = new
        if done:
            break
    return shares
