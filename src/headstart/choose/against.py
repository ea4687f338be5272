"""Source models whose predictions run against the labels of the target: perhaps their classes have other codes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..numeric.two_sample import runs_against
from .problem import Problem

# The most that may be left of the log loss of guessing where each prediction is turned round. A model of labels that
# are noise leans some way, and with few columns often just against the target's labels; but it is seldom so sure.
LEFT = 2 / 3
LEAST = 0.01


def against(models: Any, problem: Problem) -> dict[str, float]:
    """The AUC on all target rows of each given model that tells the classes well, but the wrong way round, by its name.

    Given models saw no target row, so that all of these are held-out. Only two classes have an order that can be the
    wrong way round. Where the source's rows are there, its diagnosis says so, which knows whether its model is any good
    on rows of its own.
    """
    if not problem.models or problem.classes is None or len(problem.classes) != 2:
        return {}
    P = models.says(problem.X).probable[:, :, 1]
    positive = problem.y == problem.classes[1]
    found = {}
    for name, said in zip(models.names_, P, strict=True):
        auc = runs_against(said[positive], said[~positive], n_asked=len(P))
        if auc is not None and _left(1 - said, positive) < LEFT:
            found[name] = auc
    return found


def _left(probability: np.ndarray, positive: np.ndarray) -> float:
    """The log loss of probabilities as a share of that of always giving the classes' shares."""
    share = positive.mean()
    guessing = -share * np.log(share) - (1 - share) * np.log(1 - share)
    right = np.where(positive, probability, 1 - probability)
    return float(-np.log(np.clip(right, LEAST, 1.0)).mean() / guessing)
