"""One cell of the map: what some sources bring to one target."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import stdtr, stdtrit

from ..choose.trial import Trial
from ..guard import Verdict


def written(sources: Sequence[str]) -> str:
    """``("Cleveland", "Hungary")`` as "Cleveland + Hungary"."""
    return " + ".join(sources)


@dataclass(frozen=True, eq=False)
class Cell:
    """What sources, alone or together, bring to a target, on ``repeats`` shufflings of its rows into folds.

    ``verdict`` is that of the cell by itself, None where the sources could not be tried, for the reasons in ``notes``.
    ``losses`` and ``losses_alone`` are those of each target row, held out.
    """

    sources: tuple[str, ...]
    target: str
    repeats: int
    n_folds: int
    n_scored: int
    seconds: float
    verdict: Verdict | None
    notes: tuple[str, ...] = ()
    losses: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False)
    losses_alone: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False)

    @classmethod
    def of(cls, target: str, repeats: int, trial: Trial) -> Cell:
        """A trial as a cell."""
        return cls(
            trial.names,
            target,
            repeats,
            trial.n_folds,
            trial.n_scored,
            trial.seconds,
            trial.verdict,
            trial.notes,
            trial.losses,
            trial.losses_alone,
        )

    @property
    def place(self) -> tuple[tuple[str, ...], str]:
        """The sources and the target."""
        return self.sources, self.target

    @property
    def gain(self) -> Estimate:
        """The gain of the model that is weighed by held-out rows."""
        return self._estimate(None if self.verdict is None else (self.verdict.gain, *self.verdict.interval))

    @property
    def pooling(self) -> Estimate:
        """The gain of plain pooling."""
        v = self.verdict
        return self._estimate(None if v is None else (v.pooling_gain, *v.pooling_interval))

    def _estimate(self, found: tuple[float, float, float] | None) -> Estimate:
        mean, low, high = found or (math.nan,) * 3
        level = 0.9 if self.verdict is None else self.verdict.level
        return Estimate(mean, low, high, level, max(self.n_scored - 1, 1))

    def to_dict(self) -> dict[str, Any]:
        """The cell as values that JSON can hold."""
        return {
            "sources": list(self.sources),
            "target": self.target,
            "repeats": self.repeats,
            "n_folds": self.n_folds,
            "n_scored": self.n_scored,
            "seconds": self.seconds,
            "verdict": None if self.verdict is None else vars(self.verdict),
            "notes": list(self.notes),
            "losses": self.losses,
            "losses_alone": self.losses_alone,
        }

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> Cell:
        """A cell from what ``to_dict`` gave."""
        verdict = found["verdict"]
        if verdict is not None:
            parts: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in verdict.items()}
            verdict = Verdict(**parts)
        rest = {
            "sources": tuple(found["sources"]),
            "notes": tuple(found["notes"]),
            "verdict": verdict,
            "losses": np.asarray(found["losses"], dtype=float),
            "losses_alone": np.asarray(found["losses_alone"], dtype=float),
        }
        return cls(**{**found, **rest})


@dataclass(frozen=True)
class Estimate:
    """A mean over folds with its interval, from which its standard error and p-values follow."""

    mean: float
    low: float
    high: float
    level: float
    freedom: int

    @property
    def error(self) -> float:
        """The standard error: the interval is the mean and so many times it, on both sides."""
        return (self.high - self.low) / 2 / float(stdtrit(self.freedom, (1 + self.level) / 2))

    def p_above(self) -> float:
        """The p-value of "not above zero"; NaN where nothing was measured."""
        return self._tail(-1)

    def p_below(self) -> float:
        """The p-value of "not below zero"; NaN where nothing was measured."""
        return self._tail(1)

    def _tail(self, sign: int) -> float:
        if not math.isfinite(self.mean):
            return math.nan
        if not math.isfinite(self.low):
            return 0.5
        if self.error == 0.0:
            return 0.5 if self.mean == 0 else float(sign * self.mean > 0)
        return float(stdtr(self.freedom, sign * self.mean / self.error))
