"""A transfer problem as raw tables: what every candidate starts from."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from ..columns import column_kind
from ..core.domain import Domain, Sources, as_table
from ..core.errors import HeadstartWarning, InputError

# Columns of words with more levels than this are text.
MAX_LEVELS = 40


@dataclass(frozen=True)
class Problem:
    """Target rows with labels, and source rows with labels cut to the columns that both have.

    ``X`` and ``y`` hold all target columns; ``shared`` the positions (arrays) or names (frames) of the target's
    columns that every source has; ``source_tables`` one table a source domain with these columns, ``source_labels``
    their labels. ``kinds`` is the one schema of all domains: the kind of each target column, by name. ``classes`` is
    None for a regression.
    """

    task: str
    X: Any
    y: np.ndarray | None
    source_tables: tuple[Any, ...]
    source_labels: tuple[np.ndarray, ...]
    source_names: tuple[str, ...]
    shared: tuple[Any, ...]
    kinds: dict[str, str] | None
    classes: np.ndarray | None

    @property
    def n_source(self) -> int:
        """Number of source rows."""
        return sum(len(v) for v in self.source_labels)

    @property
    def ys(self) -> np.ndarray:
        """All source labels."""
        return np.concatenate(self.source_labels)


def take_rows(table: Any, rows: np.ndarray) -> Any:
    """Rows of a frame, an array or a sparse matrix."""
    return table.iloc[rows].reset_index(drop=True) if isinstance(table, pd.DataFrame) else table[rows]


def take_columns(table: Any, columns: tuple[Any, ...]) -> Any:
    """Columns by name of a frame, by position of a matrix."""
    return table[list(columns)] if isinstance(table, pd.DataFrame) else table[:, list(columns)]


def shared_columns(X: Any, sources: Sources) -> tuple[Any, ...]:
    """The columns of the target that every source has, with the same kind of values.

    Raises
    ------
    InputError
        Where there is none, or where tables without names differ in width.
    """
    if not isinstance(X, pd.DataFrame):
        for domain in sources.domains:
            if domain.n_columns != X.shape[1]:
                raise InputError(
                    f"source {domain.label!r} has {domain.n_columns} columns and the target {X.shape[1]}; expected the "
                    "same columns, or tables with column names, from which the shared ones are taken"
                )
        return tuple(range(X.shape[1]))
    kept = []
    for column in X.columns:
        if all(_has_column(domain, column) for domain in sources.domains) and _same_kind(X, sources, column):
            kept.append(column)
    if not kept:
        unnamed = [d.label for d in sources.domains if not isinstance(d.X, pd.DataFrame)]
        if unnamed:
            raise InputError(
                f"the target's columns have names and those of source {unnamed[0]!r} have none, so no shared column "
                "can be told; expected names in both or in neither: pass the source as a DataFrame"
            )
        listed = ", ".join(repr(str(c)) for c in X.columns[:5])
        theirs = ", ".join(repr(c) for c in (sources.domains[0].columns or ())[:5])
        raise InputError(
            f"no shared column: the target has {listed} and source {sources.names[0]!r} has {theirs}; expected at "
            "least one column of the same name and type: rename the columns that mean the same"
        )
    return tuple(kept)


def _has_column(domain: Domain, column: Any) -> bool:
    return isinstance(domain.X, pd.DataFrame) and column in domain.X.columns


def _same_kind(X: pd.DataFrame, sources: Sources, column: Any) -> bool:
    """Numbers against words cannot be compared; a column that is all gaps in one domain can."""
    kinds = {column_kind(t[column], max_levels=MAX_LEVELS) for t in (X, *(d.X for d in sources.domains))} - {"empty"}
    kinds = {"words" if kind in ("category", "text") else kind for kind in kinds}
    if len(kinds) <= 1:
        return True
    warnings.warn(
        f"column {str(column)!r} holds {'s in one domain and '.join(sorted(kinds))} in another; it is left out of the "
        "transfer: give it the same type in all domains to use it",
        HeadstartWarning,
        stacklevel=6,
    )
    return False


def schema(X: Any, sources: tuple[Any, ...]) -> dict[str, str] | None:
    """The kind of each target column, told from the values of all domains; None for tables of numbers alone.

    Only types are told here, no statistic: what is fitted in a fold is fitted to the fold's rows.
    """
    if not isinstance(X, pd.DataFrame):
        return None
    kinds = {}
    for column in X.columns:
        parts = [X[column], *(t[column] for t in sources if isinstance(t, pd.DataFrame) and column in t.columns)]
        parts = [part for part in parts if part.notna().any()]
        kinds[str(column)] = (
            "empty"
            if not parts
            else column_kind(
                parts[0]
                if len(parts) == 1
                else pd.concat([p.astype(object) for p in parts], ignore_index=True)
                if parts[0].dtype != parts[1].dtype
                else pd.concat(parts, ignore_index=True),
                max_levels=MAX_LEVELS,
            )
        )
    return kinds


def cut_source(
    table: Any, labels: np.ndarray, shared: tuple[Any, ...], most: int | None, random: np.random.Generator, *, like: Any
) -> tuple[Any, np.ndarray]:
    """The shared columns of a source, and at most ``most`` of its rows, drawn at random, stored as ``like`` is."""
    table = as_table(table)
    if isinstance(table, pd.DataFrame) and not isinstance(like, pd.DataFrame):
        # The target's columns have no names: they are matched by position.
        table = sp.csr_matrix(table.to_numpy(dtype=float)) if sp.issparse(like) else table.to_numpy()
    table = take_columns(table, shared)
    if most is not None and len(labels) > most:
        rows = np.sort(random.choice(len(labels), size=most, replace=False))
        table, labels = take_rows(table, rows), labels[rows]
    if sp.issparse(like) and not sp.issparse(table):
        table = sp.csr_matrix(table)
    elif sp.issparse(table) and not sp.issparse(like):
        table = table.toarray()
    return table, labels
