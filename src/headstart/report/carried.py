"""What was carried over: coefficients, nodes and trees of the source that a model of the target goes on with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..choose.members import CommonMember, MovedMember, RawMember, SharedMember
from ..parameter._linear_base import LinearTransfer
from ..parameter._tree_estimator import TreeEstimator
from ..tables import TableEncoder
from . import carried_boosting, carried_linear, carried_trees
from .encoded import Column, columns_of


def views(model: Any) -> list[dict[str, Any]]:
    """All that the template needs of each candidate in the model that goes on with parameters of a source.

    Parameters
    ----------
    model : TransferClassifier or TransferRegressor
        Fitted. Only candidates with a weight are kept in it, so only they are told about.

    Returns
    -------
    list of dict
        ``name`` of the candidate, ``headline``, and what its kind shows: a table, for trees pictures too.
    """
    found = []
    for k, (name, estimator, columns) in enumerate(_transfers(model)):
        told = _view(estimator, columns, f"carried-{k}")
        if told is not None:
            found.append({"name": name, "table": None, "pictures": [], "about": "", "notes": [], "shown": "", **told})
    return found


def _view(estimator: Any, columns: list[Column], name: str) -> dict[str, Any] | None:
    if isinstance(estimator, LinearTransfer):
        return carried_linear.view(estimator, columns)
    if isinstance(estimator, TreeEstimator):
        return carried_trees.view(estimator, columns, name)
    return carried_boosting.view(estimator)


def _transfers(model: Any) -> Iterator[tuple[str, Any, list[Column]]]:
    """Candidates that start from parameters of a source, by name, with the columns that they saw."""
    for name, member in (getattr(model, "members_", None) or {}).items():
        outer = getattr(member, "model_", None)
        inner = getattr(outer, "estimator_", None)
        if _starts_from_source(outer):
            yield str(name), outer, columns_of(outer, _encoder_of(model, member))
        elif _starts_from_source(inner):
            before = getattr(outer, "preprocessor_", None)
            yield str(name), inner, columns_of(inner, before if isinstance(before, TableEncoder) else None)


def _encoder_of(model: Any, member: Any) -> Any:
    """What encoded the columns that a member sees: the code of the source models, or that of both domains."""
    if isinstance(member, MovedMember):
        return model.spaces_.models.encoder_of(member.code)
    in_code = isinstance(member, SharedMember) and not isinstance(member, (CommonMember, RawMember))
    return getattr(getattr(model, "spaces_", None), "shared_", None) if in_code else None


def _starts_from_source(estimator: Any) -> bool:
    if isinstance(estimator, LinearTransfer):
        return estimator.source_model is not None or estimator.n_source_ > 0
    if isinstance(estimator, TreeEstimator):
        return estimator.transfer_ is not None
    return carried_boosting.is_one(estimator) and estimator.source_model_ is not None
