"""The best partition of a few things into groups, where each group has a score."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Up to so many things every partition is compared; 3 ** 12 pairs of a set and its subset.
EXACT = 12
# Sums that differ by less are equal, and rounding has made the difference.
TIE = 1e-9


def best_partition(
    n: int, score: Callable[[tuple[int, ...]], float], *, groups: int | None = None
) -> list[tuple[int, ...]]:
    """The partition of ``range(n)`` with the largest sum of scores, exact up to 12 things.

    Above that, groups are joined one pair at a time, the pair that gains most, and then single things are moved while
    that gains: a local optimum.

    Parameters
    ----------
    n : int
        Number of things.
    score : callable
        The score of a group, given as its sorted places.
    groups : int, default=None
        Number of groups. None: whatever is best; among equals the fewest.

    Returns
    -------
    list of tuple of int
        The groups, by their first member.
    """
    if n <= EXACT:
        return _exact(n, score, groups)
    return _joined(n, score, groups)


def _exact(n: int, score: Callable[[tuple[int, ...]], float], groups: int | None) -> list[tuple[int, ...]]:
    full = (1 << n) - 1
    members = [tuple(k for k in range(n) if s >> k & 1) for s in range(full + 1)]
    value = np.array([-np.inf] + [score(members[s]) for s in range(1, full + 1)])
    most = n if groups is None else groups
    # best[m][s]: the best sum of m groups that make up s, and the group of the first member of s in it.
    best = np.full((most + 1, full + 1), -np.inf)
    first = np.zeros((most + 1, full + 1), dtype=np.int64)
    best[0, 0] = 0.0
    for s in range(1, full + 1):
        low = s & -s
        rest = s ^ low
        part = rest
        while True:
            group = part | low
            left = s ^ group
            for m in range(1, most + 1):
                found = best[m - 1, left] + value[group]
                if found > best[m, s]:
                    best[m, s], first[m, s] = found, group
            if part == 0:
                break
            part = (part - 1) & rest
    sums = best[1:, full]
    m = int(np.argmax(sums >= sums.max() - TIE)) + 1 if groups is None else groups
    found_groups, s = [], full
    while s:
        group = int(first[m, s])
        found_groups.append(members[group])
        s, m = s ^ group, m - 1
    return found_groups


def _joined(n: int, score: Callable[[tuple[int, ...]], float], groups: int | None) -> list[tuple[int, ...]]:
    found: list[tuple[int, ...]] = [(k,) for k in range(n)]
    while len(found) > 1:
        gains = {
            (i, j): score(_merged(found[i], found[j])) - score(found[i]) - score(found[j])
            for i in range(len(found))
            for j in range(i + 1, len(found))
        }
        i, j = max(gains, key=gains.__getitem__)
        if (groups is None and gains[i, j] < -TIE) or len(found) == groups:
            break
        merged = _merged(found[i], found[j])
        found = [g for k, g in enumerate(found) if k not in (i, j)] + [merged]
    return sorted(_moved(found, score))


def _moved(groups: list[tuple[int, ...]], score: Callable[[tuple[int, ...]], float]) -> list[tuple[int, ...]]:
    """Move single things between groups while that gains; no group is emptied."""
    found = list(groups)
    for _ in range(10 * sum(map(len, found))):
        best, move = 1e-12, None
        for i, g in enumerate(found):
            for k in g if len(g) > 1 else ():
                less = tuple(m for m in g if m != k)
                for j, h in enumerate(found):
                    if i == j:
                        continue
                    gain = score(less) + score(_merged(h, (k,))) - score(g) - score(h)
                    if gain > best:
                        best, move = gain, (i, j, k)
        if move is None:
            break
        i, j, k = move
        found[i], found[j] = tuple(m for m in found[i] if m != k), _merged(found[j], (k,))
    return found


def _merged(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(a + b))
