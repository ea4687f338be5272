"""Width, shares and noise from the evidence of training rows: how likely labels are, functions integrated out.

It needs no folds, and its slopes are known, so that there may be as many parameters as the covariance of tasks has.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize

from ...numeric.task_covariance import Form, TaskCovariance, n_free, start_covariance
from .engine import Engine

MOST_RANK = 3
MOST_STEPS, FEW_STEPS = 100, 4
# Where a climb starts, and how the width goes on where features are made anew for each.
FIRST_WIDTHS = (0.5, 1.0, 2.0, 4.0)
WIDTH_STEP = 1.5
# In units of the deviation of functions, how large a new direction may be at first.
FIRST_SIZES = (0.1, 0.3, 1.0)
# The gain of a climb's step, as a share of the evidence, at which it ends.
ENOUGH = 1e-6


@dataclass(frozen=True)
class Tuned:
    """A covariance of one form, with the evidence there."""

    form: str
    covariance: TaskCovariance
    evidence: float

    def score(self, n_rows: int, *, has_noise: bool) -> float:
        """Evidence less one for each parameter that it chose (Akaike 1974), for each row."""
        return (self.evidence - n_free(self.form, self.covariance, has_noise=has_noise)) / n_rows


class Tuner:
    """The best covariance of each form, found once: some forms start from others."""

    def __init__(self, engine: Engine, n_tasks: int, n_rows: int, *, has_noise: bool, rank: int | None) -> None:
        self.engine, self.n_tasks, self.n_rows = engine, n_tasks, n_rows
        self.has_noise, self.rank = has_noise, rank
        self._known: dict[str, Tuned] = {}

    def __call__(self, form: str) -> Tuned:
        """The best of this form."""
        if form not in self._known:
            self._known[form] = self._low_rank() if form == "low-rank" else self._plain(form)
        return self._known[form]

    def score(self, tuned: Tuned) -> float:
        """What forms are compared by, for each row."""
        return tuned.score(self.n_rows, has_noise=self.has_noise)

    def _plain(self, form: str) -> Tuned:
        """From the best of some widths up."""
        first = start_covariance(form, self.n_tasks, self.engine.one_width, 0.3)
        starts = [replace(first, width=f * self.engine.one_width) for f in FIRST_WIDTHS]
        found = [self.engine.at_width(c.width).evaluate(c, slopes=False).evidence for c in starts]
        return self._climb(form, starts[int(np.argmax(found))])

    def _low_rank(self) -> Tuned:
        """From what "mean" finds, one direction after the other, as long as that pays or up to the given rank."""
        mean = self("mean").covariance
        apart = replace(mean, directions=np.zeros((self.n_tasks, 0)), own=np.diag(mean.B).copy())
        starts = [mean, *self._with_direction(apart)]
        best = self._climb("low-rank", self._best(starts))
        for rank in range(2, (self.rank or min(MOST_RANK, self.n_tasks - 1)) + 1):
            more = self._climb("low-rank", self._best(self._with_direction(best.covariance)))
            if self.rank is None and self.score(more) <= self.score(best):
                break
            assert more.covariance.directions.shape[1] == rank
            best = more
        return best

    def _best(self, starts: list[TaskCovariance]) -> TaskCovariance:
        engine = self.engine.at_width(starts[0].width)
        return max(starts, key=lambda c: engine.evaluate(c, slopes=False).evidence)

    def _with_direction(self, c: TaskCovariance) -> list[TaskCovariance]:
        """One direction more, along which the evidence rises fastest, in several sizes."""
        slopes = self.engine.at_width(c.width).evaluate(c).slopes
        assert slopes is not None
        steepest = np.linalg.eigh(slopes.B)[1][:, -1]
        unit = np.sqrt(np.diag(c.B).mean() * self.n_tasks)
        return [replace(c, directions=np.column_stack([c.directions, s * unit * steepest])) for s in FIRST_SIZES]

    def _climb(self, form: str, start: TaskCovariance) -> Tuned:
        """All at once where the width moves with the rest; else some steps at each width, and all at the best."""
        if self.engine.moves_width:
            return self._climb_at(form, start, MOST_STEPS)
        best = self._climb_at(form, start, 2 * FEW_STEPS)
        for factor in (WIDTH_STEP, 1 / WIDTH_STEP):
            moved = False
            while True:
                c = replace(best.covariance, width=best.covariance.width * factor)
                other = self._climb_at(form, c, FEW_STEPS) if self._is_in_reach(c.width) else None
                if other is None or other.evidence <= best.evidence:
                    break
                best, moved = other, True
            if moved:
                break
        return self._climb_at(form, best.covariance, MOST_STEPS)

    def _is_in_reach(self, width: float) -> bool:
        return 0.05 <= width / self.engine.one_width <= 20

    def _climb_at(self, form: str, start: TaskCovariance, most_steps: int) -> Tuned:
        """Quasi-Newton steps up the evidence; of a width that is given where the engine does not move it."""
        engine = self.engine.at_width(start.width)
        way = Form(form, engine.moves_width, self.has_noise)

        def down(values: np.ndarray) -> tuple[float, np.ndarray]:
            c = way.unpack(values, start)
            found = engine.evaluate(c)
            assert found.slopes is not None
            return -found.evidence, -way.slope(c, found.slopes)

        bounds = way.bounds(start, engine.one_width)
        low, high = (np.array([b[k] for b in bounds], dtype=float) for k in (0, 1))
        first = np.clip(way.pack(start), low, high)
        options = {"maxiter": most_steps, "ftol": ENOUGH}
        found = minimize(down, first, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
        return Tuned(form, way.unpack(found.x, start), -float(found.fun))
