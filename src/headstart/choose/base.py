"""The steps of the choice, for classes and numbers alike: read, try, judge, fit."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from numbers import Real
from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from ..core.base import TransferEstimator
from ..core.domain import as_sources, as_unlabeled
from ..core.errors import HeadstartWarning, InputError
from ..core.frames import stack_tables
from ..core.traits import Traits
from ..diagnosis.alignment import Alignment
from ..guard import Verdict
from ..tables import read_table
from .against import against
from .alignments import alignments
from .candidates import (
    GIVEN_KINDS,
    MORE_GIVEN_KINDS,
    Candidate,
    common_candidates,
    given_candidates,
    own_candidates,
    source_candidates,
    target_candidates,
)
from .cross_fit import CrossFit, cross_fit, fit_members
from .curve import learning_curve, target_only_score
from .decide import decide
from .every import every_candidate
from .folds import make_folds, n_folds_for, n_repeats_for
from .given import GivenModels
from .judge import Judge
from .label_free import NOTE, label_free_candidates
from .leaderboard import single_row_board
from .leak import warn_of_leak
from .problem import Problem
from .progress import reporter
from .reading import read_problem
from .scoring import Metric
from .setups import Setups
from .several import SourceEvidence, source_evidence
from .source_rows import SOURCE_COLUMNS, left_out, on_the_leaderboard, source_table, with_sources_told
from .spaces import SourceModels, Spaces
from .verdict import FEWEST_ROWS, Evidence

Policy = Literal["blend", "best", "strict"]


def _is_small(problem: Problem) -> bool:
    return (problem.n_source + problem.X.shape[0]) * problem.X.shape[1] < 1_000_000


def _generator(random_state: Any) -> np.random.Generator:
    """A generator of its own; without a seed NumPy's global random numbers are left alone."""
    if random_state is None:
        return np.random.default_rng()
    return np.random.default_rng(check_random_state(random_state).randint(2**31))


