"""Words that are not what they seem: numbers with decimal commas, marks for gaps, and spaces that nobody sees."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

_DECIMAL = re.compile(r"[+-]?\d*,\d+|[+-]?\d+")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?|[+-]?\d+(\.\d+)?")
_GAP_MARKS = {"?", "-", "--", "---", ".", "..", "*", "x", "n.a.", "missing", "unknown", "not available", "nil", "none"}


def tidy_numbers(frame: pd.DataFrame, *, comma_is_delimiter: bool, keep: Sequence[str] = ()) -> list[str]:
    """Turn columns of such words into numbers, in place; return what was done, to be said aloud."""
    decimals, thousands, marks = [], [], []
    for j, name in enumerate(frame.columns):
        column = frame.iloc[:, j]
        if name in keep or pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype):
            continue
        words = column.dropna().astype(str).str.strip()
        if words.empty:
            continue
        odd = _gap_marks(words)
        words = words[~words.isin(odd)]
        how = _number_kind(words, comma_is_delimiter)
        if how is None:
            continue
        plain = words.str.replace(",", "." if how == "decimal" else "", regex=False)
        values = pd.to_numeric(plain).reindex(column.index)
        frame.isetitem(j, values)
        {"decimal": decimals, "thousands": thousands}.get(how, []).append(str(name))
        marks += [(str(name), mark) for mark in odd]
    notes = []
    if decimals:
        notes.append(f"decimal commas in {_some(decimals)} are read as decimal points")
    if thousands:
        notes.append(f"commas in {_some(thousands)} are read as separators of thousands")
    for mark in sorted({m for _, m in marks}):
        notes.append(f"{mark!r} in {_some([n for n, m in marks if m == mark])} is read as a gap")
    return notes


def cut_spaces(frame: pd.DataFrame, *, keep: Sequence[str] = ()) -> list[str]:
    """Cut the spaces around words, in place: nobody sees that "north " is another category than "north"."""
    changed = []
    for j, name in enumerate(frame.columns):
        column = frame.iloc[:, j]
        if name in keep or not (pd.api.types.is_string_dtype(column.dtype) or column.dtype == object):
            continue
        bare = column.map(lambda v: v.strip() if isinstance(v, str) else v)
        if not bare.equals(column):
            frame.isetitem(j, bare.mask(bare == ""))
            changed.append(str(name))
    return [f"spaces around words in {_some(changed)} are cut off"] if changed else []


def _gap_marks(words: pd.Series) -> list[str]:
    """The words among numbers that stand for gaps; none where there is another word too."""
    is_number = words.str.fullmatch(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?")
    odd = [str(v) for v in words[~is_number].unique()]
    return odd if is_number.any() and all(v.lower() in _GAP_MARKS for v in odd) else []


def _number_kind(words: pd.Series, comma_is_delimiter: bool) -> str | None:
    if not words.str.contains(",", regex=False).any():
        return "plain" if pd.to_numeric(words, errors="coerce").notna().all() else None
    # where commas part the columns, "1,500" in quotes is English and means thousands; elsewhere it is a fraction
    order = [("thousands", _THOUSANDS), ("decimal", _DECIMAL)]
    for how, pattern in order if comma_is_delimiter else order[::-1]:
        if words.map(lambda w, p=pattern: p.fullmatch(w) is not None).all():
            return how
    return None


def _some(names: list[str], most: int = 4) -> str:
    shown = ", ".join(repr(n) for n in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
