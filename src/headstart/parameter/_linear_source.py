"""A fitted linear model as plain coefficients: in the units of X, in the target's order of columns, by class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..core.errors import InputError
from ._source_scale import SCALERS, refuse_steps, undo
from .given_columns import places
from .given_models import GivenModel, check_classes, columns_of, ending, is_fitted, read_given

_EXPECTED = (
    "a fitted linear model with coef_ and intercept_, such as LogisticRegression, SGDClassifier, Ridge or "
    f"LinearRegression, alone or behind a {SCALERS} in a Pipeline"
)


@dataclass(frozen=True)
class SourceLinear:
    """``coef`` (n_outputs, n_columns) and ``intercept`` (n_outputs,) of a source; ``classes`` None for a regression.

    Two classes have one output, the log odds of the second; more have one output each; one class has none that counts.
    """

    coef: np.ndarray
    intercept: np.ndarray
    classes: np.ndarray | None
    name: str
    strength: float = float("nan")

    def outputs(self, classes: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients and intercepts, an output for each of ``classes`` (of two: one in all); zero for the unknown."""
        if classes is None or self.classes is None:
            return self.coef, self.intercept
        coef, intercept = self._by_class()
        full, level = np.zeros((len(classes), coef.shape[1])), np.zeros(len(classes))
        known = np.isin(classes, self.classes)
        rows = np.searchsorted(self.classes, classes[known])
        full[known], level[known] = coef[rows], intercept[rows]
        if len(classes) != 2:
            return full, level
        return full[1:] - full[:1], level[1:] - level[:1]

    def _by_class(self) -> tuple[np.ndarray, np.ndarray]:
        assert self.classes is not None
        if len(self.classes) == 2:
            half = self.coef / 2
            return np.vstack([-half, half]), np.r_[-self.intercept / 2, self.intercept / 2]
        # What all classes have in common changes no probability; without it an unknown class starts in their middle.
        return self.coef - self.coef.mean(axis=0), self.intercept - self.intercept.mean()


def read_models(source_model: Any, *, task: str, n_columns: int, columns: Any, y: np.ndarray) -> list[SourceLinear]:
    """Check what the user passed as ``source_model``, and read coefficients in the target's columns."""
    found = read_given(source_model, task, expected=_EXPECTED, takes=is_linear)
    return [_read(given, task, n_columns, columns, y) for given in found]


def is_linear(model: Any) -> bool:
    """Whether a model has coefficients; one that is not fitted may come to have them."""
    return not is_fitted(model) or (hasattr(model, "coef_") and hasattr(model, "intercept_"))


def _predicts_what_it_says(model: Any, coef: np.ndarray, intercept: np.ndarray) -> bool:
    """Whether a regressor's prediction is linear: of zeros the intercept, of ones all coefficients besides."""
    names = columns_of(model)
    rows: Any = np.vstack([np.zeros(coef.shape[1]), np.ones(coef.shape[1])])
    said = np.asarray(model.predict(rows if names is None else pd.DataFrame(rows, columns=names))).ravel()
    wanted = np.array([intercept[0], intercept[0] + coef.sum()])
    return bool(np.abs(said - wanted).max() <= 1e-6 * (np.abs(coef).sum() + np.abs(intercept[0]) + 1e-300))


def _read(given: GivenModel, task: str, n_columns: int, columns: Any, y: np.ndarray) -> SourceLinear:
    refuse_steps(given, f"LinearTransfer{ending(task)}")
    model, start = given.final, f"{given.where} is {given.kind}"
    classes = np.asarray(model.classes_) if task == "classification" else None
    coef = model.coef_.toarray() if hasattr(model.coef_, "toarray") else np.asarray(model.coef_, dtype=float)
    coef = np.atleast_2d(coef).astype(float)
    intercept = np.broadcast_to(np.asarray(model.intercept_, dtype=float).ravel(), coef.shape[:1]).copy()
    if classes is None and coef.shape[0] != 1:
        raise InputError(f"{start} that predicts {coef.shape[0]} numbers; expected one that predicts one")
    if classes is not None and coef.shape[0] != (1 if len(classes) <= 2 else len(classes)):
        raise InputError(
            f"{start} with {coef.shape[0]} rows of coefficients for {len(classes)} classes; expected one for each "
            "class, or for two classes one"
        )
    at = places(given, columns, n_columns)
    shift, scale = undo(given.steps[:-1], coef.shape[1])
    coef_there, intercept_there = coef, intercept
    coef = coef / scale
    intercept = intercept - coef @ shift
    if not (np.isfinite(coef).all() and np.isfinite(intercept).all()):
        raise InputError(f"{start} whose coefficients are not finite; expected finite numbers")
    if classes is not None:
        check_classes(classes, y)
    elif not _predicts_what_it_says(model, coef_there, intercept_there):
        raise InputError(
            f"{start} that predicts another function of its coefficients, such as their exponential; expected one "
            "whose prediction is linear. For other models use hs.SourcePriorRegressor"
        )
    full = np.zeros((len(coef), n_columns))
    full[:, at] = coef
    return SourceLinear(full, intercept, classes, given.name)
