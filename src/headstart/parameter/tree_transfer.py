"""A decision tree, moved from source to target."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from ..core.traits import Traits
from ._tree_estimator import TreeClassifying, TreeEstimator
from ._tree_moves import Options, Target, move


class _TreeTransfer(TreeEstimator):
    def _move(self, model: Any, target: Target, options: Options) -> None:
        self.estimator_, found = move(model, self._columns(model), target, self.method, options)
        self.transfer_ = pd.DataFrame(found)
        if self._task == "classification":
            self.estimator_.classes_, self.estimator_.n_classes_ = self.classes_, np.int64(len(self.classes_))


class TreeTransferClassifier(TreeClassifying, ClassifierMixin, _TreeTransfer):
    """A decision tree of the source, moved to the target rows by SER or STRUT.

    SER (structure expansion and reduction) grows each leaf that target rows of different labels reach into a full
    tree on these rows, then goes from the bottom up and makes a node a leaf where that makes no more errors on the
    target rows. STRUT (structure transfer) keeps the features of the splits and chooses each threshold anew: among
    the local maxima of the information gain, the one of the largest divergence gain, ``1 - p_left JSD(left) - p_right
    JSD(right)``, where the last terms are the Jensen-Shannon divergence (in bits) between target and source class
    shares in a child. It is looked for twice, with the source's children as they are and exchanged; where the
    exchange gains more, the children swap places. Nodes without rows of different labels, or with one value of the
    feature, keep their threshold.

    Thresholds, node counts and values are then those of the target rows. A node that no target row reaches gives way to
    its sibling, or, where ``keep`` says so, stays as the source has it.

    Parameters
    ----------
    estimator : DecisionTreeClassifier or ExtraTreeClassifier, default=None
        The learner of the source model, and of the baseline where there is no source. Expansions are grown with its
        settings, but for the limits of the whole tree's size. None: a decision tree with at least 5 rows a leaf:
        without a limit its target-only baseline would be weak.
    source_model : a fitted DecisionTreeClassifier or ExtraTreeClassifier, default=None
        The source model, where it is fitted already and the source's rows are not at hand. Then no ``source=``. It may
        stand behind a StandardScaler, MinMaxScaler, MaxAbsScaler or RobustScaler in a Pipeline. Its columns are found
        by name; the target may have more, which new nodes can use.
    method : {"ser", "strut"}, default="ser"
        SER lets the structure change: it grows the source's leaves on the target rows in them, then reduces from the
        bottom up. STRUT keeps the structure and chooses thresholds anew. On average they did equally
        well; SER is the default since it can learn a split that the source lacks.
    keep : {"none", "all", "rare"} or list of classes, default="none"
        Source branches that stay though the target rows do without them. "none" is the paper: what no row reaches
        gives way to its sibling, what does no better than a leaf becomes one. "all" keeps what a leaf would not
        better.
        A list of classes keeps the branches that lead to a source leaf of one of them which no target row
        reaches (SER and STRUT without reduction or pruning of a class, Minvielle et al.); "rare" are the classes with
        fewer than half of their equal share of the target rows.
        The default did best on average, once the source had a say in the values.
    source_rows : float, default=3.0
        What the source says in a node counts for this many target rows: the value of a node with n rows is the mean
        of theirs and the source's, weighted n to ``source_rows``. 0 is the paper: values of target rows alone, which
        with one row in a leaf are that row's label.
    label_shift : bool, default=True
        Move what the source says to the target's class shares before it is believed or compared (Minvielle et al. for
        STRUT; one row more of each class, so that none is ruled out by absence). False is the paper.
    strut_rows : int, default=20
        STRUT leaves the threshold as it is in nodes that fewer target rows reach. 2 is the paper; a threshold chosen
        on a handful of rows is mostly noise.
    leaf_risk : float, default=0.5
        Only for ``keep`` with classes. An empty leaf is kept where it would be empty with more than this probability
        though nothing had changed: ``(1 - share) ** n`` for the share of the source's rows of its class that lie in it,
        and n target rows of the class. 0 keeps all.

    Attributes
    ----------
    estimator_ : DecisionTreeClassifier or ExtraTreeClassifier
        The moved tree: a scikit-learn tree, for ``plot_tree`` and ``export_text`` too.
    source_model_ : DecisionTreeClassifier or ExtraTreeClassifier or None
        The source model, in the target's columns.
    transfer_ : DataFrame or None
        What became of each node: a row for each node of the source tree, then one for each that was grown. Columns:
        ``source_node`` and ``node``, its numbers in the source tree and in ``estimator_`` (-1: not there); ``fate``;
        ``feature`` (-2 for a leaf); ``source_threshold`` and ``threshold``; ``source_rows`` and ``target_rows`` in it.
        A fate is "kept", "moved" (another threshold), "swapped" (another threshold, the children exchanged), "expanded"
        (a leaf that grew), "pruned" (became a leaf), "gone", or "grown" (not in the source tree).
    classes_ : array of shape (n_classes,)
        The union of the labels of target and source. A class that the source never saw is learned from target rows
        alone.
    n_source_ : int
        Number of source rows.

    Raises
    ------
    InputError
        Where there are no target labels, both ``source`` and ``source_model`` are given, or the source model is not
        fitted, or was fitted to columns that the target lacks or to other labels.
    InputTypeError
        Where ``estimator`` or ``source_model`` is not of the kinds above.

    Notes
    -----
    Rows without a value go where the split sends them, which a swap exchanges; they play no part in choosing the
    threshold. ``class_weight`` of the source model weighs target rows too. Splits on features with a monotonic
    constraint never swap, and values are clipped to the constraint as scikit-learn does. Gains are compared to ten
    digits, and of equal ones the smallest threshold wins. Sparse rows are refused.

    Defaults come from 59 tables cut by a column, which no accuracy figure of this project is computed on: with them
    both methods gained over source only and over target only, on average, for each task at 20, 50 and 200 target rows
    (``benchmarks/results/parameter_transfer_settings.csv``).

    References
    ----------
    Segev, Harel, Mannor, Crammer and El-Yaniv (2017). Learn on source, refine on target: a model transfer learning
    framework with random forests. IEEE TPAMI 39(9).
    Minvielle, Atiq, Peignier and Mougeot (2019). Transfer learning on decision tree with class imbalance. ICTAI.

    Examples
    --------
    >>> import headstart as hs
    >>> shift = hs.datasets.make_shift("concept", n_target=40, random_state=0)
    >>> model = hs.TreeTransferClassifier().fit(shift.target.X, shift.target.y, source=shift.source)
    >>> sorted(set(model.transfer_["fate"]) - {"expanded", "grown"})
    ['gone', 'kept', 'pruned']
    """

    traits = Traits(kind="parameter", target_labels="required", regression=False, paper="Segev et al. (2017)")
    _task = "classification"
    _kinds = (DecisionTreeClassifier,)
    _methods = ("ser", "strut")

    def __init__(
        self,
        estimator: Any = None,
        *,
        source_model: Any = None,
        method: str = "ser",
        keep: Any = "none",
        source_rows: float = 3.0,
        label_shift: bool = True,
        strut_rows: int = 20,
        leaf_risk: float = 0.5,
    ) -> None:
        self.estimator = estimator
        self.source_model = source_model
        self.method = method
        self.keep = keep
        self.source_rows = source_rows
        self.label_shift = label_shift
        self.strut_rows = strut_rows
        self.leaf_risk = leaf_risk

    def _default(self) -> Any:
        return DecisionTreeClassifier(min_samples_leaf=5, random_state=0)


class TreeTransferRegressor(RegressorMixin, _TreeTransfer):
    """A decision tree of the source, moved to the target rows by SER or STRUT.

    SER (structure expansion and reduction) grows each leaf that target rows of different labels reach into a full
    tree on these rows, then goes from the bottom up and makes a node a leaf where that has no larger sum of squared
    errors on the target rows. STRUT (structure transfer) keeps the features of the splits and chooses each threshold
    anew: among the local maxima of the variance reduction, the one of the largest divergence gain, ``1 - p_left
    H(left) - p_right H(right)``, where the last terms are the squared Hellinger distance between normal distributions
    with the target's and the source's mean and variance in a child, the analogue of the paper's divergence for
    numbers. It is looked for twice, with the source's children as they are and exchanged; where the exchange gains
    more, the children swap places. Nodes without rows of different labels, or with one value of the feature, keep
    their threshold.

    Thresholds, node counts and values are then those of the target rows. A node that no target row reaches gives way to
    its sibling, or, where ``keep`` says so, stays as the source has it.

    Parameters
    ----------
    estimator : DecisionTreeRegressor or ExtraTreeRegressor, default=None
        The learner of the source model, and of the baseline where there is no source. Expansions are grown with its
        settings, but for the limits of the whole tree's size. None: a decision tree with at least 5 rows a leaf:
        without a limit its target-only baseline would be weak.
    source_model : a fitted DecisionTreeRegressor or ExtraTreeRegressor, default=None
        The source model, where it is fitted already and the source's rows are not at hand. Then no ``source=``. It may
        stand behind a StandardScaler, MinMaxScaler, MaxAbsScaler or RobustScaler in a Pipeline. Its columns are found
        by name; the target may have more, which new nodes can use.
    method : {"ser", "strut"}, default="ser"
        SER lets the structure change: it grows the source's leaves on the target rows in them, then reduces from the
        bottom up. STRUT keeps the structure and chooses thresholds anew. On average they did equally
        well; SER is the default since it can learn a split that the source lacks.
    keep : {"none", "all"}, default="none"
        Source branches that stay though the target rows do without them. "none" is the paper: what no row reaches
        gives way to its sibling, what does no better than a leaf becomes one. "all" keeps what a leaf would not
        better.
        The default did best on average, once the source had a say in the values.
    source_rows : float, default=3.0
        What the source says in a node counts for this many target rows: the value of a node with n rows is the mean
        of theirs and the source's, weighted n to ``source_rows``. 0 is the paper: values of target rows alone, which
        with one row in a leaf are that row's label.
    label_shift : bool, default=True
        Move what the source says to the target's mean before it is believed or compared. False is the paper.
    strut_rows : int, default=20
        STRUT leaves the threshold as it is in nodes that fewer target rows reach. 2 is the paper; a threshold chosen
        on a handful of rows is mostly noise.

    Attributes
    ----------
    estimator_ : DecisionTreeRegressor or ExtraTreeRegressor
        The moved tree: a scikit-learn tree, for ``plot_tree`` and ``export_text`` too.
    source_model_ : DecisionTreeRegressor or ExtraTreeRegressor or None
        The source model, in the target's columns.
    transfer_ : DataFrame or None
        What became of each node: a row for each node of the source tree, then one for each that was grown. Columns:
        ``source_node`` and ``node``, its numbers in the source tree and in ``estimator_`` (-1: not there); ``fate``;
        ``feature`` (-2 for a leaf); ``source_threshold`` and ``threshold``; ``source_rows`` and ``target_rows`` in it.
        A fate is "kept", "moved" (another threshold), "swapped" (another threshold, the children exchanged), "expanded"
        (a leaf that grew), "pruned" (became a leaf), "gone", or "grown" (not in the source tree).
    n_source_ : int
        Number of source rows.

    Raises
    ------
    InputError
        Where there are no target labels, both ``source`` and ``source_model`` are given, or the source model is not
        fitted, or was fitted to columns that the target lacks or to other labels.
    InputTypeError
        Where ``estimator`` or ``source_model`` is not of the kinds above.

    Notes
    -----
    Rows without a value go where the split sends them, which a swap exchanges; they play no part in choosing
    the threshold. Splits on features with a monotonic constraint never swap, and
    values are clipped to the constraint as scikit-learn does. Gains are compared to ten digits, and of equal ones the
    smallest threshold wins. Sparse rows are refused.

    Defaults come from 59 tables cut by a column, which no accuracy figure of this project is computed on: with them
    both methods gained over source only and over target only, on average, for each task at 20, 50 and 200 target rows
    (``benchmarks/results/parameter_transfer_settings.csv``).

    References
    ----------
    Segev, Harel, Mannor, Crammer and El-Yaniv (2017). Learn on source, refine on target: a model transfer learning
    framework with random forests. IEEE TPAMI 39(9).

    Examples
    --------
    >>> import headstart as hs
    >>> shift = hs.datasets.make_shift("concept", n_target=40, task="regression", random_state=0)
    >>> model = hs.TreeTransferRegressor().fit(shift.target.X, shift.target.y, source=shift.source)
    >>> sorted(set(model.transfer_["fate"]) - {"expanded", "grown"})
    ['gone', 'kept', 'pruned']
    """

    traits = Traits(kind="parameter", target_labels="required", classification=False, paper="Segev et al. (2017)")
    _task = "regression"
    _kinds = (DecisionTreeRegressor,)
    _methods = ("ser", "strut")

    def __init__(
        self,
        estimator: Any = None,
        *,
        source_model: Any = None,
        method: str = "ser",
        keep: str = "none",
        source_rows: float = 3.0,
        label_shift: bool = True,
        strut_rows: int = 20,
    ) -> None:
        self.estimator = estimator
        self.source_model = source_model
        self.method = method
        self.keep = keep
        self.source_rows = source_rows
        self.label_shift = label_shift
        self.strut_rows = strut_rows

    def _default(self) -> Any:
        return DecisionTreeRegressor(min_samples_leaf=5, random_state=0)
