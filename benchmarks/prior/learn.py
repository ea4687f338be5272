"""From what candidates said of held-out and test rows to beliefs: which prior gives the blend the smallest test loss?

The blend's weights solve ``min_w n L(w) + tau KL(w, prior)`` on out-of-fold rows. How the loss on the test rows changes
with the prior and with ``tau`` follows from the conditions that hold at the minimum (the implicit function theorem), so
the prior is learned by gradient descent through the blend itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from headstart.choose.blend import FLOOR, blend_weights

from .cells import Cell

Array = NDArray[np.float64]

# Nats by which beliefs are held together: a difference has to show in several problems.
HOLD = 0.02


@dataclass(frozen=True, eq=False)
class Draw:
    """A cell as the blend sees it: predictions for held-out rows and for test rows, (n, k) each.

    For classes the probability of the true class, with the blend's floor; for numbers the prediction over the test
    error of the best candidate, so that half the squared error is a loss in nats for both.
    """

    problem: str
    n: int
    inside: Array
    y: Array
    test: Array
    y_test: Array
    n_rows: int
    n_classes: int
    baseline: int
    baseline_loss: float


def draw_of(cell: Cell, names: list[str], problem: str, n: int) -> Draw:
    """Bring a cell into the order of ``names``; candidates that it lacks are left out of its blend."""
    order = [cell.names.index(name) for name in names]
    values, test = cell.values[order], cell.test[order]
    y, y_test, K = cell.y, cell.y_test, cell.n_classes if cell.task != "regression" else 0
    if K:
        inside = np.stack([v[np.arange(len(y)), y.astype(int)] for v in values], axis=1)
        outside = np.stack([v[np.arange(len(y_test)), y_test.astype(int)] for v in test], axis=1)
    else:
        unit = max(float(np.sqrt(((test - y_test) ** 2).mean(axis=1).min())), 1e-9)
        inside, outside, y_test = values.T, test.T / unit, y_test / unit
    loss = [loss_of(outside, y_test, K, e)[0] for e in np.eye(len(names))]
    targets = np.flatnonzero(cell.of_target[order])
    base = chosen_target(inside, y, K, targets)
    return Draw(
        problem,
        n,
        inside,
        y.astype(float),
        outside,
        y_test.astype(float),
        len(np.unique(cell.rows)),
        K,
        base,
        loss[base],
    )


def chosen_target(inside: Array, y: Array, K: int, targets: NDArray[np.int64]) -> int:
    """The target-only learner with the smallest out-of-fold loss."""
    return int(min(targets, key=lambda t: loss_of(inside, y, K, np.eye(inside.shape[1])[t])[0]))


def loss_of(values: Array, y: Array, K: int, w: Array) -> tuple[float, Array, Array]:
    """Mean loss of a blend in nats, its gradient and its Hessian with respect to the weights."""
    if K:
        P = (1 - FLOOR) * values + FLOOR / K
        R = P / (P @ w)[:, None]
        return -float(np.log(P @ w).mean()), -R.mean(axis=0), R.T @ R / len(P)
    rest = values @ w - y
    return 0.5 * float((rest**2).mean()), values.T @ rest / len(y), values.T @ values / len(y)


def test_loss(draw: Draw, log_prior: Array, log_tau: float) -> tuple[float, Array, float]:
    """Test loss of the blend over that of the target-only learner; its gradients in log prior and log tau."""
    tau, prior = float(np.exp(log_tau)), np.exp(log_prior)
    w = blend_weights(draw.inside, draw.y, prior, tau=tau, n_rows=float(draw.n_rows), n_classes=draw.n_classes)
    value, slope, _ = loss_of(draw.test, draw.y_test, draw.n_classes, w)
    scale = draw.n_rows
    if not draw.n_classes:
        scale = draw.n_rows / max(float(((draw.inside - draw.y[:, None]) ** 2).mean(axis=0).min()), 1e-12)
    _, _, H = loss_of(draw.inside, draw.y, draw.n_classes, w)
    inverse = np.linalg.inv(scale * H + tau * np.diag(1 / np.maximum(w, 1e-9)))
    ones = inverse.sum(axis=1)
    inverse -= np.outer(ones, ones) / ones.sum()
    back = inverse @ slope
    return value - draw.baseline_loss, tau * back, -tau * float(back @ (np.log(np.maximum(w, 1e-300)) - log_prior))


def learn(draws: list[Draw], k: int, *, fixed_prior: bool = False) -> tuple[Array, float]:
    """The prior (k,) and tau with the smallest mean test loss; every problem counts the same."""
    share = {p: 1.0 / sum(d.problem == p for d in draws) for p in {d.problem for d in draws}}
    total = len(share)

    def objective(v: Array) -> tuple[float, Array]:
        log_prior = v[:k] - np.log(np.exp(v[:k]).sum())
        value, slope, slope_tau = 0.0, np.zeros(k), 0.0
        for d in draws:
            part, by_prior, by_tau = test_loss(d, log_prior, v[k])
            # One problem's ruin must not decide: beyond one nat a loss counts by its square root.
            factor = share[d.problem] * (1.0 if part < 1 else 0.5 / np.sqrt(part)) / total
            value += share[d.problem] * (part if part < 1 else np.sqrt(part)) / total
            slope += factor * by_prior
            slope_tau += factor * by_tau
        slope = slope - np.exp(log_prior) * slope.sum()
        away = v[:k] - v[:k].mean()
        value += 0.5 * HOLD * float(away @ away) / k
        return value, np.r_[np.zeros(k) if fixed_prior else slope + HOLD * away / k, slope_tau]

    found = minimize(objective, np.r_[np.zeros(k), 1.0], jac=True, method="L-BFGS-B", options={"maxiter": 60})
    prior = np.exp(found.x[:k] - found.x[:k].max())
    return prior / prior.sum(), float(np.exp(found.x[k]))
