"""Elastic-net regression and logistic regression with an offset.

Minimises ``sum_i loss_i + strength * sum_kj (l1_ratio |gamma_kj| + (1 - l1_ratio) / 2 gamma_kj^2)``; the loss is half
the squared error or the log loss; the intercepts are free. The inner problems are left to scikit-learn's coordinate
descent; the logistic ones are reached by proximal Newton steps (Friedman, Hastie and Tibshirani 2010, for all outputs
at once where these are not too many), on the columns that are in or ought to be.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from .elastic_descent import Quadratic
from .elastic_held import held_numbers, held_outputs
from .glm import probabilities
from .offset_logistic import losses, row_losses
from .types import Floats

# Strengths of a path. As in glmtrans and glmnet, below a hundredth of the one that lets the first column in, few rows
# are overfitted.
N_STRENGTHS, LEAST = 40, 0.01
# Curvatures of rows that are classified for sure are held above this, as in glmnet.
_FLAT = 1e-5
# Columns that pull by this share of what would let them in are tried at once: they may be let in by the others.
_NEARLY = 0.8
# The curvature is taken anew where steps move the outputs more than this share of the last ones.
_FASTER = 0.1
# Coefficients of all outputs together, above which steps are for one output at a time.
_MOST_TOGETHER = 1500


class Elastic:
    """Rows ``A`` (n_rows, n_columns), centred; ``Y`` (n_rows, n_outputs) numbers, 0 and 1, or one-hot classes."""

    def __init__(self, A: Floats, Y: Floats, offset: Floats, *, task: str, l1_ratio: float) -> None:
        self.A = np.asfortranarray(A)
        self.Y, self.offset, self.task, self.l1_ratio = Y, offset, task, l1_ratio

    def strengths(self) -> Floats:
        """From the strength at which no column is in, downwards."""
        _, level = self.null
        pull = self.A.T @ (self.Y - self._mean(self.offset + level))
        top = float(np.abs(pull).max(initial=0.0)) / self.l1_ratio
        return np.geomspace(1.0, LEAST, N_STRENGTHS) * max(top, 1e-12)

    def exact(self, strength: float, gamma: Floats | None = None, level: Floats | None = None) -> tuple[Floats, Floats]:
        """The minimum to the last digits: ``gamma`` (n_outputs, n_columns) and the intercepts (n_outputs,)."""
        return self.fit(strength, gamma, level, tol=1e-12)

    def fit(
        self, strength: float, gamma: Floats | None = None, level: Floats | None = None, *, tol: float = 1e-4
    ) -> tuple[Floats, Floats]:
        """The minimum, about, from a start."""
        if gamma is None or level is None:
            gamma, level = self.null
        if self.task == "regression" and self.A.shape[1] <= len(self.A):
            left = self.labels - self._output(gamma, level, self.A)
            found, rise = self._squares.step(gamma, left, strength, self.l1_ratio, tol)
            return found, level + rise
        inside, threshold = (gamma != 0).any(axis=0), _NEARLY * self.l1_ratio * strength
        while True:
            eta = self._output(gamma, level, self.A)
            pull = np.abs((self.labels - self._losses(eta)[1]) @ self.A).max(axis=0)
            wrong = ~inside & (pull > threshold)
            least = self.l1_ratio * strength * (1 + 1e-9)
            if threshold == least and not wrong.any():
                return gamma, level
            inside, threshold = inside | wrong, least
            gamma, level = self._newton(gamma, level, strength, inside, tol)

    def held(self, gamma: Floats, level: Floats, strength: float) -> Floats:
        """Loss (n_rows,) of each row without that row, one step from the fit on all with the columns that are in.

        Of a row that alone has a value in a column the step would go to infinity, where the column merely leaves the
        fit without that row. So no row takes more with it than the columns that are in had given it.
        """
        n, inside = len(self.Y), (gamma != 0).any(axis=0)
        ridge, A = strength * (1 - self.l1_ratio) + 1e-8 * n, self.A[:, inside]
        given = np.abs(A) @ np.abs(gamma[:, inside]).T
        eta = self._output(gamma[:, inside], level, A).T
        if self.task == "regression":
            all_in = self.A.shape[1] <= n
            products = self._squares.products[np.ix_(inside, inside)] if all_in else A.T @ A
            return held_numbers(A, products, (self.Y - eta)[:, 0], given[:, 0], ridge)
        columns = [np.column_stack([np.ones(n), self.A[:, g != 0]]) for g in gamma]
        without = held_outputs(columns, eta, self.Y, ridge)
        most = given + 4.0 / np.sqrt(n)
        return row_losses(eta + np.clip(without - eta, -most, most), self.Y)

    @cached_property
    def labels(self) -> Floats:
        """``Y`` (n_outputs, n_rows)."""
        return np.ascontiguousarray(self.Y.T)

    @cached_property
    def _squares(self) -> Quadratic:
        """Of numbers and all columns."""
        return Quadratic(self.A, np.ones((1, 1, len(self.A))))

    @cached_property
    def null(self) -> tuple[Floats, Floats]:
        """No column, and the free intercepts of that."""
        K = self.Y.shape[1]
        gamma = np.zeros((K, self.A.shape[1]))
        if self.task == "regression":
            return gamma, (self.Y - self.offset).mean(axis=0)
        share = np.clip(self.Y.mean(axis=0), 1e-6, 1 - 1e-6)
        level = (np.log(share / (1 - share)) if K == 1 else np.log(share)) - self.offset.mean(axis=0)
        for _ in range(100):
            P = self._mean(self.offset + level)
            curvature = np.maximum((P * (1 - P)).sum(axis=0), _FLAT)
            step = (self.Y - P).sum(axis=0) / curvature
            level = level + np.clip(step, -1.0, 1.0) * (1.0 if K == 1 else 0.5)
            if np.abs(step).max() < 1e-12:
                break
        return gamma, level

    def _mean(self, eta: Floats) -> Floats:
        if self.task == "regression":
            return eta
        return probabilities(eta)[:, 1:] if eta.shape[1] == 1 else probabilities(eta)

    def _output(self, gamma: Floats, level: Floats, A: Floats) -> Floats:
        return np.asarray(self.offset.T + level[:, None] + gamma @ A.T)

    def _losses(self, eta: Floats) -> tuple[float, Floats]:
        """The loss, and what outputs (n_outputs, n_rows) say of the labels."""
        if self.task == "regression":
            return 0.5 * float(((self.labels - eta) ** 2).sum()), eta
        return losses(eta, self.labels)

    def _quadratic(self, A: Floats, P: Floats, outputs: slice) -> Quadratic:
        p, K = P[outputs], len(P)
        if self.task == "regression":
            return Quadratic(A, np.ones((1, *p.shape)))
        each = -p[:, None] * p[None, :] if len(p) > 1 else np.zeros((1, 1, p.shape[1]))
        each[np.arange(len(p)), np.arange(len(p))] = np.maximum(p * (1 - p), _FLAT)
        return Quadratic(A, each, common=1 < len(p) == K)

    def _newton(
        self, gamma: Floats, level: Floats, strength: float, inside: np.ndarray, tol: float
    ) -> tuple[Floats, Floats]:
        A, K = self.A[:, inside], len(gamma)
        g, level = gamma[:, inside], level
        together = g.size <= _MOST_TOGETHER
        parts = [slice(0, K)] if together else [slice(k, k + 1) for k in range(K)]
        curved: list[Quadratic | None] = [None] * len(parts)
        eta, last = self._output(g, level, A), np.inf
        loss, P = self._losses(eta)
        value = loss + self._penalty(g, strength)
        inner = max(min(tol * 0.1, 1e-4), 1e-14)
        for _ in range(500):
            before, moved = value, 0.0
            for j, part in enumerate(parts):
                quadratic = curved[j] = curved[j] or self._quadratic(A, P, part)
                left = (self.labels - P)[part]
                new, rise = quadratic.step(g[part], left, strength, self.l1_ratio, inner)
                direction, change, size = np.zeros_like(g), np.zeros(K), 1.0
                direction[part], change[part] = new - g[part], rise
                along = change[:, None] + direction @ A.T
                while size > 1e-8:
                    loss, trial_P = self._losses(eta + size * along)
                    trial = loss + self._penalty(g + size * direction, strength)
                    if trial <= value + 1e-12 * (1 + abs(value)):
                        moved = max(moved, size * float(np.abs(along).max(initial=0.0)))
                        g, level, eta = g + size * direction, level + size * change, eta + size * along
                        value, P = trial, trial_P
                        break
                    size *= 0.5
            if moved < np.sqrt(tol) * 1e-2 or (tol > 1e-8 and before - value < tol * 0.1 * (1 + abs(value))):
                break
            if moved > _FASTER * last and self.task != "regression":
                curved = [None] * len(parts)
            last = moved
        full = np.zeros_like(gamma)
        full[:, inside] = g
        return full, level

    def _penalty(self, gamma: Floats, strength: float) -> float:
        away = self.l1_ratio * np.abs(gamma).sum() + 0.5 * (1 - self.l1_ratio) * (gamma**2).sum()
        return float(strength * away)
