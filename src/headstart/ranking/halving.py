"""Successive halving: all are tried a little, the better ones further."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Rung:
    """So many are tried on so many shufflings of the target rows."""

    repeats: int
    count: int


@dataclass
class Course:
    """What was measured: of each rung the row losses by name; ``left_out`` are those that time did not reach."""

    losses: dict[int, dict[str, np.ndarray]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

    def furthest(self, name: str) -> int:
        """The most shufflings that a name was measured on; 0 where it was not."""
        return max((repeats for repeats, found in self.losses.items() if name in found), default=0)

    def order(self) -> list[str]:
        """Names from the best to the worst: those tried further first, then by their mean loss."""
        names = {n: self.furthest(n) for found in self.losses.values() for n in found}
        return sorted(names, key=lambda n: (-names[n], float(np.nanmean(self.losses[names[n]][n]))))


def rungs_for(count: int, repeats: int, keep: float, fewest: int = 2) -> list[Rung]:
    """Double the shufflings from rung to rung up to ``repeats``, and take the share ``keep`` of the names along."""
    found, shuffled = [Rung(1, count)], 1
    while shuffled < repeats:
        shuffled = min(2 * shuffled, repeats)
        count = min(count, max(fewest, math.ceil(count * keep)))
        found.append(Rung(shuffled, count))
    return found


def successive_halving(
    names: list[str],
    measure: Callable[[str, int], np.ndarray | None],
    rungs: list[Rung],
    *,
    deadline: float | None,
    report: Callable[[int, int, str], None],
    last: Collection[str] = (),
) -> Course:
    """Measure ``names``, the most promising first; of each rung those with the smallest mean losses go on.

    Parameters
    ----------
    names : list of str
        In the order of what is believed of them beforehand, which decides only whom a deadline leaves out.
    measure : callable
        Gives the row losses (n_rows,) of a name after so many shufflings, None where it cannot be measured.
    rungs : list of Rung
        From the first to the last.
    deadline : float or None
        Seconds of ``time.perf_counter`` after which nothing is begun but the first measurement.
    report : callable
        Told before each measurement how many of how many are done, and of what round and name it is; at the end too.
    last : collection of str
        Names that go on after all others, whatever they lose.
    """
    course, going = Course(), list(names)
    total, done = sum(r.count for r in rungs), 0
    for number, rung in enumerate(rungs, start=1):
        found: dict[str, np.ndarray] = {}
        for k, name in enumerate(going[: rung.count]):
            if deadline is not None and (course.losses or found) and time.perf_counter() > deadline:
                course.left_out = tuple(going[k:]) if not course.losses else ()
                break
            report(done, total, f"round {number} of {len(rungs)}, {name}")
            losses = measure(name, rung.repeats)
            if losses is not None:
                found[name] = losses
            done += 1
        if found:
            course.losses[rung.repeats] = found
        going = sorted(found, key=lambda n: (n in last, float(np.nanmean(found[n]))))
        if not going or (deadline is not None and time.perf_counter() > deadline):
            break
    report(total, total, "")
    return course
