"""Rows of several tasks, each with coefficients of its own: losses, gradients and curvatures task by task.

Coefficients are ``W`` (n_tasks, n_columns); the first column of the rows is a constant, so ``W[:, 0]`` are intercepts.
The loss of a row is half its squared error, or the log loss of labels 0 and 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.special import expit

from .types import Floats, Ints

# Keeps the curvature of rows that are classified for sure above zero.
FLAT = 1e-9


@dataclass(frozen=True)
class Curvature:
    """Second derivatives, task by task, and what a fit with penalised task parts needs of them.

    ``H`` (n_tasks, n_columns, n_columns); ``K`` the inverse of ``H`` plus the penalties, zero where a task part is
    held at zero; ``M = H - H K H``, the curvature once the task part has moved to its best; ``log_det`` (n_tasks,) that
    of ``H`` plus the penalties over the penalties.
    """

    H: Floats
    K: Floats
    M: Floats
    log_det: Floats


@dataclass(frozen=True)
class TaskRows:
    """Rows ``Z`` (n_rows, n_columns) with labels ``y`` (n_rows,); those of task t lie from ``starts[t]`` to the next.

    A task may be without rows.
    """

    Z: Floats
    y: Floats
    starts: Ints
    logistic: bool
    _last: list[Floats] = field(default_factory=list, repr=False, compare=False)
    _known: dict[bytes, Curvature] = field(default_factory=dict, repr=False, compare=False)

    @property
    def n_tasks(self) -> int:
        """Number of tasks."""
        return len(self.starts) - 1

    @cached_property
    def counts(self) -> Ints:
        """Number of rows (n_tasks,) of each task."""
        return np.diff(self.starts)

    @cached_property
    def task(self) -> Ints:
        """The task (n_rows,) of each row."""
        return np.repeat(np.arange(self.n_tasks), self.counts)

    @cached_property
    def gram(self) -> Floats:
        """Products of the columns (n_tasks, n_columns, n_columns), task by task."""
        return self._products(self.Z)

    @cached_property
    def moments(self) -> Floats:
        """Products of columns and labels (n_tasks, n_columns), task by task."""
        return self.sums(self.Z * self.y[:, None])

    @cached_property
    def squares(self) -> Floats:
        """Sums of squared labels (n_tasks,)."""
        return self.total(self.y**2)

    def _products(self, left: Floats) -> Floats:
        p, ends = self.Z.shape[1], self.starts
        out = np.zeros((self.n_tasks, p, p))
        for t in range(self.n_tasks):
            part = slice(ends[t], ends[t + 1])
            out[t] = left[part].T @ self.Z[part]
        return out

    def total(self, values: Floats) -> Floats:
        """Sums of values (n_rows,) over the rows of each task."""
        return np.asarray(np.bincount(self.task, weights=values, minlength=self.n_tasks), dtype=np.float64)

    def rows(self, chosen: Ints) -> TaskRows:
        """Some of the rows; ``chosen`` are positions in ascending order."""
        counts = np.bincount(self.task[chosen], minlength=self.n_tasks)
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.intp)
        return TaskRows(self.Z[chosen], self.y[chosen], starts, self.logistic)

    def output(self, W: Floats) -> Floats:
        """Linear outputs (n_rows,). The last are kept: loss, gradient and curvature share them."""
        if not self._last or not np.array_equal(self._last[0], W):
            self._last[:] = W.copy(), np.asarray(np.einsum("ij,ij->i", self.Z, W[self.task]))
        return self._last[1]

    def row_losses(self, W: Floats) -> Floats:
        """Loss (n_rows,) of each row."""
        eta = self.output(W)
        if self.logistic:
            return np.asarray(np.logaddexp(0.0, np.where(self.y > 0.5, -eta, eta)))
        return 0.5 * (self.y - eta) ** 2

    def losses(self, W: Floats) -> Floats:
        """Summed loss (n_tasks,) of each task."""
        if self.logistic:
            return self.total(self.row_losses(W))
        bent = np.matmul(self.gram, W[:, :, None])[:, :, 0]
        return np.asarray(0.5 * (self.squares + ((bent - 2 * self.moments) * W).sum(axis=1)))

    def gradient(self, W: Floats) -> Floats:
        """First derivatives (n_tasks, n_columns) of the losses."""
        if not self.logistic:
            return np.asarray(np.matmul(self.gram, W[:, :, None])[:, :, 0] - self.moments)
        return self.sums(self.Z * (expit(self.output(W)) - self.y)[:, None])

    def sums(self, values: Floats) -> Floats:
        """Sums of rows of values (n_rows, n_columns) over each task."""
        out = np.zeros((self.n_tasks, values.shape[1]))
        # reduceat would give an empty task the next one's first row
        there = self.counts > 0
        if there.any():
            out[there] = np.add.reduceat(values, self.starts[:-1][there], axis=0)
        return out

    def weight(self, W: Floats) -> Floats:
        """Second derivative (n_rows,) of the loss of each row by its output."""
        if not self.logistic:
            return np.ones(len(self.y))
        share = expit(self.output(W))
        return np.asarray(np.maximum(share * (1 - share), FLAT))

    def bends(self, W: Floats) -> Floats:
        """Second derivatives (n_tasks, n_columns, n_columns) of the losses."""
        return self._products(self.Z * self.weight(W)[:, None]) if self.logistic else self.gram

    def curvature(self, W: Floats, own: Floats) -> Curvature:
        """Second derivatives at ``W``; ``own`` (n_columns,) or (n_tasks, n_columns) are penalties, infinite to hold."""
        key = own.tobytes()
        if not self.logistic and key in self._known:
            return self._known[key]
        found = _reduced(self.bends(W), own)
        if not self.logistic:
            self._known.clear()
            self._known[key] = found
        return found


def _reduced(H: Floats, own: Floats) -> Curvature:
    p = H.shape[1]
    free = np.isfinite(own[0] if own.ndim == 2 else own)
    if not free.any():
        return Curvature(H, np.zeros_like(H), H, np.zeros(len(H)))
    inner = np.ix_(np.arange(len(H)), np.flatnonzero(free), np.flatnonzero(free))
    held = own[..., free]
    A = H[inner] + held[..., None] * np.eye(int(free.sum()))
    K = np.zeros((len(H), p, p))
    K[inner] = np.linalg.inv(A)
    M = H - H @ K @ H
    log_det = np.linalg.slogdet(A)[1] - np.log(np.maximum(held, 1e-300)).sum(axis=-1)
    return Curvature(H, K, 0.5 * (M + M.transpose(0, 2, 1)), log_det)
