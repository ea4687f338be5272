"""Which scores of the table are asked for, and the bootstrap around each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..core.errors import InputError
from ..numeric.group_bootstrap import N_FOLDS, bootstrap_draws, bootstrap_interval
from .result import Score
from .rows import Found
from .table import BY_NAME, TABLE, ScoreKind


def choose(
    asked: str | Iterable[str], among: tuple[str, ...], lacks: Callable[[ScoreKind], str | None]
) -> tuple[list[ScoreKind], dict[str, str]]:
    """The scores asked for, and those left out of "default" and "all" with what they lack.

    ``among`` are the names that this front knows; ``lacks`` says what a score needs and was not given.
    """
    kinds = [kind for kind in TABLE if kind.name in among]
    if isinstance(asked, str) and asked in ("default", "all"):
        wanted = [kind for kind in kinds if kind.default or asked == "all"]
        skipped = {kind.name: reason for kind in wanted if (reason := lacks(kind))}
        found = [kind for kind in wanted if kind.name not in skipped]
        if not found:
            raise InputError(f"nothing to score: {'; '.join(dict.fromkeys(skipped.values()))}")
        return found, skipped
    names = [asked] if isinstance(asked, str) else list(asked)
    unknown = [name for name in names if name not in among]
    if unknown or not names:
        raise InputError(f"scores={asked!r}; expected 'default', 'all' or names among {', '.join(among)}")
    for name in names:
        reason = lacks(BY_NAME[name])
        if reason:
            raise InputError(f"{name}: {reason}")
    return [BY_NAME[name] for name in dict.fromkeys(names)], {}


def check_bootstrap(n_boot: int, level: float, n: int, random_state: int) -> None:
    """``n_boot`` 0 or at least 20, ``level`` between 0 and 1, rows enough for groups."""
    if n_boot != 0 and n_boot < 20:
        raise InputError(f"n_boot={n_boot!r}; expected 0, for no interval, or at least 20")
    if not 0 < level < 1:
        raise InputError(f"level={level!r}; expected a number between 0 and 1, such as 0.95")
    if isinstance(random_state, bool) or not isinstance(random_state, (int, np.integer)) or random_state < 0:
        raise InputError(
            f"random_state={random_state!r}; expected a whole number: the same one for all candidates makes their "
            "draws comparable"
        )
    if n_boot and n < 2 * N_FOLDS:
        raise InputError(
            f"there are {n} rows; expected {2 * N_FOLDS} at least for an interval: n_boot=0 gives scores without one"
        )


def scored(kind: ScoreKind, evaluate: Callable[[], Found], n_boot: int, level: float, random_state: int) -> Score:
    """One score with its interval."""
    start = time.perf_counter()
    found = evaluate()
    low = high = float("nan")
    draws: Any = np.empty(0)
    if n_boot:
        # the same groups are drawn for every score and every candidate
        draws = bootstrap_draws(found.value, found.without, n_boot, np.random.default_rng(random_state))
        draws = np.clip(draws, *kind.bounds)
        low, high = bootstrap_interval(draws, found.without.size, level)
    seconds = time.perf_counter() - start
    return Score(kind.name, found.value, low, high, kind.higher_is_better, seconds, draws)
