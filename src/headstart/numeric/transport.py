"""Entropic optimal transport between two weighted point sets, with and without groups of source rows kept apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from .types import Floats, Ints

# Scalings leave exp((f + g - C) / reg) for the potentials before they leave the range of float64.
_ABSORB = 50.0
# How often the marginals are looked at: each look costs half an iteration.
_CHECK_EVERY = 10
# The regularisation starts this much larger and is halved: far fewer steps than from the start at the end's value.
_STAGES = 5
_STAGE_STEPS = 30


@dataclass(frozen=True)
class Potentials:
    """The dual solution: the plan is P_ij = a_i b_j exp((f_i + g_j - C_ij) / reg).

    ``error`` is the sum of what the row sums of P miss of ``a``; the column sums are ``b`` but for rounding.
    """

    f: Floats
    g: Floats
    error: float
    n_iter: int
    converged: bool


def sinkhorn(
    C: Floats,
    a: Floats,
    b: Floats,
    reg: float,
    *,
    tol: float = 1e-4,
    max_iter: int = 2000,
    start: Potentials | None = None,
) -> Potentials:
    """Minimise <P, C> + reg KL(P | a b') over the plans P with row sums ``a`` and column sums ``b``.

    The iterations scale exp((f + g - C) / reg), a matrix that is made anew only when the scalings grow large: as safe
    as iterations on logarithms and some ten times as fast. A row of weight 0 has a potential too, so that it knows
    where it would go.
    """
    if start is None:
        f, g = np.zeros(a.size), np.zeros(b.size)
        used = 0
        for stage in range(_STAGES, 0, -1):
            f, g, _, n = _scale(C, a, b, reg * 2.0**stage, f, g, 10.0 * tol, _STAGE_STEPS)
            used += n
    else:
        f, g, used = start.f, start.g, 0
    f, g, error, n = _scale(C, a, b, reg, f, g, tol, max_iter)
    return Potentials(f, g, error, used + n, error <= tol)


def _scale(
    C: Floats, a: Floats, b: Floats, reg: float, f: Floats, g: Floats, tol: float, max_iter: int
) -> tuple[Floats, Floats, float, int]:
    f, g = _sweep(C, a, b, reg, g)
    K = _kernel(C, f, g, reg)
    u, v, error = np.ones(a.size), np.ones(b.size), np.inf
    for step in range(1, max_iter + 1):
        u = 1.0 / np.maximum(K @ (v * b), 1e-300)
        v = 1.0 / np.maximum((u * a) @ K, 1e-300)
        if step % _CHECK_EVERY == 0 or step == max_iter:
            error = float(np.sum(np.abs(u * (K @ (v * b)) - 1.0) * a))
            if error <= tol:
                break
        if max(_size(u), _size(v)) > _ABSORB:
            # one sweep on logarithms: a row that underflowed gets its true potential back
            f, g = _sweep(C, a, b, reg, g + reg * np.log(v))
            K = _kernel(C, f, g, reg)
            u, v = np.ones(a.size), np.ones(b.size)
    return f + reg * np.log(u), g + reg * np.log(v), error, step


def _size(scaling: Floats) -> float:
    return float(np.max(np.abs(np.log(scaling))))


def _kernel(C: Floats, f: Floats, g: Floats, reg: float) -> Floats:
    K = f[:, None] + g - C
    K /= reg
    return np.exp(K, out=K)


def _sweep(C: Floats, a: Floats, b: Floats, reg: float, g: Floats) -> tuple[Floats, Floats]:
    """One iteration on logarithms."""
    f: Floats = -reg * np.asarray(logsumexp((g - C) / reg, axis=1, b=b[None, :]))
    g = -reg * np.asarray(logsumexp((f[:, None] - C) / reg, axis=0, b=a[:, None]))
    return f, g


def plan(C: Floats, a: Floats, b: Floats, reg: float, found: Potentials) -> Floats:
    """The transport plan (n_source, n_target) of the potentials."""
    P = _kernel(C, found.f, found.g, reg)
    P *= a[:, None]
    P *= b
    return P


def barycentric(C: Floats, b: Floats, reg: float, found: Potentials, Y: Floats) -> Floats:
    """Where each source row goes: the mean of the target rows ``Y``, weighted by its row of the plan."""
    logs = (found.g - C) / reg
    logs -= np.max(logs, axis=1, keepdims=True)
    P = np.exp(logs, out=logs)
    P *= b
    return np.asarray((P @ Y) / np.sum(P, axis=1, keepdims=True))


@dataclass(frozen=True)
class GroupPlan:
    """Potentials, and the ``cost`` under which they are those of a plain problem."""

    potentials: Potentials
    cost: Floats


def sinkhorn_groups(
    C: Floats,
    a: Floats,
    b: Floats,
    groups: Ints,
    reg: float,
    strength: float,
    *,
    power: float = 0.5,
    floor: float = 1e-3,
    n_outer: int = 10,
    tol: float = 1e-4,
    max_iter: int = 2000,
) -> GroupPlan:
    """Sinkhorn with the penalty strength sum_j b_j sum_c (q_cj + floor)^power on mixing groups at a target row.

    q_cj is the share of what arrives at target row j that comes from group c of the source rows (Courty et al., 2017,
    section 4.2, there as masses instead of shares). The concave penalty is replaced by its tangent at the last
    plan, which is a plain problem with another cost, ``n_outer`` times in all. Rows of group -1 pay no penalty.
    """
    present = np.unique(groups[groups >= 0])
    cost, found = C, sinkhorn(C, a, b, reg, tol=tol, max_iter=max_iter)
    for _ in range(n_outer - 1 if present.size > 1 and strength > 0 else 0):
        P = plan(cost, a, b, reg, found)
        arrives = np.maximum(P.sum(axis=0), 1e-300)
        cost = C.copy()
        for c in present:
            rows = groups == c
            share = P[rows].sum(axis=0) / arrives
            cost[rows] += strength * power * (share + floor) ** (power - 1.0)
        found = sinkhorn(cost, a, b, reg, tol=tol, max_iter=max_iter, start=found)
    return GroupPlan(found, cost)
