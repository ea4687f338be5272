"""The columns that a candidate saw, in words: their names, and their numbers in the table's own units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .words import MINUS


@dataclass(frozen=True)
class Column:
    """A column of a matrix: a number of the table less ``centre``, over ``scale``; ``no`` says what a 0 means."""

    name: str
    centre: float = 0.0
    scale: float = 1.0
    no: str = ""

    def own(self, threshold: float) -> float:
        """A threshold in the table's units."""
        return float(self.centre + self.scale * threshold)

    def asks(self, threshold: float, digits: int = 4) -> tuple[str, str]:
        """The question whose yes goes left, name and bound apart; in words where it parts 0 from 1."""
        if self.no and 0 <= threshold < 1:
            return self.no, ""
        return self.name, f" \N{LESS-THAN OR EQUAL TO} {short(self.own(threshold), digits)}"


def short(value: float, digits: int = 4) -> str:
    """A number to some digits, without an exponent where it is of a common size."""
    text = f"{value:.{digits}g}"
    if "e" in text and 1 <= abs(value) < 1e9:
        text = f"{value:.0f}"
    return text.replace("-", MINUS)


def digits_for(first: float, second: float) -> int:
    """As many digits as it takes to tell two numbers apart, at least four."""
    return next((d for d in (4, 6, 8, 12) if short(first, d) != short(second, d)), 4)


def columns_of(estimator: Any, encoder: Any = None) -> list[Column]:
    """The columns of a fitted estimator: its own names, else those of the encoder before it, else x0, x1."""
    n = int(estimator.n_features_in_)
    names = getattr(estimator, "feature_names_in_", None)
    if names is not None:
        return [Column(str(name)) for name in names]
    known = [] if encoder is None else _encoded(encoder)
    return known if len(known) == n else [Column(f"x{j}") for j in range(n)]


def _encoded(encoder: Any) -> list[Column]:
    names = [str(name) for name in encoder.get_feature_names_out()]
    if encoder.sparse_:
        return [Column(name, 0.0, float(s)) for name, s in zip(names, encoder.sparse_scale_, strict=True)]
    found = _numbers(encoder.block_) + _marks(encoder.block_.names_out()[len(encoder.block_.names) :])
    for part in encoder.encoders_:
        own = part.names_out()
        if hasattr(part, "levels"):
            said = {f"{part.name}={level}": f"{part.name} is not {level}" for level in part.levels}
            found += [Column(n, no=said.get(n) or _there(n)) for n in own]
        elif hasattr(part, "block"):
            numbers = _numbers(part.block)
            found += numbers + _marks(own[len(numbers) :])
        else:
            found += [Column(n) for n in own]
    return found


def _numbers(block: Any) -> list[Column]:
    parts = zip(block.names, block.mean, block.deviation, strict=True)
    return [Column(str(name), float(mean), float(deviation)) for name, mean, deviation in parts]


def _marks(names: list[str]) -> list[Column]:
    return [Column(name, no=_there(name)) for name in names]


def _there(name: str) -> str:
    return f"{name.removesuffix(' is missing')} is not missing"
