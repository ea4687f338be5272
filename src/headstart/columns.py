"""One column of a table, encoded: numbers, categories, text and dates."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from .core.errors import InputError, InputTypeError


def column_kind(column: pd.Series, *, max_levels: int) -> str:
    """Tell "number", "category", "text", "date" or "empty" from the values of a column.

    Words that all read as numbers are numbers, words that all read as dates are dates.
    """
    dtype = column.dtype
    if pd.api.types.is_complex_dtype(dtype):
        raise InputTypeError(
            f"Complex data not supported: column {str(column.name)!r} holds complex numbers; expected real numbers: "
            "split them into a real and an imaginary column"
        )
    if pd.api.types.is_datetime64_any_dtype(dtype) or isinstance(dtype, pd.PeriodDtype):
        return "date" if column.notna().any() else "empty"
    if pd.api.types.is_timedelta64_dtype(dtype):
        return "number" if column.notna().any() else "empty"
    if pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_numeric_dtype(dtype):
        return "number" if column.notna().any() else "empty"
    values = column.dropna()
    if values.empty:
        return "empty"
    if isinstance(dtype, pd.CategoricalDtype):
        values = values.astype(object)
    _refuse_nested(values, str(column.name))
    if not values.map(lambda v: isinstance(v, str)).any():
        if values.map(lambda v: isinstance(v, date)).all():
            return "date"
        if pd.to_numeric(values, errors="coerce").notna().all():
            return "number"
        return "text" if values.nunique() > max_levels else "category"
    if pd.to_numeric(values, errors="coerce").notna().all():
        return "number"
    if _reads_as_date(values):
        return "date"
    if values.nunique() > max_levels or values.astype(str).str.len().mean() > 40:
        return "text"
    return "category"


def _refuse_nested(values: pd.Series, name: str) -> None:
    odd = values.map(lambda v: isinstance(v, (list, tuple, dict, set, np.ndarray)))
    if odd.any():
        found = type(values[odd].iloc[0]).__name__
        raise InputTypeError(
            f"column {name!r} holds a value of type {found}; expected numbers, words or dates: "
            "argument must be a string or a number, so unpack the column into columns of its own"
        )


def _reads_as_date(values: pd.Series) -> bool:
    if not values.astype(str).str.contains(r"\d").all():
        return False
    from skrub import ToDatetime
    from skrub.core import RejectColumn

    try:
        parsed = ToDatetime().fit_transform(pd.Series(values.astype(str).to_numpy(), name="date"))
    except RejectColumn:
        return False
    return bool(pd.api.types.is_datetime64_any_dtype(parsed.dtype) and parsed.notna().all())


def to_numbers(column: pd.Series) -> np.ndarray:
    """The column as floats, spans of time in days; what is not a number becomes a gap."""
    if pd.api.types.is_timedelta64_dtype(column.dtype):
        return (column / pd.Timedelta(days=1)).to_numpy(dtype=float, na_value=np.nan)
    if pd.api.types.is_numeric_dtype(column.dtype):
        values = column.to_numpy(dtype=float, na_value=np.nan)
    else:
        values = pd.to_numeric(column.astype(object), errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if np.isinf(values).any():
        refuse_infinity([str(column.name)])
    return values


def refuse_infinity(names: list[str]) -> None:
    """Raise and name the columns that hold infinity."""
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    raise InputError(
        f"columns {shown} hold infinity; expected finite numbers or gaps: replace infinite values by gaps (NaN) or by "
        "a bound"
    )


def to_words(column: pd.Series) -> pd.Series:
    """The column as strings with None for gaps; 1.0 and 1 are the same level."""
    gaps = column.isna().to_numpy()
    text = column.astype(object).to_numpy(copy=True)
    if pd.api.types.infer_dtype(text, skipna=True) != "string":
        text = np.array([_word(v) for v in text], dtype=object)
    text[gaps] = None
    return pd.Series(text, name=column.name, dtype=object)


def _word(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


class ColumnEncoder(BaseEstimator):
    """Base of the column encoders: ``fit`` learns from one column, ``transform`` gives a matrix."""

    def fit(self, column: pd.Series) -> ColumnEncoder:
        self.name = str(column.name)
        self._learn(column)
        return self

    def _learn(self, column: pd.Series) -> None:
        raise NotImplementedError

    def transform(self, column: pd.Series) -> np.ndarray:
        raise NotImplementedError

    def names_out(self) -> list[str]:
        raise NotImplementedError


class NumberBlock(BaseEstimator):
    """Columns of numbers, centred and scaled; gaps filled with the median, with a second column that marks them."""

    def __init__(self, *, scale: bool = True) -> None:
        self.scale = scale

    def fit(self, values: np.ndarray, names: list[str]) -> NumberBlock:
        """Learn from a matrix (n_rows, n_columns) with gaps as NaN."""
        self.names = list(names)
        gaps = np.isnan(values)
        self.marked = np.flatnonzero(gaps.any(axis=0))
        self.median = np.zeros(values.shape[1])
        for j in range(values.shape[1]):
            present = values[~gaps[:, j], j] if gaps[:, j].any() else values[:, j]
            self.median[j] = np.median(present) if present.size else 0.0
        filled = np.where(gaps, self.median, values) if self.marked.size else values
        # In units of the largest number, so that squares of very large numbers do not overflow.
        unit = np.abs(filled).max(axis=0)
        unit = np.where(unit > 0, unit, 1.0)
        filled = filled / unit
        self.mean = filled.mean(axis=0) * unit if self.scale else np.zeros(values.shape[1])
        deviation = filled.std(axis=0) * unit if self.scale else np.ones(values.shape[1])
        # A constant column has a deviation of rounding errors, which must not blow it up; tiny units have their own.
        self.deviation = np.where(deviation > 1e-12 * unit, deviation, 1.0)
        return self

    def transform(self, values: np.ndarray) -> np.ndarray:
        """Encode a matrix of the same columns; a gap in a column that had none in ``fit`` is filled, not marked."""
        gaps = np.isnan(values)
        filled = np.where(gaps, self.median, values)
        return np.hstack([(filled - self.mean) / self.deviation, gaps[:, self.marked].astype(float)])

    def names_out(self) -> list[str]:
        return self.names + [f"{self.names[j]} is missing" for j in self.marked]


class CategoryColumn(ColumnEncoder):
    """One column a level, gaps a level of their own; unknown levels are all zero.

    Two levels share one column of 0 and 1. There an unknown level, or a gap where ``fit`` saw none, is one half: zero
    would make it the first level, and one half is what two columns of zeros mean to a penalised linear model.
    """

    def _learn(self, column: pd.Series) -> None:
        words = to_words(column)
        self.levels = sorted(words.dropna().unique().tolist())
        self.marks_gaps = bool(words.isna().any())

    def transform(self, column: pd.Series) -> np.ndarray:
        codes = pd.Index(self.levels, dtype=object).get_indexer(to_words(column))
        if self._one_column():
            return np.where(codes < 0, 0.5, codes.astype(float))[:, None]
        out = (codes[:, None] == np.arange(len(self.levels))[None, :]).astype(float)
        return np.column_stack([out, column.isna().to_numpy(dtype=float)]) if self.marks_gaps else out

    def _one_column(self) -> bool:
        return len(self.levels) == 2 and not self.marks_gaps

    def names_out(self) -> list[str]:
        names = [f"{self.name}={level}" for level in self.levels]
        if self._one_column():
            return names[1:]
        return [*names, f"{self.name} is missing"] if self.marks_gaps else names


class DateColumn(ColumnEncoder):
    """Year, month, day, weekday and hour where they vary, and the days since the first of 2000; gaps marked once."""

    def __init__(self, *, scale: bool = True) -> None:
        self.scale = scale

    def _learn(self, column: pd.Series) -> None:
        self.day_first = _day_comes_first(column)
        parts = _date_parts(column, self.day_first)
        self.parts = [p for p in parts.columns if parts[p].nunique() > 1] or ["days"]
        self.block = NumberBlock(scale=self.scale).fit(
            parts[self.parts].to_numpy(), [f"{self.name}: {part}" for part in self.parts]
        )
        # A date is missing as a whole: one mark says it for all its parts.
        self.width = len(self.parts) + int(self.block.marked.size > 0)

    def transform(self, column: pd.Series) -> np.ndarray:
        return self.block.transform(_date_parts(column, self.day_first)[self.parts].to_numpy())[:, : self.width]

    def names_out(self) -> list[str]:
        names = self.block.names_out()[: len(self.parts)]
        return names if self.width == len(names) else [*names, f"{self.name} is missing"]


def _day_comes_first(column: pd.Series) -> bool:
    """Whether dates such as 03/04/2020 mean the third of April: told from the whole column, never date by date."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype) or isinstance(column.dtype, pd.PeriodDtype):
        return False
    found = column.dropna().astype(str).str.extract(r"^\s*(\d{1,2})([./-])(\d{1,2})\2\d{2,4}").dropna()
    if found.empty:
        return False
    first, second = found[0].astype(int).max(), found[2].astype(int).max()
    if first > 12 or second > 12:
        return bool(first > 12)
    return bool((found[1] == ".").all())


