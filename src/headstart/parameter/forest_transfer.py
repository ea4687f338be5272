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
        for method in ("ser", "strut") if self.method == "mix" else (self.method,):
            for number, tree in enumerate(trees_of(model)):
                moved, table = move(tree, columns, target, method, options)
                if columns is not None:
                    # Trees of a forest know classes by their number.
                    n_classes = len(self.classes_)
                    moved.classes_, moved.n_classes_ = np.arange(n_classes, dtype=float), np.int64(n_classes)
                summary.append(_summary(len(trees), number, method, table))
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
        self.transfer_ = pd.DataFrame(summary)


def _summary(tree: int, source_tree: int, method: str, table: pd.DataFrame) -> dict[str, Any]:
    count = table["fate"].value_counts()
    fates = {fate: int(count.get(fate, 0)) for fate in FATES}
    nodes = {"source_nodes": int((table["source_node"] >= 0).sum()), "nodes": int((table["node"] >= 0).sum())}
    return {"tree": tree, "source_tree": source_tree, "method": method, **nodes, **fates}


class ForestTransferClassifier(TreeClassifying, ClassifierMixin, _ForestTransfer):
    """doc"""

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
    """doc"""

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
