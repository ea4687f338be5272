"""Losses of rows held out, jointly and alone, with all of the work done anew on the outside of each fold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from .problem import Problem

# From rows to fit to and rows to score on: their losses jointly and alone, and the name of what was chosen.
Judge: TypeAlias = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, str]]


@dataclass(frozen=True)
class Held:
    """Losses (n_rows,) of rows held out, jointly and alone, and the ``fold`` of each; the choice made in each fold."""

    joint: np.ndarray
    alone: np.ndarray
    fold: np.ndarray
    chosen: tuple[str, ...]


def over_folds(problem: Problem, seed: int, n_folds: int, judge: Judge) -> Held:
    """Each fold judged once: ``judge`` may look at the first rows that it is given, and scores the second."""
    n = len(problem.y)
    joint, alone, fold, chosen = np.full(n, np.nan), np.full(n, np.nan), np.zeros(n, dtype=int), []
    for k, (train, test) in enumerate(problem.folds(n_folds, np.random.default_rng([seed, 1]))):
        joint[test], alone[test], name = judge(train, test)
        fold[test] = k
        chosen.append(name)
    return Held(joint, alone, fold, tuple(chosen))
