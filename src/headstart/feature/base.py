"""What the aligners share: one fit, rows of each domain into one space, and what they may know of the labels."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.base import TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from ..core.base import TransferData, TransferEstimator
from ..core.checks import as_headstart_errors, check_labels, is_sparse, refuse_disjoint_labels
from ..core.domain import Sources, Task, as_sources, as_unlabeled
from ..core.errors import InputError, InputTypeError


@dataclass(frozen=True)
class KnownLabels:
    """The labels that an aligner may use.

    For classes ``classes`` are the source's, sorted; ``source`` (n_source,) and ``target`` (n_target + n_unlabeled,)
    are positions in it, -1 where a label is not known or the source lacks it. For numbers ``classes`` is None, and
    a gap is NaN.
    """

    classes: np.ndarray | None
    source: np.ndarray
    target: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """Which target rows have a label that says something."""
        return ~np.isnan(self.target) if self.classes is None else self.target >= 0


class Aligner(TransformerMixin, TransferEstimator):
    """Base of the aligners that learn from rows. Without a source there is one domain, and rows stay as they are.

    A subclass implements ``_align``, ``_map_target`` and ``_map_source``, and ``_check_parameters``.
    """

    _takes_sparse: ClassVar[bool] = False

    def fit(self, X: Any, y: Any = None, *, source: Any = None, unlabeled: Any = None) -> Any:
        """Learn the map of each domain.

        Parameters
        ----------
        X : array-like of shape (n_target, n_features)
            Target rows.
        y : array-like of shape (n_target,), default=None
            Target labels.
        source : Domain or Sources, default=None
            The source domains. None: nothing is learned, and rows stay as they are.
        unlabeled : Domain, default=None
            More target rows, without labels; they join the target's rows.
        """
        self._check_parameters()
        self._refuse_sparse(X, "X")
        for given, what in ((as_sources(source), "source"), (as_unlabeled(unlabeled), "unlabeled")):
            for domain in given.domains if isinstance(given, Sources) else [given] if given is not None else []:
                self._refuse_sparse(domain.X, what if domain.name is None else f"{what} {domain.name!r}")
        data = self._read(X, y, source, unlabeled, task=None, sparse=self._takes_sparse)
        self.n_domains_ = 1 + len(data.names)
        if data.Xs is not None:
            refuse_single_rows(data, type(self).__name__)
            self._align(data)
        return self

    def transform(self, X: Any) -> Any:
        """Map target rows.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)

        Returns
        -------
        ndarray of shape (n_rows, n_columns)
            Columns as in ``get_feature_names_out``; ``X`` where there was no source.
        """
        check_is_fitted(self)
        self._refuse_sparse(X, "X")
        rows = self._read_new(X, sparse=self._takes_sparse)
        return rows if self.n_domains_ == 1 else self._map_target(rows)

    def transform_source(self, Xs: Any, domain: int = 0) -> Any:
        """Map rows of a source domain.

        Parameters
        ----------
        Xs : array-like of shape (n_rows, n_features)
        domain : int, default=0
            Which source, in the order of ``fit``.

        Returns
        -------
        ndarray of shape (n_rows, n_columns)
        """
        check_is_fitted(self)
        if self.n_domains_ == 1:
            raise InputError(
                f"this {type(self).__name__} was fitted without a source, so that it maps no source rows; "
                "expected fit(X, source=hs.Domain(Xs)) before transform_source"
            )
        if not 0 <= domain < self.n_domains_ - 1:
            raise InputError(
                f"domain={domain} of {self.n_domains_ - 1} source domains; expected 0 to {self.n_domains_ - 2}"
            )
        self._refuse_sparse(Xs, "Xs")
        return self._map_source(self._read_new(Xs, sparse=self._takes_sparse), domain)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns of the common space; those of ``fit`` where there was no source."""
        check_is_fitted(self)
        names = getattr(self, "feature_names_in_", [f"x{j}" for j in range(self.n_features_in_)])
        return np.asarray(names if self.n_domains_ == 1 else self._names_out(list(names)), dtype=object)

    def _refuse_sparse(self, X: Any, what: str) -> None:
        """Raise where rows are sparse and the map would make them dense: that may take all the memory there is."""
        if not self._takes_sparse and is_sparse(X):
            raise InputTypeError(
                f"{what} is a sparse matrix of {X.shape[0]} x {X.shape[1]}, and {type(self).__name__} makes rows "
                "dense; expected a dense table: reduce the columns of all domains first, for instance with one "
                "TruncatedSVD, call .toarray() where there is room, or use hs.SubspaceAlignment, hs.GeodesicFlowKernel "
                "or hs.StructuralCorrespondence, which take sparse rows"
            )

    def _check_parameters(self) -> None:
        """Raise where a parameter is out of its range."""

    @abstractmethod
    def _align(self, data: TransferData) -> None:
        """Learn the maps; ``data`` has a source."""

    @abstractmethod
    def _map_target(self, X: np.ndarray) -> np.ndarray:
        """Map target rows that were checked."""

    @abstractmethod
    def _map_source(self, Xs: np.ndarray, domain: int) -> np.ndarray:
        """Map source rows that were checked."""

    def _names_out(self, names: list[str]) -> list[str]:
        return names

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self._takes_sparse
        return tags


