"""The scalers before the last step of a given source model, as one shift and one scale of each column."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

from ..core.errors import InputTypeError
from .given_models import GivenModel

SCALERS = "StandardScaler, MinMaxScaler, MaxAbsScaler or RobustScaler"


def is_scaler(step: Any) -> bool:
    """Whether a step moves and stretches each column on its own; its fitted numbers then undo it."""
    if isinstance(step, MinMaxScaler):
        return not step.clip
    return isinstance(step, (StandardScaler, RobustScaler, MaxAbsScaler))


def refuse_steps(
    given: GivenModel, who: str, *, takes: Callable[[Any], bool] = is_scaler, words: str = f" but a {SCALERS}"
) -> None:
    """Raise where a step before the last is not one that is taken, by default a scaler."""
    for step in given.steps[:-1]:
        if not takes(step):
            raise InputTypeError(
                f"{given.where} is {given.kind}; expected nothing before its {type(given.final).__name__}{words}: the "
                f"parameters behind a {type(step).__name__} are not those of the target's columns. Let the earlier "
                "steps make the columns: hs.Prepared(FrozenEstimator(source_model[:-1]), "
                f"hs.{who}(source_model=source_model[-1])), with sklearn.frozen.FrozenEstimator"
            )


def undo(scalers: list[Any], n_columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Shift and scale (n_columns,) of each column: a raw number is the scaled one times the scale, plus the shift."""
    shift, scale = np.zeros(n_columns), np.ones(n_columns)
    for step in scalers:
        centre, spread = _numbers(step)
        if centre is not None:
            shift = shift + scale * centre
        if spread is not None:
            scale = scale * spread
    return shift, scale


def _numbers(step: Any) -> tuple[Any, Any]:
    if isinstance(step, StandardScaler):
        return step.mean_, step.scale_
    if isinstance(step, RobustScaler):
        return step.center_, step.scale_
    if isinstance(step, MaxAbsScaler):
        return None, step.scale_
    return -step.min_ / step.scale_, 1.0 / step.scale_
