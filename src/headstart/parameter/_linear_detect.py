"""Which sources help: the target loss with each of them, by folds, against that of the target alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from sklearn.preprocessing import StandardScaler

from ..core.base import TransferData, stack_rows
from ..learners import TunedLogistic, TunedRidge
from ..numeric.glm import log_loss, probabilities
from ..numeric.rotated import column_scale
from ._linear_fit import Settings, _Columns
from ._linear_source import SourceLinear

N_FOLDS = 3
# As in the paper: the spread of three losses may be next to nothing by chance. In nats, and in variances of y.
LEAST_SPREAD = 0.01
# With fewer rows a fold leaves nothing to learn from.
FEWEST_ROWS = 6


def plain_fit(X: Any, y: np.ndarray, how: Settings, name: str, *, rule: str = "one error") -> SourceLinear:
    """A linear model of some rows, columns scaled by their own spread, in the units of X.

    Ridge-penalised with the penalty chosen by leave-one-out; for the elastic form an elastic net, by default with the
    strongest penalty within one standard error of the best, as in the paper.
    """
    classes = None if how.task == "regression" else np.unique(y)
    if how.form == "elastic":
        return _elastic_fit(X, y, classes, how, name, rule)
    sparse = hasattr(X, "tocsr")
    scaler = StandardScaler(with_mean=not sparse).fit(X)
    strengths = None if how.strength is None else [how.strength]
    model = TunedRidge(strengths) if classes is None else TunedLogistic(strengths)
    model.fit(scaler.transform(X), y)
    coef = np.atleast_2d(model.coef_) / scaler.scale_
    shift = np.zeros(X.shape[1]) if sparse else scaler.mean_
    return SourceLinear(coef, np.atleast_1d(model.intercept_) - coef @ shift, classes, name, model.strength_)


def _elastic_fit(X: Any, y: np.ndarray, classes: Any, how: Settings, name: str, rule: str) -> SourceLinear:
    if classes is None:
        Y = y[:, None]
    elif len(classes) == 1:
        return SourceLinear(np.zeros((1, X.shape[1])), np.zeros(1), classes, name)
    else:
        Y = (y[:, None] == classes[None, :]).astype(float)
        Y = Y[:, 1:] if len(classes) == 2 else Y
    found = _Columns(X, column_scale(X)[1]).fit(Y, np.zeros(Y.shape), how, np.zeros(0), rule=rule)
    return SourceLinear(found.delta, found.level, classes, name, found.strength)


def detect_by_rows(
    data: TransferData, how: Settings, threshold: float, rng: np.random.Generator
) -> tuple[np.ndarray, pd.DataFrame]:
    """Algorithm 1 of Tian and Feng (2023): pool each source with the target's training rows, and test on the rest."""
    blocks = data.source_blocks()
    labels = [data.ys[data.domain_of == k] for k in range(len(blocks))]

    def losses(train: np.ndarray, test: np.ndarray) -> list[float]:
        X, y = data.X[train], data.y[train]
        fits = [plain_fit(X, y, how, "target")]
        fits += [
            plain_fit(stack_rows(X, rows), np.concatenate([y, theirs]), how, "pooled")
            for rows, theirs in zip(blocks, labels, strict=True)
        ]
        return [_loss(fit, data.X[test], data.y[test]) for fit in fits]

    return _judge(data, data.names, losses, how, threshold, rng)


def detect_by_models(
    data: TransferData, models: list[SourceLinear], how: Settings, threshold: float, rng: np.random.Generator
) -> tuple[np.ndarray, pd.DataFrame]:
    """The same where only models are left: each as it stands, its level (for the offset form: scale too) adjusted."""

    def losses(train: np.ndarray, test: np.ndarray) -> list[float]:
        X, y = data.X[train], data.y[train]
        fits = [plain_fit(X, y, how, "target")]
        fits += [_levelled(m, X, y, scaled=how.form == "offset") for m in models]
        return [_loss(fit, data.X[test], data.y[test]) for fit in fits]

    return _judge(data, tuple(m.name for m in models), losses, how, threshold, rng)


