"""The cells of a map that a choice of sources may rest on."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from ..core.errors import HeadstartWarning, InputError
from .cell import Cell, written


def sound_cells(cells: Sequence[Cell]) -> list[Cell]:
    """The measured cells whose sources hold no rows of the target; the others are named by a warning.

    Raises
    ------
    InputError
        Where no cell is left.
    """
    measured = [c for c in cells if c.verdict is not None]
    sound = [c for c in measured if c.verdict is None or not c.verdict.leaks]
    left_out = [f"{written(c.sources)} to {c.target}" for c in measured if c not in sound]
    if measured and not sound:
        raise InputError(
            f"in every cell that was measured ({', '.join(left_out[:5])}) the sources hold rows of the target, so that "
            "no gain can be trusted; expected sources of other rows: take these rows out, and map again"
        )
    if left_out:
        warnings.warn(
            f"left out, since their sources hold rows of the target: {', '.join(left_out)}; take these rows out of the "
            "sources, and map again",
            HeadstartWarning,
            stacklevel=3,
        )
    return sound
