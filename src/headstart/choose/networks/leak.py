"""Target rows that stand in a source too, whatever kind of rows they are."""

from __future__ import annotations

import hashlib
import os
from typing import Any

import numpy as np
import pandas as pd

from ...core.rows import is_dataset
from ...diagnosis.duplicates import compare_rows
from ...neural.inputs.fingerprint import fingerprint
from ...neural.inputs.kinds import as_entries
from ...neural.problem import Problem
from ..leak import tell


def warn_of_leak(problem: Problem) -> tuple[str, ...]:
    """Name the sources that hold more target rows, with their labels, than repeats within the source explain."""
    if problem.ys is None or problem.y is None:
        return ()
    y = problem.y if problem.classes is None else problem.classes[problem.y]
    ys = problem.ys if problem.source_classes is None else problem.source_classes[problem.ys]
    mine = _keys(problem.X, y, problem.kind)
    leaking, start = [], 0
    for name, block in zip(problem.names, problem.source_blocks, strict=True):
        labels = ys[start : start + len(block)]
        start += len(block)
        theirs = None if mine is None else _keys(block, labels, problem.kind)
        if mine is None or theirs is None:
            continue
        found = compare_rows(mine, theirs)
        if found.leak:
            leaking.append(name)
            tell(found, len(mine), name)
    return tuple(leaking)


def _keys(X: Any, y: np.ndarray, kind: str) -> np.ndarray | None:
    """A checksum of each row and its label; None for a Dataset, which may draw its items anew each time."""
    if is_dataset(X):
        return None
    if isinstance(X, pd.DataFrame):
        rows: Any = pd.util.hash_pandas_object(X, index=False).to_numpy()
    elif kind == "table":
        rows = [row.tobytes() for row in np.asarray(X)]
    else:
        rows = [_content(entry, kind) for entry in as_entries(X)]
    return np.array([hash((row, str(label))) for row, label in zip(rows, y.tolist(), strict=True)])


def _content(entry: Any, kind: str) -> str:
    """What stands for one row: of a file its bytes, since copies of a photograph have other names."""
    if kind == "images" and isinstance(entry, (str, os.PathLike)):
        with open(entry, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    return fingerprint([entry])
