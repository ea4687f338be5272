"""A linear model of the target, shrunk towards the coefficients of source models."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin

from ..core.base import TransferData
from ..core.checks import common_classes
from ..core.traits import Traits
from ..numeric.glm import probabilities
from ._linear_base import LinearTransfer
from ._linear_source import SourceLinear


class LinearTransferClassifier(ClassifierMixin, LinearTransfer):
    """Logistic regression that is shrunk towards the coefficients of source models, not towards zero.

    The log odds are ``x (w_source + delta) + intercept``, and it is ``delta`` that is penalised, with a strength chosen
    on the target rows: coefficients about which they say little stay where the source has them. The intercepts are
    free.

    Parameters
    ----------
    form : {"l2", "offset", "elastic"}, default="l2"
        How ``delta`` is held. ``"l2"``: by its squared length; also run towards zero, and leave-one-out decides which
        of the two it is, so that a hostile source is left. ``"offset"``: the same with the source's output times a
        slope of its own, for a source that is right in direction and wrong in size. ``"elastic"``: by its absolute
        values too, so that coefficients leave the source one by one, the others staying exactly; meant for many
        columns of which few differ. It too is run towards zero.
    source_model : fitted linear classifier, list of them, or dict of them by name, default=None
        Source models, where the source rows are not at hand. Then no ``source=``. Any scikit-learn classifier with
        ``coef_`` and ``intercept_``, also in a Pipeline behind a StandardScaler, MinMaxScaler, MaxAbsScaler or
        RobustScaler, or a fitted model of this class. Columns are found by name; those that a source model does not
        know have coefficient zero in it.
    strength : float, default=None
        The penalty, for columns of unit variance and the summed loss of the rows (one over ``C``). None: chosen by
        leave-one-out, in closed form.
    l1_ratio : float, default=0.5
        For the elastic form, the share of the absolute values in the penalty. 1: the lasso, as in the papers; the
        default is better on tables, where columns go together (``benchmarks/linear_pairs.py`` has both).
    slope_penalty : float, default=1.0
        For the offset form, one over the prior variance of a slope about ``1 / n_models``. 1 allows a source model to
        count double or not at all.
    detect : bool or "auto", default="auto"
        Whether sources that do not help are found and dropped. "auto": where there are several. With one the penalty
        guards well enough, at a fraction of the time.
    threshold : float, default=2.0
        A source is kept where the target loss with it is at most that without it plus ``threshold`` times the spread
        of the latter over folds: the paper's C0, and the default of its software.
    random_state : int, RandomState or None, default=None
        Deals the target rows out into the folds of the detection. Nothing else is random.

    Attributes
    ----------
    coef_ : array of shape (1, n_features) or (n_classes, n_features)
        In units of X. With two classes the log odds of the second.
    intercept_ : array of shape (1,) or (n_classes,)
    source_coef_, source_intercept_ : arrays of the same shapes
        What the target's were shrunk towards: all zero where that is nothing.
    carried_ : DataFrame
        The same as a table: ``column``, ``class``, ``source``, ``target``, and ``moved``, by how much the log odds
        change for a standard deviation of the column; the one that moved furthest first.
    toward_ : {"source", "zero"}
        Which of the two was better by leave-one-out; "zero" without a source.
    strength_ : float
        The penalty.
    slope_ : array of shape (n_models,)
        How far each source model is believed: ``1 / n_models``, but in the offset form.
    transferable_ : array of shape (n_sources,) of bool
        The sources that were kept.
    detection_ : DataFrame or None
        For each source its ``loss`` on the target, the ``target_loss`` without it, the ``threshold`` and whether it was
        ``kept``. None where nothing was to be detected. Below six target rows the losses are gaps and all are kept.
    classes_ : array of shape (n_classes,)
        The union of the labels of target and source.
    n_source_ : int
        Number of source rows.

    Raises
    ------
    InputError
        Where there are no target labels, both ``source`` and ``source_model`` are given, or a source model is not
        fitted, or was fitted to other columns or other classes.
    InputTypeError
        Where a source model is not linear.

    Notes
    -----
    *Scale.* A column's coefficient is penalised in units of its standard deviation over the target rows (with or
    without labels), so results do not depend on units; coefficients are read and given in units of X. A column that is
    constant in the target rows keeps the source's coefficient.

    *Source rows.* With ``source=`` the sources kept are pooled and fitted by the form's own penalty, the offset form
    fits each on its own. In the elastic form the target rows are pooled with them, and the penalty of this step is the
    strongest within one standard error (the transferring step of Trans-GLM; the fit of ``delta`` is its debiasing
    step). ``strength`` is not that of this step, which always chooses its own.

    *Several source models* count equally. Their detection takes each as it stands with its intercepts adjusted to the
    training rows, in the offset form its slope too.

    *Classes.* A class that the source does not know is shrunk towards zero. A class that no target row has keeps the
    source's coefficients, and its intercept falls by what its absence says.

    *Deviations.* The papers choose penalties by ten-fold cross-validation, here it is approximate leave-one-out (Rad
    and Maleki 2020); three folds where there are too many rows or coefficients for that (more than 600 of all classes).
    Where there is much to compute not every strength is looked at: the search ends at one whose neighbours are worse.
    In the elastic form the model without a source must be better by one standard error for the source to be left.
    Sources that the detection has kept are not asked again.

    *Coefficients of a linear support vector machine or a perceptron* are taken as log odds, which they are not in size:
    use the offset form.

    References
    ----------
    Tian and Feng (2023). Transfer learning under high-dimensional generalized linear models. JASA 118.

    Li, Cai and Li (2022). Transfer learning for high-dimensional linear regression. JRSS B 84.

    Rad and Maleki (2020). A scalable estimate of the out-of-sample prediction error via approximate leave-one-out
    cross-validation. JRSS B 82.

    Examples
    --------
    >>> import headstart as hs
    >>> shift = hs.datasets.make_shift("concept", n_target=40, random_state=0)
    >>> model = hs.LinearTransferClassifier().fit(shift.target.X, shift.target.y, source=shift.source)
    >>> model.toward_
    'source'
    >>> list(model.carried_.columns)
    ['column', 'class', 'source', 'target', 'moved']
    """

    traits = Traits(
        kind="parameter",
        target_labels="required",
        several_sources=True,
        regression=False,
        paper="Tian and Feng (2023); Li, Cai and Li (2022)",
    )
    _task = "classification"

    def _all_classes(self, data: TransferData, models: list[SourceLinear]) -> np.ndarray:
        known = data.ys
        if models:
            known = np.concatenate([m.classes for m in models if m.classes is not None])
        self.classes_ = common_classes(data.y, known)
        return self.classes_

    def decision_function(self, X: Any) -> np.ndarray:
        """Linear outputs: (n_rows,) log odds for two classes, else (n_rows, n_classes)."""
        out = self._output(X)
        return out[:, 0] if out.shape[1] == 1 else out

    def predict_proba(self, X: Any) -> np.ndarray:
        """Class probabilities (n_rows, n_classes) of target rows (n_rows, n_features)."""
        out = self._output(X)
        return np.ones((len(out), 1)) if len(self.classes_) == 1 else probabilities(out)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of target rows (n_rows, n_features)."""
        values = self.predict_proba(X)
        return self.classes_[values.argmax(axis=1)]


