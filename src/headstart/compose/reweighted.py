"""Instance transfer: the source rows, weighted, beside the target rows."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from sklearn.base import clone

from ..core.checks import refuse_unweightable
from ..core.traits import Traits
from ..instance import DomainClassifierWeighter
from .baselines import check_target_weight, fit_stacked
from .wrapper import EstimatorWrapper


class Reweighted(EstimatorWrapper):
    """Fit the estimator to source rows that a weighter made look like the target's, and to the target rows.

    Parameters
    ----------
    estimator : estimator
        A scikit-learn classifier or regressor that accepts ``sample_weight``.
    weighter : weighter, default=None
        Gives every source row a weight. None: ``DomainClassifierWeighter(random_state=0)``, which needs no
        kernel width; the seed makes two fits agree.
    target_weight : float or "equal", default=1.0
        The weight of a target row, where source rows weigh 1 on average. "equal" gives both domains the same
        weight in all.

    Attributes
    ----------
    estimator_ : estimator
        The fitted estimator.
    weighter_ : weighter
        The fitted weighter.
    source_weight_ : array of shape (n_source,)
        The weights, with mean 1.
    classes_ : array of shape (n_classes,)
        For a classifier: the union of the labels of target and source.
    n_source_ : int
        Number of source rows.

    Raises
    ------
    InputTypeError
        Where the estimator does not accept ``sample_weight``: it would be silently unweighted.

    Notes
    -----
    Importance weighting in the papers fits the weighted source rows alone. Here the labelled target rows join
    them, since they follow the target's distribution already; with ``fit(X, None, source=...)`` there are none.

    References
    ----------
    Shimodaira (2000). Improving predictive inference under covariate shift by weighting the log-likelihood
    function. Journal of Statistical Planning and Inference 90(2).

    Examples
    --------
    >>> import headstart as hs
    >>> from sklearn.linear_model import LogisticRegression
    >>> shift = hs.datasets.make_shift("covariate", random_state=0)
    >>> model = hs.Reweighted(LogisticRegression(), hs.RULSIF(random_state=0))
    >>> model.fit(shift.target.X, shift.target.y, source=shift.source).source_weight_.shape
    (1000,)
    """

    traits = Traits(kind="instance", sample_weight=True)

    def __init__(self, estimator: Any, weighter: Any = None, *, target_weight: float | Literal["equal"] = 1.0) -> None:
        self.estimator = estimator
        self.weighter = weighter
        self.target_weight = target_weight

    def fit(self, X: Any, y: Any = None, *, source: Any = None, unlabeled: Any = None) -> Reweighted:
        """Weigh the source rows, then fit to both domains.

        Parameters
        ----------
        X : array-like of shape (n_target, n_features)
            Target rows.
        y : array-like of shape (n_target,), default=None
            Target labels. None: only the weighted source rows are learned from.
        source : Domain or Sources, default=None
            The labelled source. None: fit the estimator to the target rows.
        unlabeled : Domain, default=None
            Target rows without labels; the weighter counts them as target rows.
        """
        check_target_weight(self.target_weight)
        data = self._read_problem(X, y, source, unlabeled)
        if data.Xs is None:
            self.source_weight_ = np.empty(0)
            self.estimator_ = clone(self.estimator).fit(data.X, data.y)
            return self
        refuse_unweightable(self.estimator, why=type(self).__name__)
        weighter = DomainClassifierWeighter(random_state=0) if self.weighter is None else clone(self.weighter)
        self.weighter_ = weighter.fit(data.X, data.y, source=data.as_source(), unlabeled=data.as_unlabeled())
        self.source_weight_ = self.weighter_.source_weight_
        self.estimator_ = fit_stacked(self.estimator, data, self.source_weight_, self.target_weight)
        return self
