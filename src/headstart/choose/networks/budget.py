"""How long a training takes, measured by its first steps, and what fits into a time limit."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...neural.estimator import NetworkEstimator
from ...neural.policies.freezing import FullFineTune, LinearProbe
from ..candidates import Candidate
from .cells import NOT_FITTED, Rows, fresh

# Steps that are timed, after one that is not: the first one allocates what the others use.
STEPS, MOST_SECONDS = 4, 3.0
# Share of the limit that may be planned: steps of other rows take longer, and files have to be written.
PLANNED = 0.85
FEWEST_FOLDS = 2


class _Timed(Exception):
    """Enough steps were seen."""


@dataclass
class Clock:
    """A callback that times the first steps of a training, and ends it."""

    begun: float = field(default_factory=time.perf_counter)
    seconds: float = 0.0
    _first: float = 0.0
    _seen: int = 0
    _steps: int = 0
    _before: float = 0.0

    def on_start(self, start: dict[str, Any]) -> None:
        self._steps, self._before = start["steps"], time.perf_counter() - self.begun

    def on_step(self, step: dict[str, Any]) -> None:
        now = time.perf_counter()
        self._seen += 1
        if self._seen == 1:
            self._first = now
            return
        if self._seen > STEPS or now - self._first > MOST_SECONDS:
            self.seconds = self._before + self._steps * (now - self._first) / (self._seen - 1)
            raise _Timed


def seconds_of(candidate: Candidate, rows: Rows, train: np.ndarray, known: dict[Any, float]) -> float:
    """How long one fit of a candidate takes; ``known`` holds what was measured of others that train alike.

    Policies of one start are taken to last as long as training all of its layers, which is the longest of them.
    """
    estimator = candidate.member
    if not isinstance(estimator, NetworkEstimator) or candidate.role == "source only":
        return 0.0
    probes = estimator.policy == LinearProbe()
    key = (id(estimator.backbone), id(estimator.source_model), repr(estimator.adapter), probes)
    if key not in known:
        clock = Clock()
        changes: dict[str, Any] = {"callbacks": (clock,), "random_state": 0}
        if not probes:
            changes["policy"] = FullFineTune()
        try:
            rows.fit(fresh(candidate, **changes), train)
        except _Timed:
            known[key] = clock.seconds
        except NOT_FITTED:
            known[key] = 0.0  # it will say so on the first fold
        else:
            known[key] = time.perf_counter() - clock.begun
    return known[key]


def planned(costs: list[float], must: list[bool], most_folds: int, seconds: float, final: int) -> tuple[list[int], int]:
    """Places of the candidates that there is time for, and the number of folds.

    Those that ``must`` be there always are. Others follow in their order, as long as all so far can be fitted on
    ``most_folds`` folds or, when that is too many, on fewer: first a candidate more, then a fold more, since what was
    not tried cannot be chosen, and two folds can tell much that one cannot. ``final``: how many of the chosen, the
    dearest at the worst, are fitted to all rows at the end.
    """
    seconds *= PLANNED

    def takes(chosen: list[int], folds: int) -> float:
        mine = sorted((costs[k] for k in chosen), reverse=True)
        return folds * sum(mine) + sum(mine[:final])

    chosen = [k for k, needed in enumerate(must) if needed]
    for k in range(len(costs)):
        if not must[k] and takes([*chosen, k], min(FEWEST_FOLDS + 1, most_folds)) <= seconds:
            chosen.append(k)
    folds = most_folds
    while folds > FEWEST_FOLDS and takes(chosen, folds) > seconds:
        folds -= 1
    return sorted(chosen), folds
