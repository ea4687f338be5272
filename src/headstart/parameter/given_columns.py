"""Where the columns of a given source model are in the target: by name where both have names, else by position."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import get_tags

from ..core.errors import HeadstartWarning, InputError
from .given_models import GivenModel


def places(
    given: GivenModel,
    names: Any,
    n_columns: int,
    *,
    own_only: bool = False,
) -> np.ndarray:
    """The places of the model's columns among the target's ``n_columns``, whose ``names`` may be None.

    With ``own_only`` the target may have no further column.

    Raises
    ------
    InputError
        Where the target lacks columns, has others, or only one side has names.
    """
    theirs = given.columns
    if theirs is None:
        _check_width(given, n_columns)
        return np.arange(n_columns)
    _refuse_nameless(given, theirs, names)
    at = {str(name): k for k, name in enumerate(names)}
    lacking = [name for name in theirs if str(name) not in at]
    if lacking:
        raise InputError(_needs(given, lacking, "which the target lacks"))
    found = np.array([at[str(name)] for name in theirs], dtype=np.intp)
    if own_only and len(found) < n_columns:
        known = {str(name) for name in theirs}
        more = [name for name in names if str(name) not in known]
        raise InputError(
            f"{given.where} does not know {_some(more)}, which the target has; expected its own columns alone: pass "
            "X[list(source_model.feature_names_in_)]"
        )
    return found


def rows_at(X: np.ndarray, at: np.ndarray, names: list[Any] | None) -> Any:
    """Target rows as a model knows them: the columns at these places, by name where it has names."""
    rows = X if np.array_equal(at, np.arange(X.shape[1])) else X[:, at]
    return rows if names is None else pd.DataFrame(rows, columns=names)


def rows_for(given: GivenModel, table: Any) -> Any:
    """The columns of a raw target table that a source model knows, in its order.

    A column that the target lacks is passed as gaps to a model that takes gaps and has other columns to go by; each
    prediction is then one without that column, as the model makes it for its own rows with gaps.

    Raises
    ------
    InputError
        Where the target lacks columns and the model takes no gaps, or tables without names differ in width.
    """
    theirs = given.columns
    frame = isinstance(table, pd.DataFrame)
    if theirs is None:
        _check_width(given, table.shape[1])
        return table
    _refuse_nameless(given, theirs, table.columns if frame else None)
    lacking = [c for c in theirs if c not in table.columns]
    if not lacking:
        return table[theirs]
    if len(lacking) == len(theirs) or not _takes_gaps(given):
        why = "none of which the target has" if len(lacking) == len(theirs) else "which the target lacks"
        raise InputError(_needs(given, lacking, why))
    return table.reindex(columns=theirs)


def refuse_gaps(given: GivenModel, table: Any) -> None:
    """Raise where a table has gaps and the model takes none: it would fail with an error of its own."""
    if _takes_gaps(given) or not isinstance(table, (pd.DataFrame, np.ndarray)):
        return
    gaps = pd.isna(table).to_numpy().any() if isinstance(table, pd.DataFrame) else pd.isna(table).any()
    if gaps:
        raise InputError(
            f"{given.where} is {given.kind}, which takes no gaps, and the target has some in its columns; "
            "expected a model that does, such as one behind hs.TableEncoder() in a Pipeline, or a target without gaps"
        )


def warn_of_lacking(given: GivenModel, table: Any) -> None:
    """Say which columns a source model will have to do without."""
    theirs = given.columns
    if theirs is None or not isinstance(table, pd.DataFrame):
        return
    lacking = [c for c in theirs if c not in table.columns]
    if lacking:
        warnings.warn(
            f"{given.where} knows {_some(lacking)}, which the target lacks; it is asked with gaps there, and tells "
            "less than it could",
            HeadstartWarning,
            stacklevel=4,
        )


def _check_width(given: GivenModel, n_columns: int) -> None:
    theirs = given.n_columns
    if theirs is not None and theirs != n_columns:
        raise InputError(
            f"{given.where} was fitted to {theirs} columns and the target has {n_columns}; expected the same columns: "
            "select those that the model knows"
        )


def _refuse_nameless(given: GivenModel, theirs: list[Any], names: Any) -> None:
    if names is None:
        raise InputError(
            f"{given.where} knows its columns by name ({_some(theirs)}) and the target's have none; expected a "
            "DataFrame with these names"
        )


def _needs(given: GivenModel, lacking: list[Any], why: str) -> str:
    return (
        f"{given.where} needs the columns {_some(lacking)}, {why}; expected the columns that it was fitted to: rename "
        "those that mean the same, or ask for a model of the columns that both have"
    )


def _takes_gaps(given: GivenModel) -> bool:
    """Whether a model takes missing values; of a Pipeline its first step, which is the one that meets them."""
    return bool(
        get_tags(given.model.steps[0][1] if hasattr(given.model, "steps") else given.model).input_tags.allow_nan
    )


def _some(names: list[Any], most: int = 5) -> str:
    shown = ", ".join(repr(str(n)) for n in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
