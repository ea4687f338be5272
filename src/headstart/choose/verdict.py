"""The verdict from the judge's numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..guard import Verdict
from ..numeric.resampled import UNKNOWN, unseen_difference
from .curve import worth_labels
from .judge import Chosen, Judge

# With fewer labelled rows every fold would hold less than one row of each class.
FEWEST_ROWS = 8


@dataclass(frozen=True)
class Evidence:
    """What a verdict is about, beside the candidates' values.

    ``plain`` are the candidates, by place, that stand for trust in the source without a look at it; ``trusting`` is
    what that trust does, in words. ``leaks`` are sources that hold rows of the target. ``plain_scores``
    (n_folds,) are the scores of that trust where it is not one candidate in all folds.
    """

    has_source: bool
    n_target: int
    n_source: int
    plain: tuple[int, ...]
    trusting: str
    leaks: tuple[str, ...] = ()
    plain_scores: np.ndarray | None = None


def give_verdict(
    judge: Judge,
    choice: Chosen,
    policy: str,
    scores: np.ndarray,
    alone: np.ndarray,
    curve: pd.DataFrame,
    evidence: Evidence,
) -> Verdict:
    """Helps where the interval of the model's gain lies above zero; hurts where pooling's lies below and it does not.

    The gain is that of the model which the policy makes, cross-fitted, so that having chosen the best of many does
    not flatter it, over the best that is made of the target alone, a blend too: averaging gains without any
    source. What hurts is judged on plain pooling, what someone who trusts the source would do, which is one learner, so
    it is held against the best single one: the model that is handed over is guarded against the harm that the verdict
    reports. Where a source holds rows of the target nothing is said to help: the gain may be that of having seen the
    rows that are scored.
    """
    n_target, leaks, single = evidence.n_target, evidence.leaks, judge.single_scores()
    gain = unseen_difference(judge.gain(scores, alone, chosen_of=1), n_target, level=judge.level)
    pooled = [judge.gain(judge.candidate_scores(k), single) for k in evidence.plain]
    if evidence.plain_scores is not None:
        pooled.append(judge.gain(evidence.plain_scores, single))
    naive = max(pooled, key=lambda g: g.mean, default=UNKNOWN)
    decision = "undetermined"
    if gain.low > 0 and not leaks:
        decision = "helps"
    elif naive.high < 0:
        decision = "hurts"
    transfer = [k for k, c in enumerate(judge.candidates) if c.role != "target only"]
    own_scores = [judge.mean_score(judge.candidate_scores(k)) for k in transfer]
    method = judge.candidates[transfer[int(np.nanargmax(own_scores))]].name
    base_score = judge.mean_score(alone)
    return Verdict(
        decision=decision,
        metric=judge.metric.name,
        gain=gain.mean,
        interval=(gain.low, gain.high),
        level=judge.level,
        p_harm=gain.p_harm,
        worth_labels=worth_labels(curve, gain.mean, n_target),
        score=base_score + gain.mean,
        baseline_score=base_score,
        baseline=judge.alone_name(choice, policy),
        method=method,
        n_target=n_target,
        n_source=evidence.n_source,
        pooling_gain=naive.mean,
        pooling_interval=(naive.low, naive.high),
        leaks=leaks,
        trusting=evidence.trusting,
        pooling_baseline=judge.candidates[choice.single].name,
    )
