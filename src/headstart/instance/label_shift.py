"""Weights for label shift: p_target(y) / p_source(y)."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from sklearn.base import clone

from ..core.base import TransferData
from ..core.checks import check_labels, common_classes
from ..core.errors import InputError
from ..core.traits import Traits
from ..numeric.label_shift import bbse_shares, em_shares
from ._cross_fit import cross_fit, default_classifier, refuse_without_probabilities, seeded
from .base import Weighter, check_count, check_number, generator


class LabelShiftWeighter(Weighter):
    """Weigh each source row by how much more often its label occurs in the target.

    Right where the domains differ in p(y) and share p(x given y). The target's class shares are those of its labels
    where it has any, and are estimated from its unlabelled rows by a classifier of the source.

    Parameters
    ----------
    estimator : classifier, default=None
        The classifier of the source, with ``predict_proba``; for ``method="em"`` its probabilities should be
        calibrated. None is logistic regression of standardised columns. It is fitted only where the target has
        unlabelled rows.
    method : {"em", "bbse"}, default="em"
        "em" maximises the likelihood of the unlabelled rows (Saerens et al.): the more precise where the
        probabilities are good. "bbse" inverts the cross-fitted confusion matrix (Lipton et al.) and does with
        probabilities that are not.
    cv : int, default=5
        Folds for the confusion matrix. It plays no part in "em".
    smoothing : float, default=1.0
        Rows added to the target, with the source's class shares: a class that 20 target labels happen to lack is not
        lost. 0 is the papers'.
    bound : float, default=None
        The most that a row may weigh, on the scale of mean 1. None sets no bound.
    random_state : int, RandomState instance or None, default=None
        Draws the folds, and seeds each ``random_state`` of the classifier that is None.

    Attributes
    ----------
    source_weight_ : ndarray of shape (n_source,)
        The weights, with mean 1.
    classes_ : ndarray of shape (n_classes,)
        The source's labels, sorted.
    source_shares_, target_shares_ : ndarray of shape (n_classes,)
        The class shares of the source, and those found for the target.
    label_ratio_ : ndarray of shape (n_classes,)
        Their ratio, before ``bound``.
    classifiers_ : list of classifiers
        Those of the source, whose classes are positions in ``classes_``: one for "em", one of each fold for "bbse",
        none where the target has no unlabelled row or the source one class.
    n_source_, n_features_in_ : int
        Number of source rows and of columns.

    Raises
    ------
    InputError, InputTypeError
        Where the source has no labels, labels are real numbers, those of the domains are of different types, no
        target label occurs in the source, or a parameter is out of its range.

    Notes
    -----
    Deviations from the papers: target labels, where there are any, count as rows whose class is known (in EM inside the
    iteration, in BBSE in proportion to their number); ``smoothing``; BBSE's equations are solved over ratios of at
    least 0, which is the same wherever the inverse has no negative one. Target labels that the source lacks are left
    out: no source row has them.

    References
    ----------
    Saerens, Latinne & Decaestecker (2002), Adjusting the outputs of a classifier to new a priori probabilities.
    Lipton, Wang & Smola (2018), Detecting and correcting for label shift with black box predictors.

    Examples
    --------
    >>> import headstart as hs
    >>> shift = hs.datasets.make_shift("label", random_state=0)
    >>> weighter = hs.LabelShiftWeighter(random_state=0).fit(shift.target.X, source=shift.source)
    >>> weighter.label_ratio_.shape, round(float(weighter.source_weight_.mean()), 6)
    ((2,), 1.0)
    """

    traits = Traits(
        kind="instance",
        regression=False,
        source_labels="required",
        target_labels="used",
        paper="Saerens et al. (2002); Lipton et al. (2018), Detecting and correcting for label shift",
    )
    _takes_sparse = True

    def __init__(
        self,
        estimator: Any = None,
        method: Literal["em", "bbse"] = "em",
        *,
        cv: int = 5,
        smoothing: float = 1.0,
        bound: float | None = None,
        random_state: Any = None,
    ) -> None:
        self.estimator = estimator
        self.method = method
        self.cv = cv
        self.smoothing = smoothing
        self.bound = bound
        self.random_state = random_state

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if self.method not in ("em", "bbse"):
            raise InputError(f'method is {self.method!r}; expected "em" or "bbse"')
        check_count(self.cv, "cv", low=2)
        check_number(self.smoothing, "smoothing", low=0.0)
        if self.estimator is not None:
            refuse_without_probabilities(self.estimator, why=type(self).__name__)

    def _ratio_at_source(self, data: TransferData) -> np.ndarray:
        assert data.ys is not None  # _read has refused a source without labels
        ys = check_labels(data.ys, classification=True, what="y of the source")
        y = None if data.y is None else check_labels(data.y, classification=True, what="y")
        common_classes(y, ys)
        self.classes_, codes = np.unique(ys, return_inverse=True)
        self.source_shares_ = np.bincount(codes) / codes.size
        known = np.zeros(self.classes_.size) if y is None else np.array([np.sum(y == c) for c in self.classes_], float)
        unlabeled = data.X if y is None else data.Xu
        self.classifiers_: list[Any] = []
        if y is not None and unlabeled is None and not known.any():
            raise InputError(
                f"no target label occurs in the source, whose labels are {self.classes_.tolist()[:5]}; "
                "expected the labels of the domains to overlap, or pass unlabelled target rows"
            )
        if self.classes_.size == 1:
            self.target_shares_ = np.ones(1)
        else:
            self.target_shares_ = self._shares(data.Xs, codes, unlabeled, known + self.smoothing * self.source_shares_)
        self.label_ratio_ = self.target_shares_ / self.source_shares_
        return self.label_ratio_[codes]

    def _shares(self, Xs: Any, codes: np.ndarray, unlabeled: Any, known: np.ndarray) -> np.ndarray:
        """The target's class shares; ``known`` are its rows by class, as far as they are known."""
        if unlabeled is None:
            return known / known.sum()
        seed = int(generator(self.random_state).integers(2**31 - 1))
        classifier = seeded(default_classifier(Xs) if self.estimator is None else self.estimator, seed)
        if self.method == "em":
            self.classifiers_ = [clone(classifier).fit(Xs, codes)]
            return em_shares(self.classifiers_[0].predict_proba(unlabeled), self.source_shares_, prior=known)[0]
        n_classes = self.classes_.size
        held_out, self.classifiers_ = cross_fit(classifier, Xs, codes, min(self.cv, codes.size), seed)
        pairs = held_out.argmax(axis=1) * n_classes + codes
        confusion = np.bincount(pairs, minlength=n_classes**2).reshape(n_classes, n_classes) / codes.size
        # by the same classifiers that made the confusion matrix: one fitted to all rows errs less often than they do
        predicted = np.mean([_predicted_shares(c, unlabeled, n_classes) for c in self.classifiers_], axis=0)
        shares = bbse_shares(confusion, predicted, self.source_shares_)
        return (unlabeled.shape[0] * shares + known) / (unlabeled.shape[0] + known.sum())


def _predicted_shares(classifier: Any, X: Any, n_classes: int) -> np.ndarray:
    """The share of rows that are predicted as each class."""
    named = classifier.classes_[classifier.predict_proba(X).argmax(axis=1)]
    return np.bincount(named, minlength=n_classes) / X.shape[0]
