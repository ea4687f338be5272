"""Some rows of a problem, as a problem."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..fitting import stacked
from ..inputs.taking import taken
from ..problem import Problem


def narrowed(problem: Problem, rows: np.ndarray | None, source_rows: np.ndarray | None) -> Problem:
    """The problem with these target rows and these source rows alone; None leaves them as they are."""
    changes: dict[str, Any] = {}
    if rows is not None:
        changes |= {"X": taken(problem.X, rows), "y": None if problem.y is None else problem.y[rows]}
    if source_rows is not None and problem.ys is not None:
        block = taken(stacked(problem.source_blocks), source_rows)
        changes |= {"source_blocks": (block,), "ys": problem.ys[source_rows]}
    return replace(problem, **changes)
