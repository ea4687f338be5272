"""``map_transfers``: every source to every target, resumable and within a time limit."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import numpy as np

from ..choose.trials import SourceTrials
from ..core.domain import Sources
from ..core.errors import InputError
from .cell import Cell, written
from .claims import check_correction
from .fingerprint import fingerprint
from .journal import Journal
from .order import Place, chance_of_change, first_round
from .reading import Asked, generator, read
from .result import TransferMap

Progress = Callable[[int, int, str], None]


def map_transfers(
    domains: Any,
    *,
    targets: Any = None,
    sources: Any = None,
    orders: int = 1,
    n_target: int | None = None,
    task: str | None = None,
    scoring: Any = None,
    level: float = 0.9,
    correction: str | None = "bh",
    methods: str = "quick",
    repeats: int = 2,
    max_source_rows: int | None = 5000,
    time_limit: float | None = None,
    resume: str | os.PathLike[str] | None = None,
    n_jobs: int | None = None,
    progress: Progress | None = None,
    random_state: int = 0,
) -> TransferMap:
    """Measure what every domain brings to every other one as a source, and who harms whom.

    Each cell of the map is a trial on held-out rows of its target: the model that ``TransferClassifier`` or
    ``TransferRegressor`` would blend of target and source, and plain pooling, both against the target alone. All
    sources of a target are tried on the same folds, against the same target-only model.

    Parameters
    ----------
    domains : list of Domain, Sources, or dict of str to Domain
        At least two tables with labels and different names, all with the same task.
    targets, sources : list of str, default=None
        The domains that are transferred to, and from. None: all. A domain that cannot be a target (fewer than 8 rows,
        or one class) is skipped and named where ``targets`` is None, and refused where it names it.
    orders : int, default=1
        How many sources are tried together, at most: 2 also tries all pairs, which makes the map larger by far.
    n_target : int, default=None
        How many labelled rows of each target are used, drawn in proportion to its classes (to the sizes of its numbers);
        no other row of the target is looked at. It makes gains of targets of different size comparable, and is the number
        that the map speaks about: what helps at 50 rows may not at 500. None: all rows.
    task : {"classification", "regression"}, default=None
        None: told from the labels.
    scoring : str or scorer, default=None
        One metric for all targets. None: area under the ROC curve where there are two classes in all domains together,
        accuracy where there are more, R2 for numbers.
    level : float, default=0.9
        Coverage of each interval; one less it is the bound on false claims.
    correction : {"bh", "holm", None}, default="bh"
        How claims of many cells are held down. "bh" (Benjamini & Hochberg 1995): of what is said to help or hurt at most
        the share ``1 - level`` is expected to be false. "holm" (1979): the chance of even one false claim is at most
        that; for maps on which much hangs. None: each cell by itself, so that of 100 cells in which nothing is about 10
        claim something.
    methods : {"quick", "all"}, default="quick"
        "quick": models of the source, and linear models of pooled rows. "all": what ``TransferClassifier`` tries, which
        takes many times as long.
    repeats : int, default=2
        How often a target's rows are shuffled into folds. More narrow the interval a little, since all repeats share rows.
    max_source_rows : int, default=5000
        A larger source is cut to so many rows, drawn likewise. None: no cut.
    time_limit : float, default=None
        Seconds for this call. Cells are measured with one repeat each first, along diagonals of the map; then further
        repeats go where they are likeliest to change a verdict, for the seconds that they take. No measurement is begun
        that is expected to end too late; cells that were not reached are NaN and listed in ``unmeasured_``. None: all
        cells get all repeats.
    resume : path, default=None
        A file of JSON lines to which each measurement is written as it is made, and from which an interrupted map goes on:
        the result is, to the last digit, that of a map that was not interrupted. A file of other data, settings or versions
        is refused. It holds scores and losses, and, while cells wait for more repeats, predictions for target rows; it
        holds no row of the data.
    n_jobs : int, default=None
        Folds fitted at the same time. None: one.
    progress : callable, default=None
        Called before each measurement with those done, those in all, and the cell's name.
    random_state : int, default=0
        Folds and drawn rows follow from it and the domain's name: adding a domain changes no other cell.

    Returns
    -------
    TransferMap
        Tables of gains, intervals and verdicts; what is asymmetric; who harms whom.

    Raises
    ------
    InputError
        Where there are fewer than two domains, a domain has no labels or no name of its own, classes and numbers are mixed,
        a name is not known, a target has too few rows, or the file to go on from is of another run.
    InputTypeError
        Where ``domains`` holds anything but domains.

    Notes
    -----
    Without a time limit the map depends on the data and the seed alone. With one it also depends on the machine, in which
    cells have how many repeats; each cell's number is that of its repeats, whenever they were measured.

    That a cell is undetermined does not say that its source brings nothing: with few target rows intervals are wide.

    References
    ----------
    Wang, Dai, Poczos, Carbonell (2019). Characterizing and avoiding negative transfer. CVPR.

    Benjamini, Hochberg (1995). Controlling the false discovery rate. Journal of the Royal Statistical Society B 57.

    Examples
    --------
    Two domains in which the label depends on the columns in the same way, and one in which it is the other way round:

    >>> import numpy as np
    >>> import headstart as hs
    >>> X = np.random.default_rng(0).normal(size=(90, 2))
    >>> y = (X[:, 0] > 0).astype(int)
    >>> domains = [
    ...     hs.Domain(X[:30], y[:30], name="north"),
    ...     hs.Domain(X[30:60], y[30:60], name="south"),
    ...     hs.Domain(X[60:], 1 - y[60:], name="turned"),
    ... ]
    >>> found = hs.map_transfers(domains, targets=["south"], scoring="accuracy", repeats=1)
    >>> found.pooling_["south"].round(2).to_dict()
    {'north': 0.07, 'turned': -0.4}
    """
    seed = _check(level, correction, methods, repeats, time_limit, random_state)
    asked = read(
        domains,
        targets=targets,
        sources=sources,
        orders=orders,
        n_target=n_target,
        task=task,
        scoring=scoring,
        max_source_rows=max_source_rows,
        seed=seed,
    )
    settings = {
        "task": asked.task,
        "scoring": asked.scoring if isinstance(asked.scoring, str) or asked.scoring is None else repr(asked.scoring),
        "level": level,
        "repeats": int(repeats),
        "methods": methods,
        "n_target": n_target,
        "max_source_rows": max_source_rows,
        "orders": orders,
        "targets": asked.targets,
        "sources": list(asked.as_source),
        "random_state": seed,
    }
    journal = Journal(resume, {"data": _data(asked), "settings": settings, "versions": versions()})
    run = _Run(asked, journal, level, methods, repeats, n_jobs, seed, progress)
    run.measure(time_limit)
    return TransferMap.of(asked, run.in_order(), repeats=repeats, level=level, correction=correction)


def versions() -> dict[str, str]:
    """What the numbers depend on."""
    return {name: version(name) for name in ("headstart", "numpy", "scipy", "pandas", "scikit-learn")}


def _check(level: Any, correction: Any, methods: Any, repeats: Any, time_limit: Any, random_state: Any) -> int:
    if not isinstance(level, (int, float)) or not 0 < level < 1:
        raise InputError(f"level={level!r}; expected a share between 0 and 1, such as 0.9")
    check_correction(correction)
    if methods not in ("quick", "all"):
        raise InputError(f"methods={methods!r}; expected 'quick' or 'all'")
    if isinstance(repeats, bool) or not isinstance(repeats, (int, np.integer)) or repeats < 1:
        raise InputError(f"repeats={repeats!r}; expected a whole number of at least 1")
    if time_limit is not None and not time_limit > 0:
        raise InputError(f"time_limit={time_limit!r}; expected seconds, more than 0, or None")
    if isinstance(random_state, bool) or not isinstance(random_state, (int, np.integer)) or random_state < 0:
        raise InputError(
            f"random_state={random_state!r}; expected a whole number of at least 0: a map that is gone on with has to "
            "draw the same folds"
        )
    return int(random_state)


def _data(asked: Asked) -> dict[str, Any]:
    return {
        name: {
            role: fingerprint(domains[name])
            for role, domains in (("source", asked.as_source), ("target", asked.as_target))
            if name in domains
        }
        for name in dict.fromkeys([*asked.as_source, *asked.as_target])
    }


class _Run:
    """Measures the cells of a map, and holds the trials of each target."""

    def __init__(
        self,
        asked: Asked,
        journal: Journal,
        level: float,
        methods: str,
        repeats: int,
        n_jobs: int | None,
        seed: int,
        progress: Progress | None,
    ) -> None:
        self.asked, self.journal, self.repeats = asked, journal, repeats
        self._options = {"level": level, "methods": methods, "repeats": repeats, "n_jobs": n_jobs}
        self._seed, self._progress = seed, progress
        self._trials: dict[str, SourceTrials] = {}
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
            for k, place in enumerate(left):
                self._tell(k, len(left), place)
                self._step(place, self.repeats)
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
        source = Sources([self.asked.as_source[n] for n in names])
        kept = self.journal.kept.pop(place, None)
        if kept is not None:
            trials.take_up(source, kept)
        cell = Cell.of(target, repeats, trials.measure(source, repeats))
        if kept is not None:
            cell = replace(cell, seconds=cell.seconds + self.journal.cells[place].seconds)
        finished = repeats == self.repeats or cell.verdict is None
        self.journal.add(cell, None if finished else trials.kept(source))
        if finished:
            trials.forget(source)
        self._seconds.append((time.perf_counter() - start) / repeats)

    def _of(self, target: str) -> SourceTrials:
        if target not in self._trials:
            others = [d for name, d in self.asked.as_source.items() if name != target]
            self._trials[target] = SourceTrials(
                self.asked.as_target[target],
                Sources(others),
                task=self.asked.task,
                scoring=self.asked.scoring,
                max_source_rows=None,  # cut already, the same rows for all targets
                random=generator(self._seed, "folds", target),
                **self._options,
            )
        return self._trials[target]

    def _tell(self, done: int, total: int, place: Place) -> None:
        if self._progress is not None:
            self._progress(done, total, f"{written(place[0])} to {place[1]}")
