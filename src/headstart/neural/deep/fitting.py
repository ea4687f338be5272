"""Train with and without alignment, compare, and keep the better one as far as that can be told."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ...core.checks import refuse_disjoint_labels
from ...core.errors import HeadstartWarning
from ..fitting import Fitted
from ..problem import Problem
from ..training.device import pick_device
from .aligning import as_fitted, open_rows, train_one
from .alignment import Alignment
from .comparing import compare
from .holding import gathered, hold_out


@dataclass(frozen=True)
class Aligned:
    """The network that is kept, whether it is the aligned one, and the comparison as a table and in words."""

    fitted: Fitted
    aligned: bool
    table: pd.DataFrame
    words: str


def fit_aligned(how: Any, problem: Problem, alignment: Alignment, task: str, seed: int) -> Aligned:
    """Hold out, train both networks, compare; with target labels train the better one again on all rows."""
    problem = gathered(problem)
    device = pick_device(how.device)
    parts = hold_out(problem, how.validation_share, task, seed)
    opened = open_rows(how, parts.learn, task, seed)
    plain = train_one(how, opened, None, seed, "not aligned")
    aligned = train_one(how, opened, alignment, seed, "aligned")
    outcome = compare(opened, parts, plain, aligned, device, type(alignment).__name__)
    if problem.y is not None and parts.target is None:
        warnings.warn(
            f"y has {len(problem.y)} labels, of which validation_share={how.validation_share} are too few to compare "
            "on: whether alignment helps the target is not known; expected more labels, or a larger share",
            HeadstartWarning,
            stacklevel=4,
        )
    keep = outcome.keep or not how.fallback
    if not outcome.keep:
        taken = "the aligned network is kept, as fallback=False asks for" if keep else "the network without it is kept"
        against = "; ".join(outcome.against)
        warnings.warn(
            f"{type(alignment).__name__} seems to harm: {against}. So {taken}; aligned_ is {keep}, and source_only_ "
            "compares both",
            HeadstartWarning,
            stacklevel=4,
        )
    chosen = aligned if keep else plain
    histories = {"not aligned": plain.history, "aligned": aligned.history}
    if parts.target is not None:
        opened = open_rows(how, problem, task, seed)
        chosen = train_one(how, opened, alignment if keep else None, seed, "final")
        histories["final"] = chosen.history
    return Aligned(as_fitted(opened, chosen, histories), keep, outcome.table, outcome.words)


def check_domains(problem: Problem) -> None:
    """Refuse classes of the target that the source knows nothing of."""
    labelled = problem.y is not None and problem.ys is not None
    if labelled and problem.classes is not None and not problem.same_task:
        mine, theirs = problem.classes[problem.y], problem.source_classes[problem.ys]
        refuse_disjoint_labels(mine, theirs)
