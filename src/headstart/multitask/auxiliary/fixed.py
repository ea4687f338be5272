"""Auxiliary tasks that count by a fixed weight."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ...core.errors import InputError
from .base import AuxiliaryWeights


@dataclass(frozen=True)
class FixedWeight(AuxiliaryWeights):
    """Each auxiliary loss times one number, all the time.

    Parameters
    ----------
    value : float, default=1.0
        The weight beside a main task, which counts 1.

    Examples
    --------
    >>> from headstart.multitask import FixedWeight
    >>> FixedWeight(0.3)
    FixedWeight(value=0.3)
    """

    value: float = 1.0

    def __post_init__(self) -> None:
        if not math.isfinite(self.value) or self.value < 0:
            raise InputError(f"FixedWeight(value={self.value!r}); expected a finite number of at least 0")

    def start(self) -> float:
        """The weight."""
        return self.value
