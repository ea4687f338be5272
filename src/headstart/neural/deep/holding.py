"""Rows that are held out before anything is fitted, to compare networks on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from sklearn.utils import _safe_indexing

from ...core.domain import as_table
from ..fitting import stacked
from ..inputs.kinds import as_entries
from ..labels import Labels, held_out
from ..problem import Problem

# Fewer target labels than this, held out, say nothing.
FEWEST = 3


@dataclass(frozen=True)
class Held:
    """Rows as they came and labels as in a Problem; no reader, scale or network has seen them."""

    X: Any
    y: np.ndarray


@dataclass(frozen=True)
class Parts:
    """What to learn from, and what is held out of source and target; None where there are no or too few labels."""

    learn: Problem
    source: Held
    target: Held | None


def gathered(problem: Problem) -> Problem:
    """The same problem with all source rows in one block, and rows of types that some can be taken of."""

    def plain(X: Any) -> Any:
        if problem.kind == "table":
            return as_table(X)
        return X if problem.kind == "dataset" or isinstance(X, np.ndarray) else as_entries(X)

    source = stacked(tuple(plain(block) for block in problem.source_blocks))
    more = None if problem.unlabeled is None else plain(problem.unlabeled)
    return replace(problem, X=plain(problem.X), source_blocks=(source,), unlabeled=more)


def hold_out(problem: Problem, share: float, task: str, seed: int) -> Parts:
    """Hold out a share of the source rows, and of the target rows with labels."""
    assert problem.ys is not None
    (rows,) = problem.source_blocks
    learn, held = held_out(Labels.of(problem.ys, task), share, seed, mend="more source rows, or another share")
    source = Held(taken(rows, held), problem.ys[held])
    kept = replace(problem, source_blocks=(taken(rows, learn),), ys=problem.ys[learn])
    if problem.y is None or round(share * len(problem.y)) < FEWEST:
        return Parts(kept, source, None)
    learn, held = held_out(Labels.of(problem.y, task), share, seed)
    target = Held(taken(problem.X, held), problem.y[held])
    return Parts(replace(kept, X=taken(problem.X, learn), y=problem.y[learn]), source, target)


def taken(X: Any, index: np.ndarray) -> Any:
    """Some of the rows of a gathered problem."""
    if isinstance(X, torch.utils.data.Dataset):
        return torch.utils.data.Subset(X, index.tolist())
    return [X[i] for i in index] if isinstance(X, list) else _safe_indexing(X, index)
