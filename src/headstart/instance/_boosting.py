"""What the TrAdaBoost estimators share: the base learner over fixed rows, and the rates of the papers."""

from __future__ import annotations

import warnings
from numbers import Integral
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.ensemble._forest import BaseForest
from sklearn.tree import BaseDecisionTree
from sklearn.utils import check_random_state, get_tags

from ..core.base import TransferData, TransferEstimator, stack_rows
from ..core.checks import as_headstart_errors, refuse_unweightable, weight_arguments
from ..core.errors import HeadstartWarning, InputError

# A round without any error on the target has beta_t = 0 and an infinite vote; this keeps it finite (36), yet decisive.
SMALLEST_ERROR = float(np.finfo(np.float64).eps)


def source_rate(n_source: int, n_rounds: int) -> float:
    """The factor beta = 1 / (1 + sqrt(2 ln n / N)) that a wrong source row keeps of its weight in one round."""
    return float(1.0 / (1.0 + np.sqrt(2.0 * np.log(n_source) / n_rounds)))


def log_odds(error: float) -> float:
    """ln(1 / beta_t) = ln((1 - e) / e), finite for e = 0."""
    error = max(error, SMALLEST_ERROR)
    return float(np.log((1.0 - error) / error))


def last_half(n_rounds: int) -> slice:
    """The rounds that vote: ceil(N/2), ..., N of the papers, which count from 1."""
    return slice((n_rounds + 1) // 2 - 1, n_rounds)


class WeightedLearner:
    """A base learner and the rows that it is refitted on with ever new weights.

    The rows are converted once to what the learner works in (trees: float32), so that no round does it again.
    """

    def __init__(self, estimator: Any, X: Any, y: np.ndarray, rng: np.random.RandomState | None) -> None:
        self.estimator, self.y, self.rng = estimator, y, rng
        self.X_fit, self.X = _layouts(estimator, X)

    def fit(self, weight: np.ndarray) -> Any:
        """The learner fitted with weights of mean 1; rows of weight zero are left out."""
        X, y = self.X_fit, self.y
        if not weight.all():
            used = np.flatnonzero(weight)
            X, y, weight = self.X[used], y[used], weight[used]
        fitted = seeded(self.estimator, self.rng)
        with as_headstart_errors():
            return fitted.fit(X, y, **weight_arguments(fitted, weight * (len(weight) / weight.sum())))

    def rows(self, index: Any) -> WeightedLearner:
        """The same learner over some of the rows."""
        return WeightedLearner(self.estimator, self.X[index], self.y[index], self.rng)


def seeded(estimator: Any, rng: np.random.RandomState | None) -> Any:
    """A clone whose random states, where the user left them None, are drawn from ``rng`` (None: left alone)."""
    fresh = clone(estimator)
    if rng is not None:
        names = [n for n, v in fresh.get_params().items() if v is None and n.rpartition("__")[2] == "random_state"]
        if names:
            fresh.set_params(**{n: int(rng.randint(np.iinfo(np.int32).max)) for n in sorted(names)})
    return fresh


def _layouts(estimator: Any, X: Any) -> tuple[Any, Any]:
    """``X`` as the learner reads it fastest, for fitting and for predicting; the numbers it sees stay the same."""
    if isinstance(estimator, (BaseDecisionTree, BaseForest)):
        with np.errstate(over="ignore"):  # what does not fit becomes infinite, which the tree refuses in its own words
            if sp.issparse(X):
                narrow: Any = X.astype(np.float32)  # type: ignore[attr-defined]
                return narrow.tocsc(), narrow
            dense = np.ascontiguousarray(X, dtype=np.float32)
        return dense, dense
    return X, X


class BoostedTransfer(TransferEstimator):
    """Base of the TrAdaBoost estimators: their base learner, their checks, their target-only case."""

    estimator: Any
    random_state: Any

    def _default_estimator(self) -> Any:
        raise NotImplementedError

    def _learner(self) -> Any:
        return self._default_estimator() if self.estimator is None else self.estimator

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        learner = self._learner()
        tags.input_tags.sparse = get_tags(learner).input_tags.sparse
        # A Pipeline never says that it takes gaps; its first step, such as an imputer, does.
        first = learner.steps[0][1] if getattr(learner, "steps", None) else learner
        tags.input_tags.allow_nan = hasattr(first, "fit") and get_tags(first).input_tags.allow_nan
        return tags

    def _read_labelled(self, X: Any, y: Any, source: Any, unlabeled: Any, *, task: str) -> TransferData:
        """Refuse what TrAdaBoost cannot work with, in words of its own, then read the rows."""
        name = type(self).__name__
        refuse_unweightable(self._learner(), why=name)
        if y is None:
            raise InputError(
                f"{name} requires y to be passed, but the target y is None: its rounds are judged by their errors on "
                "target labels; label some target rows, or use hs.Reweighted(estimator, weighter), which needs none"
            )
        data = self._read(X, y, source, unlabeled, task=task, **self._reads())
        if data.Xs is not None and data.y is not None and len(np.unique(data.y)) == 1:
            raise InputError(
                f"the target has {len(data.y)} rows and all their labels are {data.y[:1].tolist()[0]!r}; expected "
                f"at least two different labels, since {name} tells good source rows by its errors on the target: "
                "label more target rows, or leave source out"
            )
        return data

    def _reads(self) -> dict[str, bool]:
        tags = get_tags(self).input_tags
        return {"sparse": tags.sparse, "allow_nan": tags.allow_nan}

    def _rng(self) -> np.random.RandomState | None:
        return None if self.random_state is None else check_random_state(self.random_state)

    def _fit_target_only(self, data: TransferData, rng: np.random.RandomState | None) -> Any:
        with as_headstart_errors():
            return seeded(self._learner(), rng).fit(data.X, data.y)

    def _start(self, data: TransferData, y: np.ndarray, rng: np.random.RandomState | None) -> WeightedLearner:
        """The learner over source rows, then target rows, in the order of the papers."""
        return WeightedLearner(self._learner(), stack_rows(data.Xs, data.X), y, rng)

    def _set_source_weight(self, weight: np.ndarray) -> None:
        """Set ``source_weight_`` (mean 1, or all 0) and ``source_share_`` from weights of source, then target rows."""
        source = weight[: self.n_source_]
        total = source.sum()
        self.source_share_ = float(total / weight.sum())
        self.source_weight_ = source * (self.n_source_ / total) if total > 0 else np.zeros(self.n_source_)

    def _check_count(self, name: str, least: int = 1) -> int:
        value = getattr(self, name)
        if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
            raise InputError(f"{name} is {value!r}; expected a whole number of at least {least}")
        return int(value)

    def _check_choice(self, name: str, choices: tuple[str, ...]) -> str:
        value = getattr(self, name)
        if value not in choices:
            raise InputError(f"{name} is {value!r}; expected one of {', '.join(repr(c) for c in choices)}")
        return str(value)

    def _warn_no_round(self, error: float, limit: float) -> None:
        warnings.warn(
            f"{type(self).__name__}: already the first round's error on the target rows is {error:.3g}, and "
            f"{limit:.3g} is no better than guessing: the source speaks against the target. The model is the base "
            "learner fitted on the target rows alone",
            HeadstartWarning,
            stacklevel=3,
        )
