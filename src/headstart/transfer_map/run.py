"""The measuring of a map, cell by cell."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..choose.measuring import Trials
from ..choose.trials import SourceTrials
from ..core.domain import Domain, Sources
from .asked import Asked
from .cell import Cell, written
from .drawing import generator
from .journal import Journal
from .order import Place, chance_of_change, first_round

Progress = Callable[[int, int, str], None]


class Run:
    """Measures the cells of a map, and holds the trials of each target.

    Parameters
    ----------
    asked : Asked
        The cells.
    journal : Journal
        What was measured before, and where measurements go.
    repeats : int
        The most repeats of a cell.
    progress : callable or None
        Called before each measurement.
    opened : callable
        The trials of a target, by its name.
    given : callable
        What trials are given to measure, by the names of sources.
    """

    def __init__(
        self,
        asked: Asked[Any],
        journal: Journal,
        *,
        repeats: int,
        progress: Progress | None,
        opened: Callable[[str], Trials],
        given: Callable[[tuple[str, ...]], Any],
    ) -> None:
        self.journal, self.repeats, self._progress = journal, repeats, progress
        self._opened, self._given = opened, given
        self._trials: dict[str, Trials] = {}
        self._seconds: list[float] = []
        self.places = list(first_round(asked.sets, asked.targets))

    def in_order(self) -> dict[Place, Cell | None]:
        """All cells, None where not measured."""
        return {p: self.journal.cells.get(p) for p in self.places}

    def measure(self, time_limit: float | None) -> None:
        """Measure what is missing, until the time is up."""
        start = time.perf_counter()
        if time_limit is None:
            left = [p for p in self.places if self._done(p) < self.repeats]
            for k, missing in enumerate(left):
                self._tell(k, len(left), missing)
                self._step(missing, self.repeats)
            return
        total = len(self.places) * self.repeats
        while (place := self._next()) is not None:
            expected = self._expected(place)
            if time.perf_counter() - start + expected > time_limit and self._seconds:
                return
            self._tell(sum(map(self._done, self.places)), total, place)
            self._step(place, self._done(place) + 1)

    def _next(self) -> Place | None:
        """The first cell that is not measured yet, else the one whose next repeat tells most for its time."""
        for place in self.places:
            if not self._done(place):
                return place
        left = [p for p in self.places if self._done(p) < self.repeats]
        return max(left, key=self._worth, default=None)

    def _worth(self, place: Place) -> float:
        cell, trials = self.journal.cells[place], self._of(place[1])
        share = float(np.mean([len(f.test) / len(f.train) for f in trials.folds]))
        more = trials.n_folds(cell.repeats + 1) - trials.n_folds(cell.repeats)
        return chance_of_change(cell, share, more) / max(self._expected(place), 1e-9)

    def _expected(self, place: Place) -> float:
        """How long one more repeat of a cell takes: as long as its own did, else as one did on average."""
        cell = self.journal.cells.get(place)
        if cell is not None:
            return cell.seconds / cell.repeats
        return float(np.mean(self._seconds)) if self._seconds else 0.0

    def _done(self, place: Place) -> int:
        """Repeats measured; all of them where the sources cannot be tried."""
        cell = self.journal.cells.get(place)
        return 0 if cell is None else self.repeats if cell.verdict is None else cell.repeats

    def _step(self, place: Place, repeats: int) -> None:
        names, target = place
        start = time.perf_counter()
        trials = self._of(target)
        source = self._given(names)
        kept = self.journal.kept.pop(place, None)
        if kept is not None:
            trials.take_up(source, kept)
        trial = trials.measure(source, repeats)
        cell = Cell.of(target, 0 if trial.verdict is None else repeats, trial)
        if kept is not None:
            cell = replace(cell, seconds=cell.seconds + self.journal.cells[place].seconds)
        finished = repeats == self.repeats or cell.verdict is None
        self.journal.add(cell, None if finished else trials.kept(source))
        if finished:
            trials.forget(source)
        self._seconds.append((time.perf_counter() - start) / repeats)

    def _of(self, target: str) -> Trials:
        if target not in self._trials:
            self._trials[target] = self._opened(target)
        return self._trials[target]

    def _tell(self, done: int, total: int, place: Place) -> None:
        if self._progress is not None:
            self._progress(done, total, f"{written(place[0])} to {place[1]}")


def run_of_domains(
    asked: Asked[Domain], journal: Journal, *, repeats: int, seed: int, progress: Any, **options: Any
) -> Run:
    """Measures what domains bring to domains."""

    def opened(target: str) -> Trials:
        others = [d for name, d in asked.as_source.items() if name != target]
        return SourceTrials(
            asked.as_target[target],
            Sources(others),
            task=asked.task,
            scoring=asked.scoring,
            max_source_rows=None,  # cut already, the same rows for all targets
            random=generator(seed, "folds", target),
            repeats=repeats,
            **options,
        )

    def given(names: tuple[str, ...]) -> Sources:
        return Sources([asked.as_source[n] for n in names])

    return Run(asked, journal, repeats=repeats, progress=progress, opened=opened, given=given)
