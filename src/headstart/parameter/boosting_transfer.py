"""A gradient-boosting model of the source, continued on the target."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin, clone

from ..core.base import TransferData, TransferEstimator
from ..core.checks import as_headstart_errors, common_classes
from ..core.errors import InputError
from ..core.traits import Traits
from ._boosting_fit import Continued, Grid, choose
from ._boosting_source import check_learner, check_range, default_learner, fit_source, read, read_source_model
from ._boosting_trees import SourceTrees
from .given_models import refuse_both

SHRINKAGES = (0.0, 0.25, 0.5, 0.75, 1.0)
LEARNING_RATES = (0.1,)


class _BoostingTransfer(TransferEstimator):
    _task: str

    def __init__(
        self,
        estimator: Any = None,
        *,
        source_model: Any = None,
        shrinkage: Any = None,
        learning_rate: Any = None,
        n_new_trees: int | None = None,
        max_new_trees: int = 100,
        cv: int = 5,
        source_trust: float = 4.0,
        random_state: Any = None,
    ) -> None:
        self.estimator = estimator
        self.source_model = source_model
        self.shrinkage = shrinkage
        self.learning_rate = learning_rate
        self.n_new_trees = n_new_trees
        self.max_new_trees = max_new_trees
        self.cv = cv
        self.source_trust = source_trust
        self.random_state = random_state

    def fit(self, X: Any, y: Any, *, source: Any = None, unlabeled: Any = None) -> Any:
        """Fit the source model, where it is not given, and continue it on the target.

        Parameters
        ----------
        X : array-like of shape (n_target, n_features)
            Target rows. Gaps (NaN) are allowed.
        y : array-like of shape (n_target,)
            Target labels.
        source : Domain or Sources, default=None
            The labelled source; several are learned from as one. None: ``source_model``, or, without one, the
            plain estimator, fitted to the target rows.
        unlabeled : Domain, default=None
            Checked, and otherwise ignored.
        """
        grid = self._grid()
        refuse_both(source, self.source_model)
        if self.estimator is not None:
            check_learner(self.estimator, self._task)
        data = self._read(X, y, source, unlabeled, task=self._task, allow_nan=True)
        if data.y is None:
            raise InputError(
                f"the target y is None; {type(self).__name__} continues the source's model on the target's labels, "
                "which must be there: pass them, or use hs.SourceOnly"
            )
        source_trees = self._source(data)
        self.source_model_ = None if source_trees is None else source_trees.model
        if source_trees is None:
            return self._fit_alone(data)
        classes, labels = None, data.y
        if source_trees.classes is not None:
            classes = self.classes_ = common_classes(data.y, source_trees.classes)
            labels = np.searchsorted(classes, data.y)
        else:
            check_range(source_trees, data.y)
        self._continue(source_trees, classes, data.X, labels, grid)
        return self

    def _source(self, data: TransferData) -> SourceTrees | None:
        if self.source_model is not None:
            names = getattr(self, "feature_names_in_", None)
            return read_source_model(self.source_model, self._task, data, names, type(self).__name__)
        return None if data.Xs is None else fit_source(self.estimator, self._task, data)

    def _fit_alone(self, data: TransferData) -> Any:
        assert data.y is not None
        if self._task == "classification":
            self.classes_ = np.unique(data.y)
        learner = default_learner(self._task, data.y) if self.estimator is None else self.estimator
        with as_headstart_errors():
            self.estimator_ = clone(learner).fit(data.X, data.y)
        self.shrinkage_, self.learning_rate_, self.path_ = 0.0, np.nan, None
        self.n_source_trees_, self.n_new_trees_ = 0, read(self.estimator_, self._task).n_rounds
        return self

    def _continue(
        self, source: SourceTrees, classes: np.ndarray | None, X: np.ndarray, y: np.ndarray, grid: Grid
    ) -> None:
        raw = source.raw(X)
        self.path_ = None
        shrinkage, rate, rounds = max(grid.shrinkages), grid.rates[0], grid.rounds or 0
        if not grid.is_fixed and len(y) > 1:
            shrinkage, rate, rounds, self.path_ = choose(source, classes, X, y, raw, grid)
        self.shrinkage_, self.learning_rate_, self.n_new_trees_ = shrinkage, rate, rounds
        self.n_source_trees_ = source.n_rounds if shrinkage > 0 else 0
        self.estimator_ = Continued(source, classes, shrinkage).start(X, y, raw).finish(rounds, rate)

    def _grid(self) -> Grid:
        shrinkages = self._values("shrinkage", SHRINKAGES, "0 to 1", lambda v: 0 <= v <= 1)
        rates = self._values("learning_rate", LEARNING_RATES, "above 0 and at most 1", lambda v: 0 < v <= 1)
        for name, least in (("n_new_trees", 0), ("max_new_trees", 1), ("cv", 2)):
            value = getattr(self, name)
            if name == "n_new_trees" and value is None:
                continue
            if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
                raise InputError(f"{name}={value!r}; expected a whole number, {least} or more")
        trust = self.source_trust
        if not isinstance(trust, Real) or isinstance(trust, bool) or not 0 <= trust < np.inf:
            raise InputError(f"source_trust={trust!r}; expected a number of nats, 0 or more")
        rounds = None if self.n_new_trees is None else int(self.n_new_trees)
        return Grid(shrinkages, rates, rounds, int(self.max_new_trees), int(self.cv), float(trust), self._seed())

    def _values(self, name: str, default: tuple[float, ...], words: str, allowed: Any) -> tuple[float, ...]:
        given = getattr(self, name)
        if given is None:
            return default
        values = [given] if isinstance(given, Real) else given
        fine = isinstance(values, (list, tuple, np.ndarray)) and len(values) > 0
        if not fine or not all(isinstance(v, Real) and not isinstance(v, bool) and allowed(v) for v in values):
            raise InputError(f"{name}={given!r}; expected a number {words}, a list of them to choose from, or None")
        return tuple(float(v) for v in values)

    def _seed(self) -> Any:
        if isinstance(self.random_state, np.random.RandomState):
            return self.random_state.randint(2**31)
        return self.random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


class BoostingTransferClassifier(ClassifierMixin, _BoostingTransfer):
    """Gradient boosting that starts from the source's trees and goes on with new ones on the target rows.

    The log odds are ``shrinkage * s(x) + level + t(x)``: those of the source model, a constant, and new trees, each
    grown on the target rows' gradients of the log loss at what stands before it (functional gradient boosting from an
    offset). How far the source is believed and how many trees are added is decided by held-out target rows: with
    shrinkage 0 it is plain boosting of the target, with shrinkage 1 and no new tree the source model.

    Parameters
    ----------
    estimator : boosting classifier, default=None
        The learner of the source model, and of the baseline where there is no source: HistGradientBoostingClassifier,
        alone or behind QuantileBins in a Pipeline, or LGBMClassifier or XGBClassifier. None: the house's boosting, 100
        rounds of at most 15 leaves (fewer and faster rounds for many classes).
    source_model : fitted boosting classifier, default=None
        The source model, where it is fitted already and the source's rows are not at hand; a Booster of LightGBM or
        XGBoost too. Then no ``source=``. It is not changed. Its columns, found by name, are all that the target may
        have. HistGradientBoosting may stand behind scalers in a Pipeline.
    shrinkage : float or list of floats, default=None
        What the source's log odds are multiplied by, or values to choose from. None: 0, 1/4, 1/2, 3/4 and 1.
    learning_rate : float or list of floats, default=None
        That of the new trees, or values to choose from. None: 0.1; a smaller one takes more trees to the same place.
    n_new_trees : int, default=None
        The number of new rounds. None: chosen.
    max_new_trees : int, default=100
        The most rounds that are tried: as many as the house's boosting has. Fewer are grown where the loss on held-out
        rows has had its least value in the first half of those so far.
    cv : int, default=5
        Folds of the target rows for the choice.
    source_trust : float, default=4.0
        By how many nats, over all target rows, the held-out loss must fall for the source to be dropped; in proportion
        for a part of it. The folds of twenty rows often find by chance that it is better without. 0: the folds alone.
    random_state : int, RandomState or None, default=None
        Deals the target rows out into folds. Whether growing trees is random is the learner's own setting.

    Attributes
    ----------
    shrinkage_, learning_rate_ : float
        Those taken. Without a source: 0, and a gap.
    n_source_trees_, n_new_trees_ : int
        Boosting rounds of the source model (0 where it was dropped) and on the target rows. A round is a tree, for more
        than two classes one for each.
    path_ : DataFrame or None
        The mean ``loss`` (nats a row) of held-out target rows for each ``shrinkage``, ``learning_rate`` and number of
        new ``trees``. None where nothing was to be chosen.
    source_model_ : estimator or None
        The source model, as given or fitted.
    estimator_ : object
        What predicts. Without a source the plain estimator.
    classes_ : array of shape (n_classes,)
        The union of the labels of target and source.
    n_source_ : int
        Number of source rows.

    Raises
    ------
    InputError
        Where there are no target labels, both ``source`` and ``source_model`` are given, or the source model is not
        fitted, or was fitted to other columns, other labels or another loss.
    InputTypeError
        Where ``estimator`` or ``source_model`` is not a boosting model of the three libraries.

    Notes
    -----
    *The level* is the best constant for the target rows, so that another share of classes alone costs nothing.
    Shrinkage 1 without a new tree has none: that is the source as it is.

    *New trees* have the settings of the source model, but for the smallest leaf, which follows the number of target
    rows as in the house's boosting, and class weights: each target row counts once.

    *Not warm_start.* scikit-learn's ``warm_start`` is for the same rows only. On others it finds new bins, in which the
    old trees' splits mean something else while the new trees are fitted.

    *LightGBM and XGBoost* go on through their own start values (``init_score``, ``base_margin``), which is what
    ``init_model=`` and ``xgb_model=`` do; with shrinkage 1 and no level the new trees are the same.

    *Classes.* A class that the source never saw is learned from target rows alone: it starts with its share of them,
    which says nothing about single rows. A class that no target row has keeps the source's odds, lowered by what its
    absence says, times the shrinkage.

    With one target row nothing can be chosen, and the source is taken as it is.

    *Several sources* are one: a single model is fitted to all their rows.

    References
    ----------
    Friedman (2001). Greedy function approximation: a gradient boosting machine. Annals of Statistics 29(5).

    Examples
    --------
    >>> import headstart as hs
    >>> shift = hs.datasets.make_shift("label", n_target=40, random_state=0)
    >>> model = hs.BoostingTransferClassifier(random_state=0).fit(shift.target.X, shift.target.y, source=shift.source)
    >>> model.n_source_trees_
    100
    >>> list(model.path_.columns)
    ['shrinkage', 'learning_rate', 'trees', 'loss']
    """

    traits = Traits(kind="parameter", target_labels="required", regression=False, paper="Friedman (2001)")
    _task = "classification"

    def predict_proba(self, X: Any) -> np.ndarray:
        """Class probabilities (n_rows, n_classes), columns as in ``classes_``, of target rows (n_rows, n_features)."""
        rows = self._read_new(X, allow_nan=True)
        if self.source_model_ is None:
            return np.asarray(self.estimator_.predict_proba(rows))
        return self.estimator_.values(rows)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of target rows (n_rows, n_features)."""
        values = self.predict_proba(X)
        return self.classes_[values.argmax(axis=1)]


