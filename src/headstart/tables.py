"""From any table to a matrix of numbers: one schema over source and target."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from .columns import (
    CategoryColumn,
    ColumnEncoder,
    DateColumn,
    NumberBlock,
    TextColumn,
    column_kind,
    refuse_infinity,
    to_numbers,
)
from .core.checks import as_headstart_errors
from .core.domain import as_table
from .core.errors import InputError

KINDS = ("number", "category", "text", "date", "empty")


class TableEncoder(TransformerMixin, BaseEstimator):
    """Encode a table of numbers, categories, text, dates and gaps as a matrix of numbers.

    Numbers are centred and scaled, with gaps filled by the median and marked in a column of their own;
    categories become one column a level (two levels share one of 0 and 1), with a level for gaps, and levels never seen
    are no level: all zero, or one half between two; text becomes the leading components of its character n-grams;
    dates become their parts. Sparse matrices are scaled and stay sparse.

    Parameters
    ----------
    max_levels : int, default=40
        Columns of words with more distinct values are text. 40 keeps the columns of a one-hot code in
        proportion to a few hundred rows.
    text_components : int, default=20
        Number of columns that a text column becomes at most.
    kinds : dict, default=None
        The kind of each column by name, as in ``kinds_``, where it is known from more rows than ``fit`` will see.
        None: told from the rows of ``fit``.
    scale : bool, default=True
        Whether numbers are divided by their standard deviation. Penalised models need it; trees do not mind.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns of the table.
    kinds_ : dict
        For each column its kind: "number", "category", "text", "date" or "empty".

    Raises
    ------
    InputError
        Where the table has no usable column, or other columns than in ``fit``.

    Examples
    --------
    >>> import pandas as pd, headstart as hs
    >>> table = pd.DataFrame({"age": [40, None, 60], "sex": ["m", "f", "m"]})
    >>> encoder = hs.TableEncoder().fit(table)
    >>> encoder.get_feature_names_out().tolist()
    ['age', 'age is missing', 'sex=m']
    >>> encoder.transform(table).shape
    (3, 3)
    """

    def __init__(
        self,
        *,
        kinds: dict[str, str] | None = None,
        max_levels: int = 40,
        text_components: int = 20,
        scale: bool = True,
    ) -> None:
        self.kinds = kinds
        self.max_levels = max_levels
        self.text_components = text_components
        self.scale = scale

    def fit(self, X: Any, y: Any = None) -> TableEncoder:
        """Learn the schema and the statistics of each column.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            A pandas or polars DataFrame, an array or a sparse matrix.
        y : ignored
        """
        table = read_table(self, X, reset=True)
        self.sparse_ = sp.issparse(table)
        if self.sparse_:
            self.kinds_ = {}
            self.sparse_scale_ = _sparse_scale(table) if self.scale else np.ones(table.shape[1])
            self.encoders_: list[ColumnEncoder] = []
            return self
        self.encoders_ = []
        if isinstance(table, np.ndarray) and table.dtype.kind in "fiub":
            frame = None
            names = self._names()
            self.kinds_ = {n: "empty" if np.isnan(c).all() else "number" for n, c in zip(names, table.T, strict=True)}
        else:
            frame = _frame(table)
            self.kinds_ = {str(c): self._kind(frame[c]) for c in frame.columns}
        if set(self.kinds_.values()) == {"empty"}:
            raise InputError(
                f"all {len(self.kinds_)} columns hold nothing but gaps; expected at least one column with values"
            )
        self.numbers_ = [j for j, kind in enumerate(self.kinds_.values()) if kind == "number"]
        self.block_ = NumberBlock(scale=self.scale).fit(
            self._numbers(table if frame is None else frame), [list(self.kinds_)[j] for j in self.numbers_]
        )
        for name, kind in self.kinds_.items():
            if kind == "category":
                self.encoders_.append(CategoryColumn().fit(frame[name]))
            elif kind == "date":
                self.encoders_.append(DateColumn(scale=self.scale).fit(frame[name]))
            elif kind == "text":
                self.encoders_.append(TextColumn(components=self.text_components).fit(frame[name]))
        return self

    def transform(self, X: Any) -> Any:
        """Encode rows.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            The columns of ``fit``, in the same order.

        Returns
        -------
        array of shape (n_rows, n_features_out), sparse where ``fit`` saw a sparse matrix
        """
        check_is_fitted(self)
        table = read_table(self, X, reset=False)
        if self.sparse_:
            return sp.csr_matrix(table) @ sp.diags(1.0 / self.sparse_scale_)
        blocks = [self.block_.transform(self._numbers(table))]
        if self.encoders_:
            frame = _frame(table)
            blocks += [e.transform(frame[e.name]) for e in self.encoders_]
        return np.hstack(blocks)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the encoded columns."""
        check_is_fitted(self)
        if self.sparse_:
            return np.asarray(self._names(), dtype=object)
        names = self.block_.names_out() + [n for e in self.encoders_ for n in e.names_out()]
        return np.asarray(names, dtype=object)

    def _kind(self, column: pd.Series) -> str:
        if self.kinds is None:
            return column_kind(column, max_levels=self.max_levels)
        name = str(column.name)
        if name not in self.kinds:
            raise InputError(f"kinds lacks column {name!r}; expected a kind for each of the table's columns")
        if self.kinds[name] not in KINDS:
            raise InputError(f"kinds[{name!r}] is {self.kinds[name]!r}; expected one of {', '.join(KINDS)}")
        return self.kinds[name] if column.notna().any() else "empty"

    def _names(self) -> list[str]:
        return [str(c) for c in getattr(self, "feature_names_in_", [f"x{j}" for j in range(self.n_features_in_)])]

    def _numbers(self, table: Any) -> np.ndarray:
        if isinstance(table, np.ndarray) and table.dtype.kind in "fiub":
            return np.asarray(table[:, self.numbers_], dtype=float)
        frame = _frame(table)
        columns = [to_numbers(frame.iloc[:, j]) for j in self.numbers_]
        return np.column_stack(columns) if columns else np.empty((len(frame), 0))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.input_tags.sparse = True
        return tags


