"""Folds for a search that also has classes with a single labelled row."""

from __future__ import annotations

import numpy as np

from ..folds import Fold, make_folds
from ..verdict import FEWEST_ROWS


def network_folds(y: np.ndarray, *, classes: bool, n_folds: int, random: np.random.Generator) -> list[Fold] | None:
    """Folds over the rows that can be held out, or None where these are too few to choose by.

    A class with one row is learned from in every fold and scored in none: a network that never saw a class cannot be
    judged by it, least of all one that knew it before and was taught that there are only the others.
    """
    single = np.zeros(len(y), dtype=bool)
    if classes:
        codes, place, counts = np.unique(y, return_inverse=True, return_counts=True)
        single = counts[place] < 2
        n_folds = max(2, min(n_folds, int(counts.max())))
        if (counts >= 2).sum() < 1 or len(codes) < 2:
            return None
    scored, always = np.flatnonzero(~single), np.flatnonzero(single)
    if len(scored) < FEWEST_ROWS:
        return None
    inner = y[scored]
    folds = make_folds(inner, classes=False if len(np.unique(inner)) < 2 else classes, n_folds=n_folds, n_repeats=1,
                       random=random)  # fmt: skip
    joined = [Fold(f.repeat, np.sort(np.r_[scored[f.train], always]), scored[f.test]) for f in folds]
    return joined if len(joined) >= 2 else None
