"""Which columns two domains share, and of which kind they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.stats import hypergeom

from ..columns import column_kind, to_numbers, to_words
from ..core.domain import Domain
from ..core.errors import InputError
from ..feature.column_matches import match_columns as propose_matches
from .rules import LEVEL

MAX_LEVELS = 40
MOSTLY = 0.8


@dataclass(frozen=True)
class Columns:
    """The columns of target and source.

    Attributes
    ----------
    shared : tuple of str
        Columns that both have, of the same kind, with values in both; what the rest of a diagnosis is about.
    only_target, only_source : tuple of str
        Columns that one domain lacks.
    other_type : tuple of (name, kind in target, kind in source)
        Columns of one name and two kinds.
    all_gaps : tuple of (name, "target" | "source" | "both")
        Columns without any value in a domain.
    by_chance : tuple of str
        Those of them that may be empty because few rows were drawn: with as many gaps as the other domain has it could
        have happened. They are not compared, but do not make the columns different.
    mostly_gaps : tuple of (name, share of gaps in target, in source)
        Shared columns with more than 80 % of gaps in a domain.
    constant : tuple of (name, "target" | "source" | "both" | "each")
        Columns with a single value in a domain; "each": in each domain another one, so that it names the domain and
        is not compared.
    disjoint : tuple of str
        Columns of categories that both have, with no category in common: probably two codes of one thing. They
        are not compared. Where each domain has a single one (a country, a year) the column is constant instead.
    alike : tuple of (name in target, name in source)
        Columns of two names that may mean the same, as ``hs.match_columns`` proposes; nothing is renamed.
    kinds : dict of str to str
        Kind of each shared column: "number", "category", "text" or "date".
    matched_by : {"name", "position"}
        How columns were matched. Tables without names are matched by position where they are equally wide.
    alike_why : tuple of str
        The reason for each pair of ``alike``.
    """

    shared: tuple[str, ...]
    only_target: tuple[str, ...]
    only_source: tuple[str, ...]
    other_type: tuple[tuple[str, str, str], ...]
    all_gaps: tuple[tuple[str, str], ...]
    by_chance: tuple[str, ...]
    mostly_gaps: tuple[tuple[str, float, float], ...]
    constant: tuple[tuple[str, str], ...]
    disjoint: tuple[str, ...]
    alike: tuple[tuple[str, str], ...]
    kinds: dict[str, str]
    matched_by: str
    alike_why: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether every column of one domain can be used in the other too."""
        gone = [name for name, where in self.all_gaps if where != "both" and name not in self.by_chance]
        return not (self.only_target or self.only_source or self.other_type or self.disjoint or gone)


@dataclass(frozen=True)
class SharedRows:
    """The shared columns of both domains: a matrix of numbers (dates as days) and columns of words."""

    number_names: tuple[str, ...]
    target_numbers: Any
    source_numbers: Any
    words: dict[str, tuple[pd.Series, pd.Series]]
    kinds: dict[str, str]


def match_columns(
    target: Domain, source: Domain, rows: np.ndarray, source_rows: np.ndarray
) -> tuple[Columns, SharedRows]:
    """Match the columns; whole tables are searched for gaps and infinities, the chosen rows are returned."""
    if not isinstance(target.X, pd.DataFrame) and not isinstance(source.X, pd.DataFrame):
        X, Xs = _plain(target), _plain(source)
        if X is not None and Xs is not None:
            return _match_arrays(target, X, source, Xs, rows, source_rows)
    by_name = isinstance(target.X, pd.DataFrame) and isinstance(source.X, pd.DataFrame)
    T, S = _frame(target), _frame(source)
    if not by_name and T.shape[1] == S.shape[1]:
        names = T.columns if isinstance(target.X, pd.DataFrame) else S.columns
        T, S = T.set_axis(names, axis=1), S.set_axis(names, axis=1)
    return _match_frames(target, T, source, S, rows, source_rows, by_name=by_name)


def _plain(domain: Domain) -> Any:
    """The rows as a float matrix where they are one, else None."""
    if domain.is_sparse:
        return domain.X
    return domain.X if domain.X.dtype.kind in "fiub" else None


