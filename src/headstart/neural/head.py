"""A network's head, fitted as a linear model on the features of its backbone."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..learners import linear
from .network import Network
from .outputs import outputs_of

# A feature that varies less than this share of its size, or of what others vary, is noise of float32: scaled up to the
# variance of the others it would get a weight in the millions, and a step on the backbone would move every output.
LEAST = 1e-4


def solve_head(network: Network, rows: Any, y: np.ndarray, task: str, device: torch.device) -> float:
    """Set the head to the penalised linear model of ``y`` on the features of ``rows``; return the penalty chosen.

    ``y`` (n_rows,) are class codes or numbers. Features are standardised for the fit, so that the penalty means the
    same for every backbone; features that are constant but for rounding get no weight. Classes that no row has keep
    outputs of zero weight and the level of half a row.
    """
    F = outputs_of(network.encoder, rows, device)
    mean, scale = F.mean(axis=0), F.std(axis=0)
    varies = scale > LEAST * np.maximum(np.abs(mean), np.sqrt(np.mean(scale**2)))
    Z = (F[:, varies] - mean[varies]) / scale[varies]
    model = linear(task).fit(Z if Z.shape[1] else np.zeros((len(F), 1)), y)
    coef = np.atleast_2d(model.coef_) if Z.shape[1] else np.zeros((1, 0))
    level = np.atleast_1d(model.intercept_).astype(float)
    if task == "classification":
        coef, level = _by_class(coef, level, np.asarray(model.classes_), network.head.out_features, len(y))
    W = np.zeros((len(coef), F.shape[1]))
    W[:, varies] = coef / scale[varies]
    with torch.no_grad():
        network.head.weight.copy_(torch.as_tensor(W))
        network.head.bias.copy_(torch.as_tensor(level - W @ mean))
    return float(model.strength_)


def _by_class(
    coef: np.ndarray, level: np.ndarray, seen: np.ndarray, n_classes: int, n_rows: int
) -> tuple[np.ndarray, np.ndarray]:
    """One row of coefficients for each class; two classes share one with opposite signs."""
    if len(seen) == 2:
        coef, level = np.vstack([-coef / 2, coef / 2]), np.r_[-level / 2, level / 2]
    W, b = np.zeros((n_classes, coef.shape[1])), np.full(n_classes, level.mean() - np.log(2.0 * n_rows / len(seen)))
    W[seen], b[seen] = coef[: len(seen)], level[: len(seen)]
    return W, b
