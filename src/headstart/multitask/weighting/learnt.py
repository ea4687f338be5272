"""Numbers that a weighting learns by gradient descent of its own."""

from __future__ import annotations

import numpy as np

from .arrays import Memory, Vector

_FIRST, _SECOND, _TINY = 0.9, 0.999, 1e-8


def adam_memory(start: Vector) -> Memory:
    """The numbers and the moments that Adam keeps of them."""
    zero = np.zeros_like(start)
    return {"value": start, "first": zero.copy(), "second": zero.copy(), "count": zero.copy()}


def adam(memory: Memory, gradient: Vector, there: np.ndarray, rate: float) -> None:
    """One step of Adam on the entries that are ``there``; the others, with their moments, stay as they are."""
    value, first, second, count = (memory[k] for k in ("value", "first", "second", "count"))
    g = gradient[there]
    count[there] += 1
    first[there] = _FIRST * first[there] + (1 - _FIRST) * g
    second[there] = _SECOND * second[there] + (1 - _SECOND) * g * g
    mean = first[there] / (1 - _FIRST ** count[there])
    spread = np.sqrt(second[there] / (1 - _SECOND ** count[there]))
    value[there] -= rate * mean / (spread + _TINY)
