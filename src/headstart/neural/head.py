"""A network's head, fitted as a linear model on the features of its backbone."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..learners import linear
from .network import Network
from .outputs import outputs_of


def solve_head(network: Network, rows: Any, y: np.ndarray, task: str, device: torch.device) -> float:
    """Set the head to the penalised linear model of ``y`` on the features of ``rows``; return the penalty chosen.

    ``y`` (n_rows,) are class codes or numbers. All features are divided by one number, their common deviation, so that
    the penalty means the same for every backbone. Each by its own would raise those that hardly vary, which few rows
    cannot tell from noise, to the rank of the others; and a weight on one of them is so large that the first steps of a
    fine-tuning, which move all features a little, would throw every output about. Classes that no row has keep outputs
    of zero weight and the level of half a row.
    """
    F = outputs_of(network.encoder, rows, device)
    coef, level, strength = head_of(F, y, task, network.head.out_features)
    with torch.no_grad():
        network.head.weight.copy_(torch.as_tensor(coef))
        network.head.bias.copy_(torch.as_tensor(level))
    return strength


def head_of(F: np.ndarray, y: np.ndarray, task: str, n_outputs: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Weights (n_outputs, n_features) and biases (n_outputs,) of that model on features ``F``, and its penalty."""
    mean, scale = F.mean(axis=0), float(np.sqrt(F.var(axis=0).mean()))
    model = linear(task).fit((F - mean) / scale if scale > 0 else np.zeros_like(F), y)
    coef = np.atleast_2d(model.coef_) / (scale or 1.0)
    level = np.atleast_1d(model.intercept_).astype(float)
    if task == "classification":
        coef, level = _by_class(coef, level, np.asarray(model.classes_), n_outputs, len(y))
    return coef, level - coef @ mean, float(model.strength_)


def _by_class(
    coef: np.ndarray, level: np.ndarray, seen: np.ndarray, n_classes: int, n_rows: int
) -> tuple[np.ndarray, np.ndarray]:
    """One row of coefficients for each class; two classes share one with opposite signs."""
    if len(seen) == 2:
        coef, level = np.vstack([-coef / 2, coef / 2]), np.r_[-level / 2, level / 2]
    W, b = np.zeros((n_classes, coef.shape[1])), np.full(n_classes, level.mean() - np.log(2.0 * n_rows / len(seen)))
    W[seen], b[seen] = coef[: len(seen)], level[: len(seen)]
    return W, b
