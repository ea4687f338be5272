"""Raw tables of several domains: which column of one is which of another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import scipy.sparse as sp
from sklearn.base import BaseEstimator

from ..columns import column_kind, to_words
from ..core.domain import as_table
from ..core.errors import InputError, InputTypeError
from ..tables import read_table

MAX_LEVELS = 40


class DomainTable(BaseEstimator):
    """The columns of one domain as ``fit`` saw them, to hold later rows against."""

    def fit(self, X: Any, *, what: str) -> DomainTable:
        """Learn the columns of a raw table."""
        self.what_ = what
        refuse_sparse(X, what)
        read_table(self, X, reset=True)
        return self

    def frame(self, X: Any, target_names: list[str] | None = None) -> pd.DataFrame:
        """Raw rows of this domain as a DataFrame with names; gaps may be there, infinity not.

        A table whose columns stand in the order of ``target_names``, and are the same ones, is put into the order of
        ``fit``.
        """
        refuse_sparse(X, self.what_)
        table = as_table(X) if hasattr(X, "columns") else X
        own = self.names
        if isinstance(table, pd.DataFrame) and own is not None and target_names is not None:
            found = [str(c) for c in table.columns]
            if found == target_names and sorted(found) == sorted(own) and found != own:
                table = table[[table.columns[found.index(name)] for name in own]]
        return as_frame(read_table(self, table, reset=False))

    @property
    def names(self) -> list[str] | None:
        """The column names, or None where the table had none."""
        found = getattr(self, "feature_names_in_", None)
        return None if found is None else [str(c) for c in found]

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.n_features_in_)


def as_frame(table: Any) -> pd.DataFrame:
    """A DataFrame with names as strings, ``x0``, ``x1`` and so on where there are none."""
    if isinstance(table, pd.DataFrame):
        return table.set_axis([str(c) for c in table.columns], axis=1)
    return pd.DataFrame(table, columns=[f"x{j}" for j in range(table.shape[1])])


def some_names(names: list[str], most: int = 5) -> str:
    """The first names of a list, and how many more there are."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def like_domain(rows: Any, frame: pd.DataFrame, *, named: bool, what: str) -> pd.DataFrame:
    """Rows as a frame with the columns of ``frame``: by name, in their own order, where both have names."""
    refuse_sparse(rows, what)
    if isinstance(rows, pd.DataFrame) and named:
        found = as_frame(rows)
        missing = [c for c in frame.columns if c not in found.columns]
        if missing:
            raise InputError(f"{what} lacks the columns {some_names(missing)}; expected those of its domain")
        return found[[c for c in found.columns if c in set(frame.columns)]]
    if rows.shape[1] != frame.shape[1]:
        raise InputError(f"{what} has {rows.shape[1]} columns and its domain {frame.shape[1]}; expected the same")
    return as_frame(rows).set_axis(frame.columns, axis=1)


def refuse_sparse(X: Any, what: str) -> None:
    if sp.issparse(X):
        raise InputTypeError(
            f"{what} is a sparse matrix; expected a dense table, since the common space is dense: reduce it first, for "
            "instance with TruncatedSVD, or call .toarray()"
        )


@dataclass(frozen=True)
class Column:
    """A column of the problem: its name, its kind, and what it is called in each domain, None where that lacks it."""

    name: str
    kind: str
    called: tuple[str | None, ...]

    @property
    def owners(self) -> tuple[bool, ...]:
        """Which domains have it, the target first."""
        return tuple(name is not None for name in self.called)


def match_by_name(frames: list[pd.DataFrame], named: list[bool], labels: list[str]) -> list[Column]:
    """The columns of all domains, those of the target first; the same name and kind is the same column.

    Categories must have a level in common. Columns of nothing but gaps are in no domain. A table without names is
    matched to the target by position where both are equally wide.
    """
    found: list[Column] = []
    for k, frame in enumerate(frames):
        by_position = k > 0 and not (named[0] and named[k]) and frame.shape[1] == frames[0].shape[1]
        for j, name in enumerate(frame.columns):
            column = frame.iloc[:, j]
            kind = column_kind(column, max_levels=MAX_LEVELS)
            if kind == "empty":
                continue
            wanted = frames[0].columns[j] if by_position else name
            comparable = named[k] or k == 0 or by_position
            at = _same(found, frames, wanted, kind, column, k) if comparable else None
            if at is not None:
                old = found[at]
                kind = _joint_kind(old, kind, frames, len(frame))
                found[at] = Column(old.name, kind, (*old.called[:k], name))
            else:
                free = name if comparable and all(c.name != name for c in found) else f"{name} ({labels[k]})"
                found.append(Column(free, kind, (*(None,) * k, name)))
        found = [c if len(c.called) > k else Column(c.name, c.kind, (*c.called, None)) for c in found]
    return found


def _same(found: list[Column], frames: list[Any], name: str, kind: str, column: pd.Series, k: int) -> int | None:
    for at, old in enumerate(found):
        if name not in old.called[:k] or len(old.called) > k:
            continue
        words = {"category", "text"}
        if old.kind != kind and {old.kind, kind} != words:
            continue
        if old.kind == kind == "category" and not _levels(old, frames) & set(to_words(column).dropna().unique()):
            continue
        return at
    return None


def _levels(old: Column, frames: list[Any]) -> set[str]:
    parts = [to_words(frame[name]) for frame, name in zip(frames, old.called, strict=False) if name is not None]
    return {level for part in parts for level in part.dropna().unique()}


def _joint_kind(old: Column, kind: str, frames: list[Any], n_rows: int) -> str:
    """Words that are a category here and text there are what the domain with more rows says."""
    if old.kind == kind:
        return kind
    rows = sum(len(f) for f, name in zip(frames, old.called, strict=False) if name is not None)
    return kind if n_rows > rows else old.kind


def refuse_unknown_domain(domain: int, n_sources: int) -> None:
    """Raise where there is no such source."""
    if not 0 <= domain < n_sources:
        raise InputError(f"domain={domain} of {n_sources} source domains; expected 0 to {n_sources - 1}")
