"""What users give to a score, read and checked once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.utils.multiclass import type_of_target

from ..core.checks import as_headstart_errors, check_labels, refuse_text
from ..core.errors import InputError

TASKS = ("classification", "regression")
# Sums of probabilities in float16 or after rounding to three digits stay within this.
_SUM_SLACK = 0.01
# Beyond so many different ones whole numbers are more likely to be amounts, as for ``Task.of``.
MOST_TOLD = 20


def read_rows(X: Any, *, what: str) -> np.ndarray:
    """Rows (n_rows, n_columns) as float32 where they are, else float64; all finite."""
    if sp.issparse(X):
        raise InputError(
            f"{what} is a sparse matrix; expected a dense array (n_rows, n_columns): reduce it first, for instance by "
            "sklearn.decomposition.TruncatedSVD"
        )
    refuse_text(X, what=what, mend="encode them first, for instance by hs.TableEncoder()")
    with as_headstart_errors(f"{what}: "):
        rows = np.asarray(X)
        if rows.dtype not in (np.float32, np.float64):
            rows = rows.astype(np.float64)
    if rows.ndim != 2:
        raise InputError(
            f"{what} has shape {rows.shape}; expected (n_rows, n_columns): flatten or pool what a network gives"
        )
    if rows.shape[0] < 2 or rows.shape[1] < 1:
        raise InputError(f"{what} has shape {rows.shape}; expected at least two rows and one column")
    bad = sum(int((~np.isfinite(rows[i : i + 4096])).sum()) for i in range(0, rows.shape[0], 4096))
    if bad:
        raise InputError(
            f"{what} has {bad} entries that are NaN or infinite; expected finite numbers: fill or drop them first"
        )
    return rows


def read_task(y: Any, task: str | None) -> str:
    """The task as said; told from the labels where it is not: real numbers are regression, all else classes.

    Raises
    ------
    InputError
        Where labels are many whole numbers, and no codes of classes: they may be amounts.
    """
    if task is None:
        if _real(y):
            return "regression"
        _refuse_unclear(y)
        return "classification"
    if task not in TASKS:
        raise InputError(f"task={task!r}; expected 'classification', 'regression' or None")
    return task


def _real(y: Any) -> bool:
    """Whether labels are real numbers; what is wrong with others ``check_labels`` says."""
    try:
        return bool(type_of_target(y) == "continuous")
    except ValueError:
        return False


def _refuse_unclear(y: Any) -> None:
    """Raise where labels are more than 20 different whole numbers, other than 0, 1, 2, ... or 1, 2, 3, ..."""
    labels = np.asarray(y)
    if labels.ndim != 1 or labels.dtype.kind not in "iuf":
        return
    distinct = np.unique(labels[np.isfinite(labels)])
    if len(distinct) > MOST_TOLD and not (distinct[0] in (0, 1) and np.all(np.diff(distinct) == 1)):
        raise InputError(
            f"y has {len(distinct)} different whole numbers ({distinct[0]:g} to {distinct[-1]:g}), which may be "
            "classes or amounts; expected to be told: task='classification' or task='regression'"
        )


def read_classes(y: Any, *, what: str = "y", score: str) -> tuple[np.ndarray, np.ndarray]:
    """Classes and the code of each row; real numbers and a single class are refused."""
    if _real(y):
        raise InputError(
            f"{score} takes classes only, and {what} holds real numbers; expected classes: use 'logme', 'knn_score' or "
            "'linear_probe' for numbers, or cut them into classes"
        )
    labels = check_labels(y, classification=True, what=what)
    classes, codes = np.unique(labels, return_inverse=True)
    if classes.size < 2:
        raise InputError(
            f"{what} has one class only, {classes.tolist()[0]!r}; expected at least two: a score asks how well classes "
            "are told apart"
        )
    return classes, codes.astype(np.intp)


def read_numbers(y: Any, *, what: str = "y") -> np.ndarray:
    """Numbers to predict; a constant is refused."""
    values = check_labels(y, classification=False, what=what)
    if np.ptp(values) == 0:
        raise InputError(f"{what} is {values[0]:g} in every row; expected numbers that differ")
    return values


def refuse_lengths(n: int, m: int, *, first: str, second: str) -> None:
    """Both must have as many rows."""
    if n != m:
        raise InputError(f"{first} has {n} rows and {second} {m}; expected as many: give the label of each row")


def read_probabilities(P: Any) -> np.ndarray:
    """Probabilities (n_rows, n_source_classes), of which each row sums to 1."""
    rows = read_rows(P, what="probabilities")
    if (rows < 0).any():
        raise InputError(
            f"probabilities has negative entries, the smallest {float(rows.min()):g}; expected probabilities of the "
            "source's classes: apply softmax to a network's outputs"
        )
    sums = rows.sum(axis=1, dtype=np.float64)
    worst = int(np.abs(sums - 1.0).argmax())
    if abs(sums[worst] - 1.0) > _SUM_SLACK:
        raise InputError(
            f"row {worst} of probabilities sums to {sums[worst]:.4g}; expected 1: give what predict_proba of the "
            "source model says of the target rows, or apply softmax to a network's outputs"
        )
    return rows


def read_codes(labels: Any, *, what: str) -> np.ndarray:
    """Codes of labels of any type; one class is allowed, gaps are not."""
    values = np.asarray(labels)
    if values.ndim != 1:
        raise InputError(f"{what} has shape {values.shape}; expected one label for each row")
    gaps = int(pd.isna(values).sum())
    if gaps:
        raise InputError(f"{what} has {gaps} gaps among {values.size} labels; expected a label for each row")
    return np.unique(values, return_inverse=True)[1].astype(np.intp)
