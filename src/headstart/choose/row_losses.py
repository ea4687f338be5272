"""The loss of each row: what tells two models apart on far fewer rows than a score of folds does."""

from __future__ import annotations

import numpy as np

from .blend import FLOOR
from .judge import Judge


def losses_of(values: np.ndarray, y: np.ndarray, classes: np.ndarray | None) -> np.ndarray:
    """The loss of each row (n_rows,): log loss of probabilities (n_rows, n_classes), or squared error of numbers."""
    if classes is None:
        return np.asarray((values - y) ** 2)
    true = values[np.arange(len(y)), np.searchsorted(classes, y)]
    return np.asarray(_log_loss(true, len(classes)))


def held_out_losses(judge: Judge, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """The mean loss of each row with the sources and alone, by weights that the other folds chose."""
    choices = judge.cross_choices()
    blend = np.stack([c.blend for c in choices])[judge.fold_of]
    alone = np.stack([c.alone for c in choices])[judge.fold_of]
    count = np.bincount(judge.rows, minlength=n_rows)
    found = []
    for weights in (blend, alone):
        value = (judge.matrix * weights).sum(axis=1)
        loss = _log_loss(value, judge.n_classes) if judge.n_classes else (value - judge.y) ** 2
        total = np.bincount(judge.rows, weights=loss, minlength=n_rows)
        found.append(np.where(count > 0, total / np.maximum(count, 1), np.nan))
    return found[0], found[1]


def _log_loss(true: np.ndarray, n_classes: int) -> np.ndarray:
    """No row costs more than log(100 n_classes), as in the blend."""
    return np.asarray(-np.log((1 - FLOOR) * true + FLOOR / n_classes))
