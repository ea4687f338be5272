"""Ridge regression where both rows and columns are many: an iterative solver, and the strength chosen by folds."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import Ridge

from .shrunk_ridge import RidgeFit
from .types import Floats

N_FOLDS = 3


def fit_large_ridge(Z: Any, t: Floats, strengths: Floats, S: Floats, centre: Floats, hold: float) -> RidgeFit:
    """The problem of ``shrunk_ridge`` for scaled rows ``Z`` (n_rows, n_columns), dense or sparse, not centred."""
    fold = np.random.default_rng(0).permutation(len(t)) % N_FOLDS
    held = np.zeros((len(strengths), len(t)))
    if len(strengths) > 1:
        for k, strength in enumerate(strengths):
            for f in range(N_FOLDS):
                inside = fold != f
                part = strength * inside.mean()
                found = _solve(Z[inside], t[inside], float(part), S[inside], centre, hold * inside.mean())
                left = t - Z @ found.gamma - S @ found.slope - found.level
                held[k, ~inside] = left[~inside] ** 2
    loss = held.mean(axis=1)
    best = int(np.flatnonzero(loss <= loss.min() * (1 + 1e-12))[-1])
    found = _solve(Z, t, float(strengths[best]), S, centre, hold)
    return RidgeFit(found.gamma, found.slope, found.level, found.strength, loss, held[best])


def _solve(Z: Any, t: Floats, strength: float, S: Floats, centre: Floats, hold: float) -> RidgeFit:
    # A slope under another penalty is a coefficient of a column that is stretched.
    stretch = np.sqrt(strength / hold)
    m = S.shape[1]
    if m:
        if sp.issparse(Z):
            Z = cast(Any, sp.hstack)([sp.csr_array(S * stretch), Z], format="csr")
        else:
            Z = np.hstack([S * stretch, Z])
    model = Ridge(alpha=strength, solver="sparse_cg", tol=1e-9).fit(Z, t - S @ centre)
    slope, level = centre + model.coef_[:m] * stretch, float(model.intercept_)
    return RidgeFit(model.coef_[m:], slope, level, strength, np.zeros(0), np.zeros(0))
