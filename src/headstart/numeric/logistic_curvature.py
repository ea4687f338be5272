"""Second derivatives of a logistic problem, whole or shared by all rows; what leaving one row out changes by each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg.blas import dtrsm
from scipy.linalg.lapack import dtrtri

from .offset_logistic import FREE, Logistic, Point, row_losses
from .types import Floats


@dataclass(frozen=True)
class Whole:
    """All second derivatives at a point: those of the loss, which any strength can be added to.

    ``each`` (n_free, n_free, n_rows) are those of each row with respect to its outputs.
    """

    problem: Logistic
    loss: Floats
    each: Floats

    @classmethod
    def of(cls, problem: Logistic, P: Floats) -> Whole:
        """At the probabilities (n_outputs, n_rows)."""
        each, B, m, c = problem.curvature(P), problem.B, problem.n_slopes, problem.B.shape[1]
        if len(each) == 1:
            Z = _columns(problem) * np.sqrt(each[0, 0])[:, None]
            return cls(problem, Z.T @ Z, each)
        H = np.empty((problem.size, problem.size))
        for k in range(len(each)):
            for l in range(k + 1):
                across = (B * each[k, l][:, None]).T @ B
                at, to = m + k * c, m + l * c
                H[at : at + c, to : to + c] = H[to : to + c, at : at + c] = across
        if m:
            bent = np.einsum("kli,mli->mki", each, problem.free_models)
            H[:m, :m] = np.tensordot(bent, problem.free_models, axes=([1, 2], [1, 2]))
            H[:m, m:] = (bent @ B).reshape(m, -1)
            H[m:, :m] = H[:m, m:].T
        return cls(problem, H, each)

    def factor(self, strength: float) -> tuple[Floats, bool]:
        """The Cholesky factor with the penalties, upper, as SciPy's ``cho_solve`` takes it."""
        H = self.loss.copy()
        H.flat[:: len(H) + 1] += self.problem.held_by(strength)
        return np.asarray(np.linalg.cholesky(H).T, dtype=np.float64), False

    def without_each_row(self, point: Point, factor: tuple[Floats, bool]) -> Floats:
        """Losses (n_rows,) of each row without it, one Newton step from the fit on all (Rad & Maleki 2020)."""
        problem, left = self.problem, point.P - self.problem.labels
        if len(self.each) == 1:
            half = dtrsm(1.0, factor[0], _columns(problem).T, trans_a=1)
            leverage = np.einsum("ji,ji->i", half, half)
            return _held(problem, point.eta + leverage * left / (1 + 1e-6 - leverage * self.each[0]))
        leverage = self._leverages(factor)
        free = problem.contrasts.T @ left
        pull = np.einsum("kli,li->ik", leverage, free)
        # The floor keeps a row that alone holds a direction of the fit from being thrown to infinity.
        taken = (1 + 1e-6) * np.eye(len(free)) - np.einsum("kli,lmi->ikm", leverage, self.each)
        shift = np.linalg.solve(taken, pull[:, :, None])[:, :, 0]
        return _held(problem, point.eta + problem.contrasts @ shift.T)

    def _leverages(self, factor: tuple[Floats, bool]) -> Floats:
        B, m, c, C = self.problem.B, self.problem.n_slopes, self.problem.B.shape[1], len(self.each)
        half = dtrtri(factor[0])[0]
        inverse = half @ half.T
        across = inverse[:m, m:].reshape(m, C, c) @ B.T
        T, leverage = self.problem.free_models, np.empty_like(self.each)
        for k in range(C):
            for l in range(k + 1):
                part = inverse[m + k * c : m + (k + 1) * c, m + l * c : m + (l + 1) * c]
                found = np.einsum("ij,ij->i", B @ part, B)
                if m:
                    found += np.einsum("ai,ab,bi->i", T[:, k], inverse[:m, :m], T[:, l])
                    found += (T[:, k] * across[:, l] + T[:, l] * across[:, k]).sum(axis=0)
                leverage[k, l] = leverage[l, k] = found
        return leverage


@dataclass(frozen=True)
class Shared:
    """Second derivatives as if every row had the mean curvature: on orthogonal axes diagonal, but for the slopes.

    Along ``turn`` (n_free, n_free) of the outputs the mean curvature is ``mean`` (n_free,); ``spread`` is the diagonal
    (n_free, 1 + n_axes), ``joint`` (n_models, n_free, 1 + n_axes) joins slopes and axes, and ``inner`` (n_models,
    n_models) is the inverse of what is left of the slopes.
    """

    problem: Logistic
    mean: Floats
    turn: Floats
    spread: Floats
    joint: Floats
    inner: Floats

    @classmethod
    def of(cls, problem: Logistic, P: Floats, strength: float) -> Shared:
        """At the probabilities (n_outputs, n_rows)."""
        assert problem.squares is not None
        mean, turn = np.linalg.eigh(problem.curvature(P).mean(axis=2))
        mean = np.maximum(mean, 1e-9)
        lengths = np.concatenate([[float(len(problem.Y))], problem.squares])
        ridge = np.concatenate([[FREE], np.full(len(problem.squares), strength)])
        spread = mean[:, None] * lengths + ridge
        T = turn.T @ problem.free_models
        joint = mean[:, None] * (T @ problem.B)
        inner = np.einsum("aki,bki,k->ab", T, T, mean) + problem.hold * np.eye(problem.n_slopes)
        inner -= np.einsum("akj,bkj->ab", joint / spread, joint)
        return cls(problem, mean, turn, spread, joint, np.linalg.inv(inner))

    def solve(self, gradient: Floats) -> Floats:
        """The step that they give."""
        slope, theta = self.problem.split(gradient)
        out = (self.turn.T @ theta) / self.spread
        if not self.problem.n_slopes:
            return np.asarray((self.turn @ out).ravel())
        slope = self.inner @ (slope - np.tensordot(self.joint, out, axes=2))
        out -= np.tensordot(slope, self.joint, axes=1) / self.spread
        return np.concatenate([slope, (self.turn @ out).ravel()])

    def without_each_row(self, point: Point) -> Floats:
        """Losses (n_rows,) of each row without it: of the same size as the exact ones, at a fraction of their cost."""
        problem = self.problem
        leverage = (1.0 / self.spread) @ problem.squared_rows
        if problem.n_slopes:
            rest = self.turn.T @ problem.free_models - (self.joint / self.spread) @ problem.B.T
            leverage += np.einsum("aki,ab,bki->ki", rest, self.inner, rest)
        left = (problem.contrasts @ self.turn).T @ (point.P - problem.labels)
        # A row takes the mean curvature with it, so that what is left stays above zero.
        shift = leverage * left / (1 + 1e-6 - self.mean[:, None] * leverage)
        return _held(problem, point.eta + problem.contrasts @ self.turn @ shift)


def _columns(problem: Logistic) -> Floats:
    """Of one output: slopes are coefficients of the other models' outputs."""
    if not problem.n_slopes:
        return problem.B
    return np.concatenate([problem.free_models[:, 0].T, problem.B], axis=1)


def _held(problem: Logistic, eta: Floats) -> Floats:
    return row_losses(eta.T, problem.Y)
