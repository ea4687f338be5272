"""Linear models of several tasks as one shared part and a part of each task's own, both under ridge penalties.

Evgeniou and Pontil (2004): ``w_t = u + v_t``. Minimises

    sum_t weight_t (loss_t(u + v_t) + 1/2 sum_j own_j v_tj^2) + 1/2 sum_j shared_j u_j^2.

An infinite penalty holds a part at zero: without own parts it is one pooled model, without a shared part every task is
on its own. Newton's method; of the shared part and all own parts together, a step costs one solve a task.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .task_rows import TaskRows
from .types import Floats

# The decrement, as a share of the loss, at which a fit ends: to the last digits, and as far as tuning needs.
EXACT, ENOUGH = 1e-14, 1e-7


@dataclass(frozen=True)
class SharedFit:
    """The shared part ``u`` (n_columns,), own parts ``V`` (n_tasks, n_columns) and the value of the criterion."""

    u: Floats
    V: Floats
    value: float

    @property
    def W(self) -> Floats:
        """Coefficients (n_tasks, n_columns) of the tasks."""
        return self.u + self.V


def fit_shared(
    rows: TaskRows,
    shared: Floats,
    own: Floats,
    *,
    weight: Floats | None = None,
    start: SharedFit | None = None,
    exact: bool = True,
) -> SharedFit:
    """The minimum. ``shared`` (n_columns,), ``own`` (n_columns,) or (n_tasks, n_columns), ``weight`` (n_tasks,).

    The columns that ``own`` holds must be the same for all tasks.
    """
    T, p = rows.n_tasks, rows.Z.shape[1]
    r = np.ones(T) if weight is None else weight
    moves = np.isfinite(shared)
    held, pull = np.where(moves, shared, 0.0), np.where(np.isfinite(own), own, 0.0)
    u = np.zeros(p) if start is None else np.where(moves, start.u, 0.0)
    V = np.zeros((T, p)) if start is None else np.where(np.isfinite(own), start.V, 0.0)

    def value(u: Floats, V: Floats, W: Floats) -> float:
        return float(r @ (rows.losses(W) + 0.5 * (pull * V**2).sum(axis=1)) + 0.5 * held @ u**2)

    W = u + V
    now = value(u, V, W)
    for _ in range(100):
        g, c = rows.gradient(W), rows.curvature(W, own)
        to_own = g + pull * V
        back = np.einsum("tij,tj->ti", c.K, to_own)
        to_shared = r @ g + held * u
        du = np.zeros(p)
        if moves.any():
            S = np.tensordot(r, c.M, axes=1) + np.diag(held)
            right = r @ np.einsum("tij,tj->ti", c.H, back) - to_shared
            du[moves] = np.linalg.solve(S[np.ix_(moves, moves)], right[moves])
        dV = -back - np.einsum("tij,tj->ti", c.K, c.H @ du)
        decrement = -float(to_shared[moves] @ du[moves] + r @ (to_own * dV).sum(axis=1))
        small = decrement < (EXACT if exact else ENOUGH) * (1.0 + abs(now))
        size = 1.0
        while size > 1e-10:
            new_u, new_V = u + size * du, V + size * dV
            new_W = new_u + new_V
            trial = value(new_u, new_V, new_W)
            if trial <= now - 1e-4 * size * decrement or small:
                break
            size *= 0.5
        else:
            break
        if not small or trial <= now:
            u, V, W, now = new_u, new_V, new_W, trial
        if small:
            break
    return SharedFit(u, V, now)


def log_evidence(rows: TaskRows, fit: SharedFit, own: Floats, noise: float = 1.0) -> Floats:
    """Log likelihood (n_tasks,) of each task's rows around the shared part, the own parts integrated out.

    Up to a constant. ``noise`` is the variance of a label around its line, in whose units the penalties are; 1 for log
    losses, where the integral is Laplace's approximation.
    """
    held = np.where(np.isfinite(own), own, 0.0)
    value = rows.losses(fit.W) + 0.5 * (held * fit.V**2).sum(axis=1)
    spread = 0.0 if rows.logistic else 0.5 * rows.counts * np.log(noise)
    return np.asarray(-value / noise - 0.5 * rows.curvature(fit.W, own).log_det - spread)


def log_prior(rows: TaskRows, fit: SharedFit, shared: Floats, own: Floats, weight: Floats, noise: float = 1.0) -> float:
    """What integrating out the shared part adds to the weighted sum of ``log_evidence``: its penalty and its volume."""
    moves = np.isfinite(shared)
    if not moves.any():
        return 0.0
    M = np.tensordot(weight, rows.curvature(fit.W, own).M, axes=1)[np.ix_(moves, moves)]
    volume = np.linalg.slogdet(np.eye(int(moves.sum())) + M / shared[moves])[1]
    return float(-0.5 * (shared[moves] @ fit.u[moves] ** 2) / noise - 0.5 * volume)
