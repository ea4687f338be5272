"""Logistic regression with an offset, solved to the last digits; slopes on other models' outputs where wanted.

The linear outputs (n_rows, n_outputs) are ``offset + sum_m slope_m S_m + intercept + A gamma``: one output, the log
odds, for two classes, else one a class. Minimises ``sum_i loss_i + strength / 2 |gamma|^2 + hold / 2 |slope|^2``; the
intercepts are free. ``gamma`` is (n_outputs, n_axes), ``S`` (n_models, n_rows, n_outputs), ``slope`` (n_models,).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize
from scipy.special import expit, logsumexp

from .glm import MOST_JOINT, MOST_WORK, probabilities
from .types import Floats

# Keeps the curvature of rows that are classified for sure above zero.
_FLAT = 1e-9
# The intercepts are free but for what keeps the sum of all of a softmax, which nothing depends on, at zero.
_FREE = 1e-9


@dataclass(frozen=True)
class _Curvature:
    """The factor of all second derivatives, rows with a column of ones, and each row's own curvature."""

    factor: Any
    B: Floats
    blocks: Floats


@dataclass(frozen=True)
class Logistic:
    """A problem: all but the strength. ``A`` (n_rows, n_axes) is dense or sparse; ``Y`` (n_rows, n_outputs)."""

    A: Any
    Y: Floats
    offset: Floats
    S: Floats
    hold: float = 1.0

    @property
    def n_slopes(self) -> int:
        """Number of other models."""
        return len(self.S)

    @property
    def size(self) -> int:
        """Number of parameters."""
        return self.n_slopes + self.Y.shape[1] * (1 + int(self.A.shape[1]))

    @property
    def is_small(self) -> bool:
        """Whether the matrix of all second derivatives is affordable, and with it Newton's method and leave-one-out."""
        small = self.size <= MOST_JOINT and len(self.Y) * self.size**2 <= MOST_WORK
        return small and not hasattr(self.A, "tocsr")

    def rows(self, chosen: Any) -> Logistic:
        """The problem of some rows."""
        return Logistic(self.A[chosen], self.Y[chosen], self.offset[chosen], self.S[:, chosen], self.hold)

    def parts(self, flat: Floats) -> tuple[Floats, Floats, Floats]:
        """Slopes, intercepts (n_outputs,) and coefficients (n_outputs, n_axes)."""
        theta = flat[self.n_slopes :].reshape(self.Y.shape[1], -1)
        return flat[: self.n_slopes], theta[:, 0], theta[:, 1:]

    def start(self) -> Floats:
        """Slopes and coefficients of zero, and the intercepts of the class shares."""
        share = np.clip(self.Y.mean(axis=0), 1e-3, 1 - 1e-3)
        level = np.log(share / (1 - share)) if len(share) == 1 else np.log(share)
        theta = np.zeros((len(share), 1 + self.A.shape[1]))
        theta[:, 0] = level - self.offset.mean(axis=0)
        return np.r_[np.zeros(self.n_slopes), theta.ravel()]

    def output(self, flat: Floats) -> Floats:
        """Linear outputs (n_rows, n_outputs)."""
        slope, intercept, gamma = self.parts(flat)
        out = self.offset + intercept + self.A @ gamma.T
        return np.asarray(out + np.tensordot(slope, self.S, axes=1) if len(slope) else out)

    def value_and_gradient(self, flat: Floats, strength: float) -> tuple[float, Floats]:
        """The penalised loss and its gradient."""
        eta = self.output(flat)
        slope, intercept, gamma = self.parts(flat)
        value, P = _losses(eta, self.Y)
        value += 0.5 * float(strength * (gamma**2).sum() + self.hold * slope @ slope + _FREE * intercept @ intercept)
        left = P - self.Y
        theta = np.column_stack([left.sum(axis=0) + _FREE * intercept, (self.A.T @ left).T + strength * gamma])
        return value, np.r_[np.tensordot(self.S, left, axes=2) + self.hold * slope, theta.ravel()]

    def solve(self, flat: Floats, strength: float, *, exact: bool) -> Floats:
        """The minimum, from a start: by Newton's method where its matrix is small, else by L-BFGS.

        ``exact`` goes to the last digits; else as far as the choice of a strength needs.
        """
        if self.is_small:
            return self._newton(flat, strength, 1e-20 if exact else 1e-8)[0]
        return self._lbfgs(flat, strength, exact=exact)

    def _lbfgs(self, flat: Floats, strength: float, *, exact: bool) -> Floats:
        n = len(self.Y)
        options = {"maxiter": 5000, "maxfun": 10000, "gtol": 1e-8 * n, "ftol": 0.0, "maxcor": 30}
        if not exact:
            options = {"maxiter": 500, "gtol": 1e-4 * n, "ftol": 1e-8, "maxcor": 10}
        value: Any = self.value_and_gradient
        found = minimize(value, flat, args=(strength,), jac=True, method="L-BFGS-B", options=cast(Any, options))
        return np.asarray(found.x)

    def _newton(self, flat: Floats, strength: float, tol: float) -> tuple[Floats, _Curvature]:
        """Newton's method with step halving; the problem is convex, so it ends at the minimum. Also the curvature."""
        value, gradient = self.value_and_gradient(flat, strength)
        for _ in range(100):
            curvature = self._curvature(flat, strength)
            step = cho_solve(curvature.factor, gradient, check_finite=False)
            decrement = float(gradient @ step)
            if decrement < tol * (1.0 + abs(value)):
                break
            size = 1.0
            while True:
                trial, trial_gradient = self.value_and_gradient(flat - size * step, strength)
                if trial <= value - 1e-4 * size * decrement or size < 1e-10:
                    break
                # At the last digits the value no longer falls, and the gradient says whether a step is one.
                if decrement < 1e-9 * (1.0 + abs(value)) and np.abs(trial_gradient).max() < np.abs(gradient).max():
                    break
                size *= 0.5
            if size < 1e-10:
                break
            flat, value, gradient = flat - size * step, trial, trial_gradient
        return flat, curvature

    def _blocks(self, eta: Floats) -> Floats:
        """The curvature (n_rows, n_outputs, n_outputs) of each row's loss."""
        if eta.shape[1] == 1:
            p = probabilities(eta)[:, 1]
            return np.maximum(p * (1 - p), _FLAT)[:, None, None]
        P = probabilities(eta)
        return np.asarray(P[:, :, None] * np.eye(P.shape[1]) - P[:, :, None] * P[:, None, :])

    def _curvature(self, flat: Floats, strength: float) -> _Curvature:
        B = np.column_stack([np.ones(len(self.Y)), self.A])
        blocks = self._blocks(self.output(flat))
        (n, c), K, m = B.shape, blocks.shape[1], self.n_slopes
        joined = np.empty((K, c, K, c))
        for k in range(K):
            for l in range(k + 1):
                joined[k, :, l, :] = joined[l, :, k, :] = (B * blocks[:, k, l, None]).T @ B
        H = np.zeros((m + K * c, m + K * c))
        H[m:, m:] = joined.reshape(K * c, K * c)
        if m:
            bent = np.einsum("ikl,mil->mik", blocks, self.S)
            H[:m, :m] = np.tensordot(bent, self.S, axes=([1, 2], [1, 2]))
            H[:m, m:] = np.einsum("mik,ic->mkc", bent, B).reshape(m, K * c)
            H[m:, :m] = H[:m, m:].T
        ridge = np.tile(np.r_[_FREE, np.full(c - 1, strength)], K)
        H[np.diag_indices_from(H)] += np.r_[np.full(m, self.hold), ridge]
        if K > 1:
            # What all intercepts have in common changes nothing: held firmly, the matrix is well conditioned.
            H[m::c, m::c] += n / K
        return _Curvature(cho_factor(H, check_finite=False), B, blocks)

    def leave_one_out(self, flat: Floats, strength: float) -> Floats:
        """Log loss (n_rows,) of each row without that row, one Newton step from the fit on all (Rad & Maleki 2020)."""
        return self._without(flat, self._curvature(flat, strength))

    def _without(self, flat: Floats, curvature: _Curvature) -> Floats:
        eta, B, blocks = self.output(flat), curvature.B, curvature.blocks
        (n, c), K, m = B.shape, blocks.shape[1], self.n_slopes
        inverse = cho_solve(curvature.factor, np.eye(self.size), check_finite=False)
        of_slopes, across = inverse[:m, :m], inverse[:m, m:].reshape(m, K, c)
        rest = inverse[m:, m:].reshape(K, c, K, c)
        leverage = np.empty((n, K, K))
        for k in range(K):
            for l in range(k + 1):
                found = np.einsum("ij,ij->i", B @ rest[k, :, l, :], B)
                if m:
                    found += np.einsum("ai,ab,bi->i", self.S[:, :, k], of_slopes, self.S[:, :, l])
                    found += np.einsum("ai,ac,ic->i", self.S[:, :, k], across[:, l, :], B)
                    found += np.einsum("ai,ac,ic->i", self.S[:, :, l], across[:, k, :], B)
                leverage[:, k, l] = leverage[:, l, k] = found
        P = probabilities(eta)[:, 1:] if K == 1 else probabilities(eta)
        pull = leverage @ (P - self.Y)[:, :, None]
        # The floor keeps a row that alone holds a direction of the fit from being thrown to infinity.
        out = eta + np.linalg.solve((1 + 1e-6) * np.eye(K) - leverage @ blocks, pull)[:, :, 0]
        return row_losses(out, self.Y)


