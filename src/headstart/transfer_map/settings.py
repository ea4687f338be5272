"""The settings that all maps have: their checks, and how they stand in the file that a map goes on from."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import numpy as np

from ..core.errors import InputError
from .claims import check_correction

_OF = ("headstart", "numpy", "scipy", "pandas", "scikit-learn")


def check_settings(level: Any, correction: Any, repeats: Any, time_limit: Any, random_state: Any) -> int:
    """Raise where a setting is wrong; the seed."""
    if not isinstance(level, (int, float)) or not 0 < level < 1:
        raise InputError(f"level={level!r}; expected a share between 0 and 1, such as 0.9")
    check_correction(correction)
    if isinstance(repeats, bool) or not isinstance(repeats, (int, np.integer)) or repeats < 1:
        raise InputError(f"repeats={repeats!r}; expected a whole number of at least 1")
    if time_limit is not None and not (isinstance(time_limit, (int, float, np.number)) and time_limit > 0):
        raise InputError(f"time_limit={time_limit!r}; expected a number of seconds, more than 0, or None")
    if isinstance(random_state, bool) or not isinstance(random_state, (int, np.integer)) or random_state < 0:
        raise InputError(
            f"random_state={random_state!r}; expected a whole number of at least 0: a map that is gone on with has to "
            "draw the same folds"
        )
    return int(random_state)


def check_whole(name: str, value: Any, least: int) -> None:
    """Raise where a setting is no whole number of at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise InputError(f"{name}={value!r}; expected a whole number of at least {least}")


def versions() -> dict[str, str]:
    """Of the libraries that numbers depend on."""
    return {name: version(name) for name in _OF}


def named(scoring: Any) -> str:
    """A metric as a word."""
    return str(getattr(scoring, "__qualname__", str(scoring)))
