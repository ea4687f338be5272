"""Target rows and their labels, as every score reads them, with the groups of rows that a bootstrap takes out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..numeric.group_bootstrap import N_FOLDS, dealt, number_of_groups
from ..numeric.row_sums import RowSums, column_means, in_row_space, sums_over
from .reading import read_classes, read_numbers, read_rows, read_task, refuse_lengths


@dataclass(frozen=True)
class Found:
    """A score, and what it is without each group of rows (none where no interval is asked for)."""

    value: float
    without: np.ndarray = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True)
class Rows:
    """Features (n_rows, d), of ``n_columns`` columns before rows fewer than columns were rotated into their own space.

    ``codes`` are classes 0 to ``n_classes`` - 1, or None where ``numbers`` are to be predicted. ``groups`` deals the
    rows out; ``leave_out`` says whether scores are wanted without each group.
    """

    X: np.ndarray
    n_columns: int
    codes: np.ndarray | None
    numbers: np.ndarray | None
    n_classes: int
    groups: np.ndarray
    n_groups: int
    leave_out: bool
    seed: int

    @property
    def n(self) -> int:
        """The number of rows."""
        return self.X.shape[0]

    @property
    def labels(self) -> np.ndarray:
        """Codes or numbers."""
        found = self.numbers if self.codes is None else self.codes
        assert found is not None
        return found

    @cached_property
    def origin(self) -> np.ndarray:
        """The mean of the rows, from which sums are taken: a large mean then costs no digits."""
        return column_means(self.X)

    @cached_property
    def sums(self) -> list[RowSums]:
        """The sums over each group."""
        return [
            sums_over(self.X, np.flatnonzero(self.groups == g), self.labels, self.n_classes, self.origin)
            for g in range(self.n_groups)
        ]

    @cached_property
    def total(self) -> RowSums:
        """The sums over all rows."""
        return total(self.sums)

    def from_sums(self, score: Any) -> Found:
        """A score that is a function of sums: on all rows, and with each group's taken off."""
        without = [score(self.total - part) for part in self.sums] if self.leave_out else []
        return Found(float(score(self.total)), np.array(without))


def total(parts: list[RowSums]) -> RowSums:
    """The sum of sums."""
    found = parts[0]
    for part in parts[1:]:
        found = found + part
    return found


def read(
    features: Any, y: Any, *, score: str, task: str | None = "classification", leave_out: bool = False, seed: int = 0
) -> Rows:
    """Read features and labels; ``task`` None tells it from the labels."""
    X = read_rows(features, what="features")
    if read_task(y, task) == "classification":
        classes, codes = read_classes(y, score=score)
        numbers, n_classes = None, classes.size
    else:
        codes, numbers, n_classes = None, read_numbers(y), 1
    refuse_lengths(X.shape[0], np.asarray(y).shape[0], first="features", second="y")
    return rows_of(X, codes, numbers, n_classes, leave_out=leave_out, seed=seed)


def rows_of(
    X: np.ndarray,
    codes: np.ndarray | None,
    numbers: np.ndarray | None,
    n_classes: int,
    *,
    leave_out: bool,
    seed: int,
) -> Rows:
    """The rows, dealt into groups."""
    n, d = X.shape
    n_groups = number_of_groups(n, d) if leave_out else min(N_FOLDS, n)
    groups = dealt(n, n_groups, np.random.default_rng(seed))
    return Rows(in_row_space(X), d, codes, numbers, n_classes, groups, n_groups, leave_out, seed)


def without_features(rows: Rows, X: np.ndarray) -> Rows:
    """The same rows, labels and groups with other features."""
    return replace(rows, X=X, n_columns=X.shape[1])
