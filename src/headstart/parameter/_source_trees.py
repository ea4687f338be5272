"""The source model of a tree or forest transfer: given or fitted, and checked against the target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import get_tags

from ..core.base import TransferData
from ..core.checks import check_label_sets
from ..core.errors import InputError, InputTypeError

_CRITERIA = {
    "classification": ("gini", "entropy", "log_loss"),
    "regression": ("squared_error", "friedman_mse"),
}


def check_learner(learner: Any, kinds: tuple[type, ...], task: str, *, what: str) -> Any:
    """Refuse what is not one of ``kinds``, or splits by a criterion that target rows cannot be measured by."""
    if isinstance(learner, (str, bytes, Path)):
        raise InputTypeError(
            f"{what} is a path or text ({str(learner)[:60]!r}); expected {_either(kinds)}. A pickle runs whatever code "
            "it holds, so none is read here: keep the model with hs.save, and pass hs.load(path)"
        )
    if not isinstance(learner, kinds):
        raise InputTypeError(
            f"{what} is a {type(learner).__name__}; expected {_either(kinds)} of scikit-learn: the nodes of its trees "
            "are what is transferred. For other models use hs.SourcePriorClassifier or hs.SourcePriorRegressor"
        )
    if learner.criterion not in _CRITERIA[task]:
        raise InputError(
            f"{what} has criterion={learner.criterion!r}; expected one of {', '.join(_CRITERIA[task])}: the values "
            "of nodes are recomputed as class shares or means"
        )
    return learner


def _either(kinds: tuple[type, ...]) -> str:
    return " or ".join(kind.__name__ for kind in kinds)


def trees_of(model: Any) -> list[Any]:
    """The trees of a fitted forest, or the one of a tree."""
    return list(model.estimators_) if hasattr(model, "estimators_") else [model]


def check_source_model(
    model: Any, kinds: tuple[type, ...], task: str, data: TransferData, names: np.ndarray | None
) -> Any:
    """Refuse a source model that is not fitted, or that was fitted to other columns or other labels."""
    # A model of this package's own is as good as the scikit-learn model inside.
    if hasattr(type(model), "traits") and isinstance(getattr(model, "estimator_", None), kinds):
        model = model.estimator_
    check_learner(model, kinds, task, what="source_model")
    kind = type(model).__name__
    if not hasattr(model, "tree_") and not hasattr(model, "estimators_"):
        raise InputError(
            f"source_model is a {kind} that is not fitted; expected a fitted one: call its fit with source rows, or "
            "pass it as estimator= and the rows as source="
        )
    if model.n_outputs_ != 1:
        raise InputError(f"source_model has {model.n_outputs_} outputs; expected one: fit a model for each output")
    n_features = data.X.shape[1]
    if model.n_features_in_ != n_features:
        raise InputError(
            f"source_model was fitted to {model.n_features_in_} columns and the target has {n_features}; expected the "
            "same columns: select those that the model knows"
        )
    theirs = getattr(model, "feature_names_in_", None)
    if theirs is not None and names is not None and list(theirs) != list(names):
        wrong = next(k for k in range(n_features) if theirs[k] != names[k])
        raise InputError(
            f"source_model has the column {theirs[wrong]!r} at position {wrong} and the target {names[wrong]!r}; "
            "expected the same columns in the same order: pass X[list(source_model.feature_names_in_)]"
        )
    if task == "classification":
        check_label_sets(data.y, np.asarray(model.classes_))
    return model


def fit_source(learner: Any, data: TransferData) -> Any:
    """The learner, fitted to the source rows."""
    return clone(learner).fit(data.Xs, data.ys)


def allows_gaps(learner: Any) -> bool:
    """Whether a learner takes missing values."""
    return bool(get_tags(learner).input_tags.allow_nan)
