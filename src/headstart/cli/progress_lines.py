"""Progress where there is no terminal: now and then a line, with the steps done and about how long the rest takes."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..report.words import seconds

# Seconds between lines: a log of an hour has some hundreds of them at most.
BETWEEN = 5.0


class ProgressLines:
    """Tells steps as they begin, in lines of text.

    Parameters
    ----------
    tell : callable
        Prints a line.
    between : float, default=5.0
        Seconds at least between two lines; the first step is always told.
    clock : callable, default=time.monotonic
        Gives the time in seconds.
    """

    def __init__(
        self, tell: Callable[[str], None], between: float = BETWEEN, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._tell, self._between, self._clock = tell, between, clock
        self._start, self._last = clock(), -float("inf")

    def __call__(self, done: int, total: int, name: str = "") -> None:
        """Tell that ``done`` of ``total`` steps are done, and that the one called ``name`` begins."""
        now = self._clock()
        if done >= total or now - self._last < self._between:
            return
        self._last = now
        spent = now - self._start
        left = f", {seconds(spent)} so far, about {seconds(spent / done * (total - done))} left" if done else ""
        self._tell(f"{done + 1} of {total}{f': {name}' if name else ''}{left}")
