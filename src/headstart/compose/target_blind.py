"""Hide the target's labels from an estimator, to score an unsupervised method honestly."""

from __future__ import annotations

from typing import Any

from sklearn.base import clone

from ..core.traits import Traits
from .wrapper import EstimatorWrapper, takes_raw_domains


class TargetBlind(EstimatorWrapper):
    """Fit the estimator without the target's labels, so that cross-validation can score it on them.

    Parameters
    ----------
    estimator : transfer estimator
        One that can be fitted with ``fit(X, None, source=...)``.

    Attributes
    ----------
    estimator_ : estimator
        The fitted estimator; it saw the target rows and no target label.
    classes_ : array of shape (n_classes,)
        For a classifier: the union of the labels of target and source.
    n_source_ : int
        Number of source rows.

    Notes
    -----
    Without a source there is nothing to learn from but the target's labels, so the estimator gets them.

    Examples
    --------
    >>> import headstart as hs
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import cross_val_score
    >>> shift = hs.datasets.make_shift("covariate", random_state=0)
    >>> blind = hs.TargetBlind(hs.Reweighted(LogisticRegression(), hs.RULSIF(random_state=0)))
    >>> cross_val_score(blind, shift.target.X, shift.target.y, params={"source": shift.source}, cv=3).shape
    (3,)
    """

    traits = Traits(kind="baseline", target_labels="ignored", several_sources=True)

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def fit(self, X: Any, y: Any = None, *, source: Any = None, unlabeled: Any = None) -> TargetBlind:
        """Fit to the target rows without their labels, and to the source.

        Parameters
        ----------
        X : array-like of shape (n_target, n_features)
            Target rows.
        y : array-like of shape (n_target,), default=None
            Target labels: checked, and withheld from the estimator wherever there is a source.
        source : Domain or Sources, default=None
            The labelled source. None: the estimator is fitted to the labelled target rows.
        unlabeled : Domain, default=None
            More target rows without labels.
        """
        if takes_raw_domains(self.estimator):
            table, y, sources = self._read_raw_problem(X, y, source, unlabeled)
            known = y if sources is None else None
            self.estimator_ = clone(self.estimator).fit(table, known, source=sources, unlabeled=unlabeled)
            return self
        data = self._read_problem(X, y, source, unlabeled)
        if data.Xs is None:
            self.estimator_ = clone(self.estimator).fit(data.X, data.y)
        else:
            self.estimator_ = clone(self.estimator).fit(
                data.X, None, source=data.as_source(), unlabeled=data.as_unlabeled()
            )
        return self
