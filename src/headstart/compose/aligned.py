"""Feature transfer: source and target rows in one space."""

from __future__ import annotations

from typing import Any, Literal

from sklearn.base import clone

from ..core.traits import Traits
from ..feature import FeatureAugmentation
from .baselines import check_target_weight, fit_stacked
from .wrapper import EstimatorWrapper


class Aligned(EstimatorWrapper):
    """Fit the estimator to source and target rows that an aligner mapped into one space.

    Parameters
    ----------
    estimator : estimator
        A scikit-learn classifier or regressor.
    aligner : aligner, default=None
        Maps the rows of both domains. None: ``FeatureAugmentation()``, which uses the target's labels and has
        nothing to tune.
    target_weight : float or "equal", default=1.0
        The weight of a target row, where a source row weighs 1. "equal" gives both domains the same weight.

    Attributes
    ----------
    estimator_ : estimator
        The fitted estimator; it works in the common space.
    aligner_ : aligner
        The fitted aligner.
    classes_ : array of shape (n_classes,)
        For a classifier: the union of the labels of target and source.
    n_source_ : int
        Number of source rows.

    Examples
    --------
    >>> import headstart as hs
    >>> from sklearn.linear_model import LogisticRegression
    >>> shift = hs.datasets.make_shift("concept", random_state=0)
    >>> model = hs.Aligned(LogisticRegression(), hs.FeatureAugmentation())
    >>> model.fit(shift.target.X, shift.target.y, source=shift.source).predict(shift.target.X[:2]).shape
    (2,)
    """

    traits = Traits(kind="feature", several_sources=True)

    def __init__(self, estimator: Any, aligner: Any = None, *, target_weight: float | Literal["equal"] = 1.0) -> None:
        self.estimator = estimator
        self.aligner = aligner
        self.target_weight = target_weight

    def fit(self, X: Any, y: Any = None, *, source: Any = None, unlabeled: Any = None) -> Aligned:
        """Learn the common space, map both domains into it, and fit there.

        Parameters
        ----------
        X : array-like of shape (n_target, n_features)
            Target rows.
        y : array-like of shape (n_target,), default=None
            Target labels. None: only the mapped source rows are learned from.
        source : Domain or Sources, default=None
            The labelled source. None: fit the estimator to the target rows as they are.
        unlabeled : Domain, default=None
            Target rows without labels; the aligner sees them as target rows.
        """
        check_target_weight(self.target_weight)
        data = self._read_problem(X, y, source, unlabeled)
        self.aligner_ = None
        if data.Xs is None:
            self.estimator_ = clone(self.estimator).fit(data.X, data.y)
            return self
        aligner = FeatureAugmentation() if self.aligner is None else clone(self.aligner)
        self.aligner_ = aligner.fit(data.X, data.y, source=data.as_source(), unlabeled=data.as_unlabeled())
        blocks = [self.aligner_.transform_source(rows, domain=k) for k, rows in enumerate(data.source_blocks())]
        mapped = data.with_rows(self.aligner_.transform(data.X), blocks)
        self.estimator_ = fit_stacked(self.estimator, mapped, None, self.target_weight)
        return self

    def _read_rows(self, X: Any) -> Any:
        rows = super()._read_rows(X)
        return rows if self.aligner_ is None else self.aligner_.transform(rows)
