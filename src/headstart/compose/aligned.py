"""Feature transfer: source and target rows in one space."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
from sklearn.base import clone
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from ..core.base import TransferData, TransferEstimator, stack_rows
from ..core.errors import InputError
from ..core.traits import Traits
from ..feature import FeatureAugmentation
from .baselines import check_target_weight, fit_stacked
from .wrapper import EstimatorWrapper, takes_raw_domains


class _AlignerTraits:
    """The traits of the wrapper: what the parts inside need, it needs."""

    general = Traits(kind="feature", several_sources=True)

    def __get__(self, instance: Any, owner: Any) -> Traits:
        if instance is None:
            return self.general
        inner = getattr(getattr(instance, "estimator", None), "traits", self.general)
        raw = takes_raw_domains(getattr(instance, "aligner", None))
        return replace(self.general, same_columns=not raw, target_labels=inner.target_labels)


class Aligned(EstimatorWrapper):
    """Fit the estimator to source and target rows that an aligner mapped into one space.

    Parameters
    ----------
    estimator : estimator
        A scikit-learn classifier or regressor, which is fitted to the mapped rows of all domains together. A transfer
        estimator such as ``SourcePriorRegressor()`` gets the mapped rows as target and source instead.
    aligner : aligner, default=None
        Maps the rows of both domains. None: ``FeatureAugmentation()``, which uses the target's labels and has
        nothing to tune. ``CommonSpace()`` is for domains with different columns, and takes raw tables.
    target_weight : float or "equal", default=1.0
        The weight of a target row, where a source row weighs 1. "equal" gives both domains the same weight. A transfer
        estimator weighs the domains itself, and takes only 1.

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

    traits = _AlignerTraits()

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
        self._refuse_a_judge()
        if takes_raw_domains(self.aligner):
            return self._fit_raw(X, y, source, unlabeled)
        data = self._read_problem(X, y, source, unlabeled)
        self.aligner_ = None
        if data.Xs is None:
            self.estimator_ = clone(self.estimator).fit(data.X, data.y)
            return self
        aligner = FeatureAugmentation() if self.aligner is None else clone(self.aligner)
        self.aligner_ = aligner.fit(data.X, data.y, source=data.as_source(), unlabeled=data.as_unlabeled())
        blocks = [self.aligner_.transform_source(rows, domain=k) for k, rows in enumerate(data.source_blocks())]
        return self._fit_mapped(data.with_rows(self.aligner_.transform(data.X), blocks))

    def _refuse_a_judge(self) -> None:
        """What judges candidates on folds must not be given rows that an aligner has been fitted to."""
        if getattr(self.estimator, "judges_on_folds", False):
            who = type(self.estimator).__name__
            raise InputError(
                f"the estimator is a {who}, which scores target rows that it holds out, and the aligner would have "
                "been fitted to them; expected the aligner as a candidate of it, so that it is fitted in each fold: "
                f"hs.{who}(candidates=[('aligned', hs.Aligned(learner, aligner))])"
            )

    def _fit_raw(self, X: Any, y: Any, source: Any, unlabeled: Any) -> Aligned:
        """The same where the aligner reads the raw tables: it encodes them, also where there is no source."""
        table, y, sources = self._read_raw_problem(X, y, source, unlabeled)
        self.aligner_ = clone(self.aligner).fit(table, y, source=sources, unlabeled=unlabeled)
        Z = self.aligner_.transform(table)
        if sources is None:
            self.estimator_ = clone(self.estimator).fit(Z, y)
            return self
        blocks = [self.aligner_.transform_source(d.X, domain=k) for k, d in enumerate(sources.domains)]
        domain_of = np.repeat(np.arange(len(blocks)), [len(b) for b in blocks])
        ys = np.concatenate([np.asarray(d.y) for d in sources.domains])
        return self._fit_mapped(TransferData(Z, y, stack_rows(*blocks), ys, domain_of, sources.names))

    def _fit_mapped(self, mapped: TransferData) -> Aligned:
        if isinstance(self.estimator, TransferEstimator):
            if self.target_weight != 1.0:
                raise InputError(
                    f"target_weight={self.target_weight!r} and the estimator is a {type(self.estimator).__name__}, "
                    "which weighs the domains itself; expected target_weight=1.0"
                )
            self.estimator_ = clone(self.estimator).fit(mapped.X, mapped.y, source=mapped.as_source())
        else:
            self.estimator_ = fit_stacked(self.estimator, mapped, None, self.target_weight)
        return self

    def _read_rows(self, X: Any) -> Any:
        if takes_raw_domains(self.aligner):
            check_is_fitted(self)
            return self.aligner_.transform(self._check_columns(X, reset=False))
        rows = super()._read_rows(X)
        return rows if self.aligner_ is None else self.aligner_.transform(rows)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        if takes_raw_domains(self.aligner):
            outer = get_tags(self.aligner).input_tags
            tags.input_tags.sparse = outer.sparse
            tags.input_tags.allow_nan = outer.allow_nan
            tags.input_tags.string = outer.string
            tags.input_tags.categorical = outer.categorical
        return tags
