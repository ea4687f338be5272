"""Gaussian processes of several tasks by features of the kernel: memory and time linear in rows.

With features z(x), z(x) z(x') nearly k(x, x'), the function of task t is ``z(x) w_t``, where the coefficients

    w_t = sum_r directions[t, r] u_r + sqrt(own_t) v_t

have normal parts u, which tasks share, and v of their own, all of unit variance: the covariance of tasks is the
same B as in ``task_gp``, and with as many features as rows so is everything else. Integrating out v task by task, then
u, costs one small matrix a task and one of the shared parts; for squared errors rows play no part after one pass.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.special import expit

from .task_covariance import Slopes, TaskCovariance
from .task_rows import TaskRows
from .types import Floats

# The decrement of a Newton step, as a share of the likelihood, at which it is the last.
_EXACT = 1e-12


@dataclass(frozen=True)
class Parts:
    """Shared part ``u`` (1 + rank n_features,), of which the first is the level, and own ``v`` (n_tasks, n_columns)."""

    u: Floats
    v: Floats

    def __add__(self, other: Parts) -> Parts:
        return Parts(self.u + other.u, self.v + other.v)

    def __mul__(self, size: float) -> Parts:
        return Parts(size * self.u, size * self.v)

    def dot(self, other: Parts) -> float:
        """The inner product; half of that with itself is what the prior takes off the log likelihood."""
        return float(self.u @ other.u + (self.v * other.v).sum())


@dataclass(frozen=True)
class FeatureFit:
    """Log evidence and coefficients ``W`` (n_tasks, n_columns) at the mode; ``slopes`` where they were asked for.

    Of the slopes that by the width is NaN: the features are for one width.
    """

    evidence: float
    W: Floats
    parts: Parts
    slopes: Slopes | None


@dataclass(frozen=True)
class _Posterior:
    """The normal posterior of the parts, given second derivatives ``A`` (n_tasks, n_columns, n_columns) of the loss."""

    c: TaskCovariance
    A: Floats
    scale: Floats  # (n_tasks, n_columns): deviations of own parts
    E: Floats  # (n_tasks, n_columns, n_columns): covariance of w_t given the shared part
    AE: Floats
    S: Floats  # A - A E A: what the rows of a task tell of the shared part
    root: Floats  # factor of the shared part's precision
    log_det: float

    @classmethod
    def of(cls, c: TaskCovariance, A: Floats) -> _Posterior:
        p = A.shape[1]
        scale = np.hstack([np.full((c.n_tasks, 1), np.sqrt(c.own_level)), np.repeat(np.sqrt(c.own)[:, None], p - 1, 1)])
        N = scale[:, :, None] * A * scale[:, None, :]
        N[:, np.arange(p), np.arange(p)] += 1.0
        E = scale[:, :, None] * np.linalg.inv(N) * scale[:, None, :]
        AE = A @ E
        S = A - AE @ A
        S = 0.5 * (S + S.transpose(0, 2, 1))
        root = np.asarray(cholesky(np.eye(_n_shared(c, p)) + _within(c, S), lower=True))
        diagonals = np.diagonal(np.linalg.cholesky(N), axis1=1, axis2=2), np.diag(root)
        log_det = 2 * float(sum(np.log(d).sum() for d in diagonals))
        return cls(c, A, scale, E, AE, S, root, log_det)

    def mean(self, h: Floats) -> Parts:
        """The mean of the parts where the linear term of the log likelihood is ``h`` (n_tasks, n_columns)."""
        told = h - _times(self.AE, h)
        u = self._shared(gather(self.c, told))
        rest = h - _times(self.A, spread(self.c, u, h.shape[1]))
        v = _times(self.E, rest) / np.where(self.scale > 0, self.scale, 1.0)
        return Parts(u, v)

    def _shared(self, right: Floats) -> Floats:
        inner = solve_triangular(self.root, right, lower=True)
        return np.asarray(solve_triangular(self.root, inner, lower=True, trans=1))

    def told(self) -> Floats:
        """``J`` (n_tasks, n_columns, n_shared), where ``J_s J_t'`` is what s and t share of ``Z_s' R Z_t``."""
        T, p, size = len(self.S), self.S.shape[1], len(self.root)
        right = _columns(self.c, self.S).reshape(T * p, size)
        return np.asarray(solve_triangular(self.root, right.T, lower=True).T.reshape(T, p, size))

    def n_told(self) -> float:
        """How many coefficients the rows tell, the sum of ``A`` times the covariances of the tasks' coefficients."""
        size = len(self.root)
        through = _within(self.c, self.S - self.AE @ self.S)
        inverse = solve_triangular(self.root, np.eye(size), lower=True)
        return float(np.trace(self.AE, axis1=1, axis2=2).sum() + np.einsum("ij,ij->", inverse @ through, inverse))

    def variances(self) -> Floats:
        """Covariances (n_tasks, n_columns, n_columns) of the tasks' coefficients."""
        free = np.eye(self.A.shape[1]) - self.AE.transpose(0, 2, 1)
        T, p, size = len(free), free.shape[1], len(self.root)
        G = solve_triangular(self.root, _columns(self.c, free).reshape(T * p, size).T, lower=True).T.reshape(T, p, size)
        return np.asarray(self.E + G @ G.transpose(0, 2, 1))


