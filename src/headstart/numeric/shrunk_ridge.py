"""Ridge regression towards given coefficients, or towards scaled outputs of other models, with exact leave-one-out.

Minimises ``sum_i (t_i - b - s_i slope - a_i gamma)^2 + hold |slope - centre|^2 + strength |gamma|^2``. With no columns
in ``S`` it is ridge regression of ``t``, from which the caller has taken what it shrinks towards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from .types import Floats


@dataclass(frozen=True)
class RidgeFit:
    """``gamma`` (n_axes,), ``slope`` (n_models,), ``level`` (the free intercept of centred rows), ``strength``.

    ``loo`` (n_strengths,) are the mean squared errors of rows held out along the path, ``held`` (n_rows,) the squared
    errors at the strength chosen; both empty without a path.
    """

    gamma: Floats
    slope: Floats
    level: float
    strength: float
    loo: Floats
    held: Floats


class RidgePath:
    """Centred rows (n_rows, n_axes), taken apart once for all targets and strengths.

    ``squares`` are the squared lengths of the columns of ``A`` where these are orthogonal, else None.
    """

    def __init__(self, A: Floats, squares: Floats | None = None) -> None:
        self.A = A
        self.V: Floats | None = None
        if squares is None:
            squares, self.V = np.linalg.eigh(A.T @ A)
        keep = squares > 1e-13 * max(float(squares.max(initial=0.0)), 1e-300)
        self.squares = squares[keep]
        self.V = np.eye(len(squares))[:, keep] if self.V is None else self.V[:, keep]
        self.U = (A @ self.V) / np.sqrt(self.squares)

    def fit(
        self,
        t: Floats,
        strengths: Floats,
        S: Floats | None = None,
        centre: Floats | None = None,
        hold: float = 1.0,
    ) -> RidgeFit:
        """The fit with the smallest leave-one-out error; of equal ones the strongest.

        ``t`` (n_rows,), ``S`` (n_rows, n_models), ``centre`` (n_models,).
        """
        n = len(t)
        S = np.zeros((n, 0)) if S is None else S
        centre = np.zeros(S.shape[1]) if centre is None else centre
        mean_s, Sc = S.mean(axis=0), S - S.mean(axis=0)
        rest = t - S @ centre
        rc = rest - rest.mean()
        Ur, Us, S2 = self.U.T @ rc, self.U.T @ Sc, Sc.T @ Sc
        loos, kept = np.full(len(strengths), np.inf), []
        for k, strength in enumerate(strengths):
            shrink = self.squares / (self.squares + strength)
            RS = Sc - self.U @ (shrink[:, None] * Us)
            M = S2 - Us.T @ (shrink[:, None] * Us) + hold * np.eye(S.shape[1])
            away = np.linalg.solve(M, RS.T @ rc)
            Uleft = Ur - Us @ away
            error = rc - Sc @ away - self.U @ (shrink * Uleft)
            leverage = 1.0 / n + self.U**2 @ shrink
            if S.shape[1]:
                leverage = leverage + np.einsum("ij,ji->i", RS, np.linalg.solve(M, RS.T))
            held = (error / np.maximum(1.0 - leverage, 1e-8)) ** 2
            loos[k] = float(held.mean())
            kept.append((away, Uleft * shrink / np.sqrt(self.squares), held))
        best = int(np.flatnonzero(loos <= loos.min() * (1 + 1e-12))[-1])
        away, axes, held = kept[best]
        assert self.V is not None
        slope = centre + away
        level = float(t.mean() - mean_s @ slope)
        return RidgeFit(self.V @ axes, slope, level, float(strengths[best]), loos, held)


def ridge_at(
    A: Floats,
    squares: Floats | None,
    t: Floats,
    strength: float,
    S: Floats | None = None,
    centre: Floats | None = None,
    hold: float = 1.0,
) -> RidgeFit:
    """The fit for one strength, by the normal equations: what a plain ridge regression costs."""
    n, r = A.shape
    S = np.zeros((n, 0)) if S is None else S
    m = S.shape[1]
    centre = np.zeros(m) if centre is None else centre
    mean_s, rest = S.mean(axis=0), t - S @ centre
    rc = rest - rest.mean()
    if m == 0 and squares is not None:
        gamma = (A.T @ rc) / (squares + strength)
        return RidgeFit(gamma, np.zeros(0), float(t.mean()), strength, np.zeros(0), np.zeros(0))
    B = np.hstack([S - mean_s, A]) if m else A
    G = B.T @ B
    G[np.diag_indices_from(G)] += np.r_[np.full(m, hold), np.full(r, strength)]
    found = cho_solve(cho_factor(G, check_finite=False), B.T @ rc, check_finite=False)
    slope = centre + found[:m]
    level = float(t.mean() - mean_s @ slope)
    return RidgeFit(found[m:], slope, level, strength, np.zeros(0), np.zeros(0))