def _judge(
    data: TransferData, names: tuple[str, ...], losses: Any, how: Settings, threshold: float, rng: np.random.Generator
) -> tuple[np.ndarray, pd.DataFrame]:
    table = [losses(train, test) for train, test in _folds(data.y, how.task, rng) if len(test)]
    if len(table) < N_FOLDS:
        kept = np.ones(len(names), dtype=bool)
        found = np.full(len(names), np.nan)
        limit = alone = np.nan
    else:
        each = np.array(table)
        alone, found = float(each[:, 0].mean()), each[:, 1:].mean(axis=0)
        least = LEAST_SPREAD * (float(np.var(data.y)) if how.task == "regression" else 1.0)
        limit = alone + threshold * max(float(each[:, 0].std(ddof=1)), least)
        kept = found <= limit
    frame = pd.DataFrame({"source": list(names), "loss": found, "target_loss": alone, "threshold": limit, "kept": kept})
    return kept, frame


def _folds(y: np.ndarray, task: str, rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    """Target rows dealt out class by class; a row whose class has no other row to learn from is never tested on."""
    if len(y) < FEWEST_ROWS:
        return []
    order = rng.permutation(len(y))
    if task == "classification":
        order = order[np.argsort(np.unique(y, return_inverse=True)[1][order], kind="stable")]
    fold = np.empty(len(y), dtype=int)
    fold[order] = np.arange(len(y)) % N_FOLDS
    out = []
    for k in range(N_FOLDS):
        train, test = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        if task == "classification":
            test = test[np.isin(y[test], y[train])]
        out.append((train, test))
    return out


def _loss(fit: SourceLinear, X: Any, y: np.ndarray) -> float:
    """Mean squared error, or mean log loss, of rows whose classes the target's training rows have."""
    if fit.classes is None:
        return float(np.mean((y - np.asarray(X @ fit.coef[0]) - fit.intercept[0]) ** 2))
    if len(fit.classes) == 1:
        return 0.0
    eta = np.asarray(X @ fit.coef.T) + fit.intercept
    Y = (y[:, None] == fit.classes[None, :]).astype(float)
    return log_loss(eta, Y[:, 1:] if len(fit.classes) == 2 else Y)


def _levelled(model: SourceLinear, X: Any, y: np.ndarray, *, scaled: bool) -> SourceLinear:
    """A source model with the intercepts, and where ``scaled`` the slope, that fit target rows best."""
    if model.classes is None:
        out = np.asarray(X @ model.coef[0])
        centred = out - out.mean()
        slope = float(centred @ y / max(centred @ centred, 1e-300)) if scaled else 1.0
        return SourceLinear(slope * model.coef, np.array([y.mean() - slope * out.mean()]), None, model.name)
    classes = np.union1d(model.classes, np.unique(y))
    coef, _ = model.outputs(classes)
    S = np.asarray(X @ coef.T)
    Y = (y[:, None] == classes[None, :]).astype(float)
    Y = Y[:, 1:] if len(classes) == 2 else Y

    def objective(v: np.ndarray) -> tuple[float, np.ndarray]:
        slope = v[0] if scaled else 1.0
        eta = slope * S + v[1:]
        P = probabilities(eta)
        left = (P[:, 1:] if eta.shape[1] == 1 else P) - Y
        # A row's worth of prior keeps the slope and the levels of classes without rows finite.
        value = log_loss(eta, Y) * len(y) + 0.5 * ((v[0] - 1) ** 2 + v[1:] @ v[1:] / 100)
        return value, np.r_[(left * S).sum() * scaled + v[0] - 1, left.sum(axis=0) + v[1:] / 100]

    v = minimize(objective, np.r_[1.0, np.zeros(S.shape[1])], jac=True, method="L-BFGS-B").x
    return SourceLinear((v[0] if scaled else 1.0) * coef, v[1:], classes, model.name)
