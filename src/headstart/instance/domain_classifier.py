"""Density ratios from a classifier that tells the domains apart."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import numpy as np
from scipy.special import logit
from sklearn.base import clone
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import roc_auc_score

from ..core.base import TransferData, stack_rows
from ..core.errors import HeadstartWarning, InputError
from ..core.traits import Traits
from ..numeric.calibration import platt
from ._cross_fit import cross_fit, default_classifier, refuse_without_probabilities, seeded
from .base import RatioWeighter, check_count, generator

# Probabilities are cut here before their log-odds are taken: forests and trees name 0 and 1.
_CUT = 1e-9


class DomainClassifierWeighter(RatioWeighter):
    """The ratio by a classifier of target against source rows: p(target | x) / p(source | x) * n_source / n_target.

    Parameters
    ----------
    classifier : classifier, default=None
        Any classifier with ``predict_proba``. None is logistic regression of standardised columns: steady with
        few rows, fast with millions. It sees shifts of the means; a forest or gradient boosting also sees others.
    cv : int, default=5
        Folds. Each row is weighed by a classifier that has not seen it, since a flexible classifier knows the
        domain of the rows that it was fitted to. At most as many as the smaller domain has rows.
    calibration : {"sigmoid", "isotonic"} or None, default="sigmoid"
        How the cross-fitted scores become probabilities. "sigmoid" (Platt) fits two numbers and does with few rows;
        "isotonic" fits any increasing function and wants a thousand. None trusts the classifier.
    bound : float, default=None
        The most that a row may weigh, on the scale of mean 1. None sets no bound.
    random_state : int, RandomState instance or None, default=None
        Draws the folds, and seeds each ``random_state`` of the classifier that is None.

    Attributes
    ----------
    source_weight_ : ndarray of shape (n_source,)
        The weights, with mean 1.
    auc_ : float
        How well the cross-fitted classifier tells the domains apart: 0.5 not at all, 1 perfectly; then the
        domains do not overlap, and no weighting is of use. NaN where it was not cross-fitted.
    classifiers_ : list of classifiers
        One of each fold; the class 1 is the target.
    calibration_ : ndarray of shape (2,) or IsotonicRegression
        Slope and intercept of the sigmoid, or the isotonic function of the log-odds.
    n_source_, n_features_in_ : int
        Number of source rows and of columns.

    Raises
    ------
    InputError, InputTypeError
        Where a parameter is out of its range, the classifier has no ``predict_proba``, or source and target do not
        have the same columns.

    Warns
    -----
    HeadstartWarning
        Where a domain has one row only: nothing can be cross-fitted or calibrated.

    Notes
    -----
    Folds have the domain shares of the whole, so that the prior ratio n_source / n_target is the same in each. Where
    the classifier is no better than guessing on rows that it has not seen, the sigmoid is flat and all weights are 1.
    ``weigh`` takes the mean log-odds of the folds' classifiers, so at source rows it is near ``source_weight_`` and
    not the same. Probabilities are cut to 1e-9 from 0 and 1, isotonic ones to one row's worth.

    References
    ----------
    Bickel, Brueckner & Scheffer (2009), Discriminative learning under covariate shift. Platt (1999), Probabilistic
    outputs for support vector machines.

    Examples
    --------
    >>> import headstart as hs
    >>> shift = hs.datasets.make_shift("covariate", random_state=0)
    >>> weighter = hs.DomainClassifierWeighter(random_state=0).fit(shift.target.X, source=shift.source)
    >>> bool(weighter.weigh(shift.target.X).mean() > weighter.weigh(shift.source.X).mean())
    True
    """

    traits = Traits(
        kind="instance",
        source_labels="ignored",
        target_labels="ignored",
        paper="Bickel et al. (2009), Discriminative learning under covariate shift",
    )
    _takes_sparse = True

    def __init__(
        self,
        classifier: Any = None,
        *,
        cv: int = 5,
        calibration: Literal["sigmoid", "isotonic"] | None = "sigmoid",
        bound: float | None = None,
        random_state: Any = None,
    ) -> None:
        self.classifier = classifier
        self.cv = cv
        self.calibration = calibration
        self.bound = bound
        self.random_state = random_state

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_count(self.cv, "cv", low=2)
        if self.calibration not in ("sigmoid", "isotonic", None):
            raise InputError(f'calibration is {self.calibration!r}; expected "sigmoid", "isotonic" or None')
        if self.classifier is not None:
            refuse_without_probabilities(self.classifier, why=type(self).__name__)

    def _ratio_at_source(self, data: TransferData) -> np.ndarray:
        seed = int(generator(self.random_state).integers(2**31 - 1))
        Xt = data.target_rows
        n_source, n_target = data.n_source, Xt.shape[0]
        self._log_prior = float(np.log(n_source / n_target))
        X = stack_rows(data.Xs, Xt)
        of_target = np.repeat([0, 1], [n_source, n_target])
        classifier = seeded(default_classifier(X) if self.classifier is None else self.classifier, seed)
        n_folds = min(self.cv, n_source, n_target)
        if n_folds < 2:
            warnings.warn(
                f"DomainClassifierWeighter has {n_source} source and {n_target} target rows; expected at least 2 of "
                "each to cross-fit and calibrate; the weights are those of a classifier fitted to all rows",
                HeadstartWarning,
                stacklevel=3,
            )
            self.classifiers_ = [clone(classifier).fit(X, of_target)]
            self.auc_ = float("nan")
            self.calibration_: Any = np.array([1.0, 0.0])
            return self._ratio(data.Xs)
        probability, self.classifiers_ = cross_fit(classifier, X, of_target, n_folds, seed)
        self.auc_ = float(roc_auc_score(of_target, probability[:, 1]))
        score = _log_odds(probability[:, 1])
        self.calibration_ = self._calibrate(score, of_target)
        return self._from_log_odds(score[:n_source])

    def _calibrate(self, score: np.ndarray, of_target: np.ndarray) -> Any:
        if self.calibration is None:
            return np.array([1.0, 0.0])
        if self.calibration == "sigmoid":
            return np.array(platt(score, of_target == 1))
        one_row = 1.0 / (of_target.size + 2.0)
        return IsotonicRegression(y_min=one_row, y_max=1.0 - one_row, out_of_bounds="clip").fit(score, of_target)

    def _from_log_odds(self, score: np.ndarray) -> np.ndarray:
        if isinstance(self.calibration_, IsotonicRegression):
            score = logit(self.calibration_.predict(score))
        else:
            score = self.calibration_[0] * score + self.calibration_[1]
        # exp(log-odds) is p(target | x) / p(source | x); the ratio of the densities leaves out how many rows each has.
        return np.exp(np.clip(score + self._log_prior, -500.0, 500.0))

    def _ratio(self, X: Any) -> np.ndarray:
        scores = [_log_odds(model.predict_proba(X)[:, 1]) for model in self.classifiers_]
        return self._from_log_odds(np.mean(scores, axis=0))


def _log_odds(probability: np.ndarray) -> np.ndarray:
    return logit(np.clip(probability, _CUT, 1.0 - _CUT))
