"""The two domains that an aligner joins, as rows that can be held out of its fit."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.base import clone

from ...core.domain import Domain, Sources
from ...core.errors import InputError
from ...core.frames import same_columns, stack_tables
from ...tables import TableEncoder
from ..columns import match_columns


@dataclass(frozen=True)
class Maps:
    """All rows of target and source in three spaces, by maps that learned from some of them.

    ``before`` are the columns that both domains have, None where there are none; ``own`` all columns that each domain
    has, the same where the columns are; ``after`` the aligner's space. ``keeps_columns`` says that its columns are
    those of ``before``.
    """

    before: tuple[np.ndarray, np.ndarray] | None
    own: tuple[np.ndarray, np.ndarray]
    after: tuple[np.ndarray, np.ndarray]
    keeps_columns: bool


class Domains:
    """Target and sources with the same columns; words and gaps are encoded from the rows that the maps learn from."""

    def __init__(self, aligner: Any, target: Domain, sources: Sources, y: Any, ys: Any) -> None:
        self.aligner, self.names = aligner, sources.names
        self.target, self.y, self.ys = target.X, y, ys
        for source in sources.domains:
            if source.n_columns != target.n_columns:
                raise InputError(
                    f"source {source.label!r} has {source.n_columns} columns and the target {target.n_columns}; "
                    f"{type(aligner).__name__} expected the same columns: for different ones use hs.CommonSpace()"
                )
        self.sources = [same_columns(d.X, target.X, name=d.label) for d in sources.domains]
        self.sizes = [d.n_rows for d in sources.domains]
        self.kinds = None if _is_plain(self.target) and all(map(_is_plain, self.sources)) else self._kinds()

    def _kinds(self) -> dict[str, str]:
        """Which kind a column is may be told from all rows; what is computed from its values may not."""
        return TableEncoder().fit(stack_tables([self.target, *self.sources])).kinds_

    def maps(self, rows: np.ndarray, source_rows: np.ndarray) -> Maps:
        """Learn from these rows, and map all."""
        T, blocks = self.target, self.sources
        if self.kinds is not None:
            taken = [take(T, rows), *(take(b, r) for b, r in zip(blocks, self._split(source_rows), strict=True))]
            encoder = TableEncoder(kinds=self.kinds).fit(stack_tables(taken))
            T, blocks = encoder.transform(T), [encoder.transform(b) for b in blocks]
        aligner = self._fit(T, blocks, rows, source_rows)
        given = [f"x{j}" for j in range(T.shape[1])] if not isinstance(T, pd.DataFrame) else list(map(str, T.columns))
        names = getattr(aligner, "get_feature_names_out", lambda: [])()
        before = dense(T), np.vstack([dense(b) for b in blocks])
        return Maps(before, before, self._mapped(aligner, T, blocks), list(map(str, names)) == given)

    def _fit(self, T: Any, blocks: list[Any], rows: np.ndarray, source_rows: np.ndarray) -> Any:
        parts = self._split(source_rows)
        ends = np.cumsum([0, *self.sizes])
        domains = [
            Domain(take(b, r), None if self.ys is None else self.ys[start + r], name=name)
            for b, r, start, name in zip(blocks, parts, ends[:-1], self.names, strict=True)
        ]
        y = None if self.y is None else self.y[rows]
        return clone(self.aligner).fit(take(T, rows), y, source=Sources(domains))

    def _split(self, source_rows: np.ndarray) -> list[np.ndarray]:
        """The rows of each source, counted from its own first row."""
        ends = np.cumsum([0, *self.sizes]).tolist()
        return [source_rows[(source_rows >= a) & (source_rows < b)] - a for a, b in pairwise(ends)]

    @staticmethod
    def _mapped(aligner: Any, T: Any, blocks: list[Any]) -> tuple[np.ndarray, np.ndarray]:
        mapped = [dense(aligner.transform_source(b, domain=k)) for k, b in enumerate(blocks)]
        return dense(aligner.transform(T)), np.vstack(mapped)


class RawDomains(Domains):
    """Domains with columns of their own, for an aligner that reads raw tables."""

    def __init__(self, aligner: Any, target: Domain, sources: Sources, y: Any, ys: Any) -> None:
        self.aligner, self.names = aligner, sources.names
        self.y, self.ys = y, ys
        self.target, self.sources = target.X, [d.X for d in sources.domains]
        self.sizes = [d.n_rows for d in sources.domains]
        self.shared = _shared(target, sources)
        whole = [self._frame(self.target), *map(self._frame, self.sources)]
        self.own_kinds = [TableEncoder().fit(t).kinds_ for t in whole]
        self.shared_kinds = None
        if self.shared:
            self.shared_kinds = TableEncoder().fit(stack_tables([t[self.shared] for t in whole])).kinds_

    def _frame(self, table: Any) -> pd.DataFrame:
        """A frame; one without names has the target's where it is as wide."""
        frame = Domain(table).frame()
        target = self.target
        if isinstance(target, pd.DataFrame) and not isinstance(table, pd.DataFrame):
            if frame.shape[1] == target.shape[1]:
                frame = frame.set_axis(target.columns, axis=1)
        elif not isinstance(target, pd.DataFrame) and frame.shape[1] == target.shape[1]:
            frame = frame.set_axis([f"x{j}" for j in range(frame.shape[1])], axis=1)
        return frame.set_axis([str(c) for c in frame.columns], axis=1)

    def maps(self, rows: np.ndarray, source_rows: np.ndarray) -> Maps:
        """Learn from these rows, and map all."""
        aligner = self._fit(self.target, self.sources, rows, source_rows)
        frames = [self._frame(self.target), *map(self._frame, self.sources)]
        learned = [rows, *self._split(source_rows)]
        own = [
            dense(TableEncoder(kinds=kinds).fit(take(f, r)).transform(f))
            for kinds, f, r in zip(self.own_kinds, frames, learned, strict=True)
        ]
        # Sources with columns of their own stand beside each other: each row has zeros in the columns of the others.
        own_source = _block_diagonal(own[1:])
        before = None
        if self.shared:
            cut = [f[self.shared] for f in frames]
            encoder = TableEncoder(kinds=self.shared_kinds)
            encoder.fit(stack_tables([take(f, r) for f, r in zip(cut, learned, strict=True)]))
            coded = [dense(encoder.transform(f)) for f in cut]
            before = coded[0], np.vstack(coded[1:])
        return Maps(before, (own[0], own_source), self._mapped(aligner, self.target, self.sources), False)


