"""Which cell to measure next: each once, then where one more repeat is likeliest to change the verdict."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from scipy.special import ndtr, stdtrit

from .cell import Cell, Estimate

Place = tuple[tuple[str, ...], str]


def first_round(sets: Sequence[tuple[str, ...]], targets: Sequence[str]) -> Iterator[Place]:
    """All cells, smaller sets first; of one size along diagonals, so that every source and target comes up early."""
    for size in sorted({len(s) for s in sets}):
        same = [s for s in sets if len(s) == size]
        for step in range(len(same)):
            for k, target in enumerate(targets):
                names = same[(k + step) % len(same)]
                if target not in names:
                    yield names, target


def chance_of_change(cell: Cell, test_share: float, folds_more: int) -> float:
    """The chance that ``folds_more`` further folds change what the cell's verdict rests on.

    That is whether the interval of the gain lies above zero, and whether that of pooling lies below. The mean of the
    further folds is normal about the mean so far, with the variance s^2 of folds, which is known from the interval:
    its half width is a quantile of Student's t times ``s sqrt(1/J + n_test/n_train)``. So the new mean moves by
    ``s sqrt(1/J - 1/(J + more))``, while the interval narrows to what J + more folds give. Claims can be lost as well
    as won: going on only where none is made yet would be a search for claims.
    """
    if cell.verdict is None or cell.n_scored < 2:
        return 0.0
    gain = _crossing(cell.gain, test_share, cell.n_scored, folds_more, side=1)
    pooling = _crossing(cell.pooling, test_share, cell.n_scored, folds_more, side=-1)
    return 1 - (1 - gain) * (1 - pooling)


def _crossing(found: Estimate, test_share: float, J: int, more: int, *, side: int) -> float:
    """The chance that the interval's end nearer to zero changes its side of zero."""
    if not math.isfinite(found.mean) or not math.isfinite(found.low) or found.error == 0.0:
        return 0.0
    spread = found.error / math.sqrt(1 / J + test_share)
    reach = float(stdtrit(J + more - 1, (1 + found.level) / 2)) * spread * math.sqrt(1 / (J + more) + test_share)
    moves = spread * math.sqrt(1 / J - 1 / (J + more))
    claimed = (found.low if side > 0 else -found.high) > 0
    above = float(ndtr((side * found.mean - reach) / moves))
    return 1 - above if claimed else above
