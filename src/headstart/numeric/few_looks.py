"""The least of a row of losses, found by looking at few of them."""

from __future__ import annotations

from collections.abc import Callable

# Losses that differ by less are equal.
_EQUAL = 1e-12


def least(n: int, look: Callable[[int], float], start: int, stride: int = 1) -> int:
    """Index of a loss, among ``n``, that is less than those of its neighbours; of equal ones the last.

    From ``start`` it goes to where the losses fall, by ``stride``, then by half of that, and so on. Where the losses
    fall and then rise it is the least of all.
    """
    seen: dict[int, float] = {}

    def at(k: int) -> float:
        if k not in seen:
            seen[k] = look(k)
        return seen[k]

    best, low = start, at(start)
    while stride:
        moved = True
        while moved:
            moved = False
            for k in (best + stride, best - stride):
                if 0 <= k < n and at(k) < low + (_EQUAL if k > best else -_EQUAL):
                    best, low, moved = k, at(k), True
                    break
        stride //= 2
    return best


def least_of_every(n: int, look: Callable[[int], float], stride: int = 1, patience: int | None = None) -> int:
    """Index of the least of every ``stride``-th loss, from the last to the first; of equal ones the last.

    After ``patience`` looks that found none less it looks no further.
    """
    best, low = n - 1, look(n - 1)
    for k in range(n - 1 - stride, -1, -stride):
        loss = look(k)
        if loss < low - _EQUAL:
            best, low = k, loss
        elif patience is not None and best - k >= patience * stride:
            break
    return best
