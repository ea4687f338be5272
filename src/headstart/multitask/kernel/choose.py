"""Which covariance of tasks, by the evidence; whether it helps each task, by folds that the choice never saw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...numeric.task_covariance import FORMS, TaskCovariance
from ..tables.hold_out import Held, over_folds
from ..tables.problem import Problem, Scale
from .engine import Functions, open_engine
from .tune import Tuned, Tuner


@dataclass(frozen=True)
class Settings:
    """What is asked for: the methods to choose among, and how they are computed."""

    methods: tuple[str, ...]
    rank: int | None
    exact_rows: int
    n_components: int
    seed: int

    @classmethod
    def of(cls, method: str, rank: int | None, exact_rows: int, n_components: int, seed: int) -> Settings:
        """With "auto" as all methods."""
        return cls(FORMS if method == "auto" else (method,), rank, exact_rows, n_components, seed)


@dataclass(frozen=True)
class Fitted:
    """The functions of one method in standardised units, and what they were made with."""

    method: str
    functions: Functions
    covariance: TaskCovariance
    scale: Scale

    def losses(self, problem: Problem) -> np.ndarray:
        """Log losses (n_rows,) of rows, or squared errors in units of y."""
        rows = self.scale.rows(problem)
        out = np.empty(len(rows.y))
        for t in range(rows.n_tasks):
            part = slice(rows.starts[t], rows.starts[t + 1])
            out[part] = self.functions.outputs(rows.Z[part, 1:], t)
        if problem.logistic:
            return np.logaddexp(0.0, np.where(rows.y > 0.5, -out, out))
        return (rows.y - out) ** 2 * self.scale.unit**2


@dataclass(frozen=True)
class Choice:
    """The chosen method fitted, and the score of each candidate (empty for one)."""

    best: Fitted
    score: dict[str, float]


class Fitter:
    """All that is fitted to the same rows: distances and covariances are found once."""

    def __init__(self, problem: Problem, settings: Settings) -> None:
        self.settings = settings
        self.scale = Scale.of(problem)
        rows = self.scale.rows(problem)
        engine = open_engine(rows, settings.exact_rows, settings.n_components, settings.seed)
        self.is_exact = engine.moves_width
        self._tuner = Tuner(engine, rows.n_tasks, len(rows.y), has_noise=not rows.logistic, rank=settings.rank)

    def fit(self, method: str) -> Fitted:
        """One method."""
        return self._fitted(self._tuner(method))

    def choose(self) -> Choice:
        """The method with the largest evidence, less what its parameters cost."""
        tuned = {m: self._tuner(m) for m in self.settings.methods}
        if len(tuned) == 1:
            return Choice(self._fitted(*tuned.values()), {})
        score = {m: self._tuner.score(t) for m, t in tuned.items()}
        return Choice(self._fitted(tuned[max(score, key=score.__getitem__)]), score)

    def _fitted(self, tuned: Tuned) -> Fitted:
        c = tuned.covariance
        return Fitted(tuned.form, self._tuner.engine.at_width(c.width).functions(c), c, self.scale)


def hold_out(problem: Problem, settings: Settings, n_folds: int) -> Held:
    """All of the work, tuning and choice included, on the rows of each fold's outside, scored on its inside."""

    def judge(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray, str]:
        fitter = Fitter(problem.take(train), settings)
        inside = problem.take(test)
        best = fitter.choose().best
        joint = best.losses(inside)
        alone = joint if best.method == "independent" else fitter.fit("independent").losses(inside)
        return joint, alone, best.method

    return over_folds(problem, settings.seed, n_folds, judge)