def fit_features(rows: TaskRows, c: TaskCovariance, *, start: Parts | None = None, slopes: bool = True) -> FeatureFit:
    """Evidence and mode for rows of features behind a constant; ``start`` saves steps for classes."""
    if not rows.logistic:
        posterior = _Posterior.of(c, rows.gram / c.noise)
        parts = posterior.mean(rows.moments / c.noise)
        W = coefficients(c, parts)
        likelihood = -float(rows.losses(W).sum()) / c.noise - 0.5 * len(rows.y) * float(np.log(2 * np.pi * c.noise))
    else:
        parts, W = _mode(rows, c, start)
        posterior = _Posterior.of(c, rows.bends(W))
        likelihood = -float(rows.losses(W).sum())
    evidence = likelihood - 0.5 * parts.dot(parts) - 0.5 * posterior.log_det
    return FeatureFit(evidence, W, parts, _slopes(rows, c, posterior, W) if slopes else None)


def coefficients(c: TaskCovariance, parts: Parts) -> Floats:
    """Coefficients (n_tasks, n_columns) made of the parts."""
    own = np.hstack([np.sqrt(c.own_level) * parts.v[:, :1], np.sqrt(c.own)[:, None] * parts.v[:, 1:]])
    return spread(c, parts.u, parts.v.shape[1]) + own


def spread(c: TaskCovariance, u: Floats, n_columns: int) -> Floats:
    """What the shared part ``u`` gives to the coefficients (n_tasks, n_columns) of each task."""
    level = np.full((c.n_tasks, 1), np.sqrt(c.shared_level) * u[0])
    return np.hstack([level, c.directions @ u[1:].reshape(-1, n_columns - 1)])


def gather(c: TaskCovariance, h: Floats) -> Floats:
    """The transpose of ``spread``: from (n_tasks, n_columns) to the shared part."""
    return np.concatenate([[np.sqrt(c.shared_level) * h[:, 0].sum()], (c.directions.T @ h[:, 1:]).ravel()])


def _times(A: Floats, h: Floats) -> Floats:
    return np.asarray(np.matmul(A, h[:, :, None])[:, :, 0])


def _columns(c: TaskCovariance, S: Floats) -> Floats:
    """Each task's matrix (n_columns, n_columns) times its map from the shared part: (n_tasks, n_columns, n_shared)."""
    level = np.sqrt(c.shared_level) * S[:, :, :1]
    return np.concatenate([level, *(w[:, None, None] * S[:, :, 1:] for w in c.directions.T)], axis=2)


def _n_shared(c: TaskCovariance, n_columns: int) -> int:
    return 1 + c.directions.shape[1] * (n_columns - 1)


