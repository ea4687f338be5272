"""Linear discriminants over folds that are unions of groups of rows: which rows the models of others get right."""

from __future__ import annotations

import numpy as np

from ..numeric.discriminant import discriminant
from ..numeric.group_bootstrap import N_FOLDS
from ..numeric.row_sums import RowSums
from ..numeric.types import Floats
from .rows import Rows, total


def folds_of(rows: Rows) -> tuple[np.ndarray, list[RowSums]]:
    """The fold of each group, and for each fold the sums over the rows of the others."""
    fold = np.arange(rows.n_groups) % N_FOLDS
    held = [total([s for s, f in zip(rows.sums, fold, strict=True) if f == k]) for k in range(N_FOLDS)]
    return fold, [rows.total - part for part in held]


def cross_fitted_hits(
    rows: Rows, fold: np.ndarray, training: list[RowSums], *, balanced: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Rows classified right (n_groups, 1 + n_left_out, n_classes), and rows there are (n_groups, n_classes).

    Position 0 of the second axis is for models of all other folds' rows, position g + 1 for models without group g
    besides. In group g itself the latter is of no use: it is left out there.
    """
    assert rows.codes is not None
    G = rows.n_groups if rows.leave_out else 0
    right = np.zeros((rows.n_groups, G + 1, rows.n_classes))
    seen = np.zeros((rows.n_groups, rows.n_classes))
    for k in range(N_FOLDS):
        plain = discriminant(training[k], rows.n_columns, balanced=balanced)
        # without a group of the fold itself the model stays what it is
        others = {
            g: discriminant(training[k] - rows.sums[g], rows.n_columns, balanced=balanced)
            for g in range(G)
            if fold[g] != k
        }
        for h in np.flatnonzero(fold == k):
            where = np.flatnonzero(rows.groups == h)
            seen[h] = np.bincount(rows.codes[where], minlength=rows.n_classes)
            for start in range(0, where.size, 4096):
                some = where[start : start + 4096]
                Z = (rows.X[some] - rows.origin).astype(np.float32)
                codes = rows.codes[some]
                by_plain = _hits(Z, codes, plain, rows.n_classes)
                right[h, 0] += by_plain
                for g in range(G):
                    right[h, g + 1] += _hits(Z, codes, others[g], rows.n_classes) if g in others else by_plain
    return right, seen


def _hits(Z: np.ndarray, codes: np.ndarray, model: tuple[Floats, Floats], n_classes: int) -> np.ndarray:
    weights, offsets = model
    outputs = Z @ weights.astype(np.float32)
    outputs += offsets.astype(np.float32)
    return np.bincount(codes[outputs.argmax(axis=1) == codes], minlength=n_classes)
