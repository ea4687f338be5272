"""What sources add to the target alone: trials on the same folds of one target, so that they can be compared."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from ..core.domain import Domain, Sources, Task, as_sources
from ..core.errors import HeadstartWarning, InputError
from ..guard import Verdict
from .blend import FLOOR
from .candidates import Candidate, common_candidates, source_candidates, target_candidates
from .cross_fit import CrossFit, cross_fit
from .estimator import TransferClassifier, TransferRegressor
from .folds import Fold, make_folds, n_folds_for
from .judge import Judge
from .leak import warn_of_leak
from .problem import Problem
from .reading import read_problem
from .scoring import Metric
from .spaces import SourceModels
from .verdict import FEWEST_ROWS, Evidence, give_verdict

# What is tried of each source: source models that were fitted once, and pooling by a linear model. Together they take
# a small part of the time of all candidates, and are most of what the blend leans on.
QUICK = (
    "source only (linear)",
    "source only (boosting)",
    "pooled (linear)",
    "pooled, equal weights (linear)",
    "source prior (linear)",
    "source prior (all source models)",
    "recalibrated source",
    "source outputs as columns (trees)",
)
_NO_CURVE = pd.DataFrame(columns=["n_labels", "target_only"])


@dataclass(frozen=True)
class Trial:
    """What one source, or several together, add to the target alone.

    ``verdict`` as of ``TransferClassifier``, on ``n_folds`` folds, None where the sources could not be tried, for the
    reasons in ``notes``. ``losses`` and ``losses_alone`` (n_target,) are the mean losses of each held-out target row,
    with the sources and without: log losses, of numbers squared errors; NaN for rows that no fold has held out yet.
    ``n_scored`` are the folds that the metric is defined on.
    """

    names: tuple[str, ...]
    verdict: Verdict | None
    n_folds: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    losses: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False)
    losses_alone: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False)
    n_scored: int = 0


@dataclass(frozen=True)
class Kept:
    """What the folds measured so far said, of the sources and of the target alone: enough to go on elsewhere."""

    n_folds: int
    values: dict[str, list[np.ndarray]]
    alone: dict[str, list[np.ndarray]]
    notes: tuple[str, ...]


@dataclass
class _Begun:
    """What is known of some sources so far."""

    problem: Problem
    models: Any
    listed: list[Candidate]
    found: CrossFit
    leaks: tuple[str, ...]
    notes: list[str]
    seconds: float = 0.0


class SourceTrials:
    """One target and its folds; tries sources on them, each against the same target-only model.

    Parameters
    ----------
    target : Domain
        Labelled target rows, a table.
    sources : Sources
        All sources that will be tried, alone or together.
    task : {"classification", "regression"}, default=None
        None: told from the target's labels.
    scoring : str or scorer, default=None
        The metric. None: area under the ROC curve for two classes, accuracy for more, R2 for numbers.
    level : float, default=0.9
        Coverage of the intervals.
    methods : {"quick", "all"}, default="quick"
        "quick": models of the source, and linear models of pooled rows, which take a small part of the time. "all":
        what ``TransferClassifier`` tries.
    repeats : int, default=4
        How often the target rows are shuffled into folds, at most.
    max_source_rows : int, default=5000
        A larger source is cut to so many rows, drawn at random. None: no cut.
    n_jobs : int, default=None
        Folds fitted at the same time. None: one.
    random : Generator
        Folds and the rows drawn of large sources follow from it.

    Raises
    ------
    InputError
        Where the target has no labels, or too few rows.
    """

    def __init__(
        self,
        target: Domain,
        sources: Sources,
        *,
        task: str | None = None,
        scoring: Any = None,
        level: float = 0.9,
        methods: str = "quick",
        repeats: int = 4,
        max_source_rows: int | None = 5000,
        n_jobs: int | None = None,
        random: np.random.Generator,
    ) -> None:
        if methods not in ("quick", "all"):
            raise InputError(f"methods={methods!r}; expected 'quick' or 'all'")
        if target.y is None:
            raise InputError(
                f"the target {target.label!r} has no labels: what a source adds is measured on held-out target rows; "
                "expected hs.Domain(X, y) with at least some labelled rows"
            )
        self.target, self.level, self.methods, self.n_jobs = target, level, methods, n_jobs
        self.task = task or Task.of(target.y).kind
        self._random = random
        self._estimator = TransferClassifier if self.task == "classification" else TransferRegressor
        self._max_source_rows = max_source_rows
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", HeadstartWarning)
            self._alone = self._read(None)
        n = len(self._alone.y)
        if n < FEWEST_ROWS:
            raise InputError(
                f"the target {target.label!r} has {n} labelled rows; expected at least {FEWEST_ROWS} to measure by: "
                "label more"
            )
        self.classes = self._union(sources)
        self.metric = Metric(scoring, self.classes, self._alone.y)
        largest = 0 if self.classes is None else int(np.unique(self._alone.y, return_counts=True)[1].max())
        self.folds: list[Fold] = make_folds(
            self._alone.y,
            classes=self.classes is not None,
            n_folds=n_folds_for(n, largest),
            n_repeats=repeats,
            random=random,
        )
        self._baselines = target_candidates(self.task, n, 2 if self.classes is None else len(self.classes))
        self._baseline_fit = CrossFit()
        self._begun: dict[tuple[str, ...], _Begun | Trial] = {}

    def n_folds(self, repeats: int) -> int:
        """The number of folds of the first ``repeats`` shufflings."""
        return sum(f.repeat < repeats for f in self.folds)

    def measure(self, source: Domain | Sources, repeats: int = 1) -> Trial:
        """Try a source, or several together, on the folds of the first ``repeats`` shufflings.

        Folds that were measured before are not measured again.
        """
        sources = as_sources(source)
        assert sources is not None
        with threadpool_limits(1):
            begun = self._begun.get(sources.names)
            if begun is None:
                begun = self._begun[sources.names] = self._begin(sources)
            if isinstance(begun, Trial):
                return begun
            start = time.perf_counter()
            folds = self.folds[: self.n_folds(repeats)]
            self._fit_baselines(folds)
            self._extend(begun.found, begun.listed, begun.problem, begun.models, folds, begun.notes)
            begun.seconds += time.perf_counter() - start
            return self._judged(sources.names, begun)

    def kept(self, source: Domain | Sources) -> Kept | None:
        """What was measured of some sources; None where they were not, or cannot be."""
        sources = as_sources(source)
        assert sources is not None
        begun = self._begun.get(sources.names)
        if not isinstance(begun, _Begun):
            return None
        n = len(begun.found.folds)
        alone = {k: v[:n] for k, v in self._baseline_fit.values.items()}
        return Kept(n, dict(begun.found.values), alone, tuple(begun.notes))

    def take_up(self, source: Domain | Sources, kept: Kept) -> None:
        """Go on from what other trials with the same target, sources and random numbers measured."""
        sources = as_sources(source)
        assert sources is not None
        with threadpool_limits(1):
            begun = self._begin(sources)
        self._begun[sources.names] = begun
        if isinstance(begun, Trial):
            return
        folds = self.folds[: kept.n_folds]
        begun.found.folds, begun.notes = list(folds), list(kept.notes)
        begun.found.values = {k: list(v) for k, v in kept.values.items()}
        if len(self._baseline_fit.folds) < len(folds):
            alone = {k: list(v) for k, v in kept.alone.items()}
            self._baseline_fit = CrossFit(list(folds), alone, dict.fromkeys(alone, 0.0))

    def forget(self, source: Domain | Sources) -> None:
        """Let go of the models of some sources."""
        sources = as_sources(source)
        assert sources is not None
        self._begun.pop(sources.names, None)

    def _read(self, sources: Sources | None) -> Problem:
        estimator = self._estimator(max_source_rows=self._max_source_rows)
        return read_problem(estimator, self.target.X, self.target.y, sources, None, self._random)

    def _union(self, sources: Sources) -> np.ndarray | None:
        """All classes, of sources too whose labels fit: one metric for all."""
        if self._alone.classes is None:
            return None
        labels = [self._alone.classes]
        for domain in sources.domains:
            if domain.y is not None and np.isin(domain.y, self._alone.classes).any():
                labels.append(np.unique(domain.y[~pd.isna(domain.y)]))
        return np.unique(np.concatenate(labels))

    def _begin(self, sources: Sources) -> _Begun | Trial:
        start = time.perf_counter()
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always", HeadstartWarning)
            try:
                problem = self._read(sources)
            except InputError as error:
                return Trial(sources.names, None, notes=(str(error).splitlines()[0],))
            leaks = warn_of_leak(problem)
        problem = replace(problem, classes=self.classes)
        models = SourceModels().fit(problem) if problem.source_tables else None
        listed = self._candidates(problem, models)
        notes = [str(w.message) for w in said if issubclass(w.category, HeadstartWarning)]
        found = CrossFit(values={c.name: [] for c in listed}, seconds={c.name: 0.0 for c in listed})
        return _Begun(problem, models, listed, found, leaks, notes, time.perf_counter() - start)

    def _candidates(self, problem: Problem, models: Any) -> list[Candidate]:
        listed = []
        if models is not None:
            listed += source_candidates(problem, models, len(models.encoder_.get_feature_names_out()))
        if self.methods == "quick":
            listed = [c for c in listed if c.name in QUICK]
        if problem.whole_tables and (self.methods == "all" or not listed):
            listed += common_candidates(problem)
        return listed

    def _fit_baselines(self, folds: list[Fold]) -> None:
        """The target-only candidates: once for all sources."""
        problem = replace(self._alone, classes=self.classes)
        if not self._baseline_fit.values:
            names = [c.name for c in self._baselines]
            self._baseline_fit = CrossFit(values={n: [] for n in names}, seconds=dict.fromkeys(names, 0.0))
        self._extend(self._baseline_fit, self._baselines, problem, None, folds, [])

    def _extend(
        self,
        found: CrossFit,
        listed: list[Candidate],
        problem: Problem,
        models: Any,
        folds: list[Fold],
        notes: list[str],
    ) -> None:
        """Fit what is missing of the folds."""
        left = folds[len(found.folds) :]
        if not left:
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", HeadstartWarning)  # what is left out stands in the notes
            new = cross_fit(
                listed, problem, models, left, n_jobs=self.n_jobs, deadline=None, report=lambda done, total: None
            )
        found.folds += new.folds
        for name, values in new.values.items():
            found.values[name] += values
            found.seconds[name] += new.seconds[name]
        for name, note in new.notes.items():
            found.notes[name] = note
            notes.append(f"{name} {note}")

    def _judged(self, names: tuple[str, ...], begun: _Begun) -> Trial:
        n = len(begun.found.folds)
        alone, found = self._baseline_fit, begun.found
        both = CrossFit(
            folds=found.folds,
            values={**{k: v[:n] for k, v in alone.values.items() if k in alone.names}, **found.values},
            seconds={**alone.seconds, **found.seconds},
            notes={**alone.notes, **found.notes},
        )
        kept = [c for c in [*self._baselines, *begun.listed] if c.name in both.names]
        notes = tuple(dict.fromkeys(begun.notes))
        if all(c.role == "target only" for c in kept):
            return Trial(names, None, n, begun.seconds, (*notes, "no method that uses it could be fitted"))
        judge = Judge(both, kept, begun.problem.y, self.metric, self.level)
        scores, baseline = judge.policy_scores("blend"), judge.baseline_scores()
        if not np.isfinite(scores - baseline).any():
            return Trial(names, None, n, begun.seconds, (*notes, f"no fold could be scored by {self.metric.name}"))
        plain = [k for k, c in enumerate(kept) if c.role == "pooled" and "equal weights" not in c.name]
        evidence = Evidence(
            has_source=True,
            n_target=len(begun.problem.y),
            n_source=begun.problem.n_source,
            plain=tuple(plain),
            trusting="pooling it",
            leaks=begun.leaks,
        )
        verdict = give_verdict(judge, judge.choose(), scores, baseline, _NO_CURVE, evidence)
        n_scored = int(np.isfinite(scores - baseline).sum())
        return Trial(names, verdict, n, begun.seconds, notes, *_row_losses(judge, len(begun.problem.y)), n_scored)


def tried(trials: Iterable[Trial]) -> list[Trial]:
    """Those that have a verdict."""
    return [t for t in trials if t.verdict is not None]


def _row_losses(judge: Judge, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """The mean loss of each row with the sources and alone, by weights that the other folds chose."""
    choices = judge.cross_choices()
    blend = np.stack([c.blend for c in choices])[judge.fold_of]
    alone = np.stack([judge.one_hot(c.baseline) for c in choices])[judge.fold_of]
    found = []
    for weights in (blend, alone):
        value = (judge.matrix * weights).sum(axis=1)
        if judge.n_classes:
            loss = -np.log((1 - FLOOR) * value + FLOOR / judge.n_classes)
        else:
            loss = (value - judge.y) ** 2
        count = np.bincount(judge.rows, minlength=n_rows)
        total = np.bincount(judge.rows, weights=loss, minlength=n_rows)
        found.append(np.where(count > 0, total / np.maximum(count, 1), np.nan))
    return found[0], found[1]