def _within(c: TaskCovariance, S: Floats) -> Floats:
    """The sum over tasks of their matrices between their maps from the shared part: (n_shared, n_shared)."""
    rank, m = c.directions.shape[1], S.shape[1] - 1
    out = np.zeros((1 + rank * m, 1 + rank * m))
    out[0, 0] = c.shared_level * S[:, 0, 0].sum()
    for r in range(rank):
        here = slice(1 + r * m, 1 + (r + 1) * m)
        cross = np.sqrt(c.shared_level) * (c.directions[:, r] @ S[:, 0, 1:])
        out[0, here], out[here, 0] = cross, cross
        for q in range(rank):
            there = slice(1 + q * m, 1 + (q + 1) * m)
            out[here, there] = np.tensordot(c.directions[:, r] * c.directions[:, q], S[:, 1:, 1:], axes=1)
    return out


def _mode(rows: TaskRows, c: TaskCovariance, start: Parts | None) -> tuple[Parts, Floats]:
    """The mode for log losses, by Newton's method with halved steps."""

    def value(parts: Parts) -> tuple[float, Floats]:
        W = coefficients(c, parts)
        return -float(rows.losses(W).sum()) - 0.5 * parts.dot(parts), W

    m = rows.Z.shape[1] - 1
    parts = start
    if parts is None or len(parts.u) != _n_shared(c, 1 + m):
        parts = Parts(np.zeros(_n_shared(c, 1 + m)), np.zeros((c.n_tasks, 1 + m)))
    now, W = value(parts)
    for _ in range(100):
        A, pull = rows.bends(W), -rows.gradient(W)
        step = _Posterior.of(c, A).mean(_times(A, W) + pull) + parts * -1.0
        decrement = float((pull * coefficients(c, step)).sum()) - parts.dot(step)
        small, size = decrement < _EXACT * (1.0 + abs(now)), 1.0
        trial, new = value(parts + step)
        # so near the mode differences of the likelihood are rounding, and the step is right
        while not small and trial < now and size > 1e-8:
            size *= 0.5
            trial, new = value(parts + step * size)
        parts, W, now = parts + step * size, new, trial
        if small:
            break
    return parts, W


def _slopes(rows: TaskRows, c: TaskCovariance, posterior: _Posterior, W: Floats) -> Slopes:
    """The slope is ``M`` times the change of K, M as in ``task_gp``; it is only ever needed between features."""
    noise = 1.0 if rows.logistic else c.noise
    pull = -rows.gradient(W) / noise
    J, T = posterior.told(), c.n_tasks
    by_level = np.outer(pull[:, 0], pull[:, 0]) + J[:, 0] @ J[:, 0].T
    inner = J[:, 1:].reshape(T, -1)
    by_B = pull[:, 1:] @ pull[:, 1:].T + inner @ inner.T
    by_level[np.diag_indices(T)] -= posterior.S[:, 0, 0]
    by_B[np.diag_indices(T)] -= np.trace(posterior.S[:, 1:, 1:], axis1=1, axis2=2)
    by_noise = 0.0
    if rows.logistic:
        # The mode moves too, and with it the curvature (Rasmussen and Williams 2006, equation 5.23).
        weight, f = rows.weight(W), rows.output(W)
        inside = np.einsum("ij,ij->i", rows.Z, _by_task(rows, posterior.variances()))
        bent = -0.5 * inside * weight * (1 - 2 * expit(f))
        moved = coefficients(c, posterior.mean(rows.sums(rows.Z * bent[:, None])))
        turned = bent - weight * np.einsum("ij,ij->i", rows.Z, moved[rows.task])
        felt = rows.sums(rows.Z * turned[:, None])
        by_level += np.outer(felt[:, 0], pull[:, 0]) + np.outer(pull[:, 0], felt[:, 0])
        by_B += felt[:, 1:] @ pull[:, 1:].T + pull[:, 1:] @ felt[:, 1:].T
    else:
        residual = 2 * float(rows.losses(W).sum()) / noise
        by_noise = 0.5 * (residual - (len(rows.y) - posterior.n_told()))
    return Slopes(0.5 * by_B, 0.5 * by_level, np.nan, by_noise)


def _by_task(rows: TaskRows, V: Floats) -> Floats:
    """Each row times its task's matrix."""
    out = np.empty_like(rows.Z)
    for t in range(rows.n_tasks):
        part = slice(rows.starts[t], rows.starts[t + 1])
        out[part] = rows.Z[part] @ V[t]
    return out
