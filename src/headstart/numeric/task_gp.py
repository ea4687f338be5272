"""Gaussian processes of several tasks, exact: evidence, its slopes and the posterior, with one matrix of all rows.

Squared errors in closed form, log losses of labels 0 and 1 by Laplace's approximation (Rasmussen and Williams 2006,
algorithms 2.1, 3.1 and 5.1). Cubic in rows, so for a few thousand at most; ``task_gp_features`` is for more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.linalg.lapack import dpotri
from scipy.special import expit

from .kernels import squared_distances
from .task_covariance import Slopes, TaskCovariance
from .task_rows import FLAT
from .types import Floats, Ints

# The decrement of a Newton step, as a share of the likelihood, at which it is the last.
_EXACT = 1e-12


@dataclass(frozen=True)
class GpRows:
    """Rows ``X`` (n, d), labels ``y`` (n,) and tasks ``task`` (n,), in ascending order, with all squared distances."""

    X: Floats
    y: Floats
    task: Ints
    n_tasks: int
    logistic: bool
    distances: Floats

    @classmethod
    def of(cls, X: Floats, y: Floats, task: Ints, n_tasks: int, logistic: bool) -> GpRows:
        """The rows with their distances."""
        D = squared_distances(X, X)
        np.fill_diagonal(D, 0.0)
        return cls(X, y, task, n_tasks, logistic, D)

    def of_task(self, t: int) -> GpRows:
        """The rows of one task, as the only one."""
        here = np.flatnonzero(self.task == t)
        D = self.distances[np.ix_(here, here)]
        return GpRows(self.X[here], self.y[here], np.zeros(len(here), dtype=np.intp), 1, self.logistic, D)


@dataclass(frozen=True)
class GpFit:
    """Log evidence and, at the mode, ``dual`` (n,): the function is the kernel with all rows times it.

    ``slopes`` are there where they were asked for.
    """

    evidence: float
    dual: Floats
    slopes: Slopes | None


def fit_gp(rows: GpRows, c: TaskCovariance, *, start: Floats | None = None, slopes: bool = True) -> GpFit:
    """Evidence and mode; ``start`` (n,) is a dual vector to begin at, which saves steps for classes."""
    if not c.is_apart or rows.n_tasks == 1:
        return _fit_all(rows, c, start, slopes)
    dual = np.zeros(len(rows.y))
    B, L, evidence, width, noise = np.zeros((rows.n_tasks,) * 2), np.zeros((rows.n_tasks,) * 2), 0.0, 0.0, 0.0
    for t in range(rows.n_tasks):
        here = rows.task == t
        if not here.any():
            continue
        one = TaskCovariance(np.zeros((1, 0)), c.own[[t]], 0.0, c.own_level, c.width, c.noise)
        fit = _fit_all(rows.of_task(t), one, None if start is None else start[here], slopes)
        dual[here] = fit.dual
        evidence += fit.evidence
        if fit.slopes is not None:
            B[t, t], L[t, t] = fit.slopes.B[0, 0], fit.slopes.L[0, 0]
            width, noise = width + fit.slopes.width, noise + fit.slopes.noise
    return GpFit(evidence, dual, Slopes(B, L, width, noise) if slopes else None)


def _fit_all(rows: GpRows, c: TaskCovariance, start: Floats | None, slopes: bool) -> GpFit:
    pairs = np.ix_(rows.task, rows.task)
    k = np.exp(rows.distances * (-0.5 / c.width**2))
    of_functions = c.B[pairs] * k
    K = of_functions + c.L[pairs]
    if rows.logistic:
        dual, f, fit = _mode(K, rows.y, start)
        weight, pull = _bend(f), rows.y - expit(f)
    else:
        weight = np.full(len(rows.y), 1 / c.noise)
        root = _factor(K, weight)
        dual = _solve(root, weight, rows.y)
        f, pull = K @ dual, dual
        fit = -0.5 * float(rows.y @ dual) - 0.5 * len(rows.y) * float(np.log(2 * np.pi * c.noise))
    root = _factor(K, weight) if rows.logistic else root
    evidence = fit - float(np.log(np.diag(root)).sum())
    if not slopes:
        return GpFit(evidence, dual, None)
    half = np.sqrt(weight)
    R = dpotri(root, lower=1)[0]
    R = (np.tril(R) + np.tril(R, -1).T) * half[:, None] * half
    M = 0.5 * (np.outer(pull, pull) - R)
    if rows.logistic:
        spread = (1 - np.diag(R) / weight) / weight
        share = expit(f)
        bent = -0.5 * spread * share * (1 - share) * (1 - 2 * share)
        turned = bent - R @ (K @ bent)
        M += 0.5 * (np.outer(turned, pull) + np.outer(pull, turned))
    by_width = float((M * of_functions * rows.distances).sum()) / c.width**2
    by_noise = 0.0 if rows.logistic else c.noise * float(np.trace(M))
    sums = Slopes(_block_sums(M * k, rows.task, rows.n_tasks), _block_sums(M, rows.task, rows.n_tasks), 0.0, 0.0)
    return GpFit(evidence, dual, Slopes(sums.B, sums.L, by_width, by_noise))


def _bend(f: Floats) -> Floats:
    share = expit(f)
    return np.asarray(np.maximum(share * (1 - share), FLAT))


def _factor(K: Floats, weight: Floats) -> Floats:
    """The Cholesky factor of ``I + W^1/2 K W^1/2``, sound whatever the rank of K."""
    half = np.sqrt(weight)
    A = K * half[:, None] * half
    A[np.diag_indices_from(A)] += 1.0
    return np.asarray(cholesky(A, lower=True, overwrite_a=True, check_finite=False))


def _solve(root: Floats, weight: Floats, v: Floats) -> Floats:
    """``(K + W^-1)^-1 v``."""
    half = np.sqrt(weight)
    inner = solve_triangular(root, half * v, lower=True, check_finite=False)
    return np.asarray(half * solve_triangular(root, inner, lower=True, trans=1, check_finite=False))


def _mode(K: Floats, y: Floats, start: Floats | None) -> tuple[Floats, Floats, float]:
    """Dual vector, function values and penalised log likelihood at the mode, by Newton's method with halved steps."""

    def value(a: Floats, f: Floats) -> float:
        return -0.5 * float(a @ f) - float(np.logaddexp(0.0, np.where(y > 0.5, -f, f)).sum())

    a = np.zeros(len(y)) if start is None else start
    f = K @ a
    now = value(a, f)
    for _ in range(100):
        weight = _bend(f)
        b = weight * f + y - expit(f)
        da = b - _solve(_factor(K, weight), weight, K @ b) - a
        df = K @ da
        decrement = float((y - expit(f) - a) @ df)
        small, size = decrement < _EXACT * (1.0 + abs(now)), 1.0
        trial = value(a + da, f + df)
        # so near the mode differences of the likelihood are rounding, and the step is right
        while not small and trial < now and size > 1e-8:
            size *= 0.5
            trial = value(a + size * da, f + size * df)
        a, f, now = a + size * da, f + size * df, trial
        if small:
            break
    return a, f, now


def _block_sums(M: Floats, task: Ints, n_tasks: int) -> Floats:
    """Sums (n_tasks, n_tasks) over the rows of two tasks."""
    there, first = np.unique(task, return_index=True)
    out = np.zeros((n_tasks, n_tasks))
    out[np.ix_(there, there)] = np.add.reduceat(np.add.reduceat(M, first, axis=0), first, axis=1)
    return out


def expansion(rows: GpRows, c: TaskCovariance, dual: Floats) -> tuple[Floats, Floats]:
    """Coefficients (n, n_tasks) of the kernels with the rows, and levels (n_tasks,), of every task's function."""
    total = np.bincount(rows.task, weights=dual, minlength=c.n_tasks)
    return dual[:, None] * c.B[rows.task], np.asarray(c.L @ total)
