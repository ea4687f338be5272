"""The strength of an elastic-net penalty, by the losses of rows held out, from fits at few strengths of a path."""

from __future__ import annotations

import numpy as np

from .elastic import Elastic
from .few_looks import least, least_of_every
from .types import Floats

# The first looks are at every fourth strength; then at those between. Where rows are few, also beside the columns, the
# losses have many dents: there all strengths are looked at.
STRIDE, FEW_ROWS = 4, 100
# Strengths in a row without a smaller loss, after which the path ends.
PATIENCE = 8


class ElasticPath:
    """Fits of ``problem`` at ``strengths``, from strong to weak, made where they are looked at.

    ``gamma`` (n_outputs, n_columns), ``intercept`` (n_outputs,) and ``held`` (n_rows,), the leave-one-out losses, by
    the number of the strength.
    """

    def __init__(self, problem: Elastic, strengths: Floats | None = None) -> None:
        self.problem = problem
        self.strengths = problem.strengths() if strengths is None else strengths
        self.gamma: dict[int, Floats] = {}
        self.intercept: dict[int, Floats] = {}
        self.held: dict[int, Floats] = {}

    def loss(self, k: int) -> float:
        """The mean leave-one-out loss at a strength."""
        if k not in self.held:
            near = min(self.gamma, key=lambda j: (abs(j - k), j), default=None)
            start = (None, None) if near is None else (self.gamma[near], self.intercept[near])
            strength = float(self.strengths[k])
            self.gamma[k], self.intercept[k] = self.problem.fit(strength, *start)
            self.held[k] = self.problem.held(self.gamma[k], self.intercept[k], strength)
        return float(self.held[k].mean())

    def _from_weak(self, k: int) -> float:
        return self.loss(len(self.strengths) - 1 - k)

    def choose(self, rule: str = "least") -> int:
        """The strength with the ``"least"`` loss, or the strongest within ``"one error"`` of it."""
        n = len(self.strengths)
        rows, columns = self.problem.A.shape
        stride = 1 if rows <= max(FEW_ROWS, columns) else STRIDE
        best = least_of_every(n, self._from_weak, stride, PATIENCE // stride)
        if stride > 1:
            best = least(n, self._from_weak, best, stride // 2)
        best = n - 1 - best
        if rule == "least":
            return best
        limit = self.loss(best) + float(self.held[best].std(ddof=1)) / np.sqrt(len(self.held[best]))
        # The first look within, and between it and the one before.
        looks = sorted(k for k in self.held if k <= best)
        first = next(i for i, k in enumerate(looks) if self.loss(k) <= limit)
        above, within = looks[first - 1] if first else -1, looks[first]
        while within - above > 1:
            middle = (above + within) // 2
            above, within = (above, middle) if self.loss(middle) <= limit else (middle, within)
        return within
