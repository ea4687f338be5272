"""LightGBM: what a fitted model says, and its continuation on target rows.

Its own ``init_model=`` takes the raw predictions of the old model as the start of the new one (``init_score``). So does
this, with the source's part times a shrinkage, which ``init_model=`` has no word for.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.errors import InputError
from ._boosting_trees import NewTrees, SourceTrees, Start, smallest_leaf

_LOSSES = {"regression": "squared_error", "regression_l1": "absolute_error", "poisson": "poisson", "gamma": "gamma"}
_OBJECTIVES = {loss: name for name, loss in _LOSSES.items()} | {"quantile": "quantile"}
# What new trees do not take over: the number of rounds, what is chosen here, and what weighs or belongs to source rows.
_NOT_TAKEN = {
    "objective",
    "num_class",
    "boosting",
    "learning_rate",
    "num_iterations",
    "early_stopping_round",
    "metric",
    "scale_pos_weight",
    "is_unbalance",
    "class_weight",
    "min_data_in_leaf",
    "sigmoid",
    "verbosity",
    "boost_from_average",
    "reg_sqrt",
    "objective_seed",
}


class LightGBMSource(SourceTrees):
    """A fitted LGBMClassifier, LGBMRegressor or Booster."""

    def __init__(self, model: Any, task: str) -> None:
        super().__init__(model)
        self.booster = booster = getattr(model, "booster_", model)
        best = int(booster.best_iteration)
        self.n_rounds = best if best > 0 else int(booster.current_iteration())
        name, *settings = str(booster.dump_model(num_iteration=1).get("objective", "custom")).split()
        self.sigmoid = float(dict(word.split(":") for word in settings if ":" in word).get("sigmoid", 1.0))
        if task == "classification":
            if name not in ("binary", "multiclass"):
                raise InputError(
                    f"source_model was fitted with LightGBM's objective {name}; expected binary or multiclass: new "
                    "trees are fitted to the log loss"
                )
            n_classes = 2 if name == "binary" else int(booster.num_model_per_iteration())
            self.classes = np.asarray(getattr(model, "classes_", np.arange(n_classes)))
        else:
            self.loss = _LOSSES.get(name, name)
            self.quantile = float(booster.params.get("alpha", 0.9)) if name == "quantile" else 0.5
            if "sqrt" in settings:
                self.loss = "regression of the square root"

    def _raw(self, rows: Any) -> np.ndarray:
        said = np.asarray(self.booster.predict(rows, raw_score=True, num_iteration=self.n_rounds), dtype=float)
        return said * self.sigmoid if said.ndim == 1 and self.classes is not None else said

    def grow(self, X: np.ndarray, y: np.ndarray, start: Start, learning_rate: float) -> NewTrees:
        """Begin new trees on target rows."""
        return LightGBMTrees(self, X, y, start, learning_rate)


class LightGBMTrees(NewTrees):
    """New trees of LightGBM, by the settings that the source model was grown with."""

    def __init__(
        self, source: LightGBMSource, X: np.ndarray, y: np.ndarray, start: Start, learning_rate: float
    ) -> None:
        import lightgbm

        self.columns, self.level = source.columns, start.level
        theirs = _settings(source.booster.params)
        least = min(int(theirs.get("min_data_in_leaf", 20)), smallest_leaf(len(y)))
        self.params = {name: value for name, value in theirs.items() if name not in _NOT_TAKEN} | {
            "learning_rate": learning_rate,
            "min_data_in_leaf": least,
            "verbosity": -1,
        }
        n_outputs = start.offset.shape[1]
        if source.classes is None:
            self.params |= {"objective": _OBJECTIVES[source.loss], "alpha": source.quantile}
        elif n_outputs == 1:
            self.params["objective"] = "binary"
        else:
            self.params |= {"objective": "multiclass", "num_class": n_outputs}
        first = np.asfortranarray(start.offset + start.level)
        rows = lightgbm.Dataset(
            self.columns.of(X), label=y, init_score=first.ravel(order="F"), params=self.params, free_raw_data=True
        )
        self.booster = lightgbm.Booster(self.params, rows)

    def more(self, rounds: int) -> None:
        """Go on until there are so many rounds."""
        while self.rounds < rounds:
            # True where no split is left: every further tree would be empty too.
            if self.booster.update():
                break
            self.rounds += 1
        self.asked = rounds

    def finish(self) -> None:
        """Forget the target rows."""
        self.booster.free_dataset()

    def staged(self, X: np.ndarray) -> np.ndarray:
        """Outputs (n_rounds, n_rows, n_outputs) after each round."""
        rows, n_outputs = self.columns.of(X), len(self.level)
        said = np.zeros((self.asked, len(X), n_outputs))
        for k in range(self.rounds):
            one = self.booster.predict(rows, raw_score=True, start_iteration=k, num_iteration=1)
            said[k] = np.asarray(one).reshape(len(X), n_outputs)
        return np.cumsum(said, axis=0) + self.level

    def output(self, X: np.ndarray) -> np.ndarray:
        """Outputs (n_rows, n_outputs) of all rounds."""
        said = np.zeros((len(X), len(self.level)))
        if self.rounds:
            found = self.booster.predict(self.columns.of(X), raw_score=True, num_iteration=self.rounds)
            said = np.asarray(found).reshape(said.shape)
        return said + self.level


def _settings(params: dict[str, Any]) -> dict[str, Any]:
    """Parameters under LightGBM's main names; those of the scikit-learn interface are aliases."""
    from lightgbm.basic import _ConfigAliases

    known = _ConfigAliases._get_all_param_aliases()
    main = {alias: name for name, aliases in known.items() for alias in aliases}
    return {main.get(name, name): value for name, value in params.items()}
