"""From the scores of all repeats to one row for each network: mean, standard error, gain with its interval."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .outcomes import Outcomes

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


def table_of(scores: pd.DataFrame, layers: list[str], n_train: dict[str, int], *, level: float) -> pd.DataFrame:
    """One row a depth and mode.

    ``scores`` has the columns repeat, depth, mode, points, trained, fresh. ``n_train``: for "target" and "source" the
    number of rows learned from in a repeat.
    """
    found = []
    for (depth, mode), part in scores.groupby(["depth", "mode"], sort=False):
        on = "source" if mode in SOURCE_MODES else "target"
        outcomes = Outcomes.of(scores, depth, mode, n_train[on])
        over = over_base(scores, depth, mode, n_train[on])
        row = [depth, layers[depth - 1] if depth else "", mode, on, outcomes.mean, outcomes.error]
        gain = None if over is None else over.gain(level=level)
        row += [gain.mean, gain.low, gain.high, gain.p_harm] if gain else [np.nan] * 4
        found.append([*row, int(part["trained"].iloc[0]), int(part["fresh"].iloc[0])])
    table = pd.DataFrame(found, columns=COLUMNS)
    table["mode"] = pd.Categorical(table["mode"], ORDER)
    table = table.sort_values(["mode", "depth"], kind="stable", ignore_index=True)
    return table.assign(mode=table["mode"].astype(str))


def over_base(scores: pd.DataFrame, depth: int, mode: str, n_train: int) -> Outcomes | None:
    """What a network scores over the one that takes nothing over, on the same rows; None for that one. Of several
    random layers it is over those of the best depth."""
    if mode not in AGAINST:
        return None
    base = scores[scores["mode"] == AGAINST[mode]]
    means = {int(k): Outcomes.of(base, int(k), AGAINST[mode], n_train).mean for k in base["depth"].unique()}
    best = max(means, key=lambda k: np.nan_to_num(means[k], nan=-np.inf))
    return Outcomes.of(scores, depth, mode, n_train) - Outcomes.of(base, best, AGAINST[mode], n_train)
