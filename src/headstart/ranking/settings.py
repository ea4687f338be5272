"""How a ranking is made, checked once for sources and backbones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from ..core.errors import InputError


@dataclass(frozen=True)
class Settings:
    """See ``rank_sources``."""

    keep: float
    repeats: int
    max_tried: int | None
    level: float
    time_limit: float | None
    progress: bool | Callable[[int, int, str], None]
    random_state: Any

    def __post_init__(self) -> None:
        if not (isinstance(self.keep, Real) and 0 < self.keep < 1):
            raise InputError(f"keep={self.keep!r}; expected a share between 0 and 1, such as 0.5")
        if not (isinstance(self.repeats, Integral) and self.repeats >= 1):
            raise InputError(f"repeats={self.repeats!r}; expected a whole number, at least 1")
        if self.max_tried is not None and not (isinstance(self.max_tried, Integral) and self.max_tried >= 1):
            raise InputError(f"max_tried={self.max_tried!r}; expected a whole number, at least 1, or None for all")
        if not (isinstance(self.level, Real) and 0.5 < self.level < 1):
            raise InputError(f"level={self.level!r}; expected a number between 0.5 and 1, such as 0.9")
        if self.time_limit is not None and not (isinstance(self.time_limit, Real) and self.time_limit > 0):
            raise InputError(f"time_limit={self.time_limit!r}; expected a number of seconds above 0")

    @property
    def seed(self) -> int | None:
        """The seed, where it is a number: what is recorded to repeat a ranking."""
        return int(self.random_state) if isinstance(self.random_state, Integral) else None

    def generator(self) -> np.random.Generator:
        """Random numbers of its own; without a seed NumPy's global ones are left alone."""
        if self.random_state is None:
            return np.random.default_rng()
        return np.random.default_rng(check_random_state(self.random_state).randint(2**31))
