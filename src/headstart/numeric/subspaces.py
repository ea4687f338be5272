"""Two subspaces: how far they are apart, what aligns them, and the kernel of all subspaces on the way between them."""

from __future__ import annotations

import numpy as np

from .types import Floats

# Below this the sine of an angle is rounding noise, and the two directions are one.
_SAME = 1e-10
# An angle is right where its sine is 1 to within this: beyond 81 degrees.
_RIGHT = 0.01


def principal_axes(P: Floats, Q: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Pairs of directions of span(P) and span(Q), from the closest to the farthest, and their angles.

    ``P`` and ``Q`` (d, k) have orthonormal columns. Returns ``A`` (d, k) in span(P), ``B`` (d, k) at a right angle to
    ``A`` (0 where the angle is 0), ``angle`` (k,) and ``turn`` (k, k): ``A cos(angle) + B sin(angle)`` is ``Q turn``.
    """
    left, cosine, right = np.linalg.svd(P.T @ Q)
    A = P @ left
    cosine = np.minimum(cosine, 1.0)
    # The sine comes from what is left of Q, not from the cosine, which cannot tell small angles from 0.
    rest = Q @ right.T - A * cosine
    sine = np.linalg.norm(rest, axis=0)
    apart = sine > _SAME
    B = np.divide(rest, sine, out=np.zeros_like(rest), where=apart)
    return A, B, np.where(apart, np.arctan2(sine, cosine), 0.0), right.T


def alignment(P: Floats, Q: Floats) -> Floats:
    """P P'Q: coordinates in span(P), turned to those of span(Q); the map of Fernando et al."""
    return P @ (P.T @ Q)


def flow_factor(P: Floats, Q: Floats) -> Floats:
    """F (d, 2k) with F F' = integral over t in [0, 1] of Phi(t) Phi(t)', Phi the geodesic from span(P) to span(Q).

    For each pair of directions the integral of (a cos + b sin)(a cos + b sin)' is a symmetric 2 x 2 matrix in the
    plane of a and b; F holds its square root. Its columns are turned back to those of Q: equal angles leave the pairs
    open, and F must not depend on which the decomposition happens to return.
    """
    A, B, angle, turn = principal_axes(P, Q)
    k = angle.size
    twice = 2.0 * angle
    # sin(2 t) / (2 t), and sin(t)^2 / (2 t), which is 0 at 0
    ratio = np.sinc(twice / np.pi)
    cross = np.divide(np.sin(angle) ** 2, twice, out=np.zeros(k), where=twice > 0)
    block = np.empty((k, 2, 2))
    block[:, 0, 0], block[:, 1, 1] = (1.0 + ratio) / 2.0, (1.0 - ratio) / 2.0
    block[:, 0, 1] = block[:, 1, 0] = cross
    values, V = np.linalg.eigh(block)
    root = np.einsum("kij,kj,klj->kil", V, np.sqrt(np.maximum(values, 0.0)), V)
    along, across = A * root[:, 0, 0] + B * root[:, 1, 0], A * root[:, 0, 1] + B * root[:, 1, 1]
    return np.hstack([along @ turn.T, across @ turn.T])


def disagreement(P: Floats, Q: Floats, both: Floats) -> Floats:
    """Gong et al.'s measure D(k), k = 1 ... : half the sum of the sines of the k-th angles to the common subspace.

    Columns are in the order of their variance, so that the first k span the subspace of dimension k.
    """

    def sine(k: int, one: Floats) -> float:
        cosine = np.linalg.svd(one[:, :k].T @ both[:, :k], compute_uv=False)[-1]
        return float(np.sqrt(max(1.0 - min(float(cosine), 1.0) ** 2, 0.0)))

    return np.array([(sine(k, P) + sine(k, Q)) / 2.0 for k in range(1, P.shape[1] + 1)])


def first_disagreement(measure: Floats) -> int:
    """The smallest dimension at which both subspaces are at a right angle to the common one; else the largest."""
    right = np.flatnonzero(measure >= 1.0 - _RIGHT)
    return int(right[0]) + 1 if right.size else measure.size


def axes_holding(values: Floats, total: float, share: float) -> int:
    """How many axes, the leading ones first, hold ``share`` of the variance; all of them where they hold less."""
    if total <= 0:
        return 1
    held = np.cumsum(values) / total
    # against the rounding of the sum: all axes hold all
    return min(int(np.searchsorted(held, share - _SAME)) + 1, values.size)
