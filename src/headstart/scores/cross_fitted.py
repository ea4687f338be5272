"""Linear discriminants over folds that are unions of groups of rows: which rows the models of others get right."""

from __future__ import annotations

import numpy as np

from ..numeric.discriminant import discriminant
from ..numeric.group_bootstrap import N_FOLDS, replicates
from ..numeric.types import Floats
from .rows import Rows, total


def folds_of(rows: Rows) -> np.ndarray:
    """The fold of each group."""
    return np.arange(rows.n_groups) % N_FOLDS


def keeping(rows: Rows) -> np.ndarray:
    """The groups (n_models, n_groups) that are there: all, and then those of each replicate."""
    everything = np.ones((1, rows.n_groups), dtype=bool)
    return np.vstack([everything, replicates(rows.n_groups)]) if rows.leave_out else everything


def cross_fitted_hits(rows: Rows, kept: np.ndarray, *, balanced: bool) -> tuple[np.ndarray, np.ndarray]:
    """Rows classified right and rows judged (n_models, n_classes), where row m of ``kept`` says which groups are there.

    Each group that is there is judged by a model of the groups of other folds that are there.
    """
    assert rows.codes is not None
    fold = folds_of(rows)
    right = np.zeros((kept.shape[0], rows.n_classes))
    seen = np.zeros((kept.shape[0], rows.n_classes))
    for k in range(N_FOLDS):
        models = []
        for there in kept:
            training = total([s for s, used in zip(rows.sums, there & (fold != k), strict=True) if used])
            models.append(discriminant(training, rows.n_columns, balanced=balanced))
        for h in np.flatnonzero(fold == k):
            where = np.flatnonzero(rows.groups == h)
            for start in range(0, where.size, 4096):
                some = where[start : start + 4096]
                Z, codes = (rows.X[some] - rows.origin).astype(np.float32), rows.codes[some]
                for m in np.flatnonzero(kept[:, h]):
                    right[m] += _hits(Z, codes, models[m], rows.n_classes)
                    seen[m] += np.bincount(codes, minlength=rows.n_classes)
    return right, seen


def _hits(Z: np.ndarray, codes: np.ndarray, model: tuple[Floats, Floats], n_classes: int) -> np.ndarray:
    weights, offsets = model
    outputs = Z @ weights.astype(np.float32)
    outputs += offsets.astype(np.float32)
    return np.bincount(codes[outputs.argmax(axis=1) == codes], minlength=n_classes)
