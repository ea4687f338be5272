"""Fitted source models without their rows, as they are handed over: checked, and asked about raw target tables."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from ..core.errors import HeadstartWarning, InputError, InputTypeError


def read_given(source_model: Any, task: str) -> dict[str, Any]:
    """Name and model of each of the fitted source models.

    Parameters
    ----------
    source_model : fitted estimator, list of them, or dict of them by name
    task : {"classification", "regression"}

    Raises
    ------
    InputError, InputTypeError
        Where one is no estimator, is not fitted, or is made for another task.
    """
    if isinstance(source_model, Mapping):
        named = {str(name): model for name, model in source_model.items()}
    elif isinstance(source_model, (list, tuple)):
        named = {f"source model {k + 1}": model for k, model in enumerate(source_model)}
    else:
        named = {"source model": source_model}
    if not named:
        raise InputError("source_model is empty; expected at least one fitted model, or None")
    for name, model in named.items():
        _check(name, model, task)
    return named


def _check(name: str, model: Any, task: str) -> None:
    if isinstance(model, (str, bytes, Path)):
        raise InputTypeError(
            f"{name} is a path or text ({str(model)[:60]!r}); expected a fitted model: hs.load(path) reads one that "
            "hs.save left. Pickles are not read, since they run whatever code they hold"
        )
    if isinstance(model, type) or not hasattr(model, "predict"):
        shown = model.__name__ if isinstance(model, type) else type(model).__name__
        raise InputTypeError(f"{name} is of type {shown}; expected a fitted scikit-learn model, or what hs.load gives")
    kind = type(model).__name__
    right = is_classifier(model) if task == "classification" else is_regressor(model)
    if not right:
        wanted = "classifier" if task == "classification" else "regressor"
        raise InputTypeError(f"{name} is a {kind}, which is no {wanted}; expected one, as the target's labels ask")
    if task == "classification" and not hasattr(model, "predict_proba"):
        raise InputTypeError(
            f"{name} is a {kind} without predict_proba; expected a classifier that gives probabilities: wrap it in "
            "sklearn.calibration.CalibratedClassifierCV where its rows are"
        )
    try:
        check_is_fitted(model)
    except NotFittedError as error:
        raise InputError(f"{name} is a {kind} that is not fitted; expected a fitted model: call fit first") from error


def rows_for(model: Any, table: Any, name: str) -> Any:
    """The columns of a raw target table that a source model knows, in its order.

    A column that the target lacks is passed as gaps to a model that takes gaps and has other columns to go by; each
    prediction is then one without that column, as the model makes it for its own rows with gaps.

    Raises
    ------
    InputError
        Where the target lacks columns and the model takes no gaps, or tables without names differ in width.
    """
    theirs = getattr(model, "feature_names_in_", None)
    if theirs is None or not isinstance(table, pd.DataFrame):
        known = getattr(model, "n_features_in_", table.shape[1])
        if theirs is not None:
            raise InputError(
                f"{name} knows its columns by name ({_some(list(theirs))}) and the target's have none; expected a "
                "DataFrame with these names"
            )
        if known != table.shape[1]:
            raise InputError(
                f"{name} was fitted to {known} columns and the target has {table.shape[1]}; expected the same columns"
            )
        return table
    lacking = [c for c in theirs if c not in table.columns]
    if not lacking:
        return table[list(theirs)]
    if len(lacking) == len(theirs) or not _takes_gaps(model):
        why = "none of which the target has" if len(lacking) == len(theirs) else "and takes no gaps"
        raise InputError(
            f"{name} needs the columns {_some(lacking)}, {why}; expected the columns that it was fitted to: rename "
            "those that mean the same, or ask for a model of the columns that both have"
        )
    return table.reindex(columns=list(theirs))


def refuse_gaps(model: Any, table: Any, name: str) -> None:
    """Raise where a table has gaps and the model takes none: it would fail with an error of its own."""
    if _takes_gaps(model) or not isinstance(table, (pd.DataFrame, np.ndarray)):
        return
    gaps = pd.isna(table).to_numpy().any() if isinstance(table, pd.DataFrame) else pd.isna(table).any()
    if gaps:
        raise InputError(
            f"{name} is a {type(model).__name__}, which takes no gaps, and the target has some in its columns; "
            "expected a model that does, such as one behind hs.TableEncoder() in a Pipeline, or a target without gaps"
        )


def warn_of_lacking(model: Any, table: Any, name: str) -> None:
    """Say which columns a source model will have to do without."""
    theirs = getattr(model, "feature_names_in_", None)
    if theirs is None or not isinstance(table, pd.DataFrame):
        return
    lacking = [c for c in theirs if c not in table.columns]
    if lacking:
        warnings.warn(
            f"{name} knows {_some(lacking)}, which the target lacks; it is asked with gaps there, and tells less than "
            "it could",
            HeadstartWarning,
            stacklevel=4,
        )


def _takes_gaps(model: Any) -> bool:
    """Whether a model takes missing values; of a Pipeline its first step, which is the one that meets them."""
    first = model.steps[0][1] if hasattr(model, "steps") else model
    return bool(get_tags(first).input_tags.allow_nan)


def _some(names: list[Any], most: int = 5) -> str:
    shown = ", ".join(repr(str(n)) for n in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
