"""TrAdaBoost for regression: TrAdaBoost.R2 and two-stage TrAdaBoost.R2."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.tree import DecisionTreeRegressor
from sklearn.utils.validation import check_is_fitted

from ..core.base import TransferData
from ..core.traits import Traits
from ._adaboost_r2 import MedianEnsemble, adjusted_errors
from ._boosting import BoostedTransfer, WeightedLearner, last_half, log_odds, source_rate
from ._two_stage import two_stage


class TrAdaBoostRegressor(RegressorMixin, BoostedTransfer):
    """Boosting for regression that trusts a source row less the further off it is predicted.

    Parameters
    ----------
    estimator : regressor, default=None
        The base learner; its ``fit`` must accept ``sample_weight`` (of a Pipeline: that of its last step). None is
        ``DecisionTreeRegressor(max_depth=4)``: the median of boosted shallow trees is a strong learner for tables, and
        a tree takes gaps, needs no scaling, and is cheap to fit again and again.
    method : {"two-stage", "r2"}, default="two-stage"
        "two-stage" moves weight from the source to the target in ``n_steps`` steps, boosts the target rows at
        each, and keeps the step that does best in cross-validation on target rows; the paper found it the better
        one, since it cannot throw the source away faster than the cross-validation likes. "r2" is the direct
        counterpart of TrAdaBoost: one boosting run over source and target.
    n_estimators : int, default=None
        The most rounds N of boosting: with "r2" of the run (its last half votes), with "two-stage" of each step. None
        is 50 with "r2", which has one run to sort the source rows in, and 10 with "two-stage", which boosts
        ``n_steps`` times in each fold.
    n_steps : int, default=10
        The steps S of "two-stage", at least 2: the first weighs each row the same, the last only has target rows.
    cv : int, default=5
        The folds of the target rows in "two-stage"; where there are fewer target rows, one for each row.
    select_by : {"learner", "model"}, default="learner"
        What the cross-validation of "two-stage" scores at each step: one base learner fitted with the weights of the
        step, or the boosted model, as the paper says. The first takes a share of 1 / ``n_estimators`` of the time
        and was no worse a judge where it was measured (mean R2 of .25 against .22, three pairs of real data, 20 and
        50 target rows, trees of depth 3 to 6).
    loss : {"linear", "square", "exponential"}, default="linear"
        The loss of AdaBoost.R2 that turns residuals into errors between 0 and 1. "linear" is what the paper uses.
    random_state : int, RandomState instance or None, default=None
        Seeds the folds, and each ``random_state`` of the base learner that is None. None leaves the base learner as
        it is and takes the folds in the order of the rows, shuffled with a fixed seed.

    Attributes
    ----------
    estimators_ : list of regressors
        The fitted base learners of the model. Without a source, the one fitted regressor.
    estimator_errors_ : ndarray of shape (n_fitted,)
        The weighted adjusted error of each: with "r2" over the target rows, with "two-stage" over all rows. Empty
        without a source.
    estimator_weights_ : ndarray of shape (n_fitted,)
        What each counts in the weighted median; 0 for those that do not vote.
    source_weight_ : ndarray of shape (n_source,)
        The final weight of each source row, with mean 1; all 0 where the model does not use the source.
    source_share_ : float
        The share of the total weight that the source rows end with.
    step_errors_ : ndarray of shape (n_steps,)
        With "two-stage", the cross-validated root mean squared error of each step on target rows; else empty.
    step_shares_ : ndarray of shape (n_steps,)
        With "two-stage", the share of the total weight on the source rows at each step; else empty.
    best_step_ : int
        With "two-stage", the position of the step that was kept; else -1.
    stop_reason_ : {"rounds", "perfect", "chance", "steps", "target only"}
        Why "r2" ended: all rounds made, a round without an error, a round with an error of at least 1/2 (it is
        dropped). "steps" with "two-stage". "target only" where there was nothing to boost.
    n_source_ : int
        Number of source rows.
    n_features_in_ : int
        Number of columns.

    Raises
    ------
    InputError
        Where the target has no labels or only one value beside a source, where the source has no labels or
        labels that are not numbers, where a parameter is out of its range.
    InputTypeError
        Where the base learner does not accept ``sample_weight``.

    Warns
    -----
    HeadstartWarning
        Where the first round of "r2" already has an error of 1/2 on the target; the model is then target only.

    Notes
    -----
    Where this differs from the paper, or where the paper leaves it open:

    - *Several sources* are pooled: their rows count as those of one source, as in the paper's own experiments.
    - *Error of a round of "r2".* The weighted mean over the target rows, as in TrAdaBoost; the largest residual that
      it is measured by is that of source and target together.
    - *Stopping of "r2".* A round with an error of 1/2 or more is dropped and boosting ends; the last half is that
      of the rounds made, beta stays that of the rounds asked for. A round without any error ends it too.
    - *Boosting inside a step.* The paper says only that the weights of source rows never change. Here the target rows
      are scaled back to their sum after each update, so that the share of the source stays that of the step. Where
      the first round's error is already 1/2 or more, it is the model of that step.
    - *Beta of a step* is searched between brackets as in the paper, but by Brent's method and in -ln(beta): where most
      errors are small, beta is far below 1e-3. Where the source rows without any error alone weigh too much, no beta
      reaches the wanted share; beta is then 0.
    - *The last step* has a source share of exactly 0, whatever the errors, so that boosting on the target alone is
      always among the models to choose from.
    - *Cross-validation* scores target rows only, and each fold takes all the steps on its own training rows. The paper
      can be read as to cross-validate with the weights that all target rows led to; then the source rows that were
      kept tell of the held-out rows, and a hostile source was seen to be chosen. Ties go to the earlier step.
    - *What is scored* at a step is by default one base learner, not the boosted model (``select_by``).
    - *No fit twice.* The paper fits the base learner with the weights of a step twice, as a hypothesis of its own and
      as the first round of boosting, and boosts over all rows at every step. Here the hypothesis is fitted once, and
      the model only for the step that is kept. It is the same model where the base learner is deterministic.
    - *Scale of the weights.* They sum to 1 in the paper; the base learner gets them with mean 1, so that its penalties
      mean what they mean without weights.
    - Rows in ``unlabeled`` are checked, and play no part.

    Both can lower the weight of source rows, neither can correct them: a source that is off by a constant helps
    little. With a handful of target rows the cross-validation is a noisy judge, and the steps between put much weight
    on the few source rows that the base learner happens to fit: with a source of opposite sign and 40 target rows a
    wrong step was kept, and ruined the model, in 2 of 20 trials; with 80 rows in 1, with 200 in none. Compare it with
    target only, as ``TransferRegressor`` does.

    References
    ----------
    D. Pardoe and P. Stone (2010). Boosting for regression transfer. ICML.
    H. Drucker (1997). Improving regressors using boosting techniques. ICML.

    Examples
    --------
    >>> import numpy as np, headstart as hs
    >>> rng = np.random.default_rng(0)
    >>> Xs, X, X_new = rng.normal(size=(500, 2)), rng.normal(size=(20, 2)), rng.normal(size=(1000, 2))
    >>> def f(X):
    ...     return X[:, 0] + X[:, 1] ** 2
    >>> model = hs.TrAdaBoostRegressor(random_state=0).fit(X, f(X), source=hs.Domain(Xs, f(Xs) + 0.1))
    >>> bool(model.score(X_new, f(X_new)) > 0.6)
    True
    """

    traits: ClassVar[Traits] = Traits(
        kind="instance",
        classification=False,
        target_labels="required",
        sample_weight=True,
        paper="Pardoe and Stone 2010",
    )

    def __init__(
        self,
        estimator: Any = None,
        *,
        method: str = "two-stage",
        n_estimators: int | None = None,
        n_steps: int = 10,
        cv: int = 5,
        select_by: str = "learner",
        loss: str = "linear",
        random_state: Any = None,
    ) -> None:
        self.estimator = estimator
        self.method = method
        self.n_estimators = n_estimators
        self.n_steps = n_steps
        self.cv = cv
        self.select_by = select_by
        self.loss = loss
        self.random_state = random_state

    def _default_estimator(self) -> Any:
        return DecisionTreeRegressor(max_depth=4)

    def fit(self, X: Any, y: Any, *, source: Any = None, unlabeled: Any = None) -> TrAdaBoostRegressor:
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
        self : TrAdaBoostRegressor
        """
        self._check_parameters()
        data = self._read_labelled(X, y, source, unlabeled, task="regression")
        rng = self._rng()
        self.step_errors_, self.step_shares_, self.best_step_ = np.empty(0), np.empty(0), -1
        if data.Xs is None:
            self._keep_target_only(data, rng)
            return self
        assert data.y is not None and data.ys is not None
        learner = self._start(data, np.concatenate([data.ys, data.y]), rng)
        if self.method == "two-stage":
            self._fit_two_stage(learner, rng)
        else:
            self._fit_r2(learner, data, rng)
        return self

    def _check_parameters(self) -> None:
        self._check_choice("method", ("two-stage", "r2"))
        self._check_choice("loss", ("linear", "square", "exponential"))
        self._check_choice("select_by", ("learner", "model"))
        if self.n_estimators is not None:
            self._check_count("n_estimators")
        self._check_count("n_steps", least=2)
        self._check_count("cv", least=2)

    def _keep_target_only(self, data: TransferData, rng: np.random.RandomState | None) -> None:
        self._keep(MedianEnsemble([self._fit_target_only(data, rng)], [], np.ones(1)), "target only")
        self.source_weight_, self.source_share_ = np.zeros(self.n_source_), 0.0

    def _keep(self, model: MedianEnsemble, reason: str) -> None:
        self.estimators_, self.estimator_weights_ = model.estimators, model.votes
        self.estimator_errors_, self.stop_reason_ = np.array(model.errors), reason

    def _fit_r2(self, learner: WeightedLearner, data: TransferData, rng: np.random.RandomState | None) -> None:
        n = self.n_source_
        weight = np.full(len(learner.y), 1.0 / len(learner.y))
        n_rounds = 50 if self.n_estimators is None else int(self.n_estimators)
        log_beta = np.log(source_rate(n, n_rounds))  # exp of a product: several times faster than a power
        estimators: list[Any] = []
        errors: list[float] = []
        reason = "rounds"
        for _ in range(n_rounds):
            fitted = learner.fit(weight)
            e = adjusted_errors(fitted.predict(learner.X).ravel() - learner.y, self.loss)
            error = float(weight[n:] @ e[n:] / weight[n:].sum())
            if error >= 0.5:
                reason = "chance"
                break
            estimators.append(fitted)
            errors.append(error)
            weight[:n] *= np.exp(e[:n] * log_beta)
            if error <= 0.0:
                reason = "perfect"
                break
            weight[n:] *= np.exp(e[n:] * log_odds(error))
            weight /= weight.sum()
        if not estimators:
            self._warn_no_round(error, 0.5)
            self._keep_target_only(data, rng)
            return
        votes = np.array([log_odds(e) for e in errors])
        votes[: last_half(len(votes)).start] = 0.0
        self._keep(MedianEnsemble(estimators, errors, votes), reason)
        self._set_source_weight(weight)

    def _fit_two_stage(self, learner: WeightedLearner, rng: np.random.RandomState | None) -> None:
        n_rounds = 10 if self.n_estimators is None else int(self.n_estimators)
        steps = two_stage(
            learner,
            self.n_source_,
            n_steps=self.n_steps,
            n_rounds=n_rounds,
            n_rounds_cv=n_rounds if self.select_by == "model" else 1,
            cv=self.cv,
            loss=self.loss,
            seed=0 if rng is None else int(rng.randint(np.iinfo(np.int32).max)),
        )
        self.step_errors_, self.step_shares_, self.best_step_ = steps.errors, steps.shares, steps.best
        self._keep(steps.model, "steps")
        self._set_source_weight(steps.weight)

    def predict(self, X: Any) -> np.ndarray:
        """Predict by the weighted median of the base learners.

        Parameters
        ----------
        X : table of shape (n_rows, n_features)
            Rows to predict.

        Returns
        -------
        ndarray of shape (n_rows,)
        """
        check_is_fitted(self)
        model = MedianEnsemble(self.estimators_, [], self.estimator_weights_)
        return model.predict(self._read_new(X, **self._reads()))