def read_table(estimator: Any, X: Any, *, reset: bool) -> Any:
    """Check a raw table for ``estimator``, and its columns against those of ``fit``; frames keep their types."""
    if not isinstance(X, pd.DataFrame) and not hasattr(X, "get_column"):
        finite = False if _is_object(X) else "allow-nan"
        with as_headstart_errors():
            table = validate_data(estimator, X, reset=reset, dtype=None, accept_sparse="csr", ensure_all_finite=finite)
        if sp.issparse(table) and np.isnan(table.data).any():
            raise InputError(
                "the sparse matrix holds gaps (NaN); expected numbers: fill them, or pass a dense table, whose gaps "
                "are marked"
            )
        return table
    table = as_table(X)
    if len(table) == 0:
        raise InputError("Found array with 0 sample(s): the table has no rows; expected at least one")
    if table.shape[1] == 0:
        raise InputError(
            f"0 feature(s) (shape={table.shape}) while a minimum of 1 is required: the table has no columns"
        )
    with as_headstart_errors():
        validate_data(estimator, table, reset=reset, skip_check_array=True)
    infinite = [str(c) for c in table.columns if _has_infinity(table[c])]
    if infinite:
        refuse_infinity(infinite)
    return table


def _is_object(X: Any) -> bool:
    return getattr(getattr(X, "dtype", None), "kind", "") == "O" or (
        isinstance(X, (list, tuple)) and np.asarray(X, dtype=None if not _ragged(X) else object).dtype.kind in "OUS"
    )


def _ragged(X: Any) -> bool:
    return len({len(r) if hasattr(r, "__len__") else -1 for r in X}) > 1


def _has_infinity(column: pd.Series) -> bool:
    return bool(
        pd.api.types.is_float_dtype(column.dtype) and np.isinf(column.to_numpy(dtype=float, na_value=np.nan)).any()
    )


def _frame(table: Any) -> pd.DataFrame:
    if isinstance(table, pd.DataFrame):
        return table.set_axis([str(c) for c in table.columns], axis=1)
    return pd.DataFrame(table, columns=[f"x{j}" for j in range(table.shape[1])])


def _sparse_scale(matrix: Any) -> np.ndarray:
    n = matrix.shape[0]
    mean = np.asarray(matrix.mean(axis=0)).ravel()
    square = np.asarray(matrix.multiply(matrix).sum(axis=0)).ravel() / n
    deviation = np.sqrt(np.maximum(square - mean**2, 0.0))
    return np.where(deviation > 0, deviation, 1.0)
