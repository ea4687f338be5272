"""Tasks that are columns of labels: what each is, and models of it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from ..learners import boosting, linear, trees
from ..parameter.prior_core import source_outputs
from ..tables import TableEncoder
from .problem import MAX_LEVELS, take_rows
from .spaces import _dense

# With so many labels boosted trees learn more than randomised ones; it takes about as long.
MANY = 200


@dataclass(frozen=True, eq=False)
class TaskColumn:
    """The labels ``y`` (n_labelled,) that a task has, in the rows ``rows`` (n_labelled,) of the table of all tasks."""

    name: str
    kind: str
    rows: np.ndarray
    y: np.ndarray

    @property
    def classes(self) -> np.ndarray | None:
        """Its classes, sorted; None for numbers."""
        return np.unique(self.y) if self.kind == "classification" else None


def says(
    task: TaskColumn, kept: np.ndarray, table: Any, wanted: np.ndarray, kinds: dict[str, str] | None
) -> np.ndarray:
    """What models of a task, fitted to its labels where ``kept`` (n_labelled,) allows, say of the rows ``wanted``.

    A tuned linear model and trees, boosted ones where the task has many labels; everything about them is learned from
    the rows that are kept. Outputs (n_wanted, n_outputs) are those of the first model, then those of the second: log
    odds of classes less the log odds of their shares, or numbers in units of the labels' deviation from their mean. So
    0 says nothing, and it is what is given where labels that are left cannot be learned from.
    """
    y, classes = task.y[kept], task.classes
    width = 2 * (1 if classes is None or len(classes) == 2 else len(classes))
    if len(y) < 2 or len(np.unique(y)) < 2:
        return np.zeros((len(wanted), width))
    encoder = TableEncoder(kinds=kinds, max_levels=MAX_LEVELS)
    rows = encoder.fit_transform(take_rows(table, task.rows[kept]))
    asked = encoder.transform(take_rows(table, wanted))
    second = trees(task.kind)
    if len(task.y) >= MANY:
        second = boosting(task.kind, len(y), 2 if classes is None else len(classes))
        rows, asked = _dense(rows), _dense(asked)
    outputs = []
    for learner in (linear(task.kind), second):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            outputs.append(source_outputs(learner.fit(rows, y), asked, classes))
    found = np.hstack(outputs)
    if classes is None:
        return np.asarray((found - y.mean()) / y.std())
    shares = source_outputs(_Shares(y), asked[:1], classes)
    return np.asarray(found - np.hstack([shares, shares]))


class _Shares:
    """The shares of classes, as a model that says them of every row."""

    def __init__(self, y: np.ndarray) -> None:
        self.classes_, counts = np.unique(y, return_counts=True)
        self._shares = counts / len(y)

    def predict_proba(self, rows: Any) -> np.ndarray:
        """The shares (n_rows, n_classes)."""
        return np.tile(self._shares, (rows.shape[0], 1))


def row_hashes(table: Any) -> np.ndarray:
    """A checksum of each row of a table."""
    if sp.issparse(table):
        # Two random projections tell sparse rows apart without making them dense.
        table = np.round(table @ np.random.default_rng(0).standard_normal((table.shape[1], 2)), 9)
    frame = pd.DataFrame(table)
    words = frame.select_dtypes(exclude="number").columns
    return np.asarray(pd.util.hash_pandas_object(frame.astype(dict.fromkeys(words, str)), index=False).to_numpy())
