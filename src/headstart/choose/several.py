"""Which of several sources to use, told from target rows that take no part in a score."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..core.frames import stack_tables
from ..learners import linear
from ..numeric.evidence import evidence
from ..parameter.prior_core import source_outputs
from .problem import Problem, take_columns
from .spaces import encoder_for

# A z score that outputs which are independent of the labels pass one time in ten. A model of labels in random order
# passes more often: its few coefficients are some direction, of which the labels may know.
INFORMS = 1.28


@dataclass(frozen=True)
class SourceEvidence:
    """What a linear model of each source says of the target's rows; no target label has any part in it.

    ``outputs`` (n_target, n_outputs) for each source, as ``source_outputs`` gives them; None for a source of one class,
    which has no model. ``labels`` (n_target, n_outputs) are the target's in the same form.
    """

    names: tuple[str, ...]
    outputs: tuple[np.ndarray | None, ...]
    labels: np.ndarray

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """The z score of each source on some target rows; NaN without a model."""
        return np.array([np.nan if S is None else evidence(S[rows], self.labels[rows]) for S in self.outputs])

    def kept(self, rows: np.ndarray) -> tuple[int, ...]:
        """The sources to use, by place, where target ``rows`` are those that may be learned from.

        A source is left out where its own model tells the labels of these rows no better than chance might, and that of
        another source does. Where none does, those are left out that run against the labels beyond chance. A source
        without a model is kept, and all are where none would be left.
        """
        z = self.scores(rows)
        least = INFORMS if np.nanmax(z, initial=-np.inf) > INFORMS else -INFORMS
        kept = np.flatnonzero(~(z < least))
        return tuple(kept.tolist()) if len(kept) else tuple(range(len(z)))


def source_evidence(problem: Problem) -> SourceEvidence:
    """Fit a linear model to each source, and ask it about the target's rows."""
    encoder = encoder_for(problem).fit(stack_tables(list(problem.source_tables)))
    target = encoder.transform(take_columns(problem.X, problem.shared))
    outputs: list[np.ndarray | None] = []
    for table, y in zip(problem.source_tables, problem.source_labels, strict=True):
        one_class = problem.task == "classification" and len(np.unique(y)) < 2
        model = None if one_class else linear(problem.task).fit(encoder.transform(table), y)
        outputs.append(None if model is None else source_outputs(model, target, problem.classes))
    return SourceEvidence(problem.source_names, tuple(outputs), _as_outputs(problem.y, problem.classes))


def _as_outputs(y: np.ndarray, classes: np.ndarray | None) -> np.ndarray:
    if classes is None:
        return np.asarray(y, dtype=float)[:, None]
    one_hot = (np.asarray(y)[:, None] == classes[None, :]).astype(float)
    return one_hot[:, 1:] if len(classes) == 2 else one_hot


def with_sources(problem: Problem, kept: tuple[int, ...]) -> Problem:
    """The problem with some of its sources."""

    def some(values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(values[k] for k in kept) if values else values

    return replace(
        problem,
        source_tables=some(problem.source_tables),
        source_labels=some(problem.source_labels),
        source_names=some(problem.source_names),
        whole_tables=some(problem.whole_tables),
    )