def _date_parts(column: pd.Series, day_first: bool) -> pd.DataFrame:
    if isinstance(column.dtype, pd.PeriodDtype):
        column = column.dt.to_timestamp()
    if not pd.api.types.is_datetime64_any_dtype(column.dtype):
        # All in UTC: dates of one column may come from several time zones.
        column = pd.to_datetime(column.astype(object), errors="coerce", format="mixed", dayfirst=day_first, utc=True)
    if column.dt.tz is not None:
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    when = column.dt
    days = (column - pd.Timestamp("2000-01-01")) / pd.Timedelta(days=1)
    return pd.DataFrame(
        {
            "days": days,
            "year": when.year,
            "month": when.month,
            "day": when.day,
            "weekday": when.day_of_week,
            "hour": when.hour,
        }
    ).astype(float)


class TextColumn(ColumnEncoder):
    """The leading components of character n-grams weighted by tf-idf."""

    def __init__(self, *, components: int = 20) -> None:
        self.components = components

    def _learn(self, column: pd.Series) -> None:
        words = to_words(column).fillna("")
        self.vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), max_features=20_000, lowercase=True)
        try:
            weights = self.vectorizer.fit_transform(words)
        except ValueError:  # nothing but gaps, blanks and words shorter than the n-grams
            self.vectorizer = TfidfVectorizer(analyzer="char", vocabulary=list("abcdefghijklmnopqrstuvwxyz0123456789"))
            weights = self.vectorizer.fit_transform(words)
        self.svd = None
        if min(weights.shape) > self.components:
            # Words that are all alike have no variance to explain, of which only a share that is not used is told.
            with np.errstate(divide="ignore", invalid="ignore"):
                self.svd = TruncatedSVD(self.components, random_state=0).fit(weights)
        self.width = self.components if self.svd is not None else weights.shape[1]

    def transform(self, column: pd.Series) -> np.ndarray:
        weights = self.vectorizer.transform(to_words(column).fillna(""))
        return np.asarray(self.svd.transform(weights) if self.svd is not None else weights.toarray(), dtype=float)

    def names_out(self) -> list[str]:
        return [f"{self.name}: text {k}" for k in range(self.width)]
