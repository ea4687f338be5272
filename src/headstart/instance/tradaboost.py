"""TrAdaBoost for classification, with one or several sources."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.validation import check_is_fitted

from ..core.base import TransferData
from ..core.errors import InputError, InputTypeError
from ..core.traits import Traits
from ._boosting import BoostedTransfer, WeightedLearner, last_half, log_odds, source_rate


class TrAdaBoostClassifier(ClassifierMixin, BoostedTransfer):
    """Boosting that trusts a source row less each time it is predicted wrongly, and a target row more.

    Parameters
    ----------
    estimator : classifier, default=None
        The base learner; its ``fit`` must accept ``sample_weight`` (of a Pipeline: that of its last step). None is
        ``DecisionTreeClassifier(max_depth=3)``: boosting wants a learner that is better than guessing and cannot
        memorise the target rows, since a round without an error on the target ends it; a tree of depth 3 also
        takes gaps, needs no scaling and is the cheapest learner to fit again and again.
    n_estimators : int, default=50
        The most rounds N. Only the last half of them votes, so that the source rows are sorted before votes count.
    voting : {"hard", "soft"}, default="hard"
        What a round's hypothesis h(x) is: the predicted class, or the class probabilities ("or [0, 1] by
        confidence", as the paper allows). With "soft" the loss of a row is 1 - p(its class).
    source_share : float in (0, 1), default=None
        The share of the total weight with which the source rows start. None gives every row the same weight, as
        the paper does; then a few target rows have little say in the first rounds.
    several_sources : {"choose", "pool"}, default="choose"
        What happens where the source has more than one domain. "choose" is MultiSource-TrAdaBoost: each round
        fits the learner once for each domain together with the target, and keeps the one with the lowest error on
        the target. "pool" takes the rows of all domains as one source.
    random_state : int, RandomState instance or None, default=None
        Seeds each ``random_state`` of the base learner that is None. None leaves the base learner as it is.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels of target and source together, sorted.
    estimators_ : list of classifiers
        The fitted base learners of the rounds; they predict positions in ``classes_``. Without a source, the one
        fitted classifier.
    estimator_errors_ : ndarray of shape (n_rounds,)
        The weighted error e_t of each round on the target rows. Empty without a source.
    estimator_weights_ : ndarray of shape (n_rounds,)
        What the vote of each round counts; 0 for the rounds that do not vote.
    source_weight_ : ndarray of shape (n_source,)
        The final weight of each source row, with mean 1; all 0 where the model does not use the source.
    source_share_ : float
        The share of the total weight that the source rows end with: near 0 where they were of little use.
    chosen_source_ : ndarray of shape (n_rounds,)
        The position of the domain that each round used; only 0 where there is one, or where they are pooled.
    stop_reason_ : {"rounds", "perfect", "chance", "target only"}
        Why boosting ended: all rounds were made, a round had no error on the target, a round was no better than
        guessing (it is dropped), or there was nothing to boost.
    n_source_ : int
        Number of source rows.
    n_features_in_ : int
        Number of columns.

    Raises
    ------
    InputError
        Where the target has no labels or only one class beside a source, where the source has no labels or labels
        of another type, where a parameter is out of its range.
    InputTypeError
        Where the base learner does not accept ``sample_weight``, or has no ``predict_proba`` under ``voting="soft"``.

    Warns
    -----
    HeadstartWarning
        Where the first round is already no better than guessing on the target; the model is then target only.

    Notes
    -----
    Where this differs from the paper, or where the paper leaves it open:

    - *More than two classes.* The target rows are updated as in SAMME (Zhu et al. 2009): by the factor
      (K - 1)(1 - e)/e, and a round votes with the logarithm of that; guessing is an error of 1 - 1/K. K is the
      number of classes among the target rows, on which the error is measured. For two classes this is the paper.
    - *Stopping.* The paper asks for e < 1/2 and says nothing of what follows where that fails. Here the round is
      dropped and boosting ends; the last half is that of the rounds made, beta stays that of the rounds asked for.
      A round with e = 0 (where (1 - e)/e is infinite) ends boosting too, its vote counts as that of an error of 2e-16.
    - *Ties* of the vote go to the first class of ``classes_``, as everywhere in scikit-learn; the paper's go to 1.
    - *Scale of the weights.* They sum to 1 in the paper; the base learner gets them with mean 1, so that its
      penalties mean what they mean without weights.
    - *Probabilities* are not in the paper: ``predict_proba`` is the share of the vote. These are scores that rank,
      and were not calibrated.
    - *Several sources.* Yao and Doretto let all rounds vote, not the last half, and so does this. Their weak
      learner is picked among several; here it is the one that was given. All domains' rows are down-weighted by
      the learner that was chosen, as in the paper.
    - Rows in ``unlabeled`` are checked, and play no part: neither paper has a use for them.

    TrAdaBoost can lower the weight of source rows, it cannot turn them round: where the source's labels contradict
    the target's throughout (a hostile source), the best that it can reach is to end up with the target alone, and
    it may end up below that. Its judge, the error on a few target rows, is an error on training rows: with 20 rows
    and a flexible learner it says little, and as all boosting by mistakes, it chases wrong target labels. Compare it
    with target only, as ``TransferClassifier`` does.

    References
    ----------
    W. Dai, Q. Yang, G.-R. Xue and Y. Yu (2007). Boosting for transfer learning. ICML.
    Y. Yao and G. Doretto (2010). Boosting for transfer learning with multiple sources. CVPR.
    J. Zhu, H. Zou, S. Rosset and T. Hastie (2009). Multi-class AdaBoost. Statistics and Its Interface 2.

    Examples
    --------
    >>> import numpy as np, headstart as hs
    >>> rng = np.random.default_rng(0)
    >>> Xs, X = rng.normal(size=(500, 2)), rng.normal(size=(20, 2))
    >>> ys, y = Xs[:, 0] + Xs[:, 1] > 0, X[:, 0] + X[:, 1] > 0.2
    >>> model = hs.TrAdaBoostClassifier(random_state=0).fit(X, y, source=hs.Domain(Xs, ys))
    >>> X_new = rng.normal(size=(1000, 2))
    >>> bool(model.score(X_new, X_new[:, 0] + X_new[:, 1] > 0.2) > 0.8)
    True
    """

    traits: ClassVar[Traits] = Traits(
        kind="instance",
        regression=False,
        target_labels="required",
        several_sources=True,
        sample_weight=True,
        paper="Dai et al. 2007; Yao and Doretto 2010",
    )

    def __init__(
        self,
        estimator: Any = None,
        *,
        n_estimators: int = 50,
        voting: str = "hard",
        source_share: float | None = None,
        several_sources: str = "choose",
        random_state: Any = None,
    ) -> None:
        self.estimator = estimator
        self.n_estimators = n_estimators
        self.voting = voting
        self.source_share = source_share
        self.several_sources = several_sources
        self.random_state = random_state

    def _default_estimator(self) -> Any:
        return DecisionTreeClassifier(max_depth=3)

    def fit(self, X: Any, y: Any, *, source: Any = None, unlabeled: Any = None) -> TrAdaBoostClassifier:
        """Fit on labelled target rows and the rows of the source.

        Parameters
        ----------
        X : table of shape (n_target, n_features)
            Target rows.
        y : array-like of shape (n_target,)
            Their labels.
        source : Domain or Sources, default=None
            Labelled source rows. None fits the base learner on the target, and nothing else.
        unlabeled : Domain, default=None
            Checked, and not used.

        Returns
        -------
        self : TrAdaBoostClassifier
        """
        self._check_parameters()
        data = self._read_labelled(X, y, source, unlabeled, task="classification")
        rng = self._rng()
        self._set_classes(data)
        if data.Xs is None:
            self._keep_target_only(data, rng, codes=False)
        else:
            self._boost(data, rng)
        return self

    def _check_parameters(self) -> None:
        self._check_count("n_estimators")
        self._check_choice("voting", ("hard", "soft"))
        self._check_choice("several_sources", ("choose", "pool"))
        share = self.source_share
        if share is not None and not (isinstance(share, (int, float, np.number)) and 0 < share < 1):
            raise InputError(f"source_share is {share!r}; expected a number between 0 and 1, or None")
        if self.voting == "soft" and not hasattr(self._learner(), "predict_proba"):
            raise InputTypeError(
                f"{type(self._learner()).__name__} has no predict_proba, which voting='soft' needs; expected a "
                "classifier with probabilities, or voting='hard'"
            )

    def _keep_target_only(self, data: TransferData, rng: np.random.RandomState | None, *, codes: bool) -> None:
        assert data.y is not None
        y = np.searchsorted(self.classes_, data.y) if codes else data.y
        self.estimators_ = [self._fit_target_only(TransferData(data.X, y), rng)]
        self.estimator_errors_, self.estimator_weights_ = np.empty(0), np.ones(1)
        self.source_weight_, self.source_share_ = np.zeros(self.n_source_), 0.0
        self.chosen_source_, self.stop_reason_ = np.empty(0, dtype=int), "target only"

    def _boost(self, data: TransferData, rng: np.random.RandomState | None) -> None:
        assert data.y is not None and data.ys is not None
        n, m = self.n_source_, len(data.y)
        codes = np.searchsorted(self.classes_, np.concatenate([data.ys, data.y]))
        n_classes = max(2, len(np.unique(codes[n:])))
        guess = 1.0 - 1.0 / n_classes
        weight = np.full(n + m, 1.0 / (n + m))
        if self.source_share is not None:
            weight = np.repeat([self.source_share / n, (1.0 - self.source_share) / m], [n, m])
        log_beta = np.log(source_rate(n, self.n_estimators))
        everything = self._start(data, codes, rng)
        candidates = self._candidates(everything, data)
        self.estimators_, errors, votes, chosen = [], [], [], []
        self.stop_reason_ = "rounds"
        for _ in range(self.n_estimators):
            fitted, k, loss = self._round(everything, candidates, weight, n)
            error = _mean(loss[n:], weight[n:])
            if error >= guess - 1e-12:
                self.stop_reason_ = "chance"
                break
            self.estimators_.append(fitted)
            errors.append(error)
            votes.append(log_odds(error) + np.log(n_classes - 1.0))
            chosen.append(k)
            weight[:n] *= np.exp(loss[:n] * log_beta)
            if error <= 0.0:
                self.stop_reason_ = "perfect"
                break
            weight[n:] *= np.exp(votes[-1] * loss[n:])
            weight /= weight.sum()
        if not errors:
            self._warn_no_round(error, guess)
            self._keep_target_only(data, rng, codes=True)
            return
        self.estimator_errors_, self.chosen_source_ = np.array(errors), np.array(chosen)
        self.estimator_weights_ = np.array(votes)
        if len(candidates) == 1:
            self.estimator_weights_[: last_half(len(votes)).start] = 0.0
        self._set_source_weight(weight)

    def _candidates(self, everything: WeightedLearner, data: TransferData) -> list[tuple[Any, WeightedLearner]]:
        """For each source domain its rows and the target's, and a learner over them; one entry where it is pooled."""
        n, n_all = self.n_source_, len(everything.y)
        if len(data.names) == 1 or self.several_sources == "pool":
            return [(slice(None), everything)]
        target = np.arange(n, n_all)
        parts = [np.concatenate([np.flatnonzero(data.domain_of == k), target]) for k in range(len(data.names))]
        return [(rows, everything.rows(rows)) for rows in parts]

    def _round(
        self, everything: WeightedLearner, candidates: list[tuple[Any, WeightedLearner]], weight: np.ndarray, n: int
    ) -> tuple[Any, int, np.ndarray]:
        """The learner with the lowest weighted error on the target, its domain, and its loss on every row."""
        fits = [learner.fit(weight[rows]) for rows, learner in candidates]
        k = 0
        if len(fits) > 1:
            X, y = everything.X[n:], everything.y[n:]
            k = int(np.argmin([_mean(self._loss(f, X, y), weight[n:]) for f in fits]))
        return fits[k], k, self._loss(fits[k], everything.X, everything.y)

    def _loss(self, fitted: Any, X: Any, codes: np.ndarray) -> np.ndarray:
        """|h(x) - c(x)| of each row: 0 or 1, or with soft votes 1 - p(its class)."""
        if self.voting == "hard":
            return (fitted.predict(X) != codes).astype(np.float64)
        proba = np.zeros((len(codes), len(self.classes_)))
        proba[:, fitted.classes_] = fitted.predict_proba(X)
        return np.clip(1.0 - proba[np.arange(len(codes)), codes], 0.0, 1.0)

    def predict(self, X: Any) -> np.ndarray:
        """Predict the class of each row by the vote.

        Parameters
        ----------
        X : table of shape (n_rows, n_features)
            Rows to predict.

        Returns
        -------
        ndarray of shape (n_rows,)
        """
        check_is_fitted(self)
        if self.n_source_ == 0:
            return np.asarray(self.estimators_[0].predict(self._read_new(X, **self._reads())))
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def predict_proba(self, X: Any) -> np.ndarray:
        """The share of the vote that each class gets; with ``voting="soft"`` the mean probability, votes as weights.

        Without a source, the base learner's own probabilities, or where it has none, 1 for its prediction.

        Parameters
        ----------
        X : table of shape (n_rows, n_features)
            Rows to predict.

        Returns
        -------
        ndarray of shape (n_rows, n_classes)
        """
        check_is_fitted(self)
        X = self._read_new(X, **self._reads())
        if self.n_source_ == 0 and hasattr(self.estimators_[0], "predict_proba"):
            return np.asarray(self.estimators_[0].predict_proba(X))
        shares = np.zeros((X.shape[0], len(self.classes_)))
        for fitted, vote in zip(self.estimators_, self.estimator_weights_ / self.estimator_weights_.sum(), strict=True):
            if vote == 0.0:
                continue
            if self.voting == "soft":
                shares[:, fitted.classes_] += vote * fitted.predict_proba(X)
            else:
                said = fitted.predict(X)
                codes = np.searchsorted(self.classes_, said) if self.n_source_ == 0 else said
                shares[np.arange(len(codes)), codes] += vote
        return shares

    def decision_function(self, X: Any) -> np.ndarray:
        """The margin of the vote: for two classes the share of the second less that of the first, else all shares.

        Without a source, the base learner's own where it has one.

        Parameters
        ----------
        X : table of shape (n_rows, n_features)
            Rows to predict.

        Returns
        -------
        ndarray of shape (n_rows,) or (n_rows, n_classes)
        """
        check_is_fitted(self)
        if self.n_source_ == 0 and hasattr(self.estimators_[0], "decision_function"):
            return np.asarray(self.estimators_[0].decision_function(self._read_new(X, **self._reads())))
        shares = self.predict_proba(X)
        return shares[:, 1] - shares[:, 0] if len(self.classes_) == 2 else shares


def _mean(loss: np.ndarray, weight: np.ndarray) -> float:
    return float(weight @ loss / weight.sum())