class BoostingTransferRegressor(RegressorMixin, _BoostingTransfer):
    """Gradient boosting that starts from the source's trees and goes on with new ones on the target rows.

    The prediction is ``shrinkage * s(x) + level + t(x)``: that of the source model, a constant, and new trees, each
    grown on the target rows' gradients of the loss at what stands before it (functional gradient boosting from an
    offset). For counts and positive numbers (losses "poisson" and "gamma") the logarithms add up so. How far the source
    is believed and how many trees are added is decided by held-out target rows: with shrinkage 0 it is plain boosting
    of the target, with shrinkage 1 and no new tree the source model.

    Parameters
    ----------
    estimator : boosting regressor, default=None
        The learner of the source model, and of the baseline where there is no source: HistGradientBoostingRegressor,
        alone or behind QuantileBins in a Pipeline, or LGBMRegressor or XGBRegressor. None: the house's boosting, 100
        rounds of at most 15 leaves.
    source_model : fitted boosting regressor, default=None
        The source model, where it is fitted already and the source's rows are not at hand; a Booster of LightGBM or
        XGBoost too. Then no ``source=``. It is not changed. Its columns, found by name, are all that the target may
        have. HistGradientBoosting may stand behind scalers in a Pipeline. Its loss, which new trees are fitted to as
        well, is one of squared_error, absolute_error, quantile, poisson and gamma.
    shrinkage : float or list of floats, default=None
        What the source's predictions are multiplied by, or values to choose from. None: 0, 1/4, 1/2, 3/4 and 1.
    learning_rate : float or list of floats, default=None
        That of the new trees, or values to choose from. None: 0.1; a smaller one takes more trees to the same place.
    n_new_trees : int, default=None
        The number of new trees. None: chosen.
    max_new_trees : int, default=100
        The most trees that are tried: as many as the house's boosting has. Fewer are grown where the loss on held-out
        rows has had its least value in the first half of those so far.
    cv : int, default=5
        Folds of the target rows for the choice.
    source_trust : float, default=4.0
        By how many nats, over all target rows, the held-out loss must fall for the source to be dropped; in proportion
        for a part of it. A squared error counts in nats of noise as large as the least loss. The folds of twenty rows
        often find by chance that it is better without. 0: the folds alone.
    random_state : int, RandomState or None, default=None
        Deals the target rows out into folds. Whether growing trees is random is the learner's own setting.

    Attributes
    ----------
    shrinkage_, learning_rate_ : float
        Those taken. Without a source: 0, and a gap.
    n_source_trees_, n_new_trees_ : int
        Trees of the source model (0 where it was dropped), and trees grown on the target rows.
    path_ : DataFrame or None
        The mean ``loss`` of held-out target rows for each ``shrinkage``, ``learning_rate`` and number of new ``trees``.
        None where nothing was to be chosen.
    source_model_ : estimator or None
        The source model, as given or fitted.
    estimator_ : object
        What predicts. Without a source the plain estimator.
    n_source_ : int
        Number of source rows.

    Raises
    ------
    InputError
        Where there are no target labels, both ``source`` and ``source_model`` are given, or the source model is not
        fitted, or was fitted to other columns or another loss, or the labels are out of the range of its loss.
    InputTypeError
        Where ``estimator`` or ``source_model`` is not a boosting model of the three libraries.

    Notes
    -----
    As in ``BoostingTransferClassifier``; the level is a constant in units of the labels, or of their logarithm.

    References
    ----------
    Friedman (2001). Greedy function approximation: a gradient boosting machine. Annals of Statistics 29(5).

    Examples
    --------
    >>> import headstart as hs
    >>> from sklearn.ensemble import HistGradientBoostingRegressor
    >>> shift = hs.datasets.make_shift("label", n_target=40, task="regression", random_state=0)
    >>> theirs = HistGradientBoostingRegressor(random_state=0).fit(shift.source.X, shift.source.y)
    >>> model = hs.BoostingTransferRegressor(source_model=theirs, max_new_trees=20, random_state=0)
    >>> model.fit(shift.target.X, shift.target.y).n_source_trees_
    100
    """

    traits = Traits(kind="parameter", target_labels="required", classification=False, paper="Friedman (2001)")
    _task = "regression"

    def predict(self, X: Any) -> np.ndarray:
        """Predicted numbers (n_rows,) of target rows (n_rows, n_features)."""
        rows = self._read_new(X, allow_nan=True)
        if self.source_model_ is None:
            return np.asarray(self.estimator_.predict(rows))
        return self.estimator_.predict(rows)
