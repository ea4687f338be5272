"""All repeats of a study: their splits and seeds, and what the networks of each score."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..problem import Problem
from ..training.device import pick_device
from .probe import Probe
from .repeat import Repeat, Score, n_trainings
from .splits import SOURCE_SHARE, Split, held_out


def splits_of(
    how: Any, problem: Problem, classes: bool, random: np.random.Generator
) -> tuple[list[Split], list[Split | None], list[int]]:
    """For each repeat a split of the target, one of the source if there is one, and a seed."""
    splits: list[Split] = []
    of_source: list[Split | None] = []
    seeds: list[int] = []
    assert problem.y is not None
    for _ in range(how.repeats):
        mend = f"label more rows, or choose another test_share (now {how.test_share:g})"
        splits.append(held_out(problem.y, how.test_share, classes=classes, random=random, what="the target", mend=mend))
        if problem.ys is None:
            of_source.append(None)
        else:
            mend = "a source has to be large enough to train a network on"
            of_source.append(
                held_out(problem.ys, SOURCE_SHARE, classes=classes, random=random, what="the source", mend=mend)
            )
        seeds.append(int(random.integers(2**31 - 10)))
    return splits, of_source, seeds


def run(
    how: Any,
    problem: Problem,
    found: Any,
    splits: list[Split],
    source_splits: list[Split | None],
    seeds: list[int],
    depths: tuple[int, ...],
) -> pd.DataFrame:
    """One row a repeat, depth and mode, with the points of each held-out row."""
    device = pick_device(how.device)
    has_source = problem.ys is not None
    train = how.mode == "train"
    per_repeat = n_trainings(depths, how.controls, has_source) if train else 1
    total, done = how.repeats * per_repeat + (not train and has_source), 0

    def step() -> None:
        nonlocal done
        done += 1
        if how.progress is not None:
            how.progress(done, total)

    rows: list[tuple[int, Score]] = []
    if train:
        for r, (split, of_source, seed) in enumerate(zip(splits, source_splits, seeds, strict=True)):
            repeat = Repeat(how, problem, found, split, of_source, seed, device)
            rows += [(r, score) for score in repeat.scores(depths, how.controls, step)]
    else:
        probe = Probe(how, problem, found, source_splits[0], device)
        rows += list(probe.scores(splits, seeds, tuple(d for d in depths if d > 0), step))
    return pd.DataFrame([{"repeat": r, **vars(score)} for r, score in rows])
