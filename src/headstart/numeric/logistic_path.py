"""The strength of a logistic problem's penalty, by the losses of rows held out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .few_looks import least, least_of_every
from .logistic_curvature import Shared, Whole
from .logistic_solve import by_conjugate_gradients, by_newton, is_formed, solve
from .offset_logistic import Logistic, Point, row_losses
from .types import Floats

# Below this many products (rows times squared parameters) all strengths are looked at: that takes little time.
LITTLE_WORK = 1.5e6
# By how much the rough cost of leaving a row out is too small: this share of it for each time that it holds the loss of
# the fit. Measured, and used as a first guess only.
RISE = 0.12


@dataclass(frozen=True)
class LogisticFit:
    """The strength with the smallest loss of rows held out, and the parameters there, exact.

    ``loss`` (n_strengths,) is by leave-one-out, or, where that is too large, by folds; NaN where it was not looked at.
    ``held`` (n_rows,) are the losses at the strength chosen.
    """

    flat: Floats
    strength: float
    loss: Floats
    held: Floats


def fit_path(problem: Logistic, strengths: Floats) -> LogisticFit:
    """The fit at the best of ``strengths``, ascending; of equal losses the strongest wins."""
    if not problem.is_small:
        return _by_folds(problem, strengths)
    walk = _Formed(problem, strengths) if is_formed(problem) else _Shared(problem, strengths)
    best = walk.choose()
    return LogisticFit(walk.finish(best), float(strengths[best]), walk.loss, walk.held[best])


class _Walk:
    """Fits at strengths of a path, each from the nearest that there is."""

    def __init__(self, problem: Logistic, strengths: Floats) -> None:
        self.problem, self.strengths = problem, strengths
        self.points: dict[int, Point] = {}
        self.held: dict[int, Floats] = {}
        self.loss = np.full(len(strengths), np.nan)

    def nearest(self, k: int) -> int | None:
        """The nearest strength that was fitted, of equally near ones the stronger."""
        return min(self.points, key=lambda j: (abs(j - k), -j), default=None)


class _Formed(_Walk):
    """By Newton's method, and exact leave-one-out of each strength that is looked at."""

    def __init__(self, problem: Logistic, strengths: Floats) -> None:
        super().__init__(problem, strengths)
        self.wholes: dict[int, Whole] = {}

    def choose(self) -> int:
        """The strength with the least loss."""
        n = len(self.strengths)
        if len(self.problem.Y) * self.problem.size**2 <= LITTLE_WORK:
            return least_of_every(n, self._look)
        return least(n, self._look, n // 2, 2)

    def finish(self, k: int) -> Floats:
        """The exact parameters."""
        start, near = self.points[k].flat, self.wholes[k]
        return by_newton(self.problem, start, float(self.strengths[k]), near=near)[0].flat

    def _look(self, k: int) -> float:
        problem, strength, j = self.problem, float(self.strengths[k]), self.nearest(k)
        start, near = (problem.start(), None) if j is None else (self.points[j].flat, self.wholes[j])
        point, whole, factor = by_newton(problem, start, strength, exact=False, near=near)
        self.points[k], self.wholes[k] = point, whole
        self.held[k] = whole.without_each_row(point, factor)
        self.loss[k] = self.held[k].mean()
        return float(self.loss[k])


class _Shared(_Walk):
    """By conjugate gradients. The shared curvature says roughly what leaving a row out costs, and where to look closer.

    The rough cost is nearly exact where it is small beside the loss of the fit, and too small elsewhere.
    """

    def __init__(self, problem: Logistic, strengths: Floats) -> None:
        super().__init__(problem, strengths)
        self.fitted: dict[int, float] = {}
        self.cost: dict[int, float] = {}

    def choose(self) -> int:
        """The strength with the least loss."""
        n = len(self.strengths)
        return least(n, self._closely, least(n, self._roughly, n // 2, 2))

    def finish(self, k: int) -> Floats:
        """The exact parameters."""
        return by_conjugate_gradients(self.problem, self.points[k].flat, float(self.strengths[k])).flat

    def _roughly(self, k: int) -> float:
        """The loss to be expected: a cost beside which the loss of the fit is small is still higher than it seems."""
        if k not in self.points:
            problem, strength, j = self.problem, float(self.strengths[k]), self.nearest(k)
            start = problem.start() if j is None else self.points[j].flat
            self.points[k] = point = by_conjugate_gradients(problem, start, strength, exact=False)
            self.fitted[k] = float(row_losses(point.eta.T, problem.Y).mean())
            rough = Shared.of(problem, point.P, strength).without_each_row(point).mean()
            self.cost[k] = float(rough) - self.fitted[k]
        return self.fitted[k] + self.cost[k] * (1.0 + RISE * self._ratio(k))

    def _closely(self, k: int) -> float:
        """The leave-one-out loss; or, where that is likely above the best so far, the one to be expected."""
        self._roughly(k)
        if self.held:
            best = min(self.held, key=lambda j: self.loss[j])
            self.loss[k] = self.fitted[k] + self.cost[k]
            if k < best:
                # The share that is missing grows with the cost beside the loss of the fit, at least about as its root.
                self.loss[k] += (
                    self.cost[k] * self._missing(best) * np.sqrt(self._ratio(k) / max(self._ratio(best), 1e-12))
                )
            if self.loss[k] > self.loss[best]:
                return float(self.loss[k])
        point = self.points[k]
        whole = Whole.of(self.problem, point.P)
        self.held[k] = whole.without_each_row(point, whole.factor(float(self.strengths[k])))
        self.loss[k] = self.held[k].mean()
        return float(self.loss[k])

    def _missing(self, k: int) -> float:
        """Of a strength looked at closely, the share by which its rough cost is too small."""
        return max(0.0, float(self.loss[k] - self.fitted[k]) / max(self.cost[k], 1e-12) - 1.0)

    def _ratio(self, k: int) -> float:
        return self.cost[k] / max(self.fitted[k], 1e-12)


def _by_folds(problem: Logistic, strengths: Floats) -> LogisticFit:
    flats, held = _walk(problem, strengths), np.zeros((len(strengths), len(problem.Y)))
    for train, test in _folds(problem.Y):
        part = problem.rows(test)
        found = _walk(problem.rows(train), strengths * len(train) / len(problem.Y))
        for k, flat in enumerate(found):
            held[k, test] = row_losses(part.output(flat), part.Y)
    loss = held.mean(axis=1)
    best = int(np.flatnonzero(loss <= loss.min() + 1e-12)[-1])
    strength = float(strengths[best])
    return LogisticFit(solve(problem, flats[best], strength), strength, loss, held[best])


def _walk(problem: Logistic, strengths: Floats) -> list[Floats]:
    """From the strongest penalty to the weakest, each from the last."""
    flat, flats = problem.start(), []
    for strength in strengths[::-1]:
        flat = solve(problem, flat, float(strength), exact=False)
        flats.append(flat)
    return flats[::-1]


def _folds(Y: Floats, n_folds: int = 3) -> list[tuple[Any, Any]]:
    """Rows dealt out class by class; a row whose class has no other row to learn from is never held out."""
    rng = np.random.default_rng(0)
    code = Y.argmax(axis=1) if Y.shape[1] > 1 else Y[:, 0].astype(int)
    order = rng.permutation(len(code))
    order = order[np.argsort(code[order], kind="stable")]
    fold = np.empty(len(code), dtype=int)
    fold[order] = np.arange(len(code)) % n_folds
    out = []
    for k in range(n_folds):
        train = np.flatnonzero(fold != k)
        test = np.flatnonzero((fold == k) & np.isin(code, code[train]))
        out.append((train, test))
    return out
