"""Backbones on folds of the target: a linear model on frozen features, then fine-tunings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..choose.folds import Fold
from ..choose.networks.cells import Rows
from ..choose.row_losses import losses_of
from ..choose.scoring import Metric
from ..compose.wrapper import pad_classes
from ..learners import linear
from ..neural import FineTuneClassifier, FineTuneRegressor

# The round after all rounds on frozen features.
FINE_TUNED = 1_000


@dataclass
class Heads:
    """Measures backbones by name; what was held out before is not fitted again.

    Parameters
    ----------
    rows : Rows
        Target rows as they came, with labels.
    backbones : dict of str to Backbone
    features : dict of str to array of shape (n_rows, n_features)
    folds : list of Fold
        Of all shufflings, in their order.
    metric : Metric
    how : dict
        Parameters of the fine-tunings.
    """

    rows: Rows
    backbones: dict[str, Any]
    features: dict[str, np.ndarray]
    folds: list[Fold]
    metric: Metric
    how: dict[str, Any]
    frozen: dict[str, list[np.ndarray]] = field(default_factory=dict)
    tuned: dict[str, list[np.ndarray]] = field(default_factory=dict)

    def measure(self, name: str, stage: int) -> np.ndarray:
        """The mean loss of each row; ``stage`` is a number of shufflings, or ``FINE_TUNED``."""
        return self._losses(self._values(name, stage))

    def score(self, name: str, stage: int) -> float:
        """The mean score of the folds of a stage, weighted by their sizes; NaN where no fold can be scored."""
        values = self._values(name, stage)
        found = np.array([self.metric(self.rows.y[f.test], v) for f, v in zip(self.folds, values, strict=False)])
        sizes = np.array([len(f.test) for f in self.folds[: len(values)]], dtype=float)
        known = np.isfinite(found)
        return float(np.average(found[known], weights=sizes[known])) if known.any() else float("nan")

    def _values(self, name: str, stage: int) -> list[np.ndarray]:
        """What was said of the held-out rows, fold by fold."""
        is_tuned = stage == FINE_TUNED
        said = (self.tuned if is_tuned else self.frozen).setdefault(name, [])
        wanted = sum(f.repeat < (1 if is_tuned else stage) for f in self.folds)
        for fold in self.folds[len(said) : wanted]:
            said.append(self._fine_tuned(name, fold) if is_tuned else self._probed(name, fold))
        return said[:wanted]

    def _probed(self, name: str, fold: Fold) -> np.ndarray:
        """A penalised linear model; all features in one unit, that of the rows which are learned from."""
        F, y, classes = self.features[name], self.rows.y, self.rows.classes
        mean, scale = F[fold.train].mean(axis=0), float(np.sqrt(F[fold.train].var(axis=0).mean())) or 1.0
        model = linear("regression" if classes is None else "classification")
        model.fit((F[fold.train] - mean) / scale, y[fold.train])
        held = (F[fold.test] - mean) / scale
        if classes is None:
            return np.asarray(model.predict(held), dtype=float)
        return pad_classes(np.asarray(model.predict_proba(held)), model.classes_, classes)

    def _fine_tuned(self, name: str, fold: Fold) -> np.ndarray:
        kind = FineTuneRegressor if self.rows.classes is None else FineTuneClassifier
        model = self.rows.fit(kind(self.backbones[name], **self.how), fold.train)
        return self.rows.values(model, fold.test)

    def _losses(self, values: list[np.ndarray]) -> np.ndarray:
        y = self.rows.y
        unit = 1.0 if self.rows.classes is not None else max(float(np.var(y)), 1e-12)
        total, count = np.zeros(len(y)), np.zeros(len(y))
        for fold, said in zip(self.folds, values, strict=False):
            total[fold.test] += losses_of(said, y[fold.test], self.rows.classes) / unit
            count[fold.test] += 1
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)
