"""What sources add to the target alone: trials on the same folds of one target, so that they can be compared."""

from __future__ import annotations

import time
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from ..core.checks import RECODED
from ..core.domain import Domain, Sources, Task, as_sources
from ..core.errors import HeadstartWarning, InputError
from .begun import Begun
from .candidates import Candidate, common_candidates, source_candidates, target_candidates
from .cross_fit import CrossFit, fit_members
from .estimator import TransferClassifier, TransferRegressor
from .folds import Fold, make_folds, n_folds_for
from .leak import warn_of_leak
from .measuring import Trials
from .problem import Problem
from .reading import read_problem
from .row_losses import losses_of
from .scoring import Metric
from .spaces import SourceModels
from .trial import NewRows, Trial
from .verdict import FEWEST_ROWS

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


class SourceTrials(Trials):
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
        self.seconds_alone = 0.0  # of the target-only model on all folds so far
        self._begun: dict[Any, Begun | Trial] = {}

    @property
    def labels(self) -> np.ndarray:
        """The checked labels (n_target,) of the target."""
        assert self._alone.y is not None
        return self._alone.y

    def problem(self, source: Domain | Sources) -> Problem | str:
        """The checked tables of a source and the target, or the reason why it cannot be used; nothing is fitted."""
        begun = self._begun_with(source)
        return begun.notes[0] if isinstance(begun, Trial) else begun.problem

    def leak_of(self, source: Domain | Sources) -> str:
        """What is told of target rows that a source holds; empty where it holds none. Nothing is fitted."""
        begun = self._begun_with(source)
        return "" if isinstance(begun, Trial) else begun.leaks_told

    def on_new_rows(self, source: Domain | Sources, rows: Domain) -> NewRows:
        """Score what the folds measured so far lead to on labelled target rows that none of them held.

        The blend with the source, and the best that was found of the target alone, are fitted to all target rows;
        ``rows`` are more of the same kind.

        Raises
        ------
        InputError
            Where the source could not be tried, or was not measured before.
        """
        begun = self._begun_with(source)
        if isinstance(begun, Trial) or not begun.found.folds:
            raise InputError(
                "the source was not measured, so there is no model of it to score; expected measure(source) before"
            )
        judge = self._judge(begun)
        choice = judge.choose()
        y = np.asarray(rows.y)
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore", HeadstartWarning)
            values, alone = (
                self._mixture(begun, judge.candidates, weights, rows.X) for weights in (choice.blend, choice.alone)
            )
        scores = self.metric(y, values), self.metric(y, alone)
        return NewRows(*scores, losses_of(values, y, self.classes), losses_of(alone, y, self.classes))

    def _mixture(self, begun: Begun, candidates: list[Candidate], weights: np.ndarray, X: Any) -> np.ndarray:
        """What a mixture of candidates, fitted to all target rows, says of others."""
        used = [c for c, w in zip(candidates, weights, strict=True) if w > 0]
        spaces, fitted, _, notes = fit_members(used, begun.problem, begun.models)
        if notes:
            raise InputError(f"a candidate could not be fitted to all target rows: {notes}")
        view = spaces.view(X)
        share = {c.name: w for c, w in zip(candidates, weights, strict=True)}
        return np.asarray(sum(share[name] * member.values(view) for name, member in fitted.items()))

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

    def _begin(self, source: Domain | Sources) -> Begun | Trial:
        start = time.perf_counter()
        sources = as_sources(source)
        assert sources is not None
        for domain in sources.domains:
            if domain.y is None:
                why = f"source {domain.label!r} has no labels, so nothing can be learned from it"
                return Trial(sources.names, None, notes=(why,))
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always", HeadstartWarning)
            try:
                problem = self._read(sources)
            except InputError as error:
                return Trial(sources.names, None, notes=(_reason(error),))
            n_read = len(said)
            leaks = warn_of_leak(problem)
        notes = [str(w.message) for w in said if issubclass(w.category, HeadstartWarning)]
        problem = replace(problem, classes=self.classes)
        told = "; ".join(str(w.message) for w in said[n_read:] if issubclass(w.category, HeadstartWarning))
        seconds = time.perf_counter() - start
        return Begun(sources.names, problem, problem.n_source, leaks, notes, seconds, leaks_told=told)

    def _fit_models(self, begun: Begun) -> None:
        """Fit the source models, and list the candidates."""
        begun.models = SourceModels().fit(begun.problem) if begun.problem.source_tables else None
        begun.listed = self._candidates(begun.problem, begun.models)
        names = [c.name for c in begun.listed]
        begun.found = CrossFit(values={n: [] for n in names}, seconds=dict.fromkeys(names, 0.0))

    def _candidates(self, problem: Problem, models: Any) -> list[Candidate]:
        listed = []
        if models is not None:
            listed += source_candidates(problem, models, len(models.encoder_.get_feature_names_out()))
        if self.methods == "quick":
            listed = [c for c in listed if c.name in QUICK]
        if problem.whole_tables and (self.methods == "all" or not listed):
            listed += common_candidates(problem)
        return listed

    def _key(self, source: Domain | Sources) -> tuple[Any, ...]:
        """Sources without a name are told apart by their rows, which are kept and so keep their identity."""
        sources = as_sources(source)
        assert sources is not None
        return tuple((d.label, id(d.X), id(d.y)) for d in sources.domains)


def _reason(error: InputError) -> str:
    """Why a source cannot be used, without what concerns those who call ``fit``."""
    return str(error).splitlines()[0].removesuffix(f". {RECODED}")
