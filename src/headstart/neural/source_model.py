"""A fitted estimator of networks as the source: where training starts when the source's rows are not at hand."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sklearn.frozen import FrozenEstimator

from ..core.errors import InputError, InputTypeError


def source_network(estimator: Any, task: str, has_source: bool) -> Any:
    """The fitted estimator that ``source_model=`` holds, or None.

    Raises
    ------
    InputTypeError
        Where it is something else than one fitted estimator of networks, of the same task.
    InputError
        Where another start is named beside it.
    """
    given = getattr(estimator, "source_model", None)
    if given is None:
        return None
    while isinstance(given, FrozenEstimator):
        given = given.estimator
    found = type(given).__name__
    if isinstance(given, type) or not hasattr(given, "to_stored") or not hasattr(given, "layers_"):
        state = "a class" if isinstance(given, type) else "not fitted" if hasattr(given, "to_stored") else "no network"
        name = given.__name__ if isinstance(given, type) else found
        raise InputTypeError(
            f"source_model is {name}, which is {state}; expected one fitted FineTuneClassifier or FineTuneRegressor, "
            "such as hs.FineTuneClassifier().fit(X_source, y_source) or what hs.load gives"
        )
    if hasattr(given, "classes_") != (task == "classification"):
        raise InputTypeError(
            f"source_model is a fitted {found}, and this is a {task}; expected a source model of the same task"
        )
    for name in ("backbone", "weights"):
        if getattr(estimator, name, None) is not None:
            raise InputError(
                f"source_model= and {name}= are two starts; expected one of them: the source model brings its network"
            )
    if has_source:
        raise InputError(
            "source_model= and source= are both given; expected one of them: the model stands for the source's rows"
        )
    return given


def columns_of(X: Any, given: Any) -> Any:
    """Target rows of a table with the columns of the source model, in its order."""
    wanted = getattr(given, "feature_names_in_", None)
    if wanted is None and given._kind == "table":
        encoder = given._living().reader.encoder
        wanted = getattr(encoder, "feature_names_in_", None)
    columns = getattr(X, "columns", None)
    if wanted is not None and columns is not None:
        lacking = [str(c) for c in wanted if c not in list(columns)]
        if lacking:
            raise InputError(
                f"X lacks the columns {lacking[:5]} of the source model; expected the columns that it was fitted to"
            )
        return X[list(wanted)] if isinstance(X, pd.DataFrame) else X.select([str(c) for c in wanted])
    n, shape = getattr(given, "n_features_in_", None), getattr(X, "shape", None)
    if n is not None and shape is not None and len(shape) == 2 and shape[1] != n:
        raise InputError(f"X has {shape[1]} columns and the source model was fitted to {n}; expected the same columns")
    return X
