"""What the aligners among the candidates did to the domains: for the report, after the choice."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np

from ..compose import Aligned
from ..core.domain import Domain, Sources
from ..core.frames import stack_tables
from ..diagnosis.alignment import Alignment, compare_spaces
from ..feature import CommonSpace, FeatureAugmentation
from .candidates import Candidate
from .members import CommonMember, RawMember, SharedMember
from .problem import Problem, draw_rows, take_columns
from .spaces import _dense, encoder_for

COMMON = "common space"
MOST_ROWS = 2000


def alignments(
    kept: list[Candidate], problem: Problem, random: np.random.Generator, deadline: float | None
) -> dict[str, Alignment]:
    """Compare the spaces of each candidate that aligns, by the name of the candidate.

    Candidates in the space of domains with different columns share one entry. After the ``deadline`` (seconds of
    ``time.perf_counter``) no further one is begun. Nothing here has any part in the choice or the verdict.
    """
    found: dict[str, Alignment] = {}
    for candidate in kept:
        aligner = aligner_of(candidate)
        name = COMMON if candidate.needs_common else candidate.name
        if aligner is None or name in found:
            continue
        if deadline is not None and time.perf_counter() > deadline:
            break
        raw = isinstance(candidate.member, (CommonMember, RawMember))
        target, sources = _tables(problem) if raw else _encoded(problem)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found[name] = compare_spaces(aligner, target, sources, random_state=int(random.integers(2**31)))
        except ValueError:  # a third of the rows may be too few for an aligner: then there is nothing to show
            continue
    return found


def aligner_of(candidate: Candidate) -> Any:
    """The aligner of a candidate, None where it has none or keeps the domains apart by construction."""
    if candidate.needs_common:
        return CommonSpace()
    estimator = getattr(candidate.member, "estimator", None)
    if not isinstance(candidate.member, SharedMember) or not isinstance(estimator, Aligned):
        return None
    return (
        None if estimator.aligner is None or isinstance(estimator.aligner, FeatureAugmentation) else estimator.aligner
    )


def _tables(problem: Problem) -> tuple[Domain, Sources]:
    return Domain(problem.X, problem.y, name="target"), problem.raw_sources


def _encoded(problem: Problem) -> tuple[Domain, Sources]:
    """Both domains in the code that they share, at most so many rows of each as are looked at."""
    rng = np.random.default_rng(0)
    tables, labels = [], []
    shared = take_columns(problem.X, problem.shared)
    for table, y in zip((shared, *problem.source_tables), (problem.y, *problem.source_labels), strict=True):
        rows, y = draw_rows(table, y, MOST_ROWS, rng)
        tables.append(rows)
        labels.append(y)
    encoder = encoder_for(problem).fit(stack_tables(tables))
    codes = [_dense(encoder.transform(t)) for t in tables]
    parts = zip(codes[1:], labels[1:], problem.source_names, strict=True)
    return Domain(codes[0], labels[0], name="target"), Sources([Domain(Z, y, name=name) for Z, y, name in parts])
