"""Domains, sources and tasks: what a transfer problem is made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import numpy as np
import pandas as pd
import scipy.sparse as sp

from .errors import InputError, InputTypeError
from .row_order import refuse_other_order
from .rows import describe_rows, is_table, refuse_rows, rows_without_columns


def as_table(X: Any, *, what: str = "X") -> Any:
    """Return ``X`` as a pandas DataFrame, a 2-d NumPy array or a CSR matrix, without copying where possible.

    polars frames become pandas frames; lists become arrays. A one-dimensional input is refused.
    """
    if isinstance(X, pd.DataFrame):
        table: Any = X
    elif isinstance(X, pd.Series):
        raise InputError(f"{what} is a single column (a pandas Series); expected a table: pass {what}.to_frame()")
    elif sp.issparse(X):
        table = cast(Any, X).tocsr()
    elif hasattr(X, "collect_schema") and hasattr(X, "collect") and not hasattr(X, "to_dict"):
        raise InputTypeError(f"{what} is a lazy polars frame; expected its rows: pass {what}.collect()")
    elif hasattr(X, "to_dict") and hasattr(X, "columns") and hasattr(X, "get_column"):
        table = _from_polars(X)
    elif isinstance(X, (str, bytes, dict)) or X is None:
        raise InputTypeError(
            f"{what} is of type {type(X).__name__}; expected a table: a pandas or polars DataFrame, "
            "a two-dimensional NumPy array or a SciPy sparse matrix"
        )
    else:
        table = _from_list(X, what=what)
    if table.ndim != 2:
        raise InputError(
            f"{what} has {table.ndim} dimension(s), shape {table.shape}; expected a table of rows and columns: "
            f"reshape it, for one column with {what}.reshape(-1, 1)"
        )
    if isinstance(table, pd.DataFrame):
        refuse_duplicate_columns(table, what=what)
    return table


def _from_list(X: Any, *, what: str) -> np.ndarray:
    try:
        return np.asarray(X)
    except ValueError as error:
        raise InputError(
            f"{what} holds rows of different shapes; expected as many values in each row: {error}"
        ) from error


def _from_polars(frame: Any) -> pd.DataFrame:
    columns = {}
    for column in frame.get_columns():
        values = column.to_numpy() if column.dtype.is_numeric() and not column.null_count() else column.to_list()
        columns[column.name] = pd.Series(values)
    return pd.DataFrame(columns)


def refuse_duplicate_columns(frame: pd.DataFrame, *, what: str) -> None:
    """Raise where two columns have the same name: no method could tell which one is meant."""
    if not frame.columns.is_unique:
        twice = sorted({str(name) for name in frame.columns[frame.columns.duplicated()]})
        raise InputError(f"{what} has columns of the same name: {', '.join(twice)}; rename or drop one of each")


@dataclass(frozen=True)
class Task:
    """A task: what is predicted, and from which label space.

    Parameters
    ----------
    kind : {"classification", "regression"}
        Whether labels are classes or numbers.
    classes : tuple, default=()
        The label space of a classification task, sorted.

    Examples
    --------
    >>> import headstart as hs
    >>> hs.Task.of(["sick", "well", "sick"])
    Task(kind='classification', classes=('sick', 'well'))
    """

    kind: Literal["classification", "regression"]
    classes: tuple[Any, ...] = ()

    @classmethod
    def of(cls, y: Any) -> Task:
        """Tell the task from its labels: numbers with a fraction, or more than 20 distinct ones, are regression."""
        values = pd.Series(np.asarray(y).ravel()).dropna()
        if values.empty:
            raise InputError("the labels are all gaps; expected at least one label to tell the task from")
        numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
        if numeric:
            numbers = values.to_numpy(dtype=float)
            whole = bool(np.all(np.isfinite(numbers)) and np.all(np.mod(numbers, 1) == 0))
            if not whole or values.nunique() > 20:
                return cls("regression")
        return cls("classification", tuple(sorted(values.unique().tolist(), key=lambda v: (str(type(v)), v))))


@dataclass(frozen=True, eq=False)
class Domain:
    """A domain: rows, their labels where there are any, and a name.

    Parameters
    ----------
    X : table of shape (n_rows, n_columns), or rows that are no table
        A pandas or polars DataFrame, a two-dimensional NumPy array or a SciPy sparse matrix. For the estimators of
        ``headstart.neural`` also images, texts and series: a list, Series or array of texts, paths, PIL images or
        arrays, an array of three or four dimensions, or a torch Dataset. They are kept as they are; estimators
        that need a table refuse them.
    y : array-like of shape (n_rows,), default=None
        The labels. None where the domain has none.
    name : str, default=None
        What messages, tables and plots call the domain.

    Raises
    ------
    InputError
        Where ``X`` is neither a table nor rows as above, has columns of the same name, or ``y`` has another length
        than ``X``.
    InputTypeError
        Where ``X`` is of another type, or its rows are of several.

    Notes
    -----
    A domain is not array-like (no length, no shape) on purpose: scikit-learn's cross-validation slices every
    array that it is given as a fit parameter when its length equals that of the target, silently.

    Examples
    --------
    >>> import numpy as np, headstart as hs
    >>> hs.Domain(np.zeros((3, 2)), [0, 1, 1], name="Cleveland")
    Domain('Cleveland', 3 rows, 2 columns, labels)
    >>> hs.Domain(["good value", "too loud"], [1, 0], name="kitchen")
    Domain('kitchen', 2 rows, a list of 2 texts, labels)
    """

    X: Any
    y: Any = None
    name: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        what = f"X of domain {self.label!r}"
        table = self.X if rows_without_columns(self.X, what=what) else as_table(self.X, what=what)
        n_rows = int(table.shape[0]) if is_table(table) else len(table)
        object.__setattr__(self, "X", table)
        if self.y is not None:
            refuse_other_order(table, self.y, rows=what, labels="y")
            y = np.asarray(self.y)
            if y.ndim == 2 and y.shape[1] == 1:
                y = y.ravel()
            if y.ndim != 1:
                raise InputError(f"y of domain {self.label!r} has shape {y.shape}; expected one label for each row")
            if len(y) != n_rows:
                raise InputError(
                    f"domain {self.label!r} has {n_rows} rows in X and {len(y)} labels in y; "
                    "expected as many labels as rows"
                )
            object.__setattr__(self, "y", y)

    @property
    def label(self) -> str:
        """The name, or "unnamed"."""
        return self.name or "unnamed"

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.X.shape[0]) if self.is_table else len(self.X)

    @property
    def is_table(self) -> bool:
        """Whether the rows are a table, and no images, texts, series or dataset."""
        return is_table(self.X)

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        refuse_rows(self.X, what=f"X of domain {self.label!r}")
        return int(self.X.shape[1])

    @property
    def columns(self) -> tuple[str, ...] | None:
        """The column names, or None where the table has none."""
        return tuple(str(c) for c in self.X.columns) if isinstance(self.X, pd.DataFrame) else None

    @property
    def is_sparse(self) -> bool:
        """Whether the rows are a sparse matrix."""
        return bool(sp.issparse(self.X))

    def frame(self) -> pd.DataFrame:
        """The rows as a pandas DataFrame; columns without a name are called ``x0``, ``x1``, and so on."""
        refuse_rows(self.X, what=f"X of domain {self.label!r}")
        if isinstance(self.X, pd.DataFrame):
            return self.X
        names = [f"x{j}" for j in range(self.n_columns)]
        if self.is_sparse:
            return cast(Any, pd.DataFrame).sparse.from_spmatrix(self.X, columns=names)
        return pd.DataFrame(self.X, columns=names)

    def __repr__(self) -> str:
        labels = "labels" if self.y is not None else "no labels"
        columns = f"{self.n_columns} columns" if self.is_table else describe_rows(self.X)
        return f"Domain({self.label!r}, {self.n_rows} rows, {columns}, {labels})"


@dataclass(frozen=True, eq=False, init=False)
class Sources:
    """Several source domains that belong to one transfer problem.

    Parameters
    ----------
    domains : iterable of Domain
        At least one; names must differ where they are given. Domains without a name become ``source 1`` and so on.

    Examples
    --------
    >>> import numpy as np, headstart as hs
    >>> hs.Sources([hs.Domain(np.zeros((3, 2)), name="a"), hs.Domain(np.zeros((4, 2)), name="b")])
    Sources('a', 'b'; 7 rows)
    """

    domains: tuple[Domain, ...]

    def __init__(self, domains: Iterable[Domain]) -> None:
        if isinstance(domains, Domain):
            domains = (domains,)
        listed = tuple(domains)
        if not listed:
            raise InputError("Sources is empty; expected at least one Domain")
        for k, domain in enumerate(listed):
            if not isinstance(domain, Domain):
                raise InputTypeError(
                    f"Sources holds a {type(domain).__name__} at position {k}; expected Domain objects: "
                    "wrap it as hs.Domain(X, y, name=...)"
                )
        named = tuple(d if d.name else Domain(d.X, d.y, name=f"source {k}") for k, d in enumerate(listed, start=1))
        names = [d.name for d in named]
        twice = sorted({str(n) for n in names if names.count(n) > 1})
        if twice:
            raise InputError(f"Sources has domains of the same name: {', '.join(twice)}; give each its own name")
        object.__setattr__(self, "domains", named)

    @property
    def n_rows(self) -> int:
        """Number of rows over all domains."""
        return sum(d.n_rows for d in self.domains)

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in order."""
        return tuple(d.label for d in self.domains)

    def __repr__(self) -> str:
        return f"Sources({', '.join(repr(n) for n in self.names)}; {self.n_rows} rows)"


