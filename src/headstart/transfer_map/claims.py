"""What a map may claim: verdicts of many cells at once, with false ones held down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import false_discovery_control

from ..core.errors import InputError
from ..numeric.two_sample import holm
from .cell import Cell

CORRECTIONS = ("bh", "holm", None)


@dataclass(frozen=True)
class Claim:
    """What is said of a cell: its verdict in the map, and p-values, adjusted for all that the map asks.

    ``trust_hurts``: whether trusting the source surely loses, which it may do where the weighed model gains too.
    """

    decision: str
    p_helps: float
    p_hurts: float
    trust_hurts: bool


def check_correction(correction: str | None) -> None:
    """Raise where the way of correcting is not known."""
    if correction not in CORRECTIONS:
        raise InputError(
            f"correction={correction!r}; expected 'bh' (few of the claims are false), 'holm' (hardly any is), or None"
        )


def claims(cells: Sequence[Cell], *, correction: str | None, level: float) -> list[Claim]:
    """The claim of each cell.

    A cell asks two one-sided questions: does the model weighed by held-out rows gain, and does plain pooling lose? The
    p-values of all questions of the map are adjusted together. A claim stands where the cell's own interval makes it
    and the adjusted p-value is at most ``1 - level``: adjusting only ever takes claims back. Where both stand the
    verdict is "helps".
    """
    check_correction(correction)
    asked = np.array([_asked(cell) for cell in cells], dtype=float).reshape(-1, 2)
    adjusted = adjust(asked.ravel(), correction).reshape(-1, 2)
    most = np.inf if correction is None else 1 - level + 1e-12
    found = []
    for cell, (helps, hurts) in zip(cells, adjusted.tolist(), strict=True):
        if cell.verdict is None:
            found.append(Claim("", helps, hurts, trust_hurts=False))
            continue
        loses = cell.pooling.high < 0 and hurts <= most
        gains = cell.verdict.decision == "helps" and helps <= most
        decision = "helps" if gains else "hurts" if loses else "undetermined"
        found.append(Claim(decision, helps, hurts, trust_hurts=loses))
    return found


def adjust(p: np.ndarray, correction: str | None) -> np.ndarray:
    """P-values adjusted over all that are no NaN."""
    if correction is None:
        return p
    if correction == "holm":
        return holm(p)
    known = ~np.isnan(p)
    result = p.copy()
    if known.any():
        result[known] = false_discovery_control(p[known], method="bh")
    return result


def _asked(cell: Cell) -> tuple[float, float]:
    if cell.verdict is None:
        return np.nan, np.nan
    # Where a source holds rows of the target nothing is ever said to help, so the question is not asked.
    helps = np.nan if cell.verdict.leaks else cell.gain.p_above()
    return helps, cell.pooling.p_below()