def refuse_single_rows(data: TransferData, who: str) -> None:
    """Raise where a domain has one row: it has a place and no shape, so that there is nothing to align."""
    sizes = {"the target": data.target_rows.shape[0]}
    sizes |= {f"source {n!r}": b.shape[0] for n, b in zip(data.names, data.source_blocks(), strict=True)}
    for what, n in sizes.items():
        if n < 2:
            more = "pass more target rows, labelled or as unlabeled=" if what == "the target" else "join it to another"
            raise InputError(f"{what} has 1 row; {who} expected at least 2 in each domain: {more}")


def check_use_labels(value: Any) -> None:
    """Refuse a ``use_labels`` that is not "auto", True or False."""
    if not (isinstance(value, (bool, np.bool_)) or (isinstance(value, str) and value == "auto")):
        raise InputError(f'use_labels is {value!r}; expected "auto", True or False')


def known_labels(data: TransferData, use_labels: Any) -> KnownLabels | None:
    """The labels that may be used: None where ``use_labels`` is False, or "auto" and the source has none.

    With "auto" those of the source alone are used where the target has none; with True both must be there.

    Labels that are real numbers with a fraction, or more than 20 different floats, are numbers; all others classes.
    """
    if isinstance(use_labels, (bool, np.bool_)) and not use_labels:
        return None
    for what, found, mend in (("source", data.ys, "hs.Domain(Xs, ys)"), ("target", data.y, "fit(X, y, source=...)")):
        if found is None and not isinstance(use_labels, str):
            raise InputError(
                f"use_labels is True and the {what} has no labels; expected them: {mend}, or use_labels='auto'"
            )
    if data.ys is None:
        return None
    n_target = data.target_rows.shape[0]
    if holds_numbers(data.ys) or (data.y is not None and holds_numbers(data.y)):
        values = np.full(n_target, np.nan)
        if data.y is not None:
            values[: len(data.y)] = check_labels(data.y, classification=False, what="y")
        return KnownLabels(None, check_labels(data.ys, classification=False, what="y of the source"), values)
    ys = check_labels(data.ys, classification=True, what="y of the source")
    classes, codes = np.unique(ys, return_inverse=True)
    target = np.full(n_target, -1, dtype=np.intp)
    if data.y is not None:
        y = check_labels(data.y, classification=True, what="y")
        refuse_disjoint_labels(y, ys)
        at = np.minimum(np.searchsorted(classes, y), len(classes) - 1)
        target[: len(y)] = np.where(classes[at] == y, at, -1)
    return KnownLabels(classes, codes.astype(np.intp), target)


def holds_numbers(y: np.ndarray) -> bool:
    """Whether labels are numbers to predict rather than names of classes; integers are taken for names."""
    return y.dtype.kind == "f" and bool(np.isfinite(y).any()) and Task.of(y).kind == "regression"


def generator(random_state: Any) -> np.random.Generator:
    """A random generator of its own for one fit; NumPy's global state is neither read nor moved."""
    if random_state is None:
        return np.random.default_rng()
    with as_headstart_errors():
        return np.random.default_rng(check_random_state(random_state).randint(2**31 - 1))


def check_number(value: Any, name: str, *, low: float, high: float = np.inf, open_low: bool = False) -> None:
    """Raise where a real parameter is out of its range: what was found, and what was expected."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        raise InputTypeError(f"{name} is {value!r}, of type {type(value).__name__}; expected a number")
    above = value > low if open_low else value >= low
    if not (above and value <= high and np.isfinite(value)):
        lower = "above" if open_low else "of at least"
        upper = f" and at most {high:g}" if np.isfinite(high) else ""
        raise InputError(f"{name} is {value!r}; expected a number {lower} {low:g}{upper}")


def check_count(value: Any, name: str, *, low: int = 1) -> None:
    """Raise where a parameter is not an integer of at least ``low``."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Integral):
        raise InputTypeError(f"{name} is {value!r}, of type {type(value).__name__}; expected an integer")
    if value < low:
        raise InputError(f"{name} is {value!r}; expected an integer of at least {low}")


def check_flag(value: Any, name: str) -> None:
    """Raise where a switch is neither True nor False."""
    if not isinstance(value, (bool, np.bool_)):
        raise InputTypeError(f"{name} is {value!r}; expected True or False")
