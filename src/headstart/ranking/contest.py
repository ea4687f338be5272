"""The rounds of a ranking of sources, and what they say."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..choose.trial import Trial
from ..choose.trials import SourceTrials
from ..core.domain import Sources
from ..guard import Verdict
from ..numeric.resampled import Gain
from .comparing import behind_best_by_folds, gain_of_choosing
from .halving import Course, rungs_for, successive_halving
from .result import COLUMNS, NOT_TRIED, UNUSABLE, SourceRanking
from .settings import Settings


class SourceContest:
    """Tries sources in rounds, and puts the findings together.

    Parameters
    ----------
    trials : SourceTrials
    sources : Sources
    settings : Settings
    leaks : dict of str to str
        The sources that hold rows of the target, and what is told of them.
    report : callable
        Told before each measurement how many of how many are done, and what it is of.
    """

    def __init__(
        self,
        trials: SourceTrials,
        sources: Sources,
        settings: Settings,
        leaks: Mapping[str, str],
        report: Callable[[int, int, str], None],
    ) -> None:
        self.trials, self.settings, self._leaks, self._report = trials, settings, leaks, report
        self.sources = {d.label: d for d in sources.domains}
        self.trials_of: dict[str, Trial] = {}
        self._gains: dict[int, dict[str, np.ndarray]] = {}
        self._sizes = np.array([len(f.test) for f in trials.folds], dtype=float)
        self.course = Course()
        self._skipped: dict[str, str] = {}

    def run(self, order: list[str], deadline: float | None) -> None:
        """Try the sources, the most promising first."""
        most = len(order) if self.settings.max_tried is None else min(len(order), self.settings.max_tried)
        beyond = f"{most} more promising source{'s were' if most != 1 else ' was'} tried (max_tried={most})"
        self._skipped = dict.fromkeys(order[most:], beyond)
        rungs = rungs_for(most, self.settings.repeats, self.settings.keep)
        self.course = successive_halving(
            order[:most], self._measure, rungs, deadline=deadline, report=self._report, last=self._leaks
        )
        self._skipped |= dict.fromkeys(self.course.left_out, "the time limit came first")

    def _measure(self, name: str, repeats: int) -> np.ndarray | None:
        trial = self.trials_of[name] = self.trials.measure(self.sources[name], repeats)
        if trial.verdict is None:
            return None
        self._gains.setdefault(repeats, {})[name] = gains = trial.fold_gains
        # Their mean is the gain of the table; among sources of one gain the smaller loss decides.
        sizes = self._sizes[: len(gains)]
        return -gains * sizes / sizes[np.isfinite(gains)].mean() + 1e-9 * np.nanmean(trial.losses)

    def result(
        self, cheap: dict[str, dict[str, float]], names: tuple[str, ...], unusable: dict[str, str], start: float
    ) -> SourceRanking:
        """The ranking."""
        # What a source gains that holds rows of the target is no gain to compare with.
        order = sorted(self.course.order(), key=lambda name: name in self._leaks)
        compared = [name for name in order if name not in self._leaks] or order
        n = len(self.trials.labels)
        folds = [f for f in self.trials.folds if f.repeat == 0]
        test_share = float(np.mean([len(f.test) / len(f.train) for f in folds]))
        behind = behind_best_by_folds(self._gains, compared, self._sizes, test_share, self.settings.level)
        unusable = {
            **unusable,
            **{k: t.notes[-1] for k, t in self.trials_of.items() if t.verdict is None},
        }
        rows = [self._row(k, name, behind.get(name), cheap, names) for k, name in enumerate(order, start=1)]
        rows += [_row_without(k, NOT_TRIED, why, cheap, names) for k, why in self._skipped.items()]
        rows += [_row_without(k, UNUSABLE, why, cheap, names) for k, why in unusable.items()]
        first = {name: self._gains[1][name] for name in self.course.losses[1] if name in compared}
        choice = gain_of_choosing(first, self._sizes[: len(folds)], test_share, self.settings.level)
        return SourceRanking(
            table=pd.DataFrame(rows, columns=[*COLUMNS, *names, "seconds", "note"]),
            target=self.trials.target.label,
            n_target=n,
            metric=self.trials.metric.name,
            level=self.settings.level,
            best=order[0],
            tied=tuple(k for k in order if _is_tied(behind.get(k))),
            harmful=tuple(k for k in order if self._hurts(k)),
            left_out={**self._skipped, **unusable},
            leaks=dict(self._leaks),
            seed=self.settings.seed,
            choice=choice,
            decided_by=names[0] if names else "",
            seconds=time.perf_counter() - start,
            seconds_of_all=self._seconds_of_all(),
            cheap=names,
        )

    def _verdict(self, name: str) -> Verdict:
        verdict = self.trials_of[name].verdict
        assert verdict is not None
        return verdict

    def _hurts(self, name: str) -> bool:
        verdict = self._verdict(name)
        return verdict.pooling_interval[1] < 0 or verdict.interval[1] < 0

    def _row(
        self,
        place: int,
        name: str,
        behind: Gain | None,
        cheap: dict[str, dict[str, float]],
        names: tuple[str, ...],
    ) -> list[Any]:
        trial, verdict = self.trials_of[name], self._verdict(name)
        # What is said is of the model that weighs the source; what pooling does stands beside it.
        decision = "helps" if verdict.decision == "helps" else "hurts" if verdict.interval[1] < 0 else "undetermined"
        gain = (verdict.gain, *verdict.interval, verdict.p_harm)
        pooling = (verdict.pooling_gain, *verdict.pooling_interval)
        gap = (math.nan, math.nan, math.nan) if behind is None else (behind.mean, behind.low, behind.high)
        apart = (*gap, _is_tied(behind))
        own = [cheap[name][k] for k in names]
        note = "; ".join(trial.notes)
        return [
            place,
            name,
            decision,
            *gain,
            *pooling,
            *apart,
            trial.n_folds,
            verdict.n_source,
            *own,
            trial.seconds,
            note,
        ]

    def _seconds_of_all(self) -> float:
        """Trying all on all folds, from what a fold of each source took; those not tried cost the mean."""
        total, measured = self.trials.n_folds(self.settings.repeats), []
        most = 1
        for trial in self.trials_of.values():
            if trial.verdict is not None:
                fold = (trial.seconds - trial.seconds_once) / trial.n_folds
                measured.append(trial.seconds_once + fold * total)
                most = max(most, trial.n_folds)
        alone = self.trials.seconds_alone * total / most
        return alone + float(np.mean(measured)) * (len(measured) + len(self._skipped))


def _is_tied(behind: Gain | None) -> bool:
    return behind is not None and behind.low <= 0


def _row_without(
    name: str, word: str, why: str, cheap: dict[str, dict[str, float]], names: tuple[str, ...]
) -> list[Any]:
    """The row of a source without a place."""
    nan = float("nan")
    own = [cheap[name][k] if name in cheap else nan for k in names]
    return [nan, name, word, *[nan] * 10, False, 0, nan, *own, nan, why]
