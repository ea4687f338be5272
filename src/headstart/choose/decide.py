"""What the judge's numbers lead to: the weights of the model, the verdict, the leaderboard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..guard import Verdict
from .candidates import Candidate
from .cross_fit import CrossFit
from .judge import Judge
from .leaderboard import leaderboard
from .verdict import Evidence, give_verdict


@dataclass(frozen=True)
class Decision:
    """The weights of the candidates in the model, what is said of the source, and every candidate's row."""

    weights: dict[str, float]
    verdict: Verdict | None
    note: str
    leaderboard: pd.DataFrame
    curve: pd.DataFrame | None = None


def decide(
    judge: Judge,
    found: CrossFit,
    listed: list[Candidate],
    *,
    policy: str,
    evidence: Evidence,
    curve: Callable[[np.ndarray, np.ndarray], pd.DataFrame],
) -> Decision:
    """Weigh the candidates by ``policy``, and judge the source.

    ``curve`` gives the learning curve of the target alone, from the weights of its candidates and its scores in each
    fold.
    """
    choice = judge.choose()
    without = judge.alone_weights(choice, policy)
    weights = without
    verdict, note, learned = None, "", None
    if not evidence.has_source:
        note = (
            "no source was given, so there is no transfer to judge: the model is the best that was found of the target "
            f"alone, {judge.alone_name(choice, policy)}"
        )
    else:
        weights = judge.one_hot(choice.best) if policy == "best" else choice.blend
        scores, alone = judge.policy_scores(policy), judge.alone_scores(policy)
        if judge.of_target.all():
            weights = without
            note = "no candidate that uses a source could be fitted: see the notes of the leaderboard"
        elif np.isfinite(scores - alone).any():
            learned = curve(without, alone)
            verdict = give_verdict(judge, choice, policy, scores, alone, learned, evidence)
        else:
            note = (
                f"no fold could be scored: {judge.metric.name} is not defined on the few target rows that each leaves "
                "out. Label more target rows"
            )
        if policy == "strict" and (verdict is None or verdict.decision != "helps"):
            weights = without
            note = note or (
                "policy 'strict': the interval does not show that transfer helps, so the model handed over is "
                f"{judge.alone_name(choice, policy)}"
            )
    shares = dict(zip([c.name for c in judge.candidates], weights.tolist(), strict=True))
    return Decision(shares, verdict, note, leaderboard(judge, judge.single_scores(), shares, found, listed), learned)
