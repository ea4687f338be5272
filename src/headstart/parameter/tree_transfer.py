"""A decision tree, moved from source to target."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from ..core.traits import Traits
from ._tree_estimator import TreeClassifying, TreeEstimator
from ._tree_moves import Options, Target, move


class _TreeTransfer(TreeEstimator):
    def _move(self, model: Any, target: Target, options: Options) -> None:
        self.estimator_, self.transfer_ = move(model, self._columns(model), target, self.method, options)
        if self._task == "classification":
            self.estimator_.classes_, self.estimator_.n_classes_ = self.classes_, np.int64(len(self.classes_))


class TreeTransferClassifier(TreeClassifying, ClassifierMixin, _TreeTransfer):
    """doc"""

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
    """doc"""

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
