"""Linear conditional means of many columns given others, each with a penalty of its own.

It is ridge regression with the penalty chosen by exact leave-one-out, as in ``glm.ridge_path``, for all columns from
one decomposition.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .types import Floats

# From hardly any penalty to the plain mean, on columns of unit variance.
STRENGTHS: Floats = np.logspace(-2.0, 6.0, 17)


@dataclass(frozen=True)
class ConditionalMean:
    """E[C | S] = intercept + S coef, and how well leave-one-out finds it.

    ``coef`` (n_given, n_columns), ``intercept`` (n_columns,), ``strength`` (n_columns,) the penalties chosen, ``r2``
    and ``deviation`` (n_columns,) of what a row's own values were not used for. ``r2`` is against the leave-one-out
    mean, at least 0; a constant column has 0.
    """

    coef: Floats
    intercept: Floats
    strength: Floats
    r2: Floats
    deviation: Floats

    def of(self, S: Floats) -> Floats:
        """The conditional mean of each column for rows ``S``."""
        return np.asarray(self.intercept + S @ self.coef, dtype=np.float64)


def conditional_mean(S: Floats, C: Floats, strengths: Floats = STRENGTHS) -> ConditionalMean:
    """Regress each column of ``C`` (n_rows, n_columns) on all of ``S`` (n_rows, n_given).

    Besides ``strengths`` (ascending) the plain mean is tried; of equal ones the strongest is taken.
    """
    n, width = C.shape
    mean_s, mean_c = S.mean(axis=0), C.mean(axis=0)
    centred = C - mean_c
    if n < 3 or S.shape[1] == 0:
        return _plain(S.shape[1], mean_c, centred)
    U, D, Vt = np.linalg.svd(S - mean_s, full_matrices=False)
    inner = U.T @ centred
    best = centred / (1.0 - 1.0 / n)
    alone = np.mean(best**2, axis=0)
    loss, chosen, shrink = alone.copy(), np.full(width, np.inf), np.zeros((D.size, width))
    for strength in strengths[::-1]:
        kept = D**2 / (D**2 + strength)
        leverage = np.einsum("ij,j,ij->i", U, kept, U) + 1.0 / n
        # the floor keeps a row that alone holds a direction of the fit from being thrown to infinity
        error = (centred - U @ (kept[:, None] * inner)) / np.maximum(1.0 - leverage, 1e-8)[:, None]
        found = np.mean(error**2, axis=0)
        better = found < loss * (1.0 - 1e-12)
        loss, chosen = np.where(better, found, loss), np.where(better, strength, chosen)
        shrink[:, better] = (D / (D**2 + strength))[:, None]
    coef = Vt.T @ (shrink * inner)
    r2 = np.where(alone > 0, 1.0 - loss / np.where(alone > 0, alone, 1.0), 0.0)
    return ConditionalMean(coef, mean_c - mean_s @ coef, chosen, r2, np.sqrt(loss))


def _plain(n_given: int, mean: Floats, centred: Floats) -> ConditionalMean:
    """The mean, whatever is given: two rows lie on a line of any slope."""
    n, width = centred.shape
    deviation = np.sqrt(np.mean(centred**2, axis=0)) * n / max(n - 1, 1)
    return ConditionalMean(np.zeros((n_given, width)), mean, np.full(width, np.inf), np.zeros(width), deviation)
