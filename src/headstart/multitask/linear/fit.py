"""The five ways between one model for all tasks and one for each, for given strengths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...numeric.task_groups import best_groups, group_starts
from ...numeric.task_ridge import SharedFit, fit_shared
from ...numeric.task_rows import TaskRows
from ...numeric.task_trace import fit_trace

METHODS = ("pooled", "independent", "mean", "low-rank", "clustered")
# Intercepts are next to free where nothing is known of them: in the units of standardised labels and of log odds.
FREE_SHARED, FREE_OWN = 0.1, 0.01
# First partitions of the tasks into groups; the best of them after a few rounds is gone on with.
N_STARTS = 4
# From parts of the tasks' own that are held less than this, or else at this, the first partitions are made.
MOST_AT_START = 100.0


@dataclass(frozen=True)
class Settings:
    """What a fit needs besides rows; strengths are squared lengths of standardised coefficients against losses.

    ``shared`` holds the slopes of the shared part, or of group centres; ``own`` those of each task's part; ``level``
    its intercept; ``rank`` the trace norm. ``noise`` is the variance of a standardised label around its line.
    """

    method: str
    shared: float = 1.0
    own: float = np.inf
    level: float = 10.0
    rank: float = 0.0
    n_groups: int = 1
    noise: float = 1.0

    def penalties(self, n_columns: int) -> tuple[np.ndarray, np.ndarray]:
        """Penalties (n_columns,) of the shared part and of the tasks' own; the first column is the constant."""
        if self.method == "independent":
            return np.full(n_columns, np.inf), np.r_[FREE_OWN, np.full(n_columns - 1, self.own)]
        return np.r_[FREE_SHARED, np.full(n_columns - 1, self.shared)], np.r_[
            self.level, np.full(n_columns - 1, self.own)
        ]

    def strengths(self) -> dict[str, float]:
        """The strengths that play a part, by name."""
        names = {
            "pooled": ("shared", "level"),
            "independent": ("own",),
            "mean": ("shared", "own", "level"),
            "low-rank": ("rank", "level"),
            "clustered": ("shared", "own", "level"),
        }[self.method]
        return {name: float(getattr(self, name)) for name in names}


@dataclass(frozen=True)
class Fitted:
    """Coefficients ``W`` (n_tasks, n_columns) of scaled rows; ``probability`` (n_tasks, n_groups) of each group."""

    W: np.ndarray
    groups: np.ndarray
    probability: np.ndarray


def fit_settings(rows: TaskRows, s: Settings, seed: int, *, exact: bool = True) -> Fitted:
    """Fit one method with given strengths."""
    T, p = rows.n_tasks, rows.Z.shape[1]
    one_group = np.zeros(T, dtype=int), np.ones((T, 1))
    if s.method == "low-rank":
        return Fitted(fit_trace(rows, s.rank, s.level, tolerance=1e-7 if exact else 1e-5), *one_group)
    shared, own = s.penalties(p)
    if s.method != "clustered" or s.n_groups == 1:
        return Fitted(fit_shared(rows, shared, own, exact=exact).W, *one_group)
    starts = first_groups(rows, s, seed, exact=exact)
    found = best_groups(rows, starts, shared, own, noise=s.noise, exact=exact)
    return Fitted(found.W, found.groups, found.probability)


def first_groups(rows: TaskRows, s: Settings, seed: int, *, exact: bool = True) -> list[np.ndarray]:
    """Partitions to start from, made of the tasks' coefficients when they share one centre."""
    shared, own = s.penalties(rows.Z.shape[1])
    own[1:] = min(s.own, MOST_AT_START)
    one: SharedFit = fit_shared(rows, shared, own, exact=exact)
    return group_starts(one.W[:, 1:], s.n_groups, np.random.default_rng(seed), N_STARTS)
