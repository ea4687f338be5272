"""Strengths, and the number of groups, from training rows alone.

All but the trace norm's come from the evidence: how likely the labels are once coefficients are integrated out, a
closed form for squared errors and Laplace's approximation for log losses (MacKay 1992). It needs no folds. The strength
of the trace norm, which is no normal prior, is chosen by folds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ...numeric.task_groups import GroupFit, best_groups, fit_groups
from ...numeric.task_ridge import SharedFit, fit_shared, log_evidence, log_prior
from ...numeric.task_rows import TaskRows
from ...numeric.task_trace import fit_trace, strongest
from ..tables.problem import Problem, Scale
from .fit import Settings, first_groups

GRID = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10_000.0)
MOST_GROUPS = 6
# Strengths of the trace norm, as shares of that which holds all slopes at zero.
RANK_PATH = tuple(np.geomspace(0.7, 0.01, 10).tolist())
RANK_FOLDS = 3


def tune(method: str, problem: Problem, seed: int, n_groups: int | None = None) -> Settings:
    """The settings of one method for these rows."""
    rows = Scale.of(problem).rows(problem)
    if method == "pooled":
        return _climb(rows, Settings(method), ("shared", "level"))
    if method == "independent":
        return _climb(rows, Settings(method, own=10.0), ("own",))
    if method == "mean":
        return _climb(rows, Settings(method, own=100.0), ("own", "level", "shared"))
    if method == "low-rank":
        return _tune_rank(problem, rows, seed)
    return _tune_groups(rows, seed, n_groups)


def _climb(rows: TaskRows, start: Settings, names: tuple[str, ...]) -> Settings:
    """Up the evidence, one strength after the other, until no neighbour on the grid is better."""
    known: dict[Settings, float] = {}
    last: list[SharedFit | None] = [None]

    def evidence(s: Settings) -> float:
        if s not in known:
            known[s], last[0] = _evidence(rows, s, last[0])
        return known[s]

    best = start
    while True:
        before = best
        for name in names:
            grid = (*GRID, np.inf) if name == "own" and start.method == "mean" else GRID
            best = _best_along(best, name, grid, evidence)
        if best == before:
            break
    shared, own = best.penalties(rows.Z.shape[1])
    return replace(best, noise=_noise(rows, fit_shared(rows, shared, own)))


def _best_along(best: Settings, name: str, grid: tuple[float, ...], evidence: Callable[[Settings], float]) -> Settings:
    for step in (1, -1):
        place, moved = grid.index(getattr(best, name)), False
        while 0 <= place + step < len(grid):
            place += step
            other = replace(best, **{name: grid[place]})
            if evidence(other) <= evidence(best):
                break
            best, moved = other, True
        if moved:
            break
    return best


def _noise(rows: TaskRows, fit: SharedFit) -> float:
    """The variance of a label around its line under which the labels are likeliest."""
    return 1.0 if rows.logistic else max(2 * fit.value / max(1, len(rows.y)), 1e-12)


def _evidence(rows: TaskRows, s: Settings, start: SharedFit | None) -> tuple[float, SharedFit]:
    shared, own = s.penalties(rows.Z.shape[1])
    fit = fit_shared(rows, shared, own, start=start, exact=False)
    noise, every = _noise(rows, fit), np.ones(rows.n_tasks)
    found = log_evidence(rows, fit, own, noise).sum() + log_prior(rows, fit, shared, own, every, noise)
    return float(found), fit


def _tune_groups(rows: TaskRows, seed: int, n_groups: int | None) -> Settings:
    """The number of groups, unless given, grows while the evidence does; with it the strengths."""
    mean = _climb(rows, Settings("mean", own=100.0), ("own", "level", "shared"))
    one = replace(mean, method="clustered", n_groups=1)
    shared, own = one.penalties(rows.Z.shape[1])
    best, most = one, fit_groups(rows, np.ones((rows.n_tasks, 1)), shared, own, noise=one.noise).evidence
    if n_groups == 1:
        return best
    for k in [n_groups] if n_groups else range(2, min(MOST_GROUPS, rows.n_tasks) + 1):
        found, evidence = _best_for_groups(rows, replace(one, n_groups=k), seed)
        if n_groups:
            return found
        if evidence <= most:
            break
        best, most = found, evidence
    return best


def _best_for_groups(rows: TaskRows, s: Settings, seed: int) -> tuple[Settings, float]:
    """The strengths of one group, moved on: groups take over what is own, and their centres lie further from zero."""

    def fit(trial: Settings, starts: list[np.ndarray]) -> GroupFit:
        shared, own = trial.penalties(rows.Z.shape[1])
        return best_groups(rows, starts, shared, own, noise=s.noise, exact=False)

    best, found = s, fit(s, first_groups(rows, s, seed, exact=False))
    more = [v for v in (30.0, 100.0, 300.0, 1000.0, np.inf) if v > s.own]
    less = [v for v in reversed(GRID) if v < s.shared]
    for name, strengths in (("own", more), ("shared", less)):
        for strength in strengths:
            trial = replace(best, **{name: strength})
            other = fit(trial, [found.probability])
            if other.evidence <= found.evidence:
                break
            best, found = trial, other
    return best, found.evidence


def _tune_rank(problem: Problem, rows: TaskRows, seed: int) -> Settings:
    """The strength of the trace norm with the smallest held-out loss; that of intercepts as for pooled tasks."""
    level = _climb(rows, Settings("pooled"), ("shared", "level")).level
    loss = np.zeros(len(RANK_PATH))
    for train, test in problem.folds(RANK_FOLDS, np.random.default_rng(seed)):
        part = problem.take(train)
        scale = Scale.of(part)
        inside, outside = scale.rows(part), scale.rows(problem.take(test))
        top, W = strongest(inside, level), None
        for k, share in enumerate(RANK_PATH):
            W = fit_trace(inside, share * top, level, start=W, tolerance=1e-4)
            loss[k] += float(outside.losses(W).sum()) * scale.unit**2
    return Settings("low-rank", rank=RANK_PATH[int(np.argmin(loss))] * strongest(rows, level), level=level)
