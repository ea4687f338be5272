"""Which of the target's columns every source has."""

from __future__ import annotations

import warnings
from typing import Any

import pandas as pd

from ..columns import column_kind
from ..core.domain import Domain, Sources
from ..core.errors import HeadstartWarning, InputError
from .problem import MAX_LEVELS


def shared_columns(X: Any, sources: Sources) -> tuple[Any, ...]:
    """The columns of the target that every source has, with the same kind of values; none, with a warning, is allowed.

    Raises
    ------
    InputError
        Where a table with names meets one without, or tables without names differ in width: nobody can say which
        columns are shared, and a meta-estimator that drops columns of the target must not go unnoticed.
    """
    if not isinstance(X, pd.DataFrame):
        return _by_position(X, sources)
    kept, why = _by_name(X, sources)
    if not kept and (idle := _without_any(X, sources)):
        warnings.warn(
            f"no column is in every source: {', '.join(map(repr, idle))} shares none with the target, so that the "
            f"columns of the other {len(sources.domains) - len(idle)} play no part either; leave it out to use them",
            HeadstartWarning,
            stacklevel=4,
        )
    elif not kept:
        warnings.warn(
            f"no shared column: {why}. Only the labels link the domains, which is little: if columns mean "
            "the same, give them the same name and type (hs.match_columns(target, source) proposes which)",
            HeadstartWarning,
            stacklevel=4,
        )
    return kept


def has_other_columns(X: Any, tables: list[Any], shared: tuple[Any, ...]) -> bool:
    """Whether any domain has columns, not all of them gaps, beside the shared ones."""
    if not shared:
        return True
    if not isinstance(X, pd.DataFrame):
        return False
    known = set(shared)
    return any(table[c].notna().any() for table in (X, *tables) for c in table.columns if c not in known)


def _without_any(X: pd.DataFrame, sources: Sources) -> list[str]:
    """The sources that share no column with the target, where others do."""
    idle = [d.label for d in sources.domains if not any(_has_column(d, c) for c in X.columns)]
    return idle if len(idle) < len(sources.domains) else []


def _by_name(X: pd.DataFrame, sources: Sources) -> tuple[tuple[Any, ...], str]:
    kept = []
    for column in X.columns:
        if all(_has_column(domain, column) for domain in sources.domains) and _same_kind(X, sources, column):
            kept.append(column)
    if kept:
        return tuple(kept), ""
    unnamed = [d.label for d in sources.domains if not isinstance(d.X, pd.DataFrame)]
    if unnamed:
        raise InputError(
            f"the target's columns have names and those of source {unnamed[0]!r} have none, so no shared column "
            "can be told; expected names in both or in neither: pass the source as a DataFrame"
        )
    listed = ", ".join(repr(str(c)) for c in X.columns[:5])
    theirs = ", ".join(repr(c) for c in (sources.domains[0].columns or ())[:5])
    return (), f"the target has {listed} and source {sources.names[0]!r} has {theirs}"


def _by_position(X: Any, sources: Sources) -> tuple[Any, ...]:
    for domain in sources.domains:
        if domain.n_columns != X.shape[1]:
            raise InputError(
                f"source {domain.label!r} has {domain.n_columns} columns and the target {X.shape[1]}; expected the "
                "same columns, or DataFrames, where the domains have different ones: names tell which are shared"
            )
    return tuple(range(X.shape[1]))


def _has_column(domain: Domain, column: Any) -> bool:
    return isinstance(domain.X, pd.DataFrame) and column in domain.X.columns


def _same_kind(X: pd.DataFrame, sources: Sources, column: Any) -> bool:
    """Numbers against words cannot be compared; a column that is all gaps in one domain can."""
    kinds = {column_kind(t[column], max_levels=MAX_LEVELS) for t in (X, *(d.X for d in sources.domains))} - {"empty"}
    kinds = {"words" if kind in ("category", "text") else kind for kind in kinds}
    if len(kinds) <= 1:
        return True
    warnings.warn(
        f"column {str(column)!r} holds {'s in one domain and '.join(sorted(kinds))} in another; it is not taken for "
        "the same: give it the same type in all domains to use it",
        HeadstartWarning,
        stacklevel=6,
    )
    return False
