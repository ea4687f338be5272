"""The labels of one task of a table with gaps: classes as places, or finite numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ...core.checks import check_labels
from ...core.errors import InputError

KINDS = ("classification", "regression")


def read_task(values: np.ndarray, name: Any, kind: str | None) -> tuple[np.ndarray, str, np.ndarray | None]:
    """Labels (n_rows,) as float numbers with NaN for gaps, the kind of the task, and its classes.

    ``kind`` None: told from the labels, where they can tell.
    """
    what = f"task {str(name)!r}"
    there = ~pd.isna(values)
    if not there.any():
        raise InputError(
            f"{what} has no labels: all of its {len(values)} rows are gaps; expected some, or leave the task out"
        )
    # A column with gaps holds objects, or whole numbers as floats.
    y = np.asarray(values[there].tolist())
    kind = told_kind(y, name) if kind is None else kind
    if kind == "classification" and y.dtype.kind == "f" and np.all(y == np.round(y)):
        y = y.astype(np.int64)
    y = check_labels(y, classification=kind == "classification", what=what)
    codes = np.full(len(values), np.nan)
    if kind == "regression":
        if len(y) < 2:
            raise InputError(f"{what} has one label; expected at least two, or leave the task out")
        codes[there] = y
        return codes, kind, None
    classes, places = np.unique(y, return_inverse=True)
    if len(classes) == 1:
        raise InputError(
            f"{what} has one class: all of its {len(y)} labels are {classes[0].item()!r}; expected two: add rows of "
            "another class, or leave the task out"
        )
    codes[there] = places
    return codes, kind, classes


def told_kind(y: np.ndarray, name: Any) -> str:
    """Classes where labels are words, truth values or two numbers; numbers where one has a fraction; else it is asked.

    Raises
    ------
    InputError
        Where labels are more than two whole numbers: they may be classes, marks or counts.
    """
    if y.dtype.kind not in "iuf":
        return "classification"
    distinct = np.unique(y)
    if len(distinct) <= 2 and not (distinct != np.round(distinct)).any():
        return "classification"
    if (distinct != np.round(distinct)).any():
        return "regression"
    raise InputError(
        f"task {str(name)!r} has {len(distinct)} distinct whole numbers, which may be classes or numbers; "
        f"expected to be told: kinds={{{name!r}: 'classification'}} or 'regression'"
    )