class LinearTransferRegressor(RegressorMixin, LinearTransfer):
    """Linear regression that is shrunk towards the coefficients of source models, not towards zero.

    The prediction is ``x (w_source + delta) + intercept``, and it is ``delta`` that is penalised, with a strength
    chosen on the target rows: coefficients about which they say little stay where the source has them. The intercept is
    free.

    Parameters
    ----------
    form : {"l2", "offset", "elastic"}, default="l2"
        How ``delta`` is held. ``"l2"``: by its squared length; also run towards zero, and leave-one-out decides which
        of the two it is, so that a hostile source is left. ``"offset"``: the same with the source's output times a
        slope of its own, for a source that is right in direction and wrong in size. ``"elastic"``: by its absolute
        values too, so that coefficients leave the source one by one, the others staying exactly; meant for many
        columns of which few differ. It too is run towards zero.
    source_model : fitted linear regressor, list of them, or dict of them by name, default=None
        Source models, where the source rows are not at hand. Then no ``source=``. Any scikit-learn regressor with
        ``coef_`` and ``intercept_``, also in a Pipeline behind a StandardScaler, MinMaxScaler, MaxAbsScaler or
        RobustScaler, or a fitted model of this class. Columns are found by name; those that a source model does not
        know have coefficient zero in it.
    strength : float, default=None
        The penalty, for columns of unit variance and the summed squared error (the ``alpha`` of Ridge; in the elastic
        form against half of it). None: chosen by leave-one-out, in closed form.
    l1_ratio : float, default=0.5
        For the elastic form, the share of the absolute values in the penalty. 1: the lasso, as in the papers; the
        default is better on tables, where columns go together (``benchmarks/linear_pairs.py`` has both).
    slope_penalty : float, default=1.0
        For the offset form: a slope one away from ``1 / n_models`` costs as much as this many rows that are wrong by
        the target's spread.
    detect : bool or "auto", default="auto"
        Whether sources that do not help are found and dropped. "auto": where there are several. With one the penalty
        guards well enough, at a fraction of the time.
    threshold : float, default=2.0
        A source is kept where the target loss with it is at most that without it plus ``threshold`` times the spread
        of the latter over folds: the paper's C0, and the default of its software.
    random_state : int, RandomState or None, default=None
        Deals the target rows out into the folds of the detection. Nothing else is random.

    Attributes
    ----------
    coef_ : array of shape (n_features,)
        In units of X.
    intercept_ : float
    source_coef_, source_intercept_ : array of shape (n_features,) and float
        What the target's were shrunk towards: all zero where that is nothing.
    carried_ : DataFrame
        The same as a table: ``column``, ``source``, ``target``, and ``moved``, by how much the prediction changes for a
        standard deviation of the column; the one that moved furthest first.
    toward_ : {"source", "zero"}
        Which of the two was better by leave-one-out; "zero" without a source.
    strength_ : float
        The penalty.
    slope_ : array of shape (n_models,)
        How far each source model is believed: ``1 / n_models``, but in the offset form.
    transferable_ : array of shape (n_sources,) of bool
        The sources that were kept.
    detection_ : DataFrame or None
        For each source its ``loss`` on the target, the ``target_loss`` without it, the ``threshold`` and whether it was
        ``kept``. None where nothing was to be detected. Below six target rows the losses are gaps and all are kept.
    n_source_ : int
        Number of source rows.

    Raises
    ------
    InputError
        Where there are no target labels, both ``source`` and ``source_model`` are given, or a source model is not
        fitted, or was fitted to other columns.
    InputTypeError
        Where a source model is not linear.

    Notes
    -----
    As in `LinearTransferClassifier`, but that leave-one-out is exact (in the elastic form: for the columns that are
    in). The least spread that the threshold of the detection counts is a hundredth of the variance of ``y`` (0.01 in
    the paper, which depends on the units of ``y``).

    References
    ----------
    Tian and Feng (2023). Transfer learning under high-dimensional generalized linear models. JASA 118.

    Li, Cai and Li (2022). Transfer learning for high-dimensional linear regression. JRSS B 84.

    Examples
    --------
    >>> import headstart as hs
    >>> from sklearn.linear_model import Ridge
    >>> shift = hs.datasets.make_shift("concept", n_target=40, task="regression", random_state=0)
    >>> theirs = Ridge().fit(shift.source.X, shift.source.y)  # all that may leave their house
    >>> model = hs.LinearTransferRegressor(source_model=theirs).fit(shift.target.X, shift.target.y)
    >>> model.coef_.shape == theirs.coef_.shape
    True
    """

    traits = Traits(
        kind="parameter",
        target_labels="required",
        several_sources=True,
        classification=False,
        paper="Tian and Feng (2023); Li, Cai and Li (2022)",
    )
    _task = "regression"

    def _keep(self, coef: Any, intercept: Any, source_coef: Any, source_intercept: Any) -> None:
        self.coef_, self.intercept_ = coef[0], float(intercept[0])
        self.source_coef_, self.source_intercept_ = source_coef[0], float(source_intercept[0])

    def predict(self, X: Any) -> np.ndarray:
        """Predicted numbers (n_rows,) of target rows (n_rows, n_features)."""
        return self._output(X)[:, 0]
