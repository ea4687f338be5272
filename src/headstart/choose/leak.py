"""Target rows that stand in the source too: what is learned there was not learned from the source."""

from __future__ import annotations

import warnings

import numpy as np

from ..core.domain import Domain
from ..core.errors import HeadstartWarning
from ..diagnosis.columns import match_columns
from ..diagnosis.duplicates import Duplicates, find_duplicates
from .problem import Problem, take_columns


def warn_of_leak(problem: Problem) -> tuple[str, ...]:
    """Name the sources that hold more target rows, with their labels, than coarse columns explain, and warn of each."""
    if not problem.source_tables:
        return ()
    leaking = []
    target = Domain(take_columns(problem.X, problem.shared), name="target")
    rows = np.arange(target.n_rows)
    for table, labels, name in zip(problem.source_tables, problem.source_labels, problem.source_names, strict=True):
        _, shared = match_columns(target, Domain(table, name=name), rows, np.arange(len(labels)))
        found = find_duplicates(shared, problem.y, labels)
        if found is not None and found.leak:
            leaking.append(name)
            tell(found, target.n_rows, name, labelled=problem.y is not None)
    return tuple(leaking)


def tell(found: Duplicates, n_target: int, name: str, *, labelled: bool = True) -> None:
    """Warn of a source that holds rows of the target."""
    warnings.warn(
        f"{found.n_rows} of {n_target} target rows stand in source {name!r} too"
        f"{', with the same label' if labelled else ''}; expected other rows: scores are too good where the source "
        "holds the rows that they are measured on. Remove these rows from the source",
        HeadstartWarning,
        stacklevel=5,
    )
