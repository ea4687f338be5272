"""Repeated stratified folds over the target rows: down to a handful of rows, and without a warning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Fold:
    """Rows to fit to and rows to score on, in the ``repeat``-th shuffling."""

    repeat: int
    train: np.ndarray
    test: np.ndarray


def n_folds_for(n_rows: int, n_largest: int = 0) -> int:
    """Ten folds while rows are few, so that candidates are scored when fitted to nearly all of them; five later.

    With classes, of which the largest has ``n_largest`` rows, no more folds than that: each then holds a row of the
    largest class, and those with a row of another class can be scored by the area under the ROC curve.
    """
    folds = min(10, n_rows) if n_rows < 120 else 5
    return max(2, min(folds, n_largest)) if n_largest else folds


def n_repeats_for(n_rows: int) -> int:
    """Two repeats steady the blend; beyond 2,000 rows one is steady."""
    return 2 if n_rows < 2000 else 1


def make_folds(
    y: np.ndarray, *, classes: bool, n_folds: int, n_repeats: int, random: np.random.Generator
) -> list[Fold]:
    """Shuffle, deal the rows of each class (of each stretch of a number) to the folds in turn, and repeat."""
    folds = []
    n = len(y)
    for repeat in range(n_repeats):
        shuffled = random.permutation(n)
        order = shuffled[np.argsort(y[shuffled], kind="stable")]
        if not classes:
            # Neighbours in rank are dealt in random order, so that each fold covers the range of the numbers.
            order = np.concatenate([random.permutation(order[i : i + n_folds]) for i in range(0, n, n_folds)])
        fold_of = np.empty(n, dtype=int)
        fold_of[order] = (np.arange(n) + random.integers(n_folds)) % n_folds
        for k in range(n_folds):
            test = np.flatnonzero(fold_of == k)
            train = np.flatnonzero(fold_of != k)
            if len(test) and (not classes or len(np.unique(y[train])) > 1):
                folds.append(Fold(repeat, train, test))
    return folds
