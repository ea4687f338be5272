"""The source model of a boosting transfer: given or fitted, checked against the target, and read by its back end."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

import numpy as np
from sklearn.base import clone

from ..core.base import TransferData
from ..core.checks import as_headstart_errors
from ..core.errors import InputError, InputTypeError
from ..learners import boosting
from ._boosting_hist import HistSource, final_model, goes_before
from ._boosting_trees import Columns, SourceTrees
from ._source_scale import SCALERS, refuse_steps
from .given_columns import places
from .given_models import check_classes, columns_of, ending, kind_of, opened, read_one, refuse_path

# Losses that new trees can go on with: what they are called here, and in which range the labels must be.
_LOSSES = ("squared_error", "absolute_error", "quantile", "poisson", "gamma")


def default_learner(task: str, y: np.ndarray) -> Any:
    """The house's boosting for so many rows."""
    return boosting(task, len(y), len(np.unique(y)) if task == "classification" else 2)


def check_learner(learner: Any, task: str) -> Any:
    """Refuse as ``estimator`` what is not a boosting model of one of the three libraries, for this task."""
    refuse_path(learner, "estimator")
    if backend(learner, task) is None:
        raise InputTypeError(
            f"estimator is {kind_of(learner)}; expected {_expected(task)}, whose trees are what new ones are put on"
        )
    return learner


def backend(model: Any, task: str) -> str | None:
    """The library of a boosting model, fitted or not; None for anything else."""
    if isinstance(model, type):
        return None
    if final_model(model, task) is not None:
        return "sklearn"
    # A model of a library is there only where the library has been imported.
    if (lightgbm := sys.modules.get("lightgbm")) is not None:
        kinds = (lightgbm.Booster, getattr(lightgbm, f"LGBM{ending(task)}"))
        if isinstance(model, kinds):
            return "lightgbm"
    if (xgboost := sys.modules.get("xgboost")) is not None:
        kinds = (xgboost.Booster, getattr(xgboost, f"XGB{ending(task)}"))
        if isinstance(model, kinds):
            return "xgboost"
    return None


def read_source_model(
    source_model: Any, task: str, data: TransferData, names: np.ndarray | None, who: str
) -> SourceTrees:
    """Check what the user passed as ``source_model``, and read it."""
    given = read_one(
        source_model,
        task,
        who,
        expected=f"a fitted {_expected(task)}, whose trees are what new ones are put on",
        takes=lambda final: backend(final, task) is not None,
        also=lambda model: _is_booster(model, task),
    )
    if backend(given.final, task) == "sklearn":
        refuse_steps(given, who, takes=goes_before, words=f" but QuantileBins or a {SCALERS}")
    else:
        refuse_steps(given, who, takes=lambda step: False, words="")
    model = opened(given.model)
    source = read(model, task)
    at = places(given, names, data.X.shape[1], own_only=True)
    source.columns = Columns(None if np.array_equal(at, np.arange(len(at))) else at, columns_of(model))
    if source.classes is not None:
        check_classes(source.classes, data.y)
    return source


def fit_source(learner: Any, task: str, data: TransferData) -> SourceTrees:
    """The learner, fitted to the source rows."""
    learner = default_learner(task, data.ys) if learner is None else learner
    with as_headstart_errors(f"{type(learner).__name__} and the source: "):
        return read(clone(learner).fit(data.Xs, data.ys), task)


def read(model: Any, task: str) -> SourceTrees:
    """The fitted model, behind the interface of its back end."""
    kind = backend(model, task)
    if kind == "lightgbm":
        from ._boosting_lightgbm import LightGBMSource

        source: SourceTrees = LightGBMSource(model, task)
    elif kind == "xgboost":
        from ._boosting_xgboost import XGBoostSource

        source = XGBoostSource(model, task)
    else:
        source = HistSource(model, task)
    if source.classes is None and source.loss not in _LOSSES:
        raise InputError(
            f"source_model was fitted with the loss {source.loss}; expected one of {', '.join(_LOSSES)}: new trees are "
            "fitted to the same loss"
        )
    return source


def check_range(source: SourceTrees, y: np.ndarray) -> None:
    """Refuse labels that the loss of the source model does not take."""
    low = float(np.min(y))
    if (source.loss == "poisson" and (low < 0 or np.sum(y) <= 0)) or (source.loss == "gamma" and low <= 0):
        wanted = "numbers of 0 or more, not all 0" if source.loss == "poisson" else "numbers above 0"
        raise InputError(
            f"the smallest target label is {low:g} and source_model was fitted with the loss {source.loss}; expected "
            f"{wanted}: fit the source model with another loss"
        )


def _is_booster(model: Any, task: str) -> bool:
    """Whether it is a model of a library that scikit-learn does not know as an estimator."""
    return backend(model, task) is not None and not hasattr(model, "fit")


def _expected(task: str) -> str:
    """The kinds that are taken, and which of them are to be had here."""
    kinds = (
        f"HistGradientBoosting{ending(task)} of scikit-learn, alone or behind QuantileBins or a scaler in a Pipeline"
    )
    parts = []
    for module, names in (
        ("lightgbm", f"LGBM{ending(task)} or Booster"),
        ("xgboost", f"XGB{ending(task)} or Booster"),
    ):
        missing = "" if importlib.util.find_spec(module) else " (not installed)"
        parts.append(f"{module}'s {names}{missing}")
    return f"{kinds}, {' or '.join(parts)}"
