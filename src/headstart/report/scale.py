"""Where a value stands on an axis, in percent of its length."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from .words import is_number


@dataclass(frozen=True)
class Scale:
    """An axis from ``low`` to ``high``, and the values that it names."""

    low: float
    high: float
    ticks: tuple[float, ...]
    decimals: int

    @classmethod
    def around(cls, values: Iterable[float], *, pad: float = 0.06, n_ticks: int = 5) -> Scale:
        """An axis that holds all finite values with some room at both ends."""
        known = [float(v) for v in values if is_number(v)]
        low, high = (min(known), max(known)) if known else (0.0, 1.0)
        if high - low < 1e-9:
            low, high = low - 0.01, high + 0.01
        room = pad * (high - low)
        return cls._ticked(low - room, high + room, n_ticks)

    @classmethod
    def of_gains(cls, verdict: Iterable[float], others: Iterable[float]) -> Scale:
        """An axis for gains: zero and the verdict always on it; a ruinous candidate does not squeeze the rest.

        Candidates may reach three times as far as the verdict, or as the middle candidate; beyond that they are
        drawn at the edge as an arrow.
        """
        core = [abs(v) for v in verdict if is_number(v)]
        rest = [float(v) for v in others if is_number(v)]
        middle = sorted(abs(v) for v in rest)[len(rest) // 2] if rest else 0.0
        reach = 3 * max([*core, middle, 0.0]) if core or rest else 1.0
        kept = [min(max(v, -reach), reach) for v in rest]
        held = [0.0, *(v for v in verdict if is_number(v)), *kept]
        fine = cls.around(held, n_ticks=6)
        return fine if fine.decimals <= 1 else cls.around(held, n_ticks=4)

    @classmethod
    def _ticked(cls, low: float, high: float, n_ticks: int) -> Scale:
        rough = (high - low) / n_ticks
        power = 10 ** math.floor(math.log10(rough))
        step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough * 0.999)
        first = math.ceil(low / step - 1e-9)
        last = math.floor(high / step + 1e-9)
        ticks = tuple(k * step for k in range(first, last + 1))
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        if abs(step / 10**-decimals - round(step / 10**-decimals)) > 1e-6:  # steps of 2.5
            decimals += 1
        return cls(low, high, ticks, decimals)

    def at(self, value: float) -> float:
        """The place of a value, 0 to 100; values beyond the axis stand at its end."""
        share = (value - self.low) / (self.high - self.low)
        return 100 * min(max(share, 0.0), 1.0)

    def holds(self, value: float) -> bool:
        """Whether the value lies on the axis."""
        return self.low <= value <= self.high
