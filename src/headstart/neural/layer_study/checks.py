"""The settings of a study, checked before anything slow is done."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

from ...core.errors import InputError, InputTypeError
from ..policies.base import shown
from ..training.settings import check_whole

MODES = ("train", "probe")
TASKS = ("classification", "regression")


def check_settings(study: Any) -> None:
    """Refuse values that cannot be used."""
    if study.mode not in MODES:
        raise InputError(f"mode is {study.mode!r}; expected 'train' or 'probe'")
    if study.task is not None and study.task not in TASKS:
        raise InputError(f"task is {study.task!r}; expected 'classification', 'regression' or None")
    check_whole("repeats", study.repeats, least=2)
    for name in ("test_share", "level"):
        value = getattr(study, name)
        if not isinstance(value, Real) or isinstance(value, bool) or not 0 < value < 1:
            raise InputError(f"{name} is {value!r}; expected a share, above 0 and below 1")
    for name in ("learning_rate", "transfer_rate"):
        value = getattr(study, name)
        if value is not None and (not isinstance(value, Real) or isinstance(value, bool) or not value > 0):
            raise InputError(f"{name} is {value!r}; expected a number above 0, or None")
    if study.progress is not None and not callable(study.progress):
        raise InputTypeError(
            f"progress is {study.progress!r}; expected a function of the trainings done and in all, or None"
        )


def check_depths(depths: Any, layers: list[str]) -> tuple[int, ...]:
    """The depths asked for, ascending and each once; all where none are."""
    n = len(layers)
    if depths is None:
        return tuple(range(1, n + 1))
    if isinstance(depths, (str, Integral)) or not isinstance(depths, Iterable):
        raise InputTypeError(f"depths is {depths!r}; expected a list of whole numbers from 0 to {n}, or None")
    asked = list(depths)
    bad = [d for d in asked if not isinstance(d, Integral) or isinstance(d, bool) or not 0 <= d <= n]
    if bad:
        raise InputError(
            f"depths holds {bad[0]!r}; expected whole numbers from 0 to {n}, since the network has {n} layers: "
            f"{shown(layers)}"
        )
    if not any(d > 0 for d in asked):
        raise InputError(f"depths is {asked!r}; expected at least one from 1 to {n}: at 0 nothing is taken over")
    return tuple(sorted({int(d) for d in asked}))
