"""A transfer problem as raw tables: what every candidate starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from ..columns import column_kind
from ..core.domain import Domain, Sources, as_table

# Columns of words with more levels than this are text.
MAX_LEVELS = 40


@dataclass(frozen=True)
class Problem:
    """Target rows with labels, and source rows with labels.

    ``X`` and ``y`` hold all target columns; ``shared`` the positions (arrays) or names (frames) of the target's
    columns that every source has; ``source_tables`` one table a source domain with these columns, none where no column
    is shared; ``source_labels`` their labels. ``whole_tables`` are the same rows with all columns of their domain, none
    where these are the shared ones. ``kinds`` is the one schema of all domains: the kind of each target column, by
    name. ``classes`` is None for a regression. ``more`` are target rows without labels. ``models`` are fitted source
    models by name, which came without their rows.
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
    whole_tables: tuple[Any, ...] = ()
    more: Any = None
    models: Any = None

    @property
    def has_source(self) -> bool:
        """Whether there is a source."""
        return bool(self.source_labels) or bool(self.models)

    @property
    def raw_sources(self) -> Sources:
        """The sources with all their columns."""
        return self.as_sources(list(self.whole_tables or self.source_tables))

    def as_sources(self, tables: list[Any]) -> Sources:
        """One table a source, with the labels and names."""
        parts = zip(tables, self.source_labels, self.source_names, strict=True)
        return Sources([Domain(table, labels, name=name) for table, labels, name in parts])

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


def draw_rows(table: Any, labels: np.ndarray, most: int | None, random: np.random.Generator) -> tuple[Any, np.ndarray]:
    """At most ``most`` rows of a source, drawn at random, and their labels."""
    table = as_table(table)
    if most is None or len(labels) <= most:
        return table, labels
    rows = np.sort(random.choice(len(labels), size=most, replace=False))
    return take_rows(table, rows), labels[rows]


def stored_like(table: Any, like: Any) -> Any:
    """A source's table stored as the target's is: a frame as an array where the target's columns have no names."""
    if isinstance(table, pd.DataFrame) and not isinstance(like, pd.DataFrame):
        return sp.csr_matrix(table.to_numpy(dtype=float)) if sp.issparse(like) else table.to_numpy()
    if sp.issparse(like) and not sp.issparse(table):
        return sp.csr_matrix(table)
    if sp.issparse(table) and not sp.issparse(like):
        return table.toarray()
    return table