def as_sources(source: Any, *, tables_only: bool = True) -> Sources | None:
    """Return ``source`` as Sources; None stays None; anything else is refused with the mend.

    Domains whose rows are no table are refused too, unless ``tables_only`` is False.
    """
    if source is None:
        return None
    if isinstance(source, Domain):
        source = Sources([source])
    if isinstance(source, Sources):
        for domain in source.domains if tables_only else ():
            refuse_rows(domain.X, what=f"X of source {domain.label!r}")
        return source
    if isinstance(source, (list, tuple)) and source and all(isinstance(d, Domain) for d in source):
        raise InputTypeError(
            f"source= is a {type(source).__name__} of Domain objects, which cross-validation could slice; "
            "expected hs.Sources([...])"
        )
    raise InputTypeError(
        f"source= is of type {type(source).__name__}; expected hs.Domain(X_source, y_source) or hs.Sources([...]): "
        "a bare array would be sliced by cross-validation whenever it has as many rows as the target"
    )


def as_unlabeled(unlabeled: Any, *, tables_only: bool = True) -> Domain | None:
    """Return ``unlabeled`` where it is a Domain or None; anything else is refused with the mend.

    A Domain whose rows are no table is refused too, unless ``tables_only`` is False.
    """
    if unlabeled is None:
        return None
    if isinstance(unlabeled, Domain):
        if tables_only:
            refuse_rows(unlabeled.X, what=f"X of unlabeled={unlabeled.label!r}")
        return unlabeled
    raise InputTypeError(
        f"unlabeled= is of type {type(unlabeled).__name__}; expected hs.Domain(X_unlabeled): target rows without labels"
    )