class TransferChoice(TransferEstimator):
    """All but the task: see TransferClassifier."""

    traits = Traits(kind="baseline", same_columns=False, several_sources=True)
    # Wrappers that learn from target rows beforehand would show them to the folds.
    judges_on_folds = True
    _task: str

    def __init__(
        self,
        *,
        candidates: Any = "auto",
        source_model: Any = None,
        policy: Policy = "blend",
        scoring: Any = None,
        level: float = 0.9,
        select_sources: bool = True,
        max_source_rows: int | None = 20_000,
        time_limit: float | None = None,
        n_jobs: int | None = None,
        progress: bool | Callable[[int, int], None] = False,
        random_state: Any = None,
    ) -> None:
        self.candidates = candidates
        self.source_model = source_model
        self.policy = policy
        self.scoring = scoring
        self.level = level
        self.select_sources = select_sources
        self.max_source_rows = max_source_rows
        self.time_limit = time_limit
        self.n_jobs = n_jobs
        self.progress = progress
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, *, source: Any = None, unlabeled: Any = None) -> Any:
        """Try the candidates on the target rows, choose, judge, and fit the model that is handed over.

        Parameters
        ----------
        X : table of shape (n_target, n_columns)
            Target rows: a pandas or polars DataFrame, an array, or a sparse matrix.
        y : array-like of shape (n_target,), default=None
            Target labels. None, only with a source: nothing can be scored then, and there is no verdict.
        source : Domain or Sources, default=None
            The labelled source. Frames are matched by column name; columns that only one side has are used by the
            candidates that can. None: the model is the best that is found of the target alone.
        unlabeled : Domain, default=None
            Target rows without labels, with the target's columns. They tell what the target looks like to the
            candidates that ask; no score is measured on them.

        Returns
        -------
        self
        """
        start = time.perf_counter()
        self._check_parameters()
        random = _generator(self.random_state)
        sources, extra = as_sources(source), as_unlabeled(unlabeled)
        problem = read_problem(self, X, y, sources, extra, random)
        self.leaks_ = () if sources is None else warn_of_leak(problem)
        self.n_source_ = 0 if sources is None else sources.n_rows
        if problem.classes is not None:
            self.classes_ = problem.classes
        self.verdict_: Verdict | None = None
        self.verdict_note_ = ""
        self.against_: dict[str, float] = {}
        self.alignments_: dict[str, Alignment] = {}
        self.sources_ = pd.DataFrame(columns=SOURCE_COLUMNS)
        self.learning_curve_ = pd.DataFrame(columns=["n_labels", "target_only", "target_only_low", "target_only_high"])
        # Threads inside small fits cost more than they bring, and a great deal on a busy machine.
        with threadpool_limits(1 if _is_small(problem) else None):
            return self._fit_problem(problem, random, start)

    # The steps of fit, in their order.

    def _fit_problem(self, problem: Problem, random: np.random.Generator, start: float) -> Any:
        if problem.y is None:
            return self._fit_label_free(problem, random)
        whole = problem
        setups = Setups(whole, self._evidence(whole), self._models_and_candidates)
        chosen = setups.of(np.arange(len(whole.y)))
        problem, models, listed = chosen.problem, chosen.models, chosen.candidates
        folds = self._folds(problem, random)
        if folds is None:
            return self._fit_single(listed[0], problem, "too few rows to choose a learner by")
        metric = Metric(self.scoring, problem.classes, problem.y)  # before the work: it may not fit the labels
        deadline = None if self.time_limit is None else start + 0.7 * self.time_limit
        found = cross_fit(
            listed,
            problem,
            models,
            folds,
            n_jobs=self.n_jobs,
            deadline=deadline,
            report=reporter(self.progress, "folds"),
            setups=setups,
        )
        self.against_ = against(models, problem)
        kept = [c for c in listed if c.name in found.names]
        if not any(c.role == "target only" for c in kept):
            raise InputError(f"no target-only learner could be fitted: {'; '.join(found.notes.values())}")
        judge = Judge(found, kept, problem.y, metric, self.level)
        self._judge(judge, found, listed, problem, random)
        self._tell_of_sources(setups, judge)
        self._fit_members(kept, problem, models)
        deadline = None if self.time_limit is None else start + self.time_limit
        self.alignments_ = alignments(kept, problem, random, deadline)
        return self

    def _tell_of_sources(self, setups: Setups, judge: Judge) -> None:
        if setups.evidence is None:
            return
        self.sources_ = source_table(setups, judge)
        self.leaderboard_ = with_sources_told(self.leaderboard_, on_the_leaderboard(self.sources_))
        self.verdict_note_ = "; ".join(filter(None, (self.verdict_note_, left_out(self.sources_))))

    def _evidence(self, problem: Problem) -> SourceEvidence | None:
        """What chooses among several sources; None where there is nothing to choose, or nothing to choose by."""
        several = len(problem.source_tables) > 1 and self.select_sources
        return source_evidence(problem) if several else None

    def _models_and_candidates(self, problem: Problem) -> tuple[Any, list[Candidate]]:
        models = self._source_models(problem)
        return models, self._candidates(problem, models)

    def _source_models(self, problem: Problem) -> Any:
        """What is asked for predictions of the source: fitted here, or given; None without either."""
        if problem.models:
            kinds = GIVEN_KINDS + (MORE_GIVEN_KINDS if self.candidates == "every" else ())
            return GivenModels(problem.models, problem.task, problem.classes, kinds).fit()
        return SourceModels().fit(problem) if problem.source_tables else None

    def _check_parameters(self) -> None:
        if self.policy not in ("blend", "best", "strict"):
            raise InputError(f"policy={self.policy!r}; expected 'blend', 'best' or 'strict'")
        if not 0.5 < self.level < 1:
            raise InputError(f"level={self.level!r}; expected a number between 0.5 and 1, such as 0.9")
        if self.time_limit is not None and not (isinstance(self.time_limit, Real) and self.time_limit > 0):
            raise InputError(f"time_limit={self.time_limit!r}; expected a number of seconds above 0")
        if self.max_source_rows is not None and self.max_source_rows < 10:
            raise InputError(f"max_source_rows={self.max_source_rows!r}; expected at least 10, or None for all")
        if isinstance(self.candidates, str) and self.candidates not in ("auto", "every"):
            raise InputError(
                f"candidates={self.candidates!r}; expected 'auto', 'every' or a list of (name, estimator) pairs"
            )

    def _candidates(self, problem: Problem, models: Any) -> list[Candidate]:
        listed = target_candidates(problem.task, len(problem.y), 2 if problem.classes is None else len(problem.classes))
        if problem.models:
            listed += given_candidates(problem, models)
        elif models is not None:
            listed += source_candidates(problem, models, len(models.encoder_.get_feature_names_out()))
        if problem.whole_tables:
            listed += common_candidates(problem)
        if self.candidates == "every" and problem.source_tables:
            return listed + every_candidate(problem, models)
        if self.candidates == "every" and problem.models:
            if not any(move.kind in MORE_GIVEN_KINDS for move in models.moves().values()):
                raise InputError(
                    "candidates='every' was asked for, and of source models alone it adds the continuation of boosting "
                    "models, of which there is none; expected candidates='auto'"
                )
            return listed
        if self.candidates == "every" and problem.has_source:
            raise InputError(
                "candidates='every' was asked for, and there are no source rows with columns that the target shares, "
                "which the further methods need; expected candidates='auto'"
            )
        if isinstance(self.candidates, str) or not problem.has_source:
            return listed
        return [c for c in listed if c.kind == "baseline"] + own_candidates(self.candidates, problem)

    def _folds(self, problem: Problem, random: np.random.Generator) -> Any:
        n = len(problem.y)
        if n < FEWEST_ROWS:
            if problem.has_source:
                raise InputError(
                    f"{n} labelled target rows; expected at least {FEWEST_ROWS} to choose and judge by: label more, "
                    "or use fit(X, None, source=...), which chooses nothing and gives no verdict"
                )
            return None
        largest = 0 if problem.classes is None else int(np.unique(problem.y, return_counts=True)[1].max())
        folds = make_folds(
            problem.y,
            classes=problem.classes is not None,
            n_folds=n_folds_for(n, largest),
            n_repeats=n_repeats_for(n),
            random=random,
        )
        return folds if len(folds) >= 2 else None

    def _judge(
        self, judge: Judge, found: CrossFit, listed: list[Candidate], problem: Problem, random: np.random.Generator
    ) -> None:
        plain = [k for k, c in enumerate(judge.candidates) if c.role == "pooled" and "equal weights" not in c.name]
        if problem.models:  # without the source's rows its models as they are stand for trust in it
            plain = [k for k, c in enumerate(judge.candidates) if c.role == "source only"]

        def curve(weights: np.ndarray, scores: np.ndarray) -> pd.DataFrame:
            score = target_only_score(judge.candidates, weights, problem, judge.metric)
            return learning_curve(score, problem.y, found.folds, scores, random, classes=problem.classes is not None)

        decided = decide(
            judge,
            found,
            listed,
            policy=self.policy,
            evidence=Evidence(
                has_source=problem.has_source,
                n_target=len(problem.y),
                n_source=problem.n_source,
                plain=tuple(plain),
                trusting="its model alone" if problem.models else "pooling it",
                leaks=self.leaks_,
            ),
            curve=curve,
        )
        self.verdict_, self.verdict_note_ = decided.verdict, decided.note
        if decided.curve is not None:
            self.learning_curve_ = decided.curve
        self.weights_, self.leaderboard_ = decided.weights, decided.leaderboard
        self.metric_ = judge.metric.name
        self.n_folds_ = len(found.folds)

    def _fit_members(self, kept: list[Candidate], problem: Problem, models: Any) -> None:
        used = [c for c in kept if self.weights_[c.name] > 0]
        spaces, fitted, _, notes = fit_members(used, problem, models)
        if notes:
            raise InputError(f"a chosen candidate could not be fitted to all rows: {notes}")
        self.spaces_: Spaces = spaces
        self.members_ = fitted

    def _fit_single(self, candidate: Candidate, problem: Problem, why: str) -> Any:
        self.weights_ = {candidate.name: 1.0}
        self.leaderboard_ = single_row_board(candidate, why)
        self.verdict_note_ = f"{why}: the model is {candidate.name}"
        self.metric_, self.n_folds_ = Metric(self.scoring, problem.classes, problem.y).name, 0
        self._fit_members([candidate], problem, None)
        return self

    def _fit_label_free(self, problem: Problem, random: np.random.Generator) -> Any:
        warnings.warn(f"{type(self).__name__}: {NOTE}", HeadstartWarning, stacklevel=3)
        models = SourceModels().fit(problem)
        listed = label_free_candidates(problem, models, int(random.integers(2**31)))
        self.weights_ = {c.name: 1.0 / len(listed) for c in listed}
        self.verdict_note_ = NOTE
        rows = problem.X if problem.more is None else stack_tables([problem.X, problem.more])
        problem = replace(problem, X=rows, more=None)
        self.spaces_ = Spaces(models).fit(rows, problem)
        given = self.spaces_.training(rows, None, problem)
        self.members_ = {c.name: c.member.fit(given) for c in listed}
        self.metric_, self.n_folds_ = Metric(self.scoring, problem.classes, problem.ys).name, 0
        self.leaderboard_ = pd.concat(
            [single_row_board(c, "not scored: no target labels", 1 / len(listed)) for c in listed], ignore_index=True
        )
        return self

    def _values(self, X: Any) -> np.ndarray:
        check_is_fitted(self, "members_")
        view = self.spaces_.view(read_table(self, X, reset=False))
        return np.asarray(sum(self.weights_[name] * member.values(view) for name, member in self.members_.items()))

    def __getstate__(self) -> Any:
        """What is saved: no rows, so that the pictures of ``alignments_`` stay behind."""
        state = super().__getstate__()
        if "alignments_" in state:
            state = {**state, "alignments_": {k: a.without_rows() for k, a in state["alignments_"].items()}}
        return state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.input_tags.sparse = True
        return tags