def _match_arrays(
    target: Domain, X: Any, source: Domain, Xs: Any, rows: np.ndarray, source_rows: np.ndarray
) -> tuple[Columns, SharedRows]:
    names = [f"x{j}" for j in range(max(X.shape[1], Xs.shape[1]))]
    if X.shape[1] != Xs.shape[1]:
        # Without names nothing says which column is which.
        only_t = tuple(f"column {j}" for j in range(X.shape[1]))
        only_s = tuple(f"column {j}" for j in range(Xs.shape[1]))
        columns = Columns((), only_t, only_s, (), (), (), (), (), (), (), {}, "position")
        return columns, SharedRows((), np.empty((len(rows), 0)), np.empty((len(source_rows), 0)), {}, {})
    stats = [_matrix_stats(M, domain, names) for M, domain in ((X, target), (Xs, source))]
    gaps = np.array([s[0] for s in stats])
    constant = np.array([s[1] for s in stats])
    full = gaps >= 1
    keep = ~full.any(axis=0)
    shared = tuple(np.array(names)[keep].tolist())
    kinds = dict.fromkeys(shared, "number")
    all_gaps = _where(names, full[0], full[1])
    columns = Columns(
        shared,
        (),
        (),
        (),
        all_gaps,
        _by_chance(all_gaps, dict(zip(names, gaps.T, strict=True)), X.shape[0], Xs.shape[0]),
        tuple(
            (n, float(a), float(b))
            for n, a, b in zip(np.array(names)[keep], *gaps[:, keep], strict=True)
            if max(a, b) > MOSTLY
        ),
        _where(shared, constant[0][keep], constant[1][keep]),
        (),
        (),
        kinds,
        "position",
    )
    numbers = [_take(M, chosen, keep) for M, chosen in ((X, rows), (Xs, source_rows))]
    if sp.issparse(numbers[0]) != sp.issparse(numbers[1]):
        numbers = [sp.csr_array(M) for M in numbers]
    return columns, SharedRows(shared, numbers[0], numbers[1], {}, kinds)


def _take(M: Any, rows: np.ndarray, keep: np.ndarray) -> Any:
    part = M[rows]
    part = part if keep.all() else part[:, np.flatnonzero(keep)]
    return part.astype(np.float64)


