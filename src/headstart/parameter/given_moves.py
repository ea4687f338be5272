"""Which transfer moves the parameters of a given source model, and in which columns they stand."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from sklearn.pipeline import make_pipeline

from ._boosting_source import backend
from ._linear_source import is_linear
from ._source_scale import is_scaler
from .boosting_transfer import BoostingTransferClassifier, BoostingTransferRegressor
from .forest_transfer import ForestTransferClassifier, ForestTransferRegressor
from .given_models import GivenModel
from .linear_transfer import LinearTransferClassifier, LinearTransferRegressor
from .tree_transfer import TreeTransferClassifier, TreeTransferRegressor

_TRANSFERS: dict[str, dict[str, Any]] = {
    "classification": {
        "linear": LinearTransferClassifier,
        "tree": TreeTransferClassifier,
        "forest": ForestTransferClassifier,
        "boosting": BoostingTransferClassifier,
    },
    "regression": {
        "linear": LinearTransferRegressor,
        "tree": TreeTransferRegressor,
        "forest": ForestTransferRegressor,
        "boosting": BoostingTransferRegressor,
    },
}


@dataclass(frozen=True, eq=False)
class Move:
    """A transfer of what ``kind`` of model stands last, from rows as the fitted steps ``before`` it make them."""

    kind: str
    estimator: Any
    before: tuple[Any, ...]


def kind_moved(model: Any, task: str) -> str | None:
    """What kind of parameters a fitted model has that a transfer moves: "linear", "tree" ..., or None."""
    transfers = _TRANSFERS[task]
    for kind in ("tree", "forest"):
        if isinstance(model, transfers[kind]._kinds):
            return kind
    if backend(model, task) is not None:
        return "boosting"
    return "linear" if is_linear(model) else None


def move_of(given: GivenModel, task: str, *, most_trees: int) -> Move | None:
    """The transfer that moves the last step of a given model; None where none does.

    Scalers right before it are undone by the transfer, so that what is moved stands in their raw columns. Of a forest
    at most ``most_trees`` trees are moved.
    """
    *before, last = given.steps
    kind = kind_moved(last, task)
    if kind is None:
        return None
    undone: list[Any] = []
    if kind != "boosting" or backend(last, task) == "sklearn":
        while before and is_scaler(before[-1]):
            undone.insert(0, before.pop())
    if kind == "forest" and len(last.estimators_) > most_trees:
        last = copy.copy(last)
        last.estimators_, last.n_estimators = last.estimators_[:most_trees], most_trees
    # Names of columns may be known to what stands around it alone.
    whole = not before and not (kind == "forest" and last is not given.final)
    model = given.model if whole else make_pipeline(*undone, last) if undone else last
    settings: dict[str, Any] = {"linear": {"form": "elastic"}, "boosting": {"random_state": 0}}.get(kind, {})
    return Move(kind, _TRANSFERS[task][kind](source_model=model, **settings), tuple(before))
