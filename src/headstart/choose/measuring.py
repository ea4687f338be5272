"""Trials on the folds of one target: what is measured, kept and gone on from, whatever it is that may help."""

from __future__ import annotations

import time
import warnings
from dataclasses import replace
from typing import Any

from threadpoolctl import threadpool_limits

from ..core.errors import HeadstartWarning
from .begun import Begun, judge_of, judged
from .candidates import Candidate
from .cross_fit import CrossFit, cross_fit
from .folds import Fold
from .judge import Judge
from .problem import Problem
from .scoring import Metric
from .trial import Kept, Trial


class Trials:
    """One target and its folds; tries what may help on them, each against the same target-only model.

    A class that derives from it sets the attributes below, and says what is tried: ``_key``, ``_begin`` and
    ``_fit_models``, and ``_setups`` where what is tried differs from fold to fold.
    """

    level: float
    n_jobs: int | None
    metric: Metric
    folds: list[Fold]
    seconds_alone: float  # of the target-only model on all folds so far
    _alone: Problem
    _baselines: list[Candidate]
    _baseline_fit: CrossFit
    _begun: dict[Any, Begun | Trial]

    def _key(self, source: Any) -> Any:
        """What tells what is tried apart."""
        raise NotImplementedError

    def _begin(self, source: Any) -> Begun | Trial:
        """Read what is tried; a trial without a verdict where it cannot be."""
        raise NotImplementedError

    def _fit_models(self, begun: Begun) -> None:
        """Fit what serves all folds, and list the candidates."""
        raise NotImplementedError

    def _setups(self, begun: Begun) -> Any:
        """What differs from fold to fold, as ``cross_fit`` takes it."""
        return None

    def n_folds(self, repeats: int) -> int:
        """The number of folds of the first ``repeats`` shufflings."""
        return sum(f.repeat < repeats for f in self.folds)

    def measure(self, source: Any, repeats: int = 1) -> Trial:
        """Try a source, or several together, on the folds of the first ``repeats`` shufflings.

        Folds that were measured before are not measured again.
        """
        begun = self._begun_with(source)
        if isinstance(begun, Trial):
            return begun
        folds = self.folds[: self.n_folds(repeats)]
        with threadpool_limits(1):
            start = time.perf_counter()
            self._fit_baselines(folds)
            self.seconds_alone += time.perf_counter() - start
            start = time.perf_counter()
            if begun.listed is None:
                self._fit_models(begun)
                begun.seconds_once = begun.seconds + time.perf_counter() - start
            assert begun.listed is not None
            self._extend(
                begun.found, begun.listed, begun.problem, begun.models, folds, begun.notes, self._setups(begun)
            )
            begun.seconds += time.perf_counter() - start
            return judged(begun, self._judge(begun))

    def kept(self, source: Any) -> Kept | None:
        """What was measured of some sources; None where they were not, or cannot be."""
        begun = self._begun.get(self._key(source))
        if not isinstance(begun, Begun):
            return None
        n = len(begun.found.folds)
        alone = {k: v[:n] for k, v in self._baseline_fit.values.items()}
        return Kept(n, dict(begun.found.values), alone, tuple(begun.notes))

    def take_up(self, source: Any, kept: Kept) -> None:
        """Go on from what other trials with the same target, sources and random numbers measured."""
        begun = self._begun_with(source)
        if isinstance(begun, Trial):
            return
        with threadpool_limits(1):
            self._fit_models(begun)
        folds = self.folds[: kept.n_folds]
        begun.notes = list(kept.notes)
        begun.found = CrossFit(list(folds), {k: list(v) for k, v in kept.values.items()}, begun.found.seconds)
        if len(self._baseline_fit.folds) < len(folds):
            alone = {k: list(v) for k, v in kept.alone.items()}
            self._baseline_fit = CrossFit(list(folds), alone, dict.fromkeys(alone, 0.0))

    def forget(self, source: Any) -> None:
        """Let go of the models of some sources."""
        self._begun.pop(self._key(source), None)

    def _judge(self, begun: Begun) -> Judge:
        return judge_of(begun, self._baselines, self._baseline_fit, self.metric, self.level)

    def _begun_with(self, source: Any) -> Begun | Trial:
        key = self._key(source)
        if key not in self._begun:
            self._begun[key] = self._begin(source)
        return self._begun[key]

    def _fit_baselines(self, folds: list[Fold]) -> None:
        """The target-only candidates: once for all sources."""
        problem = replace(self._alone, classes=self.metric.classes)
        if not self._baseline_fit.values:
            names = [c.name for c in self._baselines]
            self._baseline_fit = CrossFit(values={n: [] for n in names}, seconds=dict.fromkeys(names, 0.0))
        self._extend(self._baseline_fit, self._baselines, problem, None, folds, [], None)

    def _extend(
        self,
        found: CrossFit,
        listed: list[Candidate],
        problem: Problem,
        models: Any,
        folds: list[Fold],
        notes: list[str],
        setups: Any,
    ) -> None:
        """Fit what is missing of the folds."""
        left = folds[len(found.folds) :]
        if not left:
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", HeadstartWarning)  # what is left out stands in the notes
            new = cross_fit(
                listed,
                problem,
                models,
                left,
                n_jobs=self.n_jobs,
                deadline=None,
                report=lambda done, total: None,
                setups=setups,
            )
        found.folds += new.folds
        for name, values in new.values.items():
            found.values[name] += values
            found.seconds[name] += new.seconds[name]
        for name, note in new.notes.items():
            found.notes[name] = note
            notes.append(f"{name} {note}")
