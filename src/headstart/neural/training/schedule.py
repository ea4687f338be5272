"""The learning rate as a pure function of the step."""

from __future__ import annotations

import math

# One-cycle starts at 1/25 of the highest rate and ends at 1/10,000 of that start (the defaults of fastai and torch).
_START = 1 / 25
_END = _START / 1e4


def multiplier(schedule: str, warmup: float, step: int, n_steps: int) -> float:
    """What the highest learning rate is multiplied by at ``step`` (from 0) of ``n_steps``.

    Parameters
    ----------
    schedule : {"one-cycle", "cosine", "linear", "constant"}
        The form.
    warmup : float
        Share of the steps in which it rises.
    step, n_steps : int
        Where we are.

    Returns
    -------
    float
        Between 0 and 1.
    """
    if schedule == "one-cycle":
        top, last = warmup * n_steps - 1, n_steps - 1
        if step <= top:
            return _cosine(_START, 1.0, step / top) if top > 0 else 1.0
        return _cosine(1.0, _END, (step - max(top, 0.0)) / (last - max(top, 0.0))) if last > max(top, 0.0) else 1.0
    rise = warmup * n_steps
    if step < rise:
        # The first step has a rate, too: a step with rate 0 would be wasted.
        return (step + 1) / (math.ceil(rise) + 1)
    left = (n_steps - step) / (n_steps - rise)
    if schedule == "cosine":
        return 0.5 * (1 - math.cos(math.pi * left))
    return left if schedule == "linear" else 1.0


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))
