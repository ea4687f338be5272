"""What the weighters share: one fit, weights of mean 1 under a bound, and the ratio at new rows."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from ..core.base import TransferData, TransferEstimator
from ..core.checks import as_headstart_errors
from ..core.errors import HeadstartWarning, InputError, InputTypeError
from ..numeric.scaling import pooled_scale
from ..numeric.weights import mean_one


class Weighter(TransferEstimator):
    """Base of the weighters: estimates p_target(x) / p_source(x) at each source row.

    A subclass implements ``_ratio_at_source``, and ``_check_parameters`` where it has more than ``bound``.
    """

    bound: float | None
    _takes_sparse: ClassVar[bool] = False

    def fit(self, X: Any, y: Any = None, *, source: Any = None, unlabeled: Any = None) -> Any:
        """Weigh the source rows.

        Parameters
        ----------
        X : array-like of shape (n_target, n_features)
            Target rows.
        y : array-like of shape (n_target,), default=None
            Target labels; of the weighters only ``LabelShiftWeighter`` uses them.
        source : Domain or Sources, default=None
            The source; the rows of several domains are weighed together. None gives an empty ``source_weight_``.
        unlabeled : Domain, default=None
            More target rows, without labels; they join the target sample.
        """
        self._check_parameters()
        data = self._read(X, y, source, unlabeled, task=None, sparse=self._takes_sparse)
        if data.Xs is None:
            self.source_weight_ = np.empty(0)
            return self
        ratio = self._ratio_at_source(data)
        if not np.any(ratio > 0):
            warnings.warn(
                f"{type(self).__name__} found no source row in the region of the target; all source rows get the "
                "weight 1: the domains hardly overlap, so try a larger width, or a method that maps the features",
                HeadstartWarning,
                stacklevel=2,
            )
        self.source_weight_, self._factor = mean_one(ratio, self.bound)
        return self

    @abstractmethod
    def _ratio_at_source(self, data: TransferData) -> np.ndarray:
        """The ratio at each source row, on any scale, not yet bounded."""

    def _check_parameters(self) -> None:
        if self.bound is not None:
            check_number(self.bound, "bound", low=1.0, why="no weight above the bound, and a mean of 1")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self._takes_sparse
        return tags


class RatioWeighter(Weighter):
    """Base of the weighters that know the ratio at any row. A subclass implements ``_ratio`` too."""

    def weigh(self, X: Any) -> np.ndarray:
        """The weight of new rows: the ratio p_target(x) / p_source(x), on the scale of ``source_weight_``.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Rows of any domain.

        Returns
        -------
        ndarray of shape (n_rows,)
            Non-negative, not above ``bound``. At the rows of the source it is ``source_weight_``, unless the method
            cross-fits (see its Notes).
        """
        check_is_fitted(self, "source_weight_")
        X = self._read_new(X, sparse=self._takes_sparse)
        if self.n_source_ == 0:
            raise InputError(
                f"this {type(self).__name__} was fitted without a source, so that it knows no ratio; "
                "expected fit(X, source=hs.Domain(Xs)) before weigh"
            )
        if np.isnan(self._factor):
            return np.ones(X.shape[0])
        ratio = self._ratio(X)
        top = np.inf if self.bound is None else self.bound
        with np.errstate(over="ignore", invalid="ignore"):
            return np.minimum(np.where(ratio > 0, ratio * self._factor, 0.0), top)

    @abstractmethod
    def _ratio(self, X: Any) -> np.ndarray:
        """The ratio at rows that were checked, on the scale of ``_ratio_at_source``."""


class ScaledColumns:
    """Mixin: columns are centred and divided by their standard deviation over both domains, where ``scale`` is True."""

    scale: bool

    def _fit_scale(self, Xs: np.ndarray, Xt: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.mean_, self.scale_ = pooled_scale(Xs, Xt)
        if not self.scale:
            self.scale_ = np.ones(Xs.shape[1])
        return self._scaled(Xs), self._scaled(Xt)

    def _scaled(self, X: np.ndarray) -> np.ndarray:
        # Divided first: the difference of two columns near the largest float has no finite value. The mean goes
        # either way, since distances by a matrix product lose digits far from the origin.
        Z = X / self.scale_
        Z -= self.mean_ / self.scale_
        return np.ascontiguousarray(Z)


def generator(random_state: Any) -> np.random.Generator:
    """A random generator of its own for one fit; NumPy's global state is neither read nor moved."""
    if random_state is None:
        return np.random.default_rng()
    with as_headstart_errors():
        return np.random.default_rng(check_random_state(random_state).randint(2**31 - 1))


def check_number(
    value: Any, name: str, *, low: float, high: float = np.inf, open_low: bool = False, why: str = ""
) -> float:
    """Return a real parameter that lies in its range, or raise what was found, expected and why."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InputTypeError(f"{name} is {value!r}, of type {type(value).__name__}; expected a number")
    above = value > low if open_low else value >= low
    if not (above and value <= high and np.isfinite(value)):
        lower = "above" if open_low else "of at least"
        upper = f" and at most {high:g}" if np.isfinite(high) else ""
        raise InputError(f"{name} is {value!r}; expected a number {lower} {low:g}{upper}{': ' + why if why else ''}")
    return float(value)


def check_count(value: Any, name: str, *, low: int = 1) -> int:
    """Return an integer parameter of at least ``low``, or raise what was found and expected."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise InputTypeError(f"{name} is {value!r}, of type {type(value).__name__}; expected an integer")
    if value < low:
        raise InputError(f"{name} is {value!r}; expected an integer of at least {low}")
    return int(value)


def check_list(value: Any, name: str) -> np.ndarray:
    """Return one positive number, or several, as an array."""
    try:
        values = np.atleast_1d(np.asarray(value, dtype=np.float64))
    except (TypeError, ValueError):
        raise InputTypeError(f"{name} is {value!r}; expected a positive number, a list of them, or None") from None
    if values.ndim != 1 or not values.size or not (np.isfinite(values) & (values > 0)).all():
        raise InputError(f"{name} is {value!r}; expected a positive number, or a list of them, or None")
    return values


def check_flag(value: Any, name: str) -> None:
    """Raise where a switch is neither True nor False."""
    if not isinstance(value, (bool, np.bool_)):
        raise InputTypeError(f"{name} is {value!r}; expected True or False")


def draw_rows(X: np.ndarray, n_rows: int, rng: np.random.Generator) -> np.ndarray:
    """``X`` itself where it has at most ``n_rows`` rows, else that many of them, drawn without replacement."""
    return X if X.shape[0] <= n_rows else X[np.sort(rng.choice(X.shape[0], n_rows, replace=False))]
