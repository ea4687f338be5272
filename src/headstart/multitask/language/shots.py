"""Examples in the prompt: labelled rows of the task, as many of each class as of any other."""

from __future__ import annotations

import numpy as np

from ...core.errors import InputError


def draw_shots(codes: np.ndarray, classes: np.ndarray, n_shots: int, rng: np.random.Generator, task: str) -> np.ndarray:
    """Which rows are shown, in random order; the numbers of the classes differ by one at most.

    Raises
    ------
    InputError
        Where a class has fewer labelled rows than it should show.
    """
    n_classes = len(classes)
    wanted = np.full(n_classes, n_shots // n_classes)
    # Which classes show one more is a matter of chance too.
    wanted[rng.permutation(n_classes)[: n_shots % n_classes]] += 1
    chosen = []
    for code, n in enumerate(wanted):
        members = np.flatnonzero(codes == code)
        if len(members) < n:
            raise InputError(
                f"task {task!r} has {len(members)} labelled rows of class {classes[code].item()!r}, and {n_shots} "
                f"shots ask for {n} of it; expected fewer shots or more labels"
            )
        chosen.append(rng.permutation(members)[:n])
    return rng.permutation(np.concatenate(chosen))
