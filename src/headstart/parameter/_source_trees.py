"""The source model of a tree or forest transfer: given or fitted, and put into the target's columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import get_tags

from ..core.base import TransferData
from ..core.errors import InputError, InputTypeError
from ._source_scale import refuse_steps, undo
from ._tree_arrays import in_columns
from .given_columns import places
from .given_models import check_classes, kind_of, lone, read_one, refuse_path, steps_of

_CRITERIA = {
    "classification": ("gini", "entropy", "log_loss"),
    "regression": ("squared_error", "friedman_mse"),
}


def check_learner(learner: Any, kinds: tuple[type, ...], task: str) -> Any:
    """Refuse as ``estimator`` what is not one of ``kinds``, or splits by a criterion that target rows have none of."""
    refuse_path(learner, "estimator")
    if not isinstance(learner, kinds):
        raise InputTypeError(
            f"estimator is {kind_of(learner)}; expected {_either(kinds)} of scikit-learn: the nodes of its trees are "
            "what is transferred"
        )
    _check_criterion(learner, task, "estimator")
    return learner


def _check_criterion(model: Any, task: str, what: str) -> None:
    if model.criterion not in _CRITERIA[task]:
        raise InputError(
            f"{what} has criterion={model.criterion!r}; expected one of {', '.join(_CRITERIA[task])}: the values "
            "of nodes are recomputed as class shares or means"
        )


def _either(kinds: tuple[type, ...]) -> str:
    return " or ".join(kind.__name__ for kind in kinds)


def trees_of(model: Any) -> list[Any]:
    """The trees of a fitted forest, or the one of a tree."""
    return list(model.estimators_) if hasattr(model, "estimators_") else [model]


def read_source_model(
    source_model: Any, kinds: tuple[type, ...], task: str, data: TransferData, names: np.ndarray | None, who: str
) -> Any:
    """Check what the user passed as ``source_model``, and put its trees into the target's columns.

    A tree of the very columns of the target is taken as it is; the nodes of any other are copied, so that features are
    counted and thresholds measured as in the target.
    """
    given = read_one(
        source_model,
        task,
        who,
        expected=f"a fitted {_either(kinds)} of scikit-learn, whose nodes are what is transferred",
        takes=lambda final: isinstance(final, kinds),
    )
    refuse_steps(given, who)
    model = given.final
    _check_criterion(model, task, given.where)
    if model.n_outputs_ != 1:
        raise InputError(f"{given.where} has {model.n_outputs_} outputs; expected one: fit a model for each output")
    n_columns = data.X.shape[1]
    at = places(given, names, n_columns)
    shift, scale = undo(given.steps[:-1], len(at))
    if task == "classification":
        check_classes(model.classes_, data.y)
    if len(given.steps) == 1 and np.array_equal(at, np.arange(n_columns)):
        return model
    return in_columns(model, at, n_columns, shift, scale)


def takes_gaps(source_model: Any, kinds: tuple[type, ...], learner: Any) -> bool:
    """Whether the source model takes missing values; where none of ``kinds`` is given, the learner."""
    final = steps_of(lone(source_model))[-1]
    return bool(get_tags(final if isinstance(final, kinds) else learner).input_tags.allow_nan)


def fit_source(learner: Any, data: TransferData) -> Any:
    """The learner, fitted to the source rows."""
    return clone(learner).fit(data.Xs, data.ys)
