"""A fitted linear model as plain coefficients: in the units of X, in the target's order of columns, by class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler
from sklearn.utils.validation import check_is_fitted

from ..core.checks import align_columns, refuse_disjoint_labels
from ..core.errors import InputError, InputTypeError

_EXPECTED = (
    "expected a fitted linear model with coef_ and intercept_, such as LogisticRegression, SGDClassifier, Ridge or "
    "LinearRegression, alone or behind a StandardScaler, MinMaxScaler, MaxAbsScaler or RobustScaler in a Pipeline"
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


def read_models(given: Any, *, task: str, n_columns: int, columns: Any, y: np.ndarray) -> list[SourceLinear]:
    """Check what the user passed as ``source_model``, one fitted model or a list of them, and read its coefficients."""
    models = list(given) if isinstance(given, (list, tuple)) else [given]
    if not models:
        raise InputError(f"source_model is an empty list; {_EXPECTED}, or a list of them")
    found = []
    for k, model in enumerate(models):
        where = "source_model" if len(models) == 1 else f"source_model[{k}]"
        name = "source model" if len(models) == 1 else f"source model {k + 1}"
        found.append(_read(model, where, name, task, n_columns, columns, y))
    return found


def _read(model: Any, where: str, name: str, task: str, n_columns: int, columns: Any, y: np.ndarray) -> SourceLinear:
    kind = type(model).__name__
    if isinstance(model, type) or not hasattr(model, "fit"):
        raise InputTypeError(f"{where} is {model!r}; {_EXPECTED}")
    steps = [step for _, step in getattr(model, "steps", [("", model)])]
    last = steps[-1]
    right = is_classifier(last) if task == "classification" else is_regressor(last)
    if not right:
        wanted = "classifier" if task == "classification" else "regressor"
        raise InputTypeError(f"{where} is a {kind}, which is no {wanted}; {_EXPECTED}")
    for part in steps:
        try:
            check_is_fitted(part)
        except NotFittedError as error:
            raise InputError(f"{where} is a {kind} that is not fitted; {_EXPECTED}: call its fit first") from error
    if not hasattr(last, "coef_") or not hasattr(last, "intercept_"):
        raise InputTypeError(
            f"{where} is a {kind} without coef_ and intercept_; {_EXPECTED}. For any other kind of model use "
            f"SourcePrior{'Classifier' if task == 'classification' else 'Regressor'}"
        )
    classes = np.asarray(last.classes_) if task == "classification" else None
    coef = last.coef_.toarray() if hasattr(last.coef_, "toarray") else np.asarray(last.coef_, dtype=float)
    coef = np.atleast_2d(coef).astype(float)
    intercept = np.broadcast_to(np.asarray(last.intercept_, dtype=float).ravel(), coef.shape[:1]).copy()
    if classes is None and coef.shape[0] != 1:
        raise InputError(f"{where} is a {kind} that predicts {coef.shape[0]} numbers; expected one that predicts one")
    if classes is not None and coef.shape[0] != (1 if len(classes) <= 2 else len(classes)):
        raise InputError(f"{where} is a {kind} with {coef.shape[0]} rows of coefficients for {len(classes)} classes")
    coef, intercept = _unscaled(coef, intercept, steps[:-1], where)
    if coef.shape[1] != n_columns:
        raise InputError(
            f"{where} is a {kind} fitted on {coef.shape[1]} columns, and the target has {n_columns}; expected the same "
            "columns: fit both on those that both have"
        )
    if not (np.isfinite(coef).all() and np.isfinite(intercept).all()):
        raise InputError(f"{where} is a {kind} whose coefficients are not finite; expected finite numbers")
    coef = _in_order(coef, getattr(model, "feature_names_in_", None), columns, where)
    if classes is not None:
        refuse_disjoint_labels(y, classes)
    return SourceLinear(coef, intercept, classes, name)


def _unscaled(coef: np.ndarray, intercept: np.ndarray, scalers: list[Any], where: str) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of scaled columns as those of the raw ones."""
    for step in reversed(scalers):
        if isinstance(step, StandardScaler):
            scale, shift = step.scale_, step.mean_
        elif isinstance(step, RobustScaler):
            scale, shift = step.scale_, step.center_
        elif isinstance(step, MaxAbsScaler):
            scale, shift = step.scale_, None
        elif isinstance(step, MinMaxScaler) and not step.clip:
            scale, shift = 1.0 / step.scale_, -step.min_ / step.scale_
        else:
            raise InputTypeError(f"{where} is a Pipeline with a {type(step).__name__}; {_EXPECTED}")
        coef = coef if scale is None else coef / scale
        intercept = intercept if shift is None else intercept - coef @ shift
    return coef, intercept


def _in_order(coef: np.ndarray, theirs: Any, mine: Any, where: str) -> np.ndarray:
    """Coefficients in the order of the target's columns, where both have names."""
    if theirs is None or mine is None:
        return coef
    import pandas as pd

    order = pd.DataFrame([np.arange(len(theirs))], columns=list(theirs))
    try:
        order = align_columns(order, mine, name=where)
    except InputError as error:
        raise InputError(str(error).replace(f"source {where!r}", f"{where} was fitted on other columns: it")) from error
    return coef[:, order.to_numpy()[0]]
