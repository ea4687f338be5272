"""From the scores of all repeats to one row for each network: mean, standard error, gain with its interval."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...numeric.resampled import Gain, corrected_error, corrected_gain, unseen_difference

COLUMNS = [
    "depth",
    "layer",
    "mode",
    "scored_on",
    "score",
    "error",
    "gain",
    "gain_low",
    "gain_high",
    "p_harm",
    "trained",
    "fresh",
]
# Which network each is compared with, on the same rows.
AGAINST = {
    "frozen": "scratch",
    "tuned": "scratch",
    "control frozen": "source",
    "control tuned": "source",
    "probe": "random",
}
ORDER = ("source", "scratch", "frozen", "tuned", "control frozen", "control tuned", "random", "probe")
SOURCE_MODES = ("source", "control frozen", "control tuned")


def table_of(
    scores: pd.DataFrame, layers: list[str], rows: dict[str, tuple[int, int]], *, level: float
) -> pd.DataFrame:
    """One row a depth and mode.

    ``scores`` has the columns repeat, depth, mode, score, trained, fresh. ``rows``: for "target" and "source" the
    numbers of rows held out and learned from in a repeat.
    """
    found = []
    for (depth, mode), part in scores.groupby(["depth", "mode"], sort=False):
        on = "source" if mode in SOURCE_MODES else "target"
        values = by_repeat(scores, depth, mode)
        n_test, n_train = rows[on]
        gain = gain_of(scores, depth, mode, rows[on], level=level)
        layer = layers[depth - 1] if depth else ""
        row = [depth, layer, mode, on, _mean(values), corrected_error(values, n_test / n_train)]
        row += [gain.mean, gain.low, gain.high, gain.p_harm] if gain else [np.nan] * 4
        found.append([*row, int(part["trained"].iloc[0]), int(part["fresh"].iloc[0])])
    table = pd.DataFrame(found, columns=COLUMNS)
    table["mode"] = pd.Categorical(table["mode"], ORDER)
    table = table.sort_values(["mode", "depth"], kind="stable", ignore_index=True)
    return table.assign(mode=table["mode"].astype(str))


def gain_of(
    scores: pd.DataFrame, depth: int, mode: str, rows: tuple[int, int], *, level: float, chosen_of: int = 1
) -> Gain | None:
    """The gain, repeat by repeat, over the network that takes nothing over; None for that one."""
    if mode not in AGAINST:
        return None
    n_test, n_train = rows
    differences = by_repeat(scores, depth, mode) - _base(scores, AGAINST[mode])
    gain = corrected_gain(differences, n_test / n_train, level=level, chosen_of=chosen_of)
    return unseen_difference(gain, n_test, level=1 - (1 - level) / chosen_of)


def _base(scores: pd.DataFrame, mode: str) -> np.ndarray:
    """Scores of what a gain is over: of several random layers those of the best one."""
    means = scores[scores["mode"] == mode].groupby("depth")["score"].mean()
    return by_repeat(scores, int(means.fillna(-np.inf).idxmax()), mode)


def by_repeat(scores: pd.DataFrame, depth: int, mode: str) -> np.ndarray:
    """Scores (n_repeats,) of one network, in the order of the repeats."""
    part = scores[(scores["depth"] == depth) & (scores["mode"] == mode)]
    return part.sort_values("repeat")["score"].to_numpy(float)


def _mean(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
