"""A trial of sources on its way: what was read and fitted so far, and what the folds say of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from .candidates import Candidate
from .cross_fit import CrossFit
from .judge import Judge
from .problem import Problem
from .row_losses import held_out_losses
from .scoring import Metric
from .trial import Trial
from .verdict import Evidence, give_verdict

_NO_CURVE = pd.DataFrame(columns=["n_labels", "target_only"])


@dataclass
class Begun:
    """What is known of some sources so far; ``listed`` is None before anything was fitted.

    ``leaks`` are the sources that hold rows of the target, ``leaks_told`` what is told of them.
    ``trusting`` is what someone does who trusts the sources, in words. It is plain pooling, or, where ``twins`` are
    given, what each target-only learner (its candidate's name) becomes with the sources.
    """

    names: tuple[str, ...]
    problem: Problem
    n_source: int
    leaks: tuple[str, ...]
    notes: list[str]
    seconds: float
    seconds_once: float = 0.0
    models: Any = None
    listed: list[Candidate] | None = None
    found: CrossFit = field(default_factory=CrossFit)
    trusting: str = "pooling it"
    twins: dict[str, str] | None = None
    leaks_told: str = ""


def judge_of(begun: Begun, baselines: list[Candidate], alone: CrossFit, metric: Metric, level: float) -> Judge:
    """The judge of the candidates that all folds could be fitted on, those of the target alone among them."""
    found = begun.found
    n = len(found.folds)
    whole = {name: alone.values[name][:n] for name in alone.names}
    both = CrossFit(
        folds=found.folds,
        values={**whole, **found.values},
        seconds={**alone.seconds, **found.seconds},
        notes={**alone.notes, **found.notes},
    )
    kept = [c for c in [*baselines, *(begun.listed or ())] if c.name in both.names]
    return Judge(both, kept, begun.problem.y, metric, level)


def judged(begun: Begun, judge: Judge) -> Trial:
    """What the judge says of the sources."""
    names, n = begun.names, len(begun.found.folds)
    notes = tuple(dict.fromkeys(begun.notes))
    if judge.of_target.all():
        return Trial(names, None, n, begun.seconds, (*notes, "no method that uses it could be fitted"))
    scores, alone = judge.policy_scores("blend"), judge.alone_scores("blend")
    if not np.isfinite(scores - alone).any():
        return Trial(names, None, n, begun.seconds, (*notes, f"no fold could be scored by {judge.metric.name}"))
    plain: list[int] = []
    as_plain = None
    if begun.twins is None:
        plain = [k for k, c in enumerate(judge.candidates) if c.role == "pooled" and "equal weights" not in c.name]
    else:
        as_plain = _twins_scores(judge, begun.twins)
    evidence = Evidence(
        has_source=True,
        n_target=len(begun.problem.y),
        n_source=begun.n_source,
        plain=tuple(plain),
        trusting=begun.trusting,
        leaks=begun.leaks,
        plain_scores=as_plain,
    )
    verdict = give_verdict(judge, judge.choose(), "blend", scores, alone, _NO_CURVE, evidence)
    losses = held_out_losses(judge, len(begun.problem.y))
    return Trial(names, verdict, n, begun.seconds, notes, *losses, scores - alone, begun.seconds_once)


def _twins_scores(judge: Judge, twins: dict[str, str]) -> np.ndarray | None:
    """In each fold the score of the learner that the target alone takes there, with the sources; None if it lacks."""
    names = [c.name for c in judge.candidates]
    chosen = [twins[names[c.single]] for c in judge.cross_choices()]
    if not set(chosen) <= set(names):
        return None
    return judge.fold_scores([judge.one_hot(names.index(name)) for name in chosen])
