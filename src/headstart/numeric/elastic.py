"""Elastic-net regression and logistic regression with an offset, along a path, with leave-one-out on the active set.

Minimises ``sum_i loss_i + strength * sum_kj (l1_ratio |gamma_kj| + (1 - l1_ratio) / 2 gamma_kj^2)``; the loss is half
the squared error or the log loss; the intercepts are free. The inner problems are left to scikit-learn's coordinate
descent; the logistic ones are reached by proximal Newton steps, one output at a time (Friedman, Hastie and Tibshirani
2010).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import enet_path

from .glm import probabilities
from .offset_logistic import row_losses
from .types import Floats

N_STRENGTHS = 40
# As glmtrans and glmnet: below a hundredth of the strength that lets the first column in, few rows are overfitted.
LEAST = 0.01
# Strengths in a row without a smaller leave-one-out loss, after which the path ends.
PATIENCE = 8
# Without scikit-learn's check of the arguments, which takes longer than the descent on a small problem.
_enet_path = getattr(enet_path, "__wrapped__", enet_path)
# Curvatures of rows that are classified for sure are held above this, as in glmnet.
_FLAT = 1e-5


@dataclass(frozen=True)
class ElasticPath:
    """``gamma`` (n_tried, n_outputs, n_columns), ``intercept`` (n_tried, n_outputs), strengths from strong to weak.

    ``held`` (n_tried, n_rows) are the leave-one-out losses.
    """

    strengths: Floats
    gamma: Floats
    intercept: Floats
    held: Floats

    @property
    def loo(self) -> Floats:
        """The mean leave-one-out loss (n_tried,)."""
        return np.asarray(self.held.mean(axis=1))

    def choose(self, rule: str = "least") -> int:
        """The strength with the ``"least"`` loss, or the strongest within ``"one error"`` of it."""
        loo = self.loo
        best = int(loo.argmin())
        if rule == "least":
            return best
        error = self.held[best].std(ddof=1) / np.sqrt(self.held.shape[1])
        return int(np.flatnonzero(loo <= loo[best] + error)[0])


class Elastic:
    """Rows ``A`` (n_rows, n_columns), centred; ``Y`` (n_rows, n_outputs) numbers, 0 and 1, or one-hot classes."""

    def __init__(self, A: Floats, Y: Floats, offset: Floats, *, task: str, l1_ratio: float) -> None:
        self.A = np.asfortranarray(A)
        self.Y, self.offset, self.task, self.l1_ratio = Y, offset, task, l1_ratio

    def strengths(self) -> Floats:
        """From the strength at which no column is in, downwards."""
        _, level = self._null()
        pull = self.A.T @ (self.Y - self._mean(self.offset + level))
        top = float(np.abs(pull).max(initial=0.0)) / self.l1_ratio
        return np.geomspace(1.0, LEAST, N_STRENGTHS) * max(top, 1e-12)

    def path(self, strengths: Floats) -> ElasticPath:
        """Fits from the strongest to the weakest; ends where the leave-one-out loss has long risen."""
        gamma, level = self._null()
        kept, levels, held, loos = [], [], [], []
        last = float(strengths[0])
        for strength in strengths:
            gamma, level = self._fit(gamma, level, float(strength), last, tol=1e-4)
            last = float(strength)
            each = self._leave_one_out(gamma, level, last)
            kept.append(gamma)
            levels.append(level)
            held.append(each)
            loos.append(float(each.mean()))
            if len(loos) - 1 - int(np.argmin(loos)) >= PATIENCE:
                break
        return ElasticPath(np.asarray(strengths)[: len(kept)], np.array(kept), np.array(levels), np.array(held))

    def exact(self, strength: float, gamma: Floats | None = None, level: Floats | None = None) -> tuple[Floats, Floats]:
        """The minimum to the last digits: ``gamma`` (n_outputs, n_columns) and the intercepts (n_outputs,)."""
        if gamma is None or level is None:
            gamma, level = self._null()
        return self._fit(gamma, level, strength, strength, tol=1e-12)

    def _null(self) -> tuple[Floats, Floats]:
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

    def _objective(self, eta: Floats, gamma: Floats, strength: float) -> float:
        loss = float(row_losses(eta, self.Y).sum())
        away = self.l1_ratio * np.abs(gamma).sum() + 0.5 * (1 - self.l1_ratio) * (gamma**2).sum()
        return float(loss + strength * away)

    def _fit(self, gamma: Floats, level: Floats, strength: float, last: float, *, tol: float) -> tuple[Floats, Floats]:
        """From a start, the fit at ``strength``; columns that cannot come in are left out, and checked afterwards."""
        if self.task == "regression":
            t = (self.Y - self.offset)[:, 0]
            mean = float(t.mean())
            found = _descend(self.A, t - mean, gamma[0], strength, self.l1_ratio, tol)
            return found[None, :], np.array([mean])
        eta = self.offset + level + self.A @ gamma.T
        pull = np.abs(self.A.T @ (self.Y - self._mean(eta)))
        # The sequential strong rule (Tibshirani et al. 2012) lets a column be left out wrongly now and then.
        inside = (pull.max(axis=1) >= self.l1_ratio * (2 * strength - last)) | (gamma != 0).any(axis=0)
        while True:
            gamma, level = self._newton(gamma, level, strength, inside, tol)
            pull = np.abs(self.A.T @ (self.Y - self._mean(self.offset + level + self.A @ gamma.T)))
            wrong = ~inside & (pull.max(axis=1) > self.l1_ratio * strength * (1 + 1e-9))
            if not wrong.any():
                return gamma, level
            inside |= wrong

    def _newton(
        self, gamma: Floats, level: Floats, strength: float, inside: np.ndarray, tol: float
    ) -> tuple[Floats, Floats]:
        A = np.asfortranarray(self.A[:, inside])
        g, level = gamma[:, inside].copy(), level.copy()
        eta = self.offset + level + A @ g.T
        value = self._objective(eta, g, strength)
        for _ in range(500):
            before = value
            moved = 0.0
            for k in range(len(g)):
                P = self._mean(eta)[:, k]
                w = np.maximum(P * (1 - P), _FLAT)
                root = np.sqrt(w)
                z = (self.Y[:, k] - P) / w + (eta - self.offset)[:, k]
                mean_a, mean_z = w @ A / w.sum(), w @ z / w.sum()
                weighted = np.asfortranarray((A - mean_a) * root[:, None])
                inner = max(min(tol * 0.1, 1e-4), 1e-14)
                new = _descend(weighted, (z - mean_z) * root, g[k], strength, self.l1_ratio, inner)
                new_level = mean_z - mean_a @ new
                direction, rise = new - g[k], new_level - level[k]
                along = rise + A @ direction
                size = 1.0
                while size > 1e-8:
                    trial_g, trial_eta = g.copy(), eta.copy()
                    trial_g[k] += size * direction
                    trial_eta[:, k] += size * along
                    trial = self._objective(trial_eta, trial_g, strength)
                    if trial <= value + 1e-12 * (1 + abs(value)):
                        moved = max(moved, float(np.abs(size * along).max(initial=0.0)))
                        g, eta, value, level[k] = trial_g, trial_eta, trial, level[k] + size * rise
                        break
                    size *= 0.5
            if moved < np.sqrt(tol) * 1e-2 or (tol > 1e-8 and before - value < tol * 0.01 * (1 + abs(value))):
                break
        full = np.zeros_like(gamma)
        full[:, inside] = g
        return full, level

    def _leave_one_out(self, gamma: Floats, level: Floats, strength: float) -> Floats:
        """Loss of each row without that row, one step from the fit on all with the columns that are in.

        Of a row that alone has a value in a column the step would go to infinity, where the column merely leaves the
        fit without that row. So no row takes more with it than the columns that are in had given it.
        """
        n = len(self.Y)
        ridge = strength * (1 - self.l1_ratio) + 1e-8 * n
        eta = self.offset + level + self.A @ gamma.T
        given = np.abs(self.A) @ np.abs(gamma).T
        if self.task == "regression":
            B = self.A[:, gamma[0] != 0]
            leverage = np.full(n, 1.0 / n)
            if B.shape[1]:
                G = B.T @ B
                G[np.diag_indices_from(G)] += ridge
                leverage = leverage + np.einsum("ij,ji->i", B, np.linalg.solve(G, B.T))
            error = (self.Y - eta)[:, 0]
            most = given[:, 0] + np.abs(error) / (n - 1)
            shift = np.clip(error * leverage / np.maximum(1 - leverage, 1e-8), -most, most)
            return np.asarray((error + shift) ** 2)
        columns = [np.column_stack([np.ones(n), self.A[:, g != 0]]) for g in gamma]
        without = _without_each_row(columns, eta, self.Y, ridge)
        most = given + 4.0 / np.sqrt(n)
        return row_losses(eta + np.clip(without - eta, -most, most), self.Y)


def _without_each_row(columns: list[Floats], eta: Floats, Y: Floats, ridge: float) -> Floats:
    """Outputs of each row without it; ``columns`` are those that are in, of each output, a column of ones first."""
    n, K = eta.shape
    P = probabilities(eta)
    if K == 1:
        P = P[:, 1:]
        blocks = np.maximum(P * (1 - P), 1e-9)[:, :, None]
    else:
        blocks = P[:, :, None] * np.eye(K) - P[:, :, None] * P[:, None, :]
    ends = np.cumsum([B.shape[1] for B in columns])
    starts = ends - [B.shape[1] for B in columns]
    H = np.zeros((ends[-1], ends[-1]))
    for k in range(K):
        for l in range(k + 1):
            part = (columns[k] * blocks[:, k, l, None]).T @ columns[l]
            H[starts[k] : ends[k], starts[l] : ends[l]] = part
            H[starts[l] : ends[l], starts[k] : ends[k]] = part.T
    H[np.diag_indices_from(H)] += ridge
    H[starts, starts] -= ridge
    # What all intercepts have in common changes nothing: held firmly, the matrix is well conditioned.
    H[np.ix_(starts, starts)] += n / K if K > 1 else 0.0
    inverse = cho_solve(cho_factor(H, check_finite=False), np.eye(len(H)), check_finite=False)
    leverage = np.empty((n, K, K))
    for k in range(K):
        for l in range(k + 1):
            across = columns[k] @ inverse[starts[k] : ends[k], starts[l] : ends[l]]
            leverage[:, k, l] = leverage[:, l, k] = np.einsum("ij,ij->i", across, columns[l])
    pull = leverage @ (P - Y)[:, :, None]
    # The floor keeps a row that alone holds a direction of the fit from being thrown to infinity.
    return np.asarray(eta + np.linalg.solve((1 + 1e-3) * np.eye(K) - leverage @ blocks, pull)[:, :, 0])


def _descend(A: Floats, t: Floats, start: Floats, strength: float, l1_ratio: float, tol: float) -> Floats:
    """scikit-learn's coordinate descent on centred rows, from a start."""
    if A.shape[1] == 0:
        return np.zeros(0)
    with warnings.catch_warnings():
        # The steps around it go on from wherever it stops.
        warnings.simplefilter("ignore", ConvergenceWarning)
        _, coefs, _ = _enet_path(
            A, t, l1_ratio=l1_ratio, alphas=[strength / len(t)], coef_init=start.copy(), precompute=False,
            tol=tol, max_iter=1000 if tol > 1e-8 else 100_000, check_input=False, random_state=0,
        )  # fmt: skip
    return np.asarray(coefs[:, 0])
