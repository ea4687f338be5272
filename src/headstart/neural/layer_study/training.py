"""One training of a study, and its score on rows that were held out."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from ...core.errors import HeadstartWarning
from ..backbone import Backbone
from ..fitting import Labels
from ..network import Network
from ..outputs import outputs_of
from ..plan import Plan
from ..training.errors import TrainingDiverged
from ..training.loop import train
from ..training.settings import TrainingSettings


@dataclass(frozen=True)
class Task:
    """What is learned from which rows, and on which it is scored: source or target in one repeat."""

    train: Any
    y: np.ndarray
    test: Any
    y_test: np.ndarray
    n_classes: int | None
    settings: TrainingSettings
    seed: int
    device: torch.device

    @property
    def kind(self) -> str:
        """Classification or regression."""
        return "regression" if self.n_classes is None else "classification"

    def network(self, module: nn.Module, backbone: Backbone) -> Network:
        """The module with a new head."""
        return Network(module, backbone.n_features, self.n_classes or 1, backbone.groups).to(self.device)

    def fit(self, network: Network, plan: Plan, rate: float | None = None) -> None:
        """Train in place; the same rows in the same order for every network of this task."""
        labels = Labels.of(self.y, self.kind)
        loss = labels.loss(self.device)

        def objective(index: torch.Tensor) -> torch.Tensor:
            return loss(network(self.train.batch(index, self.device)), index.to(self.device))

        settings = self.settings if rate is None else replace(self.settings, learning_rate=rate)
        train(network, plan, objective, len(self.y), settings, seed=self.seed)

    def points(self, network: Network) -> np.ndarray:
        """What each held-out row adds to the score: see ``points``."""
        labels = Labels.of(self.y, self.kind)
        out = outputs_of(network, self.test, self.device)
        found = out.argmax(axis=1) if self.n_classes else labels.center + labels.scale * out[:, 0]
        return points(self.y_test, found, self.kind)

    def scored(self, network: Network, plan: Plan, what: str) -> np.ndarray:
        """Train, then give the points of each row; NaN, and a warning, where training diverged: one of many need not
        end a study."""
        try:
            self.fit(network, plan)
        except TrainingDiverged as error:
            warnings.warn(f"{what} is not scored: {error}", HeadstartWarning, stacklevel=2)
            return np.full(len(self.y_test), np.nan)
        return self.points(network)


def points(y: np.ndarray, found: np.ndarray, kind: str) -> np.ndarray:
    """Points (n_rows,) whose mean is the score, accuracy of classes or R2 of numbers, and whose spread is its error.

    R2 is a ratio of two means over rows; its points are those of its first-order expansion, so that the variance of
    their mean is, for many rows, that of R2.
    """
    if kind == "classification":
        return (y == found).astype(np.float64)
    around = (y - y.mean()) ** 2
    spread = float(around.mean())
    if not spread > 0:
        return np.full(len(y), np.nan)
    missed = (y - found) ** 2
    lost = float(missed.mean()) / spread
    return 1.0 - lost - (missed - lost * around) / spread