def domains_for(aligner: Any, target: Domain, sources: Sources, y: Any, ys: Any) -> Domains:
    """The domains as the aligner takes them: raw where it is made for different columns, else of the same columns."""
    traits = getattr(aligner, "traits", None)
    kind = Domains if traits is None or traits.same_columns else RawDomains
    return kind(aligner, target, sources, y, ys)


def _shared(target: Domain, sources: Sources) -> list[str]:
    """The columns that the target shares with every source."""
    shared: list[str] | None = None
    for source in sources.domains:
        columns, _ = match_columns(target, source, np.arange(target.n_rows), np.arange(source.n_rows))
        shared = [c for c in columns.shared if shared is None or c in shared]
    return shared or []


def _block_diagonal(blocks: list[np.ndarray]) -> np.ndarray:
    return blocks[0] if len(blocks) == 1 else np.asarray(sp.block_diag(blocks).toarray())


def _is_plain(table: Any) -> bool:
    """Whether a table is numbers without gaps, which any aligner takes as they are."""
    if sp.issparse(table):
        return bool(np.isfinite(table.data).all())
    if isinstance(table, pd.DataFrame):
        return all(pd.api.types.is_numeric_dtype(t) for t in table.dtypes) and not bool(table.isna().to_numpy().any())
    return table.dtype.kind in "fiub" and not bool(np.isnan(table).any())


def take(table: Any, rows: np.ndarray) -> Any:
    """Some rows of a table."""
    return table.iloc[rows].reset_index(drop=True) if isinstance(table, pd.DataFrame) else table[rows]


def dense(rows: Any) -> np.ndarray:
    """Rows as a dense matrix of numbers."""
    return np.asarray(rows.toarray() if sp.issparse(rows) else rows, dtype=np.float64)
