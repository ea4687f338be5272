"""A forest, moved from source to target tree by tree."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor

from ..core.traits import Traits
from ._source_trees import trees_of
from ._tree_estimator import TreeClassifying, TreeEstimator
from ._tree_moves import FATES, Options, Target, move


class _ForestTransfer(TreeEstimator):
    def _move(self, model: Any, target: Target, options: Options) -> None:
        columns = self._columns(model)
        trees, summary = [], []
        most, kept = -1, {}
        for method in ("ser", "strut") if self.method == "mix" else (self.method,):
            for number, tree in enumerate(trees_of(model)):
                moved, table = move(tree, columns, target, method, options)
                if columns is not None:
                    # Trees of a forest know classes by their number.
                    n_classes = len(self.classes_)
                    moved.classes_, moved.n_classes_ = np.arange(n_classes, dtype=float), np.int64(n_classes)
                summary.append(_summary(len(trees), number, method, table))
                changed = int((table["fate"] != "kept").sum())
                if changed > most:
                    # All trees' nodes would be as large as the forest.
                    most, kept = changed, {**table, "tree": len(trees), "source_tree": number}
                trees.append(moved)
        forest = copy.copy(model)
        forest.estimators_ = trees
        forest.n_estimators = len(trees)
        if columns is not None:
            forest.classes_, forest.n_classes_ = self.classes_, len(self.classes_)
        for name in ("oob_score_", "oob_decision_function_", "oob_prediction_"):
            if hasattr(forest, name):
                # It was about source rows.
                delattr(forest, name)
        self.estimator_ = forest
        self.transfer_, self.nodes_ = pd.DataFrame(summary), pd.DataFrame(kept)

    def _not_moved(self) -> None:
        self.transfer_ = self.nodes_ = None


def _summary(tree: int, source_tree: int, method: str, table: dict[str, np.ndarray]) -> dict[str, Any]:
    fates = {fate: int((table["fate"] == fate).sum()) for fate in FATES}
    nodes = {"source_nodes": int((table["source_node"] >= 0).sum()), "nodes": int((table["node"] >= 0).sum())}
    return {"tree": tree, "source_tree": source_tree, "method": method, **nodes, **fates}


class ForestTransferClassifier(TreeClassifying, ClassifierMixin, _ForestTransfer):
    """A forest of source trees, each moved to the target rows by SER, by STRUT, or by both (MIX).

    See ``TreeTransferClassifier`` for what happens to a tree. All target rows move every tree. The result is a
    scikit-learn forest, which averages probabilities; the paper takes votes.

    Parameters
    ----------
    estimator : RandomForestClassifier or ExtraTreesClassifier, default=None
        The learner of the source model, and of the baseline where there is no source. Expansions are grown with its
        settings, but for the limits of the whole tree's size. None: 50 trees, the paper's number, with at least 2
        rows a leaf.
    source_model : a fitted RandomForestClassifier or ExtraTreesClassifier, default=None
        The source model, where it is fitted already and the source's rows are not at hand. Then no ``source=``. It may
        stand behind a StandardScaler, MinMaxScaler, MaxAbsScaler or RobustScaler in a Pipeline. Its columns are found
        by name; the target may have more, which new nodes can use.
    method : {"mix", "ser", "strut"}, default="mix"
        How each tree is moved. "mix": by both, so that the forest has twice the trees; the paper found that the
        union does better than either.
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
    estimator_ : RandomForestClassifier or ExtraTreesClassifier
        The moved forest: a scikit-learn forest.
    source_model_ : RandomForestClassifier or ExtraTreesClassifier or None
        The source model, in the target's columns.
    transfer_ : DataFrame or None
        A row for each tree of ``estimator_``: ``tree``, ``source_tree``, the ``method`` that it came from, the
        numbers of nodes ``source_nodes`` and ``nodes``, and how many nodes had each fate: ``kept``, ``moved``
        (another threshold), ``swapped`` (and the children exchanged), ``expanded``, ``pruned``, ``gone``, ``grown``
        (not in the source tree).
    nodes_ : DataFrame or None
        What became of each node of the tree with the most nodes that are not "kept", in the columns of
        ``TreeTransferClassifier.transfer_``; ``tree`` and ``source_tree`` say which it is.
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
    Scores of the source forest on its out-of-bag rows are dropped: they say nothing of the target. Settings are
    those that were chosen for single trees.

    References
    ----------
    Segev, Harel, Mannor, Crammer and El-Yaniv (2017). Learn on source, refine on target: a model transfer learning
    framework with random forests. IEEE TPAMI 39(9).
    Minvielle, Atiq, Peignier and Mougeot (2019). Transfer learning on decision tree with class imbalance. ICTAI.

    Examples
    --------
    >>> import headstart as hs
    >>> shift = hs.datasets.make_shift("concept", n_target=40, random_state=0)
    >>> model = hs.ForestTransferClassifier().fit(shift.target.X, shift.target.y, source=shift.source)
    >>> model.transfer_["method"].value_counts().to_dict()
    {'ser': 50, 'strut': 50}
    """

    traits = Traits(kind="parameter", target_labels="required", regression=False, paper="Segev et al. (2017)")
    _task = "classification"
    _kinds = (RandomForestClassifier, ExtraTreesClassifier)
    _methods = ("mix", "ser", "strut")

    def __init__(
        self,
        estimator: Any = None,
        *,
        source_model: Any = None,
        method: str = "mix",
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
        return RandomForestClassifier(50, min_samples_leaf=2, random_state=0)


class ForestTransferRegressor(RegressorMixin, _ForestTransfer):
    """A forest of source trees, each moved to the target rows by SER, by STRUT, or by both (MIX).

    See ``TreeTransferRegressor`` for what happens to a tree. All target rows move every tree. The result is a
    scikit-learn forest, which averages numbers.

    Parameters
    ----------
    estimator : RandomForestRegressor or ExtraTreesRegressor, default=None
        The learner of the source model, and of the baseline where there is no source. Expansions are grown with its
        settings, but for the limits of the whole tree's size. None: 50 trees, the paper's number, with at least 2
        rows a leaf.
    source_model : a fitted RandomForestRegressor or ExtraTreesRegressor, default=None
        The source model, where it is fitted already and the source's rows are not at hand. Then no ``source=``. It may
        stand behind a StandardScaler, MinMaxScaler, MaxAbsScaler or RobustScaler in a Pipeline. Its columns are found
        by name; the target may have more, which new nodes can use.
    method : {"mix", "ser", "strut"}, default="mix"
        How each tree is moved. "mix": by both, so that the forest has twice the trees; the paper found that the
        union does better than either.
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
    estimator_ : RandomForestRegressor or ExtraTreesRegressor
        The moved forest: a scikit-learn forest.
    source_model_ : RandomForestRegressor or ExtraTreesRegressor or None
        The source model, in the target's columns.
    transfer_ : DataFrame or None
        A row for each tree of ``estimator_``: ``tree``, ``source_tree``, the ``method`` that it came from, the
        numbers of nodes ``source_nodes`` and ``nodes``, and how many nodes had each fate: ``kept``, ``moved``
        (another threshold), ``swapped`` (and the children exchanged), ``expanded``, ``pruned``, ``gone``, ``grown``
        (not in the source tree).
    nodes_ : DataFrame or None
        What became of each node of the tree with the most nodes that are not "kept", in the columns of
        ``TreeTransferRegressor.transfer_``; ``tree`` and ``source_tree`` say which it is.
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
    Scores of the source forest on its out-of-bag rows are dropped: they say nothing of the target. Settings are
    those that were chosen for single trees.

    References
    ----------
    Segev, Harel, Mannor, Crammer and El-Yaniv (2017). Learn on source, refine on target: a model transfer learning
    framework with random forests. IEEE TPAMI 39(9).

    Examples
    --------
    >>> import headstart as hs
    >>> shift = hs.datasets.make_shift("concept", n_target=40, task="regression", random_state=0)
    >>> model = hs.ForestTransferRegressor().fit(shift.target.X, shift.target.y, source=shift.source)
    >>> model.transfer_["method"].value_counts().to_dict()
    {'ser': 50, 'strut': 50}
    """

    traits = Traits(kind="parameter", target_labels="required", classification=False, paper="Segev et al. (2017)")
    _task = "regression"
    _kinds = (RandomForestRegressor, ExtraTreesRegressor)
    _methods = ("mix", "ser", "strut")

    def __init__(
        self,
        estimator: Any = None,
        *,
        source_model: Any = None,
        method: str = "mix",
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
        return RandomForestRegressor(50, min_samples_leaf=2, random_state=0)
