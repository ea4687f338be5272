"""From what ``fit`` was given to a ``Problem``: a table of labels with gaps, or one domain a task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import validate_data

from ...core.checks import as_headstart_errors, refuse_text
from ...core.domain import Domain, as_table
from ...core.errors import InputError
from ..given import FORMS, as_domains, check_names, label_table
from .labels import read_labels
from .problem import Problem

INSTEAD = "hs.LinearTransferClassifier, hs.LinearTransferRegressor or a plain model"


def read(estimator: Any, X: Any, Y: Any, *, classes: bool) -> Problem:
    """Check what ``fit`` was given; sets ``n_features_in_`` and, of frames, ``feature_names_in_``."""
    domains = as_domains(X)
    if domains is None:
        if Y is None:
            raise InputError(
                f"{type(estimator).__name__} requires y to be passed, but the target y is None; expected {FORMS}"
            )
        return _read_table(estimator, X, Y, classes=classes)
    if Y is not None:
        raise InputError(
            f"fit was given {len(domains)} domains and Y besides; the labels of a task are those of its domain: "
            "expected fit(domains) alone"
        )
    _refuse_other_rows(domains)
    return _read_domains(estimator, domains, classes=classes)


def _refuse_other_rows(domains: Sequence[Domain]) -> None:
    for d in domains:
        if not d.is_table:
            raise InputError(
                f"domain {d.label!r} is no table; expected rows of numbers: models of tables take nothing else"
            )


def _read_table(estimator: Any, X: Any, Y: Any, *, classes: bool) -> Problem:
    frame = label_table(Y, X)
    X = read_rows(estimator, X, what="X", reset=True)
    if len(frame) != len(X):
        raise InputError(f"X has {len(X)} rows and Y {len(frame)}; expected as many rows of labels as of X")
    names = tuple(frame.columns)
    check_names(names, INSTEAD)
    rows, labels, levels = [], [], []
    for k, name in enumerate(names):
        column = frame.iloc[:, k]
        there = np.flatnonzero(column.notna().to_numpy())
        y, level = read_labels(column.to_numpy()[there], name, len(frame), classes=classes)
        rows.append(there)
        labels.append(y)
        levels.append(level)
    row = np.concatenate(rows)
    starts = np.concatenate([[0], np.cumsum([len(r) for r in rows])])
    return Problem(names, X[row], np.concatenate(labels), starts, row, tuple(levels) if classes else None)


def _read_domains(estimator: Any, domains: list[Domain], *, classes: bool) -> Problem:
    names = tuple(d.label for d in domains)
    check_names(names, INSTEAD)
    rows, labels, levels = [], [], []
    for k, d in enumerate(domains):
        if d.y is None:
            raise InputError(f"task {d.label!r} has no labels; pass them as hs.Domain(X, y, name={d.label!r})")
        X = read_rows(estimator, d.X, what=f"X of task {d.label!r}", reset=k == 0)
        there = np.flatnonzero(~pd.isna(d.y))
        y, level = read_labels(d.y[there], d.label, d.n_rows, classes=classes)
        rows.append(X[there])
        labels.append(y)
        levels.append(level)
    starts = np.concatenate([[0], np.cumsum([len(y) for y in labels])])
    return Problem(names, np.vstack(rows), np.concatenate(labels), starts, None, tuple(levels) if classes else None)


def read_rows(estimator: Any, X: Any, *, what: str, reset: bool) -> np.ndarray:
    """Rows as a matrix of finite numbers, the columns of frames in the order of the first table."""
    X = as_table(X, what=what) if not isinstance(X, (list, np.ndarray)) else X
    refuse_text(X, what=what, mend="fit one hs.TableEncoder() to the rows of all tasks, and transform each with it")
    names = getattr(estimator, "feature_names_in_", None)
    if not reset and isinstance(X, pd.DataFrame) and names is not None:
        X = _ordered(X, [str(n) for n in names], what)
    width = getattr(estimator, "n_features_in_", None)
    if not reset and getattr(X, "ndim", 0) == 2 and X.shape[1] != width:
        raise InputError(
            f"{what} has {X.shape[1]} columns; expected the {width} that all tasks share: select those, or bring the "
            "tasks into one space first, for instance by hs.CommonSpace"
        )
    with as_headstart_errors("" if what == "X" else f"{what}: "):
        return validate_data(estimator, X, reset=reset, dtype=np.float64)


def _ordered(X: pd.DataFrame, names: list[str], what: str) -> pd.DataFrame:
    found = {str(c): c for c in X.columns}
    missing, more = [n for n in names if n not in found], [n for n in found if n not in set(names)]
    if missing or more:
        parts = [f"lacks {', '.join(map(repr, missing[:5]))}"] if missing else []
        parts += [f"has {', '.join(map(repr, more[:5]))} besides"] if more else []
        raise InputError(
            f"{what} {' and '.join(parts)}; expected the {len(names)} columns that all tasks share: select those, or "
            "bring the tasks into one space first, for instance by hs.CommonSpace"
        )
    return X[[found[n] for n in names]]
