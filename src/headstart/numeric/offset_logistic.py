"""Logistic regression with an offset, and slopes on other models' outputs where wanted: its loss and derivatives.

The linear outputs (n_rows, n_outputs) are ``offset + sum_m slope_m S_m + intercept + A gamma``: one output, the log
odds, for two classes, else one a class. Minimises ``sum_i loss_i + strength / 2 |gamma|^2 + hold / 2 |slope|^2``; the
intercepts are free. ``gamma`` is (n_outputs, n_axes), ``S`` (n_models, n_rows, n_outputs), ``slope`` (n_models,).

Of several classes only the differences matter, and at the minimum coefficients and intercepts add up to zero over them.
So a fit has one *free* output less than classes, along an orthonormal basis of the contrasts: the same penalty and the
same minimum, from fewer parameters. Within, outputs lie in rows, (n_outputs, n_rows), which is the faster way round.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.linalg import helmert
from scipy.special import expit

from .glm import MOST_JOINT, MOST_WORK
from .types import Floats

# Keeps the curvature of rows that are classified for sure above zero.
_FLAT = 1e-9
# The intercepts are free, but for what keeps them finite where the outputs of other models say it all.
FREE = 1e-9


@dataclass(frozen=True)
class Point:
    """Where a fit stands: the parameters, the penalised loss and its gradient, outputs and probabilities.

    ``eta`` and ``P`` are (n_outputs, n_rows).
    """

    flat: Floats
    value: float
    gradient: Floats
    eta: Floats
    P: Floats


@dataclass(frozen=True)
class Logistic:
    """A problem: all but the strength. ``A`` (n_rows, n_axes) is dense or sparse; ``Y`` (n_rows, n_outputs).

    ``squares`` (n_axes,) are the squared lengths of the columns of ``A`` where these are orthogonal and centred.
    """

    A: Any
    Y: Floats
    offset: Floats
    S: Floats
    hold: float = 1.0
    squares: Floats | None = None

    @property
    def n_slopes(self) -> int:
        """Number of other models."""
        return len(self.S)

    @cached_property
    def contrasts(self) -> Floats:
        """Orthonormal differences of the outputs (n_outputs, n_free); of one output itself."""
        K = self.Y.shape[1]
        return np.ones((1, 1)) if K == 1 else np.asarray(helmert(K).T)

    @property
    def n_free(self) -> int:
        """Number of free outputs."""
        return max(1, self.Y.shape[1] - 1)

    @property
    def size(self) -> int:
        """Number of parameters."""
        return self.n_slopes + self.n_free * (1 + int(self.A.shape[1]))

    @property
    def is_small(self) -> bool:
        """Whether second derivatives with respect to all parameters are affordable, and with them leave-one-out."""
        every = self.n_slopes + self.Y.shape[1] * (1 + int(self.A.shape[1]))
        return every <= MOST_JOINT and len(self.Y) * every**2 <= MOST_WORK and not hasattr(self.A, "tocsr")

    @cached_property
    def labels(self) -> Floats:
        """``Y`` (n_outputs, n_rows)."""
        return np.ascontiguousarray(self.Y.T)

    @cached_property
    def base(self) -> Floats:
        """The offset (n_outputs, n_rows)."""
        return np.ascontiguousarray(self.offset.T)

    @cached_property
    def models(self) -> Floats:
        """Outputs of the other models (n_models, n_outputs, n_rows)."""
        return np.ascontiguousarray(self.S.transpose(0, 2, 1))

    @cached_property
    def free_models(self) -> Floats:
        """The same along the free outputs (n_models, n_free, n_rows)."""
        return np.asarray(self.contrasts.T @ self.models)

    @cached_property
    def B(self) -> Floats:
        """Rows with a column of ones (n_rows, 1 + n_axes)."""
        return np.column_stack([np.ones(len(self.Y)), self.A])

    @cached_property
    def squared_rows(self) -> Floats:
        """Squares of the rows (1 + n_axes, n_rows)."""
        return np.ascontiguousarray((self.B**2).T)

    def rows(self, chosen: Any) -> Logistic:
        """The problem of some rows."""
        return Logistic(self.A[chosen], self.Y[chosen], self.offset[chosen], self.S[:, chosen], self.hold)

    def split(self, flat: Floats) -> tuple[Floats, Floats]:
        """Slopes, and intercept and coefficients of each free output (n_free, 1 + n_axes)."""
        return flat[: self.n_slopes], flat[self.n_slopes :].reshape(self.n_free, -1)

    def parts(self, flat: Floats) -> tuple[Floats, Floats, Floats]:
        """Slopes, intercepts (n_outputs,) and coefficients (n_outputs, n_axes)."""
        slope, theta = self.split(flat)
        whole = self.contrasts @ theta
        return slope, whole[:, 0], whole[:, 1:]

    def start(self) -> Floats:
        """Slopes and coefficients of zero, and the intercepts of the class shares."""
        share = np.clip(self.Y.mean(axis=0), 1e-3, 1 - 1e-3)
        level = np.log(share / (1 - share)) if len(share) == 1 else np.log(share)
        theta = np.zeros((self.n_free, 1 + self.A.shape[1]))
        theta[:, 0] = (level - self.offset.mean(axis=0)) @ self.contrasts
        return np.concatenate([np.zeros(self.n_slopes), theta.ravel()])

    def forward(self, slope: Floats, theta: Floats) -> Floats:
        """What parameters add to the outputs (n_outputs, n_rows)."""
        out = theta[:, 1:] @ self.A.T
        out += theta[:, :1]
        if self.Y.shape[1] > 1:
            out = self.contrasts @ out
        return np.asarray(out + np.tensordot(slope, self.models, axes=1) if len(slope) else out)

    def backward(self, left: Floats) -> Floats:
        """The transposed map: what (n_outputs, n_rows) adds to each parameter."""
        free = self.contrasts.T @ left if self.Y.shape[1] > 1 else left
        theta = np.empty((len(free), 1 + self.A.shape[1]))
        theta[:, 0] = free.sum(axis=1)
        theta[:, 1:] = free @ self.A
        if not self.n_slopes:
            return theta.ravel()
        return np.concatenate([np.tensordot(self.models, left, axes=2), theta.ravel()])

    def held_by(self, strength: float) -> Floats:
        """The penalty (size,) of each parameter."""
        out = np.full(self.size, strength)
        out[: self.n_slopes] = self.hold
        out[self.n_slopes :: 1 + self.A.shape[1]] = FREE
        return out

    def output(self, flat: Floats) -> Floats:
        """Linear outputs (n_rows, n_outputs)."""
        return np.asarray((self.base + self.forward(*self.split(flat))).T)

    def at(self, flat: Floats, strength: float) -> Point:
        """The penalised loss with all that follows from the outputs there."""
        eta = self.base + self.forward(*self.split(flat))
        value, P = losses(eta, self.labels)
        pull = self.held_by(strength) * flat
        return Point(flat, value + 0.5 * float(pull @ flat), self.backward(P - self.labels) + pull, eta, P)

    def value_and_gradient(self, flat: Floats, strength: float) -> tuple[float, Floats]:
        """The penalised loss and its gradient."""
        found = self.at(flat, strength)
        return found.value, found.gradient

    def curvature(self, P: Floats) -> Floats:
        """Second derivatives (n_free, n_free, n_rows) of each row's loss with respect to its free outputs."""
        if len(P) == 1:
            return np.maximum(P * (1 - P), _FLAT)[None]
        Q, (K, n) = self.contrasts, P.shape
        pairs = (Q[:, :, None] * Q[:, None, :]).reshape(K, -1).T
        along = Q.T @ P
        return np.asarray((pairs @ P).reshape(self.n_free, self.n_free, n) - along[:, None] * along[None, :])


def row_losses(eta: Floats, Y: Floats) -> Floats:
    """Log loss (n_rows,) of linear outputs (n_rows, n_outputs); one output means two classes."""
    if eta.shape[1] == 1:
        return np.asarray(np.logaddexp(0.0, np.where(Y > 0.5, -eta, eta))[:, 0])
    top = eta.max(axis=1)
    return np.asarray(np.log(np.exp(eta - top[:, None]).sum(axis=1)) + top - (eta * Y).sum(axis=1))


def losses(eta: Floats, Y: Floats) -> tuple[float, Floats]:
    """The summed log loss and the probabilities; all three (n_outputs, n_rows)."""
    if len(eta) == 1:
        return float(np.logaddexp(0.0, eta).sum() - (Y * eta).sum()), np.asarray(expit(eta))
    top = eta.max(axis=0)
    P = np.exp(eta - top)
    total = P.sum(axis=0)
    P /= total
    return float((np.log(total) + top).sum() - (eta * Y).sum()), P