def row_losses(eta: Floats, Y: Floats) -> Floats:
    """Log loss (n_rows,) of linear outputs (n_rows, n_outputs); one output means two classes."""
    if eta.shape[1] == 1:
        return np.asarray(np.logaddexp(0.0, np.where(Y > 0.5, -eta, eta))[:, 0])
    return np.asarray(logsumexp(eta, axis=1) - (eta * Y).sum(axis=1))


def _losses(eta: Floats, Y: Floats) -> tuple[float, Floats]:
    """The summed log loss and the probabilities of the outputs."""
    if eta.shape[1] == 1:
        return float((np.logaddexp(0.0, eta) - Y * eta).sum()), np.asarray(expit(eta))
    total = logsumexp(eta, axis=1)
    return float((total - (eta * Y).sum(axis=1)).sum()), np.exp(eta - total[:, None])


@dataclass(frozen=True)
class LogisticFit:
    """The strength with the smallest loss of rows held out, and the parameters there, exact.

    ``loss`` (n_strengths,) is by leave-one-out, or, where that is too large, by folds; ``held`` (n_rows,) are the
    losses at the strength chosen.
    """

    flat: Floats
    strength: float
    loss: Floats
    held: Floats


def fit_path(problem: Logistic, strengths: Floats) -> LogisticFit:
    """Walk from the strongest penalty to the weakest, each from the last; of equal losses the strongest wins."""
    flats, held = _walk(problem, strengths)
    if not problem.is_small:
        held = np.zeros((len(strengths), len(problem.Y)))
        for train, test in _folds(problem.Y):
            part = problem.rows(test)
            found, _ = _walk(problem.rows(train), strengths * len(train) / len(problem.Y))
            for k, flat in enumerate(found):
                held[k, test] = row_losses(part.output(flat), part.Y)
    loss = held.mean(axis=1)
    best = int(np.flatnonzero(loss <= loss.min() + 1e-12)[-1])
    strength = float(strengths[best])
    return LogisticFit(problem.solve(flats[best], strength, exact=True), strength, loss, held[best])


def _walk(problem: Logistic, strengths: Floats) -> tuple[list[Floats], Floats]:
    flat = problem.start()
    held, flats = np.zeros((len(strengths), len(problem.Y))), []
    for k in range(len(strengths) - 1, -1, -1):
        if problem.is_small:
            flat, curvature = problem._newton(flat, float(strengths[k]), 1e-8)
            held[k] = problem._without(flat, curvature)
        else:
            flat = problem.solve(flat, float(strengths[k]), exact=False)
        flats.append(flat)
    return flats[::-1], held


def _folds(Y: Floats, n_folds: int = 3) -> list[tuple[Any, Any]]:
    """Rows dealt out class by class; a row whose class has no other row to learn from is never held out."""
    rng = np.random.default_rng(0)
    code = Y.argmax(axis=1) if Y.shape[1] > 1 else Y[:, 0].astype(int)
    order = rng.permutation(len(code))
    order = order[np.argsort(code[order], kind="stable")]
    fold = np.empty(len(code), dtype=int)
    fold[order] = np.arange(len(code)) % n_folds
    out = []
    for k in range(n_folds):
        train = np.flatnonzero(fold != k)
        test = np.flatnonzero((fold == k) & np.isin(code, code[train]))
        out.append((train, test))
    return out
