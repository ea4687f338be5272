"""The target's coefficients, shrunk towards those of source models; one function for each kind of label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import minimize
from scipy.special import logsumexp

from ..core.errors import InputError
from ..numeric.elastic import Elastic
from ..numeric.elastic_path import ElasticPath
from ..numeric.large_ridge import fit_large_ridge
from ..numeric.logistic_path import fit_path
from ..numeric.logistic_solve import MOST_FORMED, solve
from ..numeric.offset_logistic import Logistic
from ..numeric.rotated import Rotated
from ..numeric.shrunk_ridge import RidgePath, ridge_at
from ._linear_source import SourceLinear

# From "the domains may differ in any column" to "the source is believed as it is", on columns of unit variance.
STRENGTHS = np.logspace(-1.0, 5.0, 9)
# Up to this many axes a matrix of them is taken apart, above it the solvers are iterative.
MOST_AXES = 2000
# By how many standard errors a model without the source must be better for the source to be left. The smallest of the
# many losses of an elastic path is too small by chance, more so the less its rows settle.
MARGIN = {"l2": 0.0, "elastic": 1.0}
# The largest matrix that a sparse table is turned into for coordinate descent (400 MB).
MOST_DENSE = 50_000_000


@dataclass(frozen=True)
class Settings:
    """What the user chose, checked."""

    task: str
    form: str
    strength: float | None
    l1_ratio: float
    slope_penalty: float


@dataclass(frozen=True)
class TargetFit:
    """``coef`` (n_outputs, n_columns), ``intercept`` (n_outputs,) in units of X, and how they came about."""

    coef: np.ndarray
    intercept: np.ndarray
    source_coef: np.ndarray
    source_intercept: np.ndarray
    slope: np.ndarray
    strength: float
    toward: str


@dataclass(frozen=True)
class _Found:
    """The difference ``delta`` (n_outputs, n_columns), its ``level`` (n_outputs,), slopes, strength.

    ``held`` (n_rows,) are the losses of rows held out; None where the strength was given.
    """

    delta: np.ndarray
    level: np.ndarray
    slope: np.ndarray
    strength: float
    held: np.ndarray | None


def fit_target(
    X: Any,
    y: np.ndarray,
    sources: list[SourceLinear],
    classes: np.ndarray | None,
    scale: np.ndarray,
    how: Settings,
    *,
    trusted: bool,
) -> TargetFit:
    """Fit to target rows (n_rows, n_columns) and labels; ``scale`` (n_columns,) are the columns' own units.

    Sources that are ``trusted`` need not be better than none by leave-one-out.
    """
    K = 1 if classes is None or len(classes) == 2 else len(classes)
    pairs = [s.outputs(classes) for s in sources]
    W = np.array([c for c, _ in pairs]).reshape(len(pairs), K, X.shape[1])
    b = np.array([i for _, i in pairs]).reshape(len(pairs), K)
    slope = np.full(len(pairs), 1.0 / max(len(pairs), 1))
    seen = np.arange(K) if classes is None or K == 1 else np.flatnonzero(np.isin(classes, y))
    if classes is not None and len(np.unique(y)) == 1:
        found = _Found(np.zeros((K, X.shape[1])), np.zeros(K), slope, how.strength or STRENGTHS[-1], None)
        toward = "source"
    else:
        found, toward = _difference(X, y, W[:, seen], b[:, seen], classes, seen, scale, how, trusted)
    weight = found.slope if toward == "source" else np.zeros(len(pairs))
    source_coef, source_level = np.tensordot(weight, W, axes=1), np.tensordot(weight, b, axes=1)
    coef, intercept = source_coef.copy(), source_level.copy()
    coef[seen] += found.delta[: len(seen)]
    intercept[seen] += found.level[: len(seen)]
    if classes is not None and len(np.unique(y)) < len(classes):
        intercept = _unseen_intercepts(X, coef, intercept, np.isin(classes, y))
    return TargetFit(coef, intercept, source_coef, source_level, found.slope, found.strength, toward)


def _difference(
    X: Any,
    y: np.ndarray,
    W: np.ndarray,
    b: np.ndarray,
    classes: Any,
    seen: np.ndarray,
    scale: np.ndarray,
    how: Settings,
    trusted: bool,
) -> tuple[_Found, str]:
    """How the target differs from the source; or from nothing, where leave-one-out finds that better."""
    S = np.zeros((0, len(y), len(seen)))
    if len(W):
        S = np.stack([np.asarray(X @ w.T) + i for w, i in zip(W, b, strict=True)])
    fit: Any
    if classes is None:
        fit = _Numbers(X, y, scale, how)
    else:
        if b.shape[1] == 1:
            Y = (y == classes[1]).astype(float)[:, None]
        else:
            Y = (y[:, None] == classes[seen][None, :]).astype(float)
        fit = _Classes(X, Y, scale, how)
    found = fit(S)
    if trusted or how.form == "offset" or how.strength is not None or not W.any():
        return found, "source"
    # Towards zero it is the target-only model: the one that a source may not be worse than.
    alone = fit(np.zeros((0, *S.shape[1:])))
    assert alone.held is not None and found.held is not None
    gain = found.held - alone.held
    if gain.mean() > MARGIN[how.form] * gain.std(ddof=1) / np.sqrt(len(gain)):
        return _Found(alone.delta, alone.level, found.slope, alone.strength, alone.held), "zero"
    return found, "source"


class _Numbers:
    """Real-valued targets. What depends on the rows alone is done once, for both fits of a choice."""

    def __init__(self, X: Any, y: np.ndarray, scale: np.ndarray, how: Settings) -> None:
        self.y, self.how, self.scale = y, how, scale
        self.tried = STRENGTHS if how.strength is None else np.array([how.strength])
        self.path: RidgePath | None = None
        self.rows: Any = None
        if how.form == "elastic":
            self.columns = _Columns(X, scale)
        elif _is_large(X):
            self.rows = _scaled(X, scale)
        else:
            self.rotated = Rotated.of(X, scale)
            if how.strength is None:
                self.path = RidgePath(self.rotated.A, self.rotated.squares)

    def __call__(self, S: np.ndarray) -> _Found:
        S = S[:, :, 0].T
        m = S.shape[1]
        equal = np.full(m, 1.0 / max(m, 1))
        free = self.how.form == "offset"
        t = self.y if free else self.y - S @ equal
        slopes = (S if free else np.zeros((len(t), 0)), equal if free else np.zeros(0))
        hold = self.how.slope_penalty * max(float(np.var(self.y)), 1e-12)
        if self.how.form == "elastic":
            return self.columns.fit(t[:, None], np.zeros((len(t), 1)), self.how, equal)
        if self.rows is not None:
            found = fit_large_ridge(self.rows, t, self.tried, *slopes, hold)
            delta, mean = found.gamma[None, :] / self.scale, np.zeros(len(self.scale))
        else:
            R = self.rotated
            if self.path is None:
                found = ridge_at(R.A, R.squares, t, float(self.tried[0]), *slopes, hold)
            else:
                found = self.path.fit(t, self.tried, *slopes, hold)
            delta, mean = R.columns(found.gamma[None, :]), R.mean
        held = found.held if len(found.held) else None
        return _Found(delta, found.level - delta @ mean, found.slope if free else equal, found.strength, held)


class _Classes:
    """Classes; ``Y`` (n_rows, n_outputs) of 0 and 1, one output for two classes."""

    def __init__(self, X: Any, Y: np.ndarray, scale: np.ndarray, how: Settings) -> None:
        self.Y, self.how, self.scale = Y, how, scale
        if how.form == "elastic":
            self.columns = _Columns(X, scale)
        elif _is_large(X):
            self.rows, self.rotated = _scaled(X, scale), None
        else:
            # Where many coefficients are found by conjugate gradients, these need axes that are orthogonal.
            many = Y.shape[1] > 1 and (Y.shape[1] - 1) * (1 + X.shape[1]) > MOST_FORMED
            self.rotated = Rotated.of(X, scale, orthogonal=many)
            self.rows = self.rotated.A

    def __call__(self, S: np.ndarray) -> _Found:
        equal = np.full(len(S), 1.0 / max(len(S), 1))
        offset = np.tensordot(equal, S, axes=1) if len(S) else np.zeros(self.Y.shape)
        if self.how.form == "elastic":
            return self.columns.fit(self.Y, offset, self.how, equal)
        free = S if self.how.form == "offset" else S[:0]
        squares = None if self.rotated is None else self.rotated.squares
        problem = Logistic(self.rows, self.Y, offset, free, self.how.slope_penalty, squares)
        if self.how.strength is None:
            found = fit_path(problem, STRENGTHS)
            flat, strength, held = found.flat, found.strength, found.held
        else:
            strength, held = self.how.strength, None
            flat = solve(problem, problem.start(), strength)
        away, level, gamma = problem.parts(flat)
        if self.rotated is None:
            delta = gamma / self.scale
        else:
            delta = self.rotated.columns(gamma)
            level = level - delta @ self.rotated.mean
        slope = equal + away if len(away) else equal
        return _Found(delta, level - level.mean() * (len(level) > 1), slope, strength, held)


class _Columns:
    """Rows for coordinate descent: dense, centred, scaled, and without the columns that are constant in them."""

    def __init__(self, X: Any, scale: np.ndarray) -> None:
        if sp.issparse(X):
            varies = np.asarray((X.max(axis=0) - X.min(axis=0)).todense()).ravel() > 0
        else:
            varies = X.max(axis=0) > X.min(axis=0)
        size = X.shape[0] * int(varies.sum())
        if sp.issparse(X) and size > MOST_DENSE:
            raise InputError(
                f"form='elastic' makes the sparse X of {X.shape[0]} rows and {int(varies.sum())} columns dense, which "
                f"is {size} numbers; expected at most {MOST_DENSE}: use form='l2' or form='offset'"
            )
        A = X[:, varies].toarray() if sp.issparse(X) else X[:, varies]
        self.mean, self.varies, self.scale = A.mean(axis=0), varies, scale
        self.A = (A - self.mean) / scale[varies]

    def fit(self, Y: np.ndarray, offset: np.ndarray, how: Settings, slope: np.ndarray, rule: str = "least") -> _Found:
        """The path, the choice by leave-one-out, and the exact fit at the strength chosen."""
        task = "regression" if how.task == "regression" else "classification"
        problem = Elastic(self.A, Y, offset, task=task, l1_ratio=how.l1_ratio)
        if how.strength is None:
            path = ElasticPath(problem)
            k = path.choose(rule)
            strength, held = float(path.strengths[k]), path.held[k]
            gamma, level = problem.exact(strength, path.gamma[k], path.intercept[k])
        else:
            strength, held = how.strength, None
            gamma, level = problem.exact(strength)
        delta = np.zeros((len(gamma), len(self.scale)))
        delta[:, self.varies] = gamma / self.scale[self.varies]
        level = level - delta[:, self.varies] @ self.mean
        return _Found(delta, level - level.mean() * (len(level) > 1), slope, strength, held)


def _is_large(X: Any) -> bool:
    n, d = X.shape
    return min(n, d) > MOST_AXES or (sp.issparse(X) and d <= n and n * d > MOST_DENSE)


def _scaled(X: Any, scale: np.ndarray) -> Any:
    return sp.csr_array(X @ sp.diags_array(1.0 / scale)) if sp.issparse(X) else X / scale


def _unseen_intercepts(X: Any, coef: np.ndarray, intercept: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Intercepts of classes that no target row has.

    Their odds start from the source's. That no row has them is evidence against them, which a normal prior of variance
    one about the source's intercept bounds.
    """
    eta = np.asarray(X @ coef.T) + intercept
    if len(intercept) == 1:
        eta = np.column_stack([np.zeros(len(eta)), eta])
    known, unknown = logsumexp(eta[:, seen], axis=1), eta[:, ~seen]

    def objective(shift: np.ndarray) -> tuple[float, np.ndarray]:
        each = np.column_stack([known, unknown + shift])
        total = logsumexp(each, axis=1)
        P = np.exp(each - total[:, None])[:, 1:]
        return float((total - known).sum() + 0.5 * shift @ shift), P.sum(axis=0) + shift

    shift = minimize(objective, np.zeros(unknown.shape[1]), jac=True, method="BFGS", options={"gtol": 1e-8}).x
    intercept = intercept.copy()
    if len(intercept) == 1:
        # One output is the log odds of the second class.
        intercept += shift[0] if seen[0] else -shift[0]
    else:
        intercept[~seen] += shift
    return intercept
