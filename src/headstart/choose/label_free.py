"""No target label at all: source models, weighted towards the target, and no verdict."""

from __future__ import annotations

from ..compose import Reweighted
from ..instance import DomainClassifierWeighter
from ..learners import linear_fixed
from .candidates import Candidate
from .members import SharedMember, SourceMember
from .problem import Problem
from .spaces import BOOSTING, LINEAR, SourceModels

NOTE = (
    "no target labels were given, so nothing could be scored: there is no verdict. The model averages source models, "
    "one of them fitted to source rows weighted to look like the target's. Label some target rows to learn whether "
    "it helps"
)


def label_free_candidates(problem: Problem, models: SourceModels, random_state: int) -> list[Candidate]:
    """What can be fitted without a target label; their average is handed over, since nothing can choose."""
    weighter = DomainClassifierWeighter(random_state=random_state)
    return [
        Candidate("source only (linear)", "baseline", "source only", SourceMember(LINEAR)),
        Candidate("source only (boosting)", "baseline", "source only", SourceMember(BOOSTING)),
        Candidate(
            "reweighted (linear)",
            "instance",
            "transfer",
            SharedMember(Reweighted(linear_fixed(problem.task, models.strength_), weighter)),
        ),
    ]
