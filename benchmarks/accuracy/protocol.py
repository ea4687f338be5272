"""The protocol: which rows a repeat tests on, which it labels, and how a prediction is scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score

from ..pairs import Pair

MOST_TEST_ROWS = 1000
MOST_SOURCE_ROWS = 3000
MOST_UNLABELED_ROWS = 400
# A worse result than target only by more than this is harm.
HARM = 0.01


@dataclass(frozen=True, eq=False)
class Split:
    """One repeat at one number of labels: raw tables, and labels as 0, 1, ... or numbers.

    ``Xu`` are target rows without labels for the methods that want them: rows outside the test set.
    """

    X: Any
    y: np.ndarray
    Xs: Any
    ys: np.ndarray
    Xu: Any
    X_test: Any
    y_test: np.ndarray
    task: str
    n_classes: int


def rows_of(table: Any, index: np.ndarray) -> Any:
    """Rows of a frame or an array."""
    return table.iloc[index].reset_index(drop=True) if isinstance(table, pd.DataFrame) else table[index]


def split(pair: Pair, n: int, repeat: int) -> Split | None:
    """The rows of a repeat: a test set of half of the target, ``n`` labelled rows of the rest, and source rows.

    Labelled rows are stratified, at least one of each class; the rows of a smaller ``n`` are among those of a larger
    one. Where the rest has fewer than ``n`` rows all of it is labelled, and where it has fewer than two thirds of
    ``n``, there is no such split (None).
    """
    random = np.random.RandomState(1000 + repeat)
    source = random.permutation(len(pair.ys))[:MOST_SOURCE_ROWS]
    test, rest = _halves(pair, random)
    if len(rest) < 2 * n / 3:
        return None
    labelled = rest[_stratified(pair.y[rest], n, random, classes=pair.task != "regression")]
    n_classes = 0
    y, ys = pair.y, pair.ys
    if pair.task != "regression":
        classes, codes = np.unique(np.concatenate([pair.y, pair.ys]), return_inverse=True)
        n_classes = len(classes)
        y, ys = codes[: len(pair.y)], codes[len(pair.y) :]
    return Split(
        rows_of(pair.X, labelled),
        y[labelled],
        rows_of(pair.Xs, source),
        ys[source],
        rows_of(pair.X, rest[:MOST_UNLABELED_ROWS]),
        rows_of(pair.X, test),
        y[test],
        pair.task,
        n_classes,
    )


def _halves(pair: Pair, random: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    n_rows = len(pair.y)
    if pair.groups is None:
        order = random.permutation(n_rows)
        n_test = min(n_rows // 2, MOST_TEST_ROWS)
        return order[:n_test], order[n_test:]
    groups, code, sizes = np.unique(pair.groups, return_inverse=True, return_counts=True)
    order = random.permutation(len(groups))
    in_test = order[np.cumsum(sizes[order]) <= min(n_rows // 2, MOST_TEST_ROWS)]
    inside = np.isin(code, in_test)
    return random.permutation(np.flatnonzero(inside)), random.permutation(np.flatnonzero(~inside))


def _stratified(y: np.ndarray, n: int, random: np.random.RandomState, *, classes: bool) -> np.ndarray:
    if not classes:
        return random.permutation(len(y))[:n]
    labels, counts = np.unique(y, return_counts=True)
    mixed = [random.permutation(np.flatnonzero(y == label)) for label in labels]
    if n >= len(y):
        return np.concatenate(mixed)
    wanted = n * counts / counts.sum()
    quota = np.maximum(1, np.floor(wanted).astype(int))
    while quota.sum() < n:
        quota[np.argmax(np.where(quota < counts, wanted - quota, -np.inf))] += 1
    return np.concatenate([rows[:k] for rows, k in zip(mixed, quota, strict=True)])


def score(split: Split, values: np.ndarray) -> float:
    """AUC for two classes, accuracy for more, R2 for numbers.

    ``values`` are probabilities or decision values (n_rows, n_classes), numbers (n_rows,), or, of a method that gives
    nothing else, classes (n_rows,): then the AUC is that of the classes, which is less than the method could have.
    """
    values = np.asarray(values, dtype=float)
    if not np.isfinite(values).all():
        return float("nan")
    if split.task == "regression":
        return float(r2_score(split.y_test, values.reshape(-1)))
    if split.task == "binary":
        return float(roc_auc_score(split.y_test, values if values.ndim == 1 else values[:, 1]))
    return accuracy(split, values)


def accuracy(split: Split, values: np.ndarray) -> float:
    """Share of test rows put into their class; NaN for numbers."""
    if split.task == "regression":
        return float("nan")
    found = values if values.ndim == 1 else values.argmax(axis=1)
    return float(accuracy_score(split.y_test, found))
