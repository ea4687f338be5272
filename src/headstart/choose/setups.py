"""What is fitted with which sources: one set of source models and candidates for each choice among several sources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .candidates import Candidate
from .problem import Problem
from .several import SourceEvidence, with_sources
from .spaces import SourceSays


@dataclass(frozen=True)
class Setup:
    """The candidates of a problem, and its source models with what they say of the target's rows."""

    problem: Problem
    models: Any
    candidates: list[Candidate]
    says: SourceSays | None = None


class Setups:
    """The setup for some of the target's rows: that of the sources which these rows choose.

    Source models see no target row, so those of a choice are fitted once, for all folds that make it.

    Parameters
    ----------
    problem : Problem
        With all sources.
    evidence : SourceEvidence, default=None
        What chooses among sources. None: all are used.
    make : callable
        The source models and the candidates of a problem.
    """

    def __init__(
        self,
        problem: Problem,
        evidence: SourceEvidence | None,
        make: Callable[[Problem], tuple[Any, list[Candidate]]],
    ) -> None:
        self.problem, self.evidence, self._make = problem, evidence, make
        self._made: dict[tuple[int, ...], Setup] = {}

    def kept(self, rows: np.ndarray) -> tuple[int, ...]:
        """The sources, by place, that are used where ``rows`` are those to learn from."""
        return tuple(range(len(self.problem.source_names))) if self.evidence is None else self.evidence.kept(rows)

    def of(self, rows: np.ndarray) -> Setup:
        """The setup where ``rows`` are those to learn from."""
        kept = self.kept(rows)
        if kept not in self._made:
            problem = self.problem if self.evidence is None else with_sources(self.problem, kept)
            models, candidates = self._make(problem)
            says = None if models is None else models.says(problem.X)
            self._made[kept] = Setup(problem, models, candidates, says)
        return self._made[kept]
