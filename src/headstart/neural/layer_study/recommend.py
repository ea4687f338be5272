"""From a table to a recommendation that noise does not make."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...core.errors import InputError
from ...numeric.resampled import Gain
from .outcomes import Outcomes
from .table import AGAINST, over_base

# A simpler network may be this much behind the best, in accuracy or R2, where the rows do not tell them apart. On
# digits (100 and 500 labels; chosen by 100 rows to score on, judged on other splits) 0.005 cost 0.001 over taking the
# best score, 0.01 cost 0.005, and all of one standard error up to 0.02.
CLOSE = 0.005


@dataclass(frozen=True)
class Recommendation:
    """What to do with the layers.

    Attributes
    ----------
    decision : {"transfer", "scratch", "undetermined"}
        "transfer": the interval of the gain of the network chosen, widened for having been chosen of many, lies above
        zero. "scratch": that of every network lies below zero. Else the rows do not tell.
    depth : int
        How many layers to take over: of the network chosen, also where the rows do not tell whether it is better than
        none; 0 for "scratch".
    mode : str
        "frozen", "tuned", "probe" or "scratch".
    layer : str
        The last layer taken over.
    gain : float
        Of the network chosen, over the one from scratch.
    interval : tuple of float
        Where that gain lies with probability ``level``, widened for the choice.
    level : float
        Coverage of the interval.
    words : str
        All that in sentences.
    """

    decision: str
    depth: int
    mode: str
    layer: str
    gain: float
    interval: tuple[float, float]
    level: float
    words: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**asdict(self), "interval": list(self.interval)}

    def __str__(self) -> str:
        return self.words


def recommend(
    table: pd.DataFrame,
    scores: pd.DataFrame,
    rows: tuple[int, int],
    *,
    level: float,
    metric: str,
    modes: tuple[str, ...],
) -> Recommendation:
    """Choose a network, then hold it against the one from scratch.

    Chosen is the network with the best score, but for a simpler one that is as good as far as the rows tell: at most
    ``CLOSE`` behind, and within one standard error (of the paired difference, over the repeats). Simplest is that with
    the fewest weights to learn, and of those the one with the fewest that start from random; of probes, which learn
    no layer, that of the fewest layers.
    """
    arms = table[table["mode"].isin(modes) & table["score"].notna()]
    base = table[table["mode"].isin([AGAINST[mode] for mode in modes])]
    if arms.empty or base["score"].isna().all():
        what = "network that takes layers over" if arms.empty else "network from scratch"
        raise InputError(
            f"no {what} could be scored: training diverged, or held-out labels are all the same; expected a smaller "
            "learning_rate or transfer_rate, or more rows"
        )
    chosen = _simplest(arms, scores, rows[1])
    depth, mode, layer = int(chosen["depth"]), str(chosen["mode"]), str(chosen["layer"])
    gains = {index: _gain(scores, arm, rows[1], level, len(arms)) for index, arm in arms.iterrows()}
    gain = gains[chosen.name]
    if gain.low > 0:
        decision = "transfer"
    elif all(other.high < 0 for other in gains.values()):
        decision = "scratch"
    else:
        decision = "undetermined"
    words = _words(decision, depth, mode, layer, gain.mean, (gain.low, gain.high), level, metric, rows)
    if decision == "scratch":
        depth, mode, layer = 0, "scratch", ""
    return Recommendation(decision, depth, mode, layer, gain.mean, (gain.low, gain.high), level, words)


def _gain(scores: pd.DataFrame, arm: pd.Series, n_train: int, level: float, n_arms: int) -> Gain:
    over = over_base(scores, int(arm["depth"]), str(arm["mode"]), n_train)
    assert over is not None
    return over.gain(level=level, chosen_of=n_arms)


def _simplest(arms: pd.DataFrame, scores: pd.DataFrame, n_train: int) -> pd.Series:
    def outcomes(arm: pd.Series) -> Outcomes:
        return Outcomes.of(scores, int(arm["depth"]), str(arm["mode"]), n_train)

    top = outcomes(arms.loc[arms["score"].idxmax()])
    near = []
    for index, arm in arms.iterrows():
        behind = top - outcomes(arm)
        # Without an error, of a single repeat that both have, only an equal score is near.
        if behind.mean <= min(np.nan_to_num(behind.error), CLOSE):
            near.append(index)
    keys = ["depth"] if (arms["mode"] == "probe").all() else ["trained", "fresh", "depth"]
    return arms.loc[near].sort_values(keys, kind="stable").iloc[0]


def _words(
    decision: str,
    depth: int,
    mode: str,
    layer: str,
    gain: float,
    span: tuple[float, float],
    level: float,
    metric: str,
    rows: tuple[int, int],
) -> str:
    span_said = f"{level:.0%} interval {span[0]:+.3f} to {span[1]:+.3f}, widened for the choice"
    told = f"{gain:+.3f} {metric} over {BASES[mode]} ({span_said})"
    layers = f"the first {depth} layers (up to {layer!r})" if depth > 1 else f"the first layer ({layer!r})"
    how = f"{HOW[mode]} {layers}"
    if decision == "transfer":
        return f"{how[0].upper()}{how[1:]}: {told}."
    if decision == "scratch":
        return f"Start from scratch: all that was tried is worse; the best, to {how}, has {told}."
    return (
        f"Undetermined: the rows do not tell whether transfer is better than {BASES[mode]} ({rows[0]} rows to score on "
        f"in a repeat). If one must choose: {how}; {told}."
    )


BASES = {"frozen": "starting from scratch", "tuned": "starting from scratch", "probe": "layers with random weights"}
HOW = {
    "frozen": "keep and freeze",
    "tuned": "keep and fine-tune",
    "probe": "put a linear model on the features of",
}
