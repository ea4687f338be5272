"""The verdict: does transfer help, by how much, and how sure is that?"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Verdict:
    """Whether transfer helps, with the evidence.

    Attributes
    ----------
    decision : {"helps", "hurts", "undetermined"}
        "helps": the interval of the gain lies above zero, and no source holds rows of the target. "hurts": the interval
        of plain pooling's gain lies below zero and the first does not lie above: whoever trusts the source loses.
        Else the rows do not tell.
    metric : str
        What is scored; higher is better.
    gain : float
        Score of the model less the score of target only.
    interval : tuple of float
        Where the true gain lies with probability ``level``.
    level : float
        Coverage of the intervals.
    p_harm : float
        Probability that the true gain is below zero.
    worth_labels : float or None
        How many more target labels would have bought the gain; None where that cannot be told, infinity where it is
        more than the learning curve reaches.
    score, baseline_score : float
        Out-of-fold score of the model with transfer, and of what was made of the target alone. Under the policy
        "strict" the first is handed over only where it helps.
    baseline : str
        What was made of the target alone, which the gain is over: a learner, or a blend of several.
    method : str
        The transfer method with the best score of its own.
    n_target, n_source : int
        Numbers of labelled rows.
    pooling_gain : float
        Gain of the better plain pooling, source and target rows in one table, over the best single target-only learner.
    pooling_interval : tuple of float
        Its interval.
    leaks : tuple of str
        Sources that hold rows of the target: no gain over these rows is to be trusted.
    trusting : str
        What someone who trusts the source would do, which ``pooling_gain`` is of: "pooling it", "its model alone"
        where the source is a fitted model without rows, or, of a network, "fine-tuning all layers".
    pooling_baseline : str
        The best single target-only learner, which ``pooling_gain`` is over; "" for ``baseline``.
    """

    decision: str
    metric: str
    gain: float
    interval: tuple[float, float]
    level: float
    p_harm: float
    worth_labels: float | None
    score: float
    baseline_score: float
    baseline: str
    method: str
    n_target: int
    n_source: int
    pooling_gain: float = math.nan
    pooling_interval: tuple[float, float] = (math.nan, math.nan)
    leaks: tuple[str, ...] = ()
    trusting: str = "pooling it"
    pooling_baseline: str = ""

    def sentence(self) -> str:
        """The verdict in one sentence."""
        low, high = self.interval
        name = METRIC_WORDS.get(self.metric, self.metric)
        span = f"{self.level:.0%} interval {low:+.3f} to {high:+.3f}"
        if self.decision == "helps":
            return f"Transfer helps: {self.gain:+.3f} {name} over {self.baseline} ({span}){self._worth()}."
        if self.decision == "hurts":
            below, above = self.pooling_interval
            return (
                f"{self.shortcut} hurts: it changes {name} by {self.pooling_gain:+.3f} over {self.single} "
                f"({self.level:.0%} interval {below:+.3f} to {above:+.3f}). {self._model()} {self.gain:+.3f}"
                f"{f' over {self.baseline}' if self.single != self.baseline else ''} ({span})."
            )
        if self.leaks:
            return (
                f"Undetermined: rows of the target stand in {', '.join(self.leaks)} too, so {self.gain:+.3f} {name} "
                f"over {self.baseline} may be nothing but that."
            )
        return (
            f"Undetermined: {self.gain:+.3f} {name} over {self.baseline} ({span}); {self.n_target} labelled rows do "
            "not tell whether transfer helps."
        )

    @property
    def single(self) -> str:
        """The target-only learner that pooling is held against."""
        return self.pooling_baseline or self.baseline

    @property
    def shortcut(self) -> str:
        """What someone who trusts the source would do, as the beginning of a sentence."""
        return _SHORTCUTS.get(self.trusting, f"{self.trusting[0].upper()}{self.trusting[1:]}")

    def _model(self) -> str:
        """What the model's own interval says, where the shortcut hurts."""
        if self.leaks:
            return f"The model weighed by held-out rows saw rows of the target in {', '.join(self.leaks)}:"
        low, high = self.interval
        if low <= 0 <= high:
            return "Whether the model weighed by held-out rows helps is undetermined:"
        return f"The model weighed by held-out rows {'gains' if low > 0 else 'loses too'}:"

    def _worth(self) -> str:
        if self.worth_labels is None:
            return ""
        if math.isinf(self.worth_labels):
            return ", more than further labels are likely to bring"
        return f", worth about {self.worth_labels:.0f} more labels"

    def to_dict(self) -> dict[str, Any]:
        """The verdict as a dictionary that JSON can hold; infinity becomes the word "unbounded"."""
        out = asdict(self)
        for key, value in out.items():
            if isinstance(value, tuple):
                out[key] = [v if isinstance(v, str) else _plain(v) for v in value]
            elif isinstance(value, float):
                out[key] = _plain(value)
        return out

    def __str__(self) -> str:
        return self.sentence()


_SHORTCUTS = {"pooling it": "Pooling", "its model alone": "The source's model alone"}
METRIC_WORDS = {"roc_auc": "AUC", "accuracy": "accuracy", "r2": "R2"}


def _plain(value: float) -> float | str | None:
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else "unbounded"
