"""How a Gaussian process of several tasks is computed: exactly for few rows, by features of the kernel for many."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from ...numeric.kernels import features, gaussian, median_distance, nystrom_map, row_blocks
from ...numeric.task_covariance import Slopes, TaskCovariance
from ...numeric.task_gp import GpRows, expansion, fit_gp
from ...numeric.task_gp_features import fit_features
from ...numeric.task_rows import TaskRows

# Rows that features are made of, for each feature that is kept.
LANDMARKS_PER_FEATURE = 5
# The share of the kernel that features hold, where fewer than allowed do.
KEEP = 1 - 1e-9


@dataclass(frozen=True)
class Functions:
    """Each task's function: kernels with ``landmarks`` (m, d) times ``coef`` (m, n_tasks), and ``level`` (n_tasks,)."""

    landmarks: np.ndarray
    coef: np.ndarray
    level: np.ndarray
    width: float

    def outputs(self, X: np.ndarray, which: Any = slice(None)) -> np.ndarray:
        """Outputs of all tasks (n_rows, n_tasks) or of some, in blocks of rows."""
        coef, level = self.coef[:, which], self.level[which]
        out = np.empty((len(X), *coef.shape[1:]))
        for rows in row_blocks(len(X), len(self.landmarks)):
            out[rows] = gaussian(X[rows], self.landmarks, self.width) @ coef + level
        return out


@dataclass(frozen=True)
class Evaluated:
    """Evidence and slopes at a covariance, and the functions at the mode."""

    evidence: float
    slopes: Slopes | None
    state: Any


class Engine(Protocol):
    """Evidence and functions for given covariances. ``one_width`` is the median distance of rows."""

    one_width: float
    moves_width: bool

    def evaluate(self, c: TaskCovariance, *, slopes: bool = True) -> Evaluated:
        """Evidence and slopes."""

    def functions(self, c: TaskCovariance) -> Functions:
        """The functions at the mode."""

    def at_width(self, width: float) -> Engine:
        """An engine for this width; itself where the width is a parameter like others."""


@dataclass
class Exact:
    """One matrix of all rows; the width moves with everything else."""

    rows: GpRows
    one_width: float
    moves_width: bool = True
    last: Any = field(default=None, repr=False)

    def evaluate(self, c: TaskCovariance, *, slopes: bool = True) -> Evaluated:
        """Evidence and slopes; classes start from the last mode."""
        fit = fit_gp(self.rows, c, start=self.last if self.rows.logistic else None, slopes=slopes)
        self.last = fit.dual
        return Evaluated(fit.evidence, fit.slopes, fit.dual)

    def functions(self, c: TaskCovariance) -> Functions:
        """All rows are landmarks."""
        coef, level = expansion(self.rows, c, self.evaluate(c, slopes=False).state)
        return Functions(self.rows.X, coef, level, c.width)

    def at_width(self, width: float) -> Engine:
        """Itself."""
        return self


@dataclass
class ByFeatures:
    """Leading Nystrom features of some rows, for one width."""

    X: np.ndarray
    rows: TaskRows
    landmarks: np.ndarray
    one_width: float
    n_components: int
    moves_width: bool = False
    M: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)), repr=False)
    last: Any = field(default=None, repr=False)

    def at_width(self, width: float) -> Engine:
        """Features for this width."""
        M = nystrom_map(self.landmarks, self.landmarks, width, KEEP, self.n_components)
        Z = np.column_stack([np.ones(len(self.X)), features(self.X, self.landmarks, width, M)])
        rows = TaskRows(Z, self.rows.y, self.rows.starts, self.rows.logistic)
        return ByFeatures(self.X, rows, self.landmarks, self.one_width, self.n_components, M=M)

    def evaluate(self, c: TaskCovariance, *, slopes: bool = True) -> Evaluated:
        """Evidence and slopes; classes start from the last mode."""
        fit = fit_features(self.rows, c, start=self.last if self.rows.logistic else None, slopes=slopes)
        self.last = fit.parts
        return Evaluated(fit.evidence, fit.slopes, fit.W)

    def functions(self, c: TaskCovariance) -> Functions:
        """Kernels with the landmarks that the features are made of."""
        W = self.evaluate(c, slopes=False).state
        return Functions(self.landmarks, self.M @ W[:, 1:].T, W[:, 0], c.width)


def open_engine(rows: TaskRows, exact_rows: int, n_components: int, seed: int) -> Engine:
    """The exact one up to ``exact_rows`` rows; landmarks are drawn from the different rows else."""
    X = rows.Z[:, 1:]
    random = np.random.default_rng([seed, 2])
    width = median_distance(X, X, random)
    if len(X) <= exact_rows:
        return Exact(GpRows.of(X, rows.y, rows.task, rows.n_tasks, rows.logistic), width)
    different = np.unique(X, axis=0)
    landmarks = random.permutation(different)[: LANDMARKS_PER_FEATURE * n_components]
    return ByFeatures(X, rows, landmarks, width, n_components)
