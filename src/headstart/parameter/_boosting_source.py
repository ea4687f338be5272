"""The source model of a boosting transfer: given or fitted, checked against the target, and read by its back end."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from ..core.base import TransferData
from ..core.checks import align_columns, as_headstart_errors, check_label_sets
from ..core.errors import InputError, InputTypeError
from ..learners import boosting
from ._boosting_hist import HistSource, final_model
from ._boosting_trees import Columns, SourceTrees

# Losses that new trees can go on with: what they are called here, and in which range the labels must be.
_LOSSES = ("squared_error", "absolute_error", "quantile", "poisson", "gamma")


def default_learner(task: str, y: np.ndarray) -> Any:
    """The house's boosting for so many rows."""
    return boosting(task, len(y), len(np.unique(y)) if task == "classification" else 2)


def check_learner(learner: Any, task: str, *, what: str) -> Any:
    """Refuse what is not a boosting model of one of the three libraries, for this task."""
    if isinstance(learner, (str, bytes, Path)):
        raise InputTypeError(
            f"{what} is a path or text ({str(learner)[:60]!r}); expected {_expected(task)}. A pickle runs whatever "
            "code it holds, so none is read here: keep the model with hs.save, and pass hs.load(path)"
        )
    if backend(learner, task) is None:
        raise InputTypeError(
            f"{what} is {'the class ' if isinstance(learner, type) else 'a '}{_name(learner)}; expected "
            f"{_expected(task)}: its trees are what new ones are put on. For other models use "
            f"hs.SourcePrior{_ending(task)}"
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
        kinds = (lightgbm.Booster, getattr(lightgbm, f"LGBM{_ending(task)}"))
        if isinstance(model, kinds):
            return "lightgbm"
    if (xgboost := sys.modules.get("xgboost")) is not None:
        kinds = (xgboost.Booster, getattr(xgboost, f"XGB{_ending(task)}"))
        if isinstance(model, kinds):
            return "xgboost"
    return None


def read_source_model(model: Any, task: str, data: TransferData, names: np.ndarray | None) -> SourceTrees:
    """Check the model that the user passed as ``source_model``, and read it."""
    # A model of this package's own is as good as the boosting model inside.
    if hasattr(type(model), "traits") and backend(getattr(model, "estimator_", None), task) is not None:
        model = model.estimator_
    check_learner(model, task, what="source_model")
    _check_fitted(model)
    source = read(model, task)
    source.columns = _columns(model, data.X.shape[1], names)
    if source.classes is not None:
        check_label_sets(data.y, source.classes)
    return source


def fit_source(learner: Any, task: str, data: TransferData) -> SourceTrees:
    """The learner, fitted to the source rows."""
    learner = default_learner(task, data.ys) if learner is None else learner
    with as_headstart_errors(f"{_name(learner)} and the source: "):
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


def _check_fitted(model: Any) -> None:
    fitted = True
    if hasattr(model, "fit"):
        last = model.steps[-1][1] if hasattr(model, "steps") else model
        try:
            check_is_fitted(last)
        except NotFittedError:
            fitted = False
    if not fitted:
        raise InputError(
            f"source_model is a {_name(model)} that is not fitted; expected a fitted one: call its fit with source "
            "rows, or pass it as estimator= and the rows as source="
        )


def _columns(model: Any, n_columns: int, names: np.ndarray | None) -> Columns:
    """Where the columns of the source model stand among the target's, by name where both have names."""
    theirs, width = _features(model)
    if width != n_columns:
        raise InputError(
            f"source_model was fitted to {width} columns and the target has {n_columns}; expected the same columns: "
            "select those that the model knows"
        )
    if theirs is None:
        return Columns()
    order = None
    if names is not None:
        place = pd.DataFrame([np.arange(len(theirs))], columns=theirs)
        try:
            there = align_columns(place, names, name="source_model").to_numpy()[0]
        except InputError as error:
            said = str(error).replace("source 'source_model'", "source_model was fitted to other columns: it")
            raise InputError(said) from error
        order = np.argsort(there)
    return Columns(order, theirs)


def _features(model: Any) -> tuple[list[Any] | None, int]:
    """Names, where there are any, and number of the columns that a model was fitted to."""
    if hasattr(model, "n_features_in_"):
        names = getattr(model, "feature_names_in_", None)
        width = int(model.n_features_in_)
    else:
        names = model.feature_name() if hasattr(model, "feature_name") else model.feature_names
        width = int(model.num_feature() if hasattr(model, "num_feature") else model.num_features())
    names = None if names is None else [str(name) for name in names]
    # What LightGBM calls columns without a name.
    if names == [f"Column_{k}" for k in range(width)]:
        names = None
    return names, width


def _name(model: Any) -> str:
    if isinstance(model, type):
        return model.__name__
    steps = getattr(model, "steps", None)
    inner = "" if not steps else f" of {', '.join(type(step).__name__ for _, step in steps)}"
    return f"{type(model).__name__}{inner}"


def _ending(task: str) -> str:
    return "Classifier" if task == "classification" else "Regressor"


def _expected(task: str) -> str:
    """The kinds that are taken, and which of them are to be had here."""
    kinds = f"a HistGradientBoosting{_ending(task)} of scikit-learn, alone or behind QuantileBins in a Pipeline"
    parts = []
    for module, names in (
        ("lightgbm", f"LGBM{_ending(task)} or Booster"),
        ("xgboost", f"XGB{_ending(task)} or Booster"),
    ):
        missing = "" if importlib.util.find_spec(module) else " (not installed)"
        parts.append(f"{module}'s {names}{missing}")
    return f"{kinds}, {' or '.join(parts)}"
