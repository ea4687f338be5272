"""What became of the labels: how well held-out rows tell them, before the alignment and after it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...numeric.conditional_mean import conditional_mean
from ...numeric.two_sample import cross_fit_factor
from ..learners import Outcome
from ..rules import LEVEL
from .result import Change, Signal
from .spaces import FOLDS, Part

FACTOR = cross_fit_factor(FOLDS)
LOST = 0.05  # change of the share explained below which nothing is claimed
KEPT = 0.10  # a loss that is surely smaller is none
LEAST = 15  # labelled rows of a domain, below which nothing is measured


class Errors:
    """Squared errors of predicted labels of rows held out, one row at a time."""

    def __init__(self) -> None:
        self.mean: list[np.ndarray] = []
        self.before: list[np.ndarray] = []
        self.after: list[np.ndarray] = []

    def add(self, truth: np.ndarray, level: np.ndarray, before: np.ndarray | None, after: np.ndarray) -> None:
        """Rows of one fold; ``level`` is the mean label of the rows learned from."""
        self.mean.append(((truth - level) ** 2).sum(axis=1))
        self.after.append(((truth - after) ** 2).sum(axis=1))
        if before is not None:
            self.before.append(((truth - before) ** 2).sum(axis=1))

    def signal(self, what: str) -> Signal:
        """Shares explained, with the change from before to after."""
        base, after = np.concatenate(self.mean), np.concatenate(self.after)
        total = float(base.sum())
        share_after = _share(base - after, total)
        if not self.before:
            return Signal(what, None, share_after.value, share_after.interval, None, len(base), "new")
        before = np.concatenate(self.before)
        share_before, change = _share(base - before, total), _share(before - after, total)
        decision = _decide(share_before, share_after, change)
        return Signal(what, share_before.value, share_after.value, share_after.interval, change, len(base), decision)


def _share(terms: np.ndarray, total: float) -> Change:
    """The sum of the terms over the total, with its spread over rows, wider for folds that share rows."""
    spread = FACTOR * float(np.std(terms, ddof=1)) * np.sqrt(len(terms)) / total
    return Change.of(float(terms.sum()) / total, float(spread), len(terms) - 1)


def _decide(before: Change, after: Change, change: Change) -> str:
    if change.p_fall < LEVEL and change.value <= -LOST:
        return "destroyed" if before.p_rise < 0.05 and after.value <= before.value / 2 else "weakened"
    if change.p_rise < LEVEL and change.value >= LOST:
        return "gained"
    if before.p_rise >= 0.05 and after.p_rise >= 0.05:
        return "none"
    return "kept" if change.bounds[0] > -KEPT else "undetermined"


def signals(parts: list[Part], y: Any, ys: Any, task: str | None) -> tuple[Signal, ...]:
    """The label signal of the target, of the source, and of the source's model on target rows, where labels allow."""
    if task is None:
        return ()
    usable = {"target": _usable(y, task), "source": _usable(ys, task)}
    if not any(usable.values()):
        return ()
    given = [v for v in (y, ys) if v is not None]
    outcome = Outcome.of(task, given[0], given[-1])
    Y = None if y is None else outcome.columns(y)
    Ys = None if ys is None else outcome.columns(ys)
    found = []
    if usable["target"]:
        assert Y is not None
        errors = Errors()
        for part in parts:
            own, full, known = part.own[0], part.full, Y[~part.t]
            before, after = _told(own.target, known, own.target_out), _told(full.target, known, full.target_out)
            errors.add(Y[part.t], known.mean(axis=0), before, after)
        found.append(errors.signal("target"))
    if usable["source"]:
        assert Ys is not None
        errors = Errors()
        for part in parts:
            own, full, known = part.own[1], part.full, Ys[~part.s]
            before, after = _told(own.source, known, own.source_out), _told(full.source, known, full.source_out)
            errors.add(Ys[part.s], known.mean(axis=0), before, after)
        found.append(errors.signal("source"))
    if all(usable.values()) and Y is not None and Ys is not None:
        errors = Errors()
        for part in parts:
            space, full, known = part.before, part.full, Ys[~part.s]
            before = None if space is None else _told(space.source, known, space.target_out)
            after = _told(full.source, known, full.target_out)
            errors.add(Y[part.t], Y[~part.t].mean(axis=0), before, after)
        found.append(errors.signal("across"))
    return tuple(found)


def _usable(y: Any, task: str) -> bool:
    if y is None or len(y) < LEAST:
        return False
    if task == "regression":
        return bool(np.ptp(y) > 0)
    return int(np.sort(np.unique(y, return_counts=True)[1])[:-1].sum()) >= FOLDS


def _told(learned: np.ndarray, labels: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Labels of new rows by ridge regression with a penalty chosen by leave-one-out, of the better of two scalings.

    Columns as they are, or each over its own spread: which serves the labels better is told by leave-one-out too.
    """
    spread = learned.std(axis=0)
    scale = np.where(spread > 1e-9 * (spread.max(initial=0.0) or 1.0), spread, np.inf)
    fits = [(conditional_mean(learned / unit, labels), unit) for unit in (np.ones_like(scale), scale)]
    model, unit = min(fits, key=lambda f: float((f[0].deviation ** 2).sum()))
    return model.of(new / unit)
