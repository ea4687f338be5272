"""Histogram boosting of scikit-learn: what a fitted model says, and new trees grown on top of it.

``warm_start`` is not used on the source model: on other rows it finds other bins and lets the old trees, whose splits
are bin numbers while fitting, look these up in the new bins, so that the new trees correct a model that does not exist.
A regression with an offset is a plain one with other labels. The log loss has no such form; there the loss of
scikit-learn's own boosting is handed in with the offset added.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn._loss import HalfBinomialLoss, HalfMultinomialLoss
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from ..bins import QuantileBins
from ..core.errors import InputError
from ..numeric.offset_level import LOG_LINK, without_offset
from ._boosting_trees import NewTrees, SourceTrees, Start, smallest_leaf
from ._source_scale import is_scaler
from .given_models import steps_of

KINDS = {"classification": HistGradientBoostingClassifier, "regression": HistGradientBoostingRegressor}


def final_model(model: Any, task: str) -> Any:
    """The boosting model, alone or behind QuantileBins or scalers in a Pipeline; None for anything else."""
    *before, last = steps_of(model)
    return last if isinstance(last, KINDS[task]) and all(map(goes_before, before)) else None


def goes_before(step: Any) -> bool:
    """Whether a step before the boosting model leaves each column to itself and in its order."""
    return isinstance(step, QuantileBins) or is_scaler(step)


class HistSource(SourceTrees):
    """A fitted HistGradientBoosting model."""

    def __init__(self, model: Any, task: str) -> None:
        super().__init__(model)
        self.boosting = boosting = final_model(model, task)
        self.n_rounds = int(boosting.n_iter_)
        if task == "classification":
            self.classes = np.asarray(boosting.classes_)
        else:
            self.loss = boosting.loss if isinstance(boosting.loss, str) else type(boosting.loss).__name__
            self.quantile = 0.5 if boosting.quantile is None else float(boosting.quantile)
        if getattr(boosting, "is_categorical_", None) is not None and boosting.categorical_features == "from_dtype":
            raise InputError(
                "source_model has columns of the pandas type category; expected numbers: fit it to encoded columns and "
                "name those that hold categories in its categorical_features"
            )

    def _raw(self, rows: Any) -> np.ndarray:
        if self.classes is None:
            said = np.asarray(self.model.predict(rows), dtype=float)
            return np.log(said) if self.loss in LOG_LINK else said
        return np.asarray(self.model.decision_function(rows), dtype=float)

    def grow(self, X: np.ndarray, y: np.ndarray, start: Start, learning_rate: float) -> HistTrees:
        """Begin new trees on target rows."""
        return HistTrees(self, X, y, start, learning_rate)


class HistTrees(NewTrees):
    """New trees, grown by scikit-learn's boosting with the source model's settings."""

    def __init__(self, source: HistSource, X: np.ndarray, y: np.ndarray, start: Start, learning_rate: float) -> None:
        self.columns = source.columns
        self.log_link = source.classes is None and source.loss in LOG_LINK
        # Scalers are left out: splits do not mind the scale.
        bins = [step for step in steps_of(source.model) if isinstance(step, QuantileBins)]
        self.bins = clone(bins[0]) if bins else None
        self._X = self._rows(X, fit=True)
        weight = None
        model = clone(source.boosting)
        if source.classes is None:
            self._y, weight = without_offset(source.loss, y, start.offset[:, 0])
        else:
            self._y = y
            model.set_params(class_weight=None)
            if np.any(start.offset):
                model.set_params(loss=_offset_loss(start))
        self._fit = {} if weight is None else {"sample_weight": weight}
        if model.categorical_features == "from_dtype":
            # Whatever the rows' type: they are numbers.
            model.set_params(categorical_features=None)
        self.model = model.set_params(
            learning_rate=learning_rate,
            min_samples_leaf=min(model.min_samples_leaf, smallest_leaf(len(y))),
            early_stopping=False,
            warm_start=True,
            verbose=0,
        )

    def _rows(self, X: Any, *, fit: bool = False) -> Any:
        rows = self.columns.of(X)
        if self.bins is None:
            return rows
        return self.bins.fit_transform(rows) if fit else self.bins.transform(rows)

    def more(self, rounds: int) -> None:
        """Go on until there are so many rounds; the same rows have the same bins, so that warm_start is right here."""
        self.model.set_params(max_iter=rounds).fit(self._X, self._y, **self._fit)
        self.rounds = rounds

    def finish(self) -> None:
        """Forget the target rows."""
        del self._X, self._y, self._fit
        self.model.set_params(warm_start=False)
        if isinstance(self.model, HistGradientBoostingClassifier):
            self.model.set_params(loss="log_loss")
            n_classes = len(self.model.classes_)
            self.model._loss = HalfBinomialLoss() if n_classes == 2 else HalfMultinomialLoss(n_classes=n_classes)

    def staged(self, X: Any) -> np.ndarray:
        """Outputs (n_rounds, n_rows, n_outputs) after each round."""
        rows = self._rows(X)
        if hasattr(self.model, "staged_decision_function"):
            found = list(self.model.staged_decision_function(rows))
        else:
            found = list(self.model.staged_predict(rows))
        return self._outputs(np.stack(found), len(found))

    def output(self, X: Any) -> np.ndarray:
        """Outputs (n_rows, n_outputs) of all trees."""
        rows = self._rows(X)
        model = self.model
        said = model.decision_function(rows) if hasattr(model, "decision_function") else model.predict(rows)
        return self._outputs(np.asarray(said)[None], 1)[0]

    def _outputs(self, said: np.ndarray, n_rounds: int) -> np.ndarray:
        said = said.reshape(n_rounds, said.shape[1], -1)
        return np.log(said) if self.log_link else said


class _Offset:
    """Adds an offset to raw predictions before scikit-learn's loss sees them."""

    start: Start

    def fit_intercept_only(self, y_true: np.ndarray, sample_weight: Any = None) -> np.ndarray:
        return self.start.level

    def gradient_hessian(self, y_true: np.ndarray, raw_prediction: np.ndarray, **more: Any) -> Any:
        return super().gradient_hessian(  # type: ignore[misc]
            y_true=y_true, raw_prediction=raw_prediction + self.start.offset, **more
        )


class _OffsetBinomial(_Offset, HalfBinomialLoss):
    pass


class _OffsetMultinomial(_Offset, HalfMultinomialLoss):
    pass


def _offset_loss(start: Start) -> Any:
    n_outputs = start.offset.shape[1]
    loss = _OffsetBinomial() if n_outputs == 1 else _OffsetMultinomial(n_classes=n_outputs)
    loss.start = Start(np.asfortranarray(start.offset), start.level)
    return loss
