"""Every method that applies, for those who have the time: ``candidates="every"``."""

from __future__ import annotations

from typing import Any

from ..compose import Aligned, Reweighted
from ..feature import (
    CORAL,
    JDA,
    TCA,
    GeodesicFlowKernel,
    LinearOTMapping,
    OTMapping,
    StructuralCorrespondence,
    SubspaceAlignment,
)
from ..instance import (
    KLIEP,
    KMM,
    RULSIF,
    ULSIF,
    DomainClassifierWeighter,
    LabelShiftWeighter,
    NearestNeighborWeighter,
    TrAdaBoostClassifier,
    TrAdaBoostRegressor,
)
from ..learners import linear, linear_fixed
from ..parameter import (
    BoostingTransferClassifier,
    BoostingTransferRegressor,
    LinearTransferClassifier,
    LinearTransferRegressor,
    TreeTransferClassifier,
    TreeTransferRegressor,
)
from .candidates import Candidate, seeded
from .members import MovedMember, SharedMember
from .problem import Problem
from .spaces import BOOSTING, LINEAR, SourceModels

WEIGHTERS = (KMM, KLIEP, ULSIF, RULSIF, DomainClassifierWeighter, NearestNeighborWeighter, LabelShiftWeighter)
ALIGNERS = (
    CORAL,
    LinearOTMapping,
    SubspaceAlignment,
    GeodesicFlowKernel,
    TCA,
    JDA,
    OTMapping,
    StructuralCorrespondence,
)


def every_candidate(problem: Problem, models: SourceModels) -> list[Candidate]:
    """The methods that are no candidates by default, since on other tables the blend gained nothing by them.

    Each has its defaults and the linear learner of the other candidates. One that does not apply (words among dense
    rows, a single class) is left out with a note, as any candidate.
    """
    task = problem.task
    regression = task == "regression"
    learner, fixed = linear(task), linear_fixed(task, models.strength_)
    found = []
    for weighter in WEIGHTERS:
        if weighter.traits.applies_to(task):
            found.append(_shared(f"{weighter.__name__} (linear)", "instance", Reweighted(fixed, weighter())))
    boost: Any = TrAdaBoostRegressor() if regression else TrAdaBoostClassifier()
    found.append(_shared(type(boost).__name__, "instance", boost))
    for aligner in ALIGNERS:
        if aligner.traits.applies_to(task):
            aligned = Aligned(learner, aligner(), target_weight="equal")
            found.append(_shared(f"{aligner.__name__} (linear, aligned)", "feature", aligned))
    line = LinearTransferRegressor if regression else LinearTransferClassifier
    for form in ("l2", "offset"):
        moved = MovedMember(line(form, source_model=models.models_[LINEAR]))
        found.append(Candidate(f"linear transfer ({form})", "parameter", "transfer", moved))
    on = BoostingTransferRegressor if regression else BoostingTransferClassifier
    moved = MovedMember(seeded(on(source_model=models.models_[BOOSTING])), dense=True)
    found.append(Candidate("boosting transfer", "parameter", "transfer", moved))
    tree: Any = TreeTransferRegressor() if regression else TreeTransferClassifier()
    found.append(_shared(type(tree).__name__, "parameter", tree))
    return found


def _shared(name: str, kind: str, estimator: Any) -> Candidate:
    return Candidate(name, kind, "transfer", SharedMember(seeded(estimator), dense=True))
