"""The labels of one task of a table with gaps: classes as places, or finite numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ...core.errors import InputError
from ..labels import coded, typed

KINDS = ("classification", "regression")


def read_task(values: np.ndarray, name: Any, kind: str | None) -> tuple[np.ndarray, str, np.ndarray | None]:
    """Labels (n_rows,) as float numbers with NaN for gaps, the kind of the task, and its classes.

    ``kind`` None: told from the labels, where they can tell.
    """
    there = ~pd.isna(values)
    y = typed(values[there], str(name), len(values))
    kind = told_kind(y, name) if kind is None else kind
    codes = np.full(len(values), np.nan)
    codes[there], classes = coded(y, str(name), classes=kind == "classification")
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