def _matrix_stats(M: Any, domain: Domain, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Share of gaps of each column, and which have a single value; infinities are refused."""
    values = M.data if sp.issparse(M) else M
    if values.dtype.kind == "f" and np.isinf(values).any():
        columns = M.tocsc() if sp.issparse(M) else None
        bad = [
            names[j]
            for j in range(M.shape[1])
            if np.isinf(columns[:, [j]].data if columns is not None else M[:, j]).any()
        ]
        _refuse_infinite(domain, bad)
    if sp.issparse(M):
        csc = M.tocsc()
        low, high = (np.asarray(f.todense()).ravel() for f in (csc.min(axis=0), csc.max(axis=0)))
        return np.zeros(M.shape[1]), low == high
    gaps = np.isnan(M).mean(axis=0) if M.dtype.kind == "f" else np.zeros(M.shape[1])
    filled = np.where(np.isnan(M), np.nan, M) if gaps.any() else M
    usable = gaps < 1
    constant = np.zeros(M.shape[1], dtype=bool)
    constant[usable] = np.nanmin(filled[:, usable], axis=0) == np.nanmax(filled[:, usable], axis=0)
    return gaps, constant


def _by_chance(
    all_gaps: tuple[tuple[str, str], ...], gaps: dict[str, Any], n_target: int, n_source: int
) -> tuple[str, ...]:
    """Columns that are empty in one domain where all their values may have fallen into the other by chance."""
    rows = {"target": (0, n_target), "source": (1, n_source)}
    found = []
    for name, where in all_gaps:
        if where in rows:
            k, n = rows[where]
            other = n_target + n_source - n
            values = round((1 - gaps[name][1 - k]) * other)
            if hypergeom.pmf(0, n + other, values, n) >= LEVEL / len(gaps):
                found.append(name)
    return tuple(found)


def _where(names: Any, in_target: Any, in_source: Any) -> tuple[tuple[str, str], ...]:
    label = {(True, True): "both", (True, False): "target", (False, True): "source"}
    found = ((n, label.get((bool(t), bool(s)))) for n, t, s in zip(names, in_target, in_source, strict=True))
    return tuple((str(n), w) for n, w in found if w is not None)


def _frame(domain: Domain) -> pd.DataFrame:
    frame = domain.frame() if domain.is_sparse or isinstance(domain.X, pd.DataFrame) else pd.DataFrame(domain.X)
    if not isinstance(domain.X, pd.DataFrame):
        frame = frame.set_axis([f"x{j}" for j in range(domain.n_columns)], axis=1).infer_objects()
    return frame.set_axis([str(c) for c in frame.columns], axis=1)


def _match_frames(
    target: Domain,
    T: pd.DataFrame,
    source: Domain,
    S: pd.DataFrame,
    rows: np.ndarray,
    source_rows: np.ndarray,
    *,
    by_name: bool,
) -> tuple[Columns, SharedRows]:
    for domain, frame in ((target, T), (source, S)):
        _refuse_infinite(domain, [str(c) for c in frame.columns if _has_infinite(frame[c])])
    both = [c for c in T.columns if c in S.columns]
    only_target = tuple(c for c in T.columns if c not in S.columns)
    only_source = tuple(c for c in S.columns if c not in T.columns)
    gaps = {c: (float(T[c].isna().mean()), float(S[c].isna().mean())) for c in both}
    all_gaps = _where(both, [gaps[c][0] == 1 for c in both], [gaps[c][1] == 1 for c in both])
    empty = {c for c, _ in all_gaps}
    kinds: dict[str, str] = {}
    other_type = []
    series = {c: (T[c].iloc[rows], S[c].iloc[source_rows]) for c in both if c not in empty}
    for c, (t, s) in series.items():
        kind_t, kind_s = (column_kind(v, max_levels=MAX_LEVELS) for v in (t, s))
        if {kind_t, kind_s} == {"category", "text"}:
            kind_t = kind_s = "text" if kind_t == "text" and len(t) >= len(s) else "category"
        if "empty" in (kind_t, kind_s):  # gaps in all chosen rows of a huge table
            continue
        if kind_t != kind_s:
            other_type.append((c, kind_t, kind_s))
        else:
            kinds[c] = kind_t
    single = {c: (T[c].nunique() == 1, S[c].nunique() == 1) for c in kinds}
    apart = [c for c, (t, s) in series.items() if _apart(t, s, kinds.get(c), single.get(c))]
    each = [c for c in apart if all(single[c])]
    disjoint = tuple(c for c in apart if not all(single[c]))
    kinds = {c: kind for c, kind in kinds.items() if c not in apart}
    shared = tuple(kinds)
    numbers = [c for c in shared if kinds[c] in ("number", "date")]
    matrices = [
        np.column_stack([_as_number(series[c][k], kinds[c]) for c in numbers]) if numbers else np.empty((n, 0))
        for k, n in ((0, len(rows)), (1, len(source_rows)))
    ]
    words = {c: (to_words(series[c][0]), to_words(series[c][1])) for c in shared if c not in numbers}
    constant = _where(shared, *([single[c][k] for c in shared] for k in (0, 1))) + tuple((c, "each") for c in each)
    alike, alike_why = _proposals(T, S, only_target, only_source, by_name=by_name)
    columns = Columns(
        shared,
        only_target,
        only_source,
        tuple(other_type),
        all_gaps,
        _by_chance(all_gaps, gaps, len(T), len(S)),
        tuple((c, *gaps[c]) for c in shared if max(gaps[c]) > MOSTLY),
        constant,
        disjoint,
        alike,
        kinds,
        "name" if by_name else "position",
        alike_why,
    )
    return columns, SharedRows(tuple(numbers), matrices[0], matrices[1], words, kinds)


def _apart(t: pd.Series, s: pd.Series, kind: str | None, single: tuple[bool, bool] | None) -> bool:
    """Whether two columns of one kind have no value in common; of numbers only constant ones are looked at."""
    if kind == "category":
        return not set(to_words(t).dropna().unique()) & set(to_words(s).dropna().unique())
    if kind in ("number", "date") and single == (True, True):
        return bool(t.dropna().iloc[0] != s.dropna().iloc[0])
    return False


def _as_number(column: pd.Series, kind: str) -> np.ndarray:
    if kind == "number":
        return to_numbers(column)
    stamps = (
        column
        if pd.api.types.is_datetime64_any_dtype(column.dtype)
        else pd.to_datetime(column.astype(object), errors="coerce", format="mixed", utc=True)
    )
    if stamps.dt.tz is not None:
        stamps = stamps.dt.tz_convert("UTC").dt.tz_localize(None)
    return ((stamps - pd.Timestamp("2000-01-01")) / pd.Timedelta(days=1)).to_numpy(dtype=float)


def _has_infinite(column: pd.Series) -> bool:
    dtype = column.dtype
    if isinstance(dtype, pd.SparseDtype):
        return bool(np.isinf(column.sparse.sp_values).any())
    if pd.api.types.is_float_dtype(dtype):
        return bool(np.isinf(column.to_numpy(dtype=float, na_value=np.nan)).any())
    return False


def _refuse_infinite(domain: Domain, bad: list[str]) -> None:
    if bad:
        shown = ", ".join(repr(c) for c in bad[:5]) + (f" and {len(bad) - 5} more" if len(bad) > 5 else "")
        raise InputError(
            f"domain {domain.label!r} has infinite values in {shown}; expected finite numbers or gaps: "
            "replace them, for instance by NaN"
        )


def _proposals(
    T: pd.DataFrame, S: pd.DataFrame, only_target: tuple[str, ...], only_source: tuple[str, ...], *, by_name: bool
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Columns that only one domain has and that may mean the same, each with the reason."""
    if not (by_name and only_target and only_source and len(T) and len(S)):
        return (), ()
    found = propose_matches(T[list(only_target)], S[list(only_source)]).matches
    return tuple((m.target, m.source) for m in found), tuple("; ".join(m.reasons) for m in found)
