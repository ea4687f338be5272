"""XGBoost: what a fitted model says, and its continuation on target rows.

Its own ``xgb_model=`` goes on from the raw predictions of the old model. So does this, through ``base_margin``, with
the source's part times a shrinkage, which ``xgb_model=`` has no word for.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from ..core.errors import InputError
from ._boosting_trees import NewTrees, SourceTrees, Start

_LOSSES = {
    "reg:squarederror": "squared_error",
    "reg:absoluteerror": "absolute_error",
    "count:poisson": "poisson",
    "reg:gamma": "gamma",
}
_OBJECTIVES = {loss: name for name, loss in _LOSSES.items()}
_BINARY, _MANY = ("binary:logistic", "binary:logitraw"), ("multi:softprob", "multi:softmax")
# The settings of single trees that new ones take over.
_TAKEN = (
    "max_depth",
    "max_leaves",
    "min_child_weight",
    "gamma",
    "reg_lambda",
    "reg_alpha",
    "lambda",
    "alpha",
    "subsample",
    "colsample_bytree",
    "colsample_bylevel",
    "colsample_bynode",
    "grow_policy",
    "max_delta_step",
    "monotone_constraints",
    "interaction_constraints",
)


class XGBoostSource(SourceTrees):
    """A fitted XGBClassifier, XGBRegressor or Booster."""

    def __init__(self, model: Any, task: str) -> None:
        super().__init__(model)
        self.booster = booster = model.get_booster() if hasattr(model, "get_booster") else model
        best = booster.attributes().get("best_iteration")
        self.n_rounds = int(booster.num_boosted_rounds()) if best is None else int(best) + 1
        learner = json.loads(booster.save_config())["learner"]
        kind, name = learner["gradient_booster"]["name"], learner["objective"]["name"]
        if kind == "gblinear":
            raise InputError(
                "source_model is a linear booster of XGBoost (gblinear); expected trees: for linear models use "
                "hs.LinearTransferClassifier or hs.LinearTransferRegressor"
            )
        tree = learner["gradient_booster"].get("gbtree", learner["gradient_booster"]).get("tree_train_param", {})
        self.settings = {name: tree[name] for name in _TAKEN if name in tree}
        if task == "classification":
            if name not in _BINARY + _MANY:
                raise InputError(
                    f"source_model was fitted with XGBoost's objective {name}; expected binary:logistic, "
                    "multi:softprob or multi:softmax: new trees are fitted to the log loss"
                )
            n_classes = 2 if name in _BINARY else int(learner["learner_model_param"]["num_class"])
            self.classes = np.asarray(getattr(model, "classes_", np.arange(n_classes)))
        else:
            self.loss = _LOSSES.get(name, name)

    def _raw(self, rows: Any) -> np.ndarray:
        said = self.booster.predict(_matrix(rows, self.booster), output_margin=True, iteration_range=(0, self.n_rounds))
        return np.asarray(said, dtype=float)

    def grow(self, X: np.ndarray, y: np.ndarray, start: Start, learning_rate: float) -> NewTrees:
        """Begin new trees on target rows."""
        return XGBoostTrees(self, X, y, start, learning_rate)


class XGBoostTrees(NewTrees):
    """New trees of XGBoost, by the settings that the source model was grown with."""

    def __init__(self, source: XGBoostSource, X: np.ndarray, y: np.ndarray, start: Start, learning_rate: float) -> None:
        import xgboost

        self.columns, self.level = source.columns, start.level
        params = source.settings | {"eta": learning_rate, "base_score": 0.5, "seed": 0, "verbosity": 0}
        n_outputs = start.offset.shape[1]
        if source.classes is None:
            params["objective"] = _OBJECTIVES[source.loss]
        elif n_outputs == 1:
            params["objective"] = "binary:logistic"
        else:
            params |= {"objective": "multi:softprob", "num_class": n_outputs}
        rows = self.columns.of(X)
        # The start of each row takes the place of base_score.
        first = start.offset + start.level
        self._rows = xgboost.DMatrix(rows, label=y, base_margin=first[:, 0] if n_outputs == 1 else first)
        self.booster = xgboost.Booster(params, [self._rows])

    def more(self, rounds: int) -> None:
        """Go on until there are so many rounds."""
        for k in range(self.rounds, rounds):
            self.booster.update(self._rows, k)
        self.rounds = rounds

    def finish(self) -> None:
        """Forget the target rows."""
        del self._rows
        self.booster.reset()

    def staged(self, X: np.ndarray) -> np.ndarray:
        """Outputs (n_rounds, n_rows, n_outputs) after each round."""
        matrix = self._new(X)
        return np.stack([self._said(matrix, k + 1) for k in range(self.rounds)])

    def output(self, X: np.ndarray) -> np.ndarray:
        """Outputs (n_rows, n_outputs) of all rounds."""
        return self._said(self._new(X), self.rounds)

    def _new(self, X: np.ndarray) -> Any:
        nothing = np.zeros((len(X), len(self.level)))
        margin = nothing[:, 0] if len(self.level) == 1 else nothing
        return _matrix(self.columns.of(X), self.booster, base_margin=margin)

    def _said(self, matrix: Any, rounds: int) -> np.ndarray:
        said = self.booster.predict(matrix, output_margin=True, iteration_range=(0, rounds))
        return np.asarray(said, dtype=float).reshape(-1, len(self.level)) + self.level


def _matrix(rows: Any, booster: Any, **more: Any) -> Any:
    import xgboost

    return xgboost.DMatrix(np.asarray(rows), feature_names=booster.feature_names, **more)
