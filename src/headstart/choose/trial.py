"""What a trial of one source, or of several together, found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from ..guard import Verdict


@dataclass(frozen=True)
class Trial:
    """What one source, or several together, add to the target alone.

    ``verdict`` as of ``TransferClassifier``, on ``n_folds`` folds, None where the sources could not be tried, for the
    reasons in ``notes``. ``losses`` and ``losses_alone`` (n_target,) are the mean losses of each held-out target row,
    with the sources and without: log losses, of numbers squared errors; NaN for rows that no fold has held out yet.
    ``fold_gains`` (n_folds,) is what the sources add to the score of each fold, NaN where it could not be scored.
    Of ``seconds``, ``seconds_once`` went into reading the sources and fitting their own models, the rest into folds.
    """

    names: tuple[str, ...]
    verdict: Verdict | None
    n_folds: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    losses: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False)
    losses_alone: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False)
    fold_gains: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False)
    seconds_once: float = 0.0

    @property
    def n_scored(self) -> int:
        """The folds that the metric is defined on."""
        return int(np.isfinite(self.fold_gains).sum())


@dataclass(frozen=True)
class Kept:
    """What the folds measured so far said, of the sources and of the target alone: enough to go on elsewhere."""

    n_folds: int
    values: dict[str, list[np.ndarray]]
    alone: dict[str, list[np.ndarray]]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class NewRows:
    """Scores and row losses (n_rows,) of labelled target rows that no fold held, with the sources and without."""

    score: float
    score_alone: float
    losses: np.ndarray = field(repr=False)
    losses_alone: np.ndarray = field(repr=False)


def tried(trials: Iterable[Trial]) -> list[Trial]:
    """Those that have a verdict."""
    return [t for t in trials if t.verdict is not None]
