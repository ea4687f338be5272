"""Linear models of several tasks whose coefficients share few directions: the trace norm, by accelerated gradients.

Minimises ``sum_t loss_t(W_t) + strength |slopes|_* + level / 2 sum_t (b_t - mean b)^2``: ``|.|_*`` is the sum of the
singular values of the slopes (n_tasks, n_columns - 1), ``b`` are the intercepts. The convex form of learning shared
features (Argyriou, Evgeniou and Pontil 2008); the proximal steps of Ji and Ye (2009), with momentum that starts anew
where it leads uphill (O'Donoghue and Candes 2015).
"""

from __future__ import annotations

import numpy as np

from .task_ridge import fit_shared
from .task_rows import TaskRows
from .types import Floats


def shrink_singular(W: Floats, by: float) -> Floats:
    """The proximal step of the trace norm: singular values less ``by``, none below zero."""
    U, s, Vt = np.linalg.svd(W, full_matrices=False)
    return np.asarray((U * np.maximum(s - by, 0.0)) @ Vt)


def trace_norm(W: Floats) -> float:
    """The sum of the singular values."""
    return float(np.linalg.svd(W, compute_uv=False).sum())


def strongest(rows: TaskRows, level: float) -> float:
    """The smallest strength at which all slopes are zero."""
    W = _levels_alone(rows, level)
    return float(np.linalg.norm(rows.gradient(W)[:, 1:], 2))


def fit_trace(
    rows: TaskRows,
    strength: float,
    level: float,
    *,
    start: Floats | None = None,
    tolerance: float = 1e-9,
    most_steps: int = 5000,
) -> Floats:
    """Coefficients (n_tasks, n_columns) at the minimum.

    ``tolerance`` is the length of a step, relative to the coefficients, at which the fit ends.
    """
    # Steps are in intercepts and slopes alike: rows are expected in columns of comparable scale.
    bend = np.linalg.eigvalsh(rows.gram)[:, -1].max(initial=0.0) * (0.25 if rows.logistic else 1.0) + level
    W = np.zeros((rows.n_tasks, rows.Z.shape[1])) if start is None else start.copy()
    ahead, momentum = W, 1.0
    for _ in range(most_steps):
        g = rows.gradient(ahead)
        g[:, 0] += level * (ahead[:, 0] - ahead[:, 0].mean())
        new = ahead - g / bend
        new[:, 1:] = shrink_singular(new[:, 1:], strength / bend)
        moved = new - W
        if float(((ahead - new) * moved).sum()) > 0:
            momentum = 1.0
        further = 0.5 * (1 + np.sqrt(1 + 4 * momentum**2))
        length = float(np.linalg.norm(new - ahead))
        ahead = new + (momentum - 1) / further * moved
        W, momentum = new, further
        if length <= tolerance * (1.0 + float(np.linalg.norm(W))):
            break
    return W


def _levels_alone(rows: TaskRows, level: float) -> Floats:
    """The minimum with all slopes at zero."""
    only = TaskRows(rows.Z[:, :1], rows.y, rows.starts, rows.logistic)
    W = np.zeros((rows.n_tasks, rows.Z.shape[1]))
    W[:, :1] = fit_shared(only, np.zeros(1), np.array([max(level, 1e-9)])).W
    return W
