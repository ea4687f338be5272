"""How far a share of few rows may lie from that of all rows."""

from __future__ import annotations

import math


def wilson(share: float, n: float, z: float) -> tuple[float, float]:
    """Wilson's interval (1927) of a share of ``n`` rows, ``z`` standard errors to each side.

    Examples
    --------
    >>> [round(end, 3) for end in wilson(0.5, 100, 1.645)]
    [0.419, 0.581]
    """
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return centre - half, centre + half
