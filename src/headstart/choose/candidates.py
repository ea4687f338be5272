"""Which candidates are tried, what they are called, and how much each is believed before any row is seen."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import Any

from sklearn.base import clone

from ..compose import Aligned, Pooled, SourceOnly
from ..compose.wrapper import takes_raw_domains
from ..core.base import TransferEstimator
from ..core.errors import InputError, InputTypeError
from ..feature import TCA, FeatureAugmentation
from ..learners import boosting, linear, linear_fixed, trees
from ..parameter import (
    ForestTransferClassifier,
    ForestTransferRegressor,
    LinearTransferClassifier,
    LinearTransferRegressor,
    SourcePriorClassifier,
    SourcePriorRegressor,
)
from .given import MOVED_TREES, GivenModels
from .members import (
    CommonMember,
    MovedMember,
    PriorMember,
    RawMember,
    SharedMember,
    SourceMember,
    StackedMember,
    TargetMember,
)
from .problem import Problem
from .spaces import BOOSTING, LINEAR, TREES, SourceModels

# Work of one boosted fit, rows x columns x classes, beyond which pooled boosting is not refitted in every fold.
POOLED_BOOSTING_LIMIT = 1_000_000
# Kinds of given source models whose parameters are moved, and those for ``candidates="every"``: see
# docs/architecture.md.
GIVEN_KINDS = ("linear", "tree", "forest")
MORE_GIVEN_KINDS = ("boosting",)
# Without a shared column a model of the source alone is shown beside the others, and no part of the blend.
UNBELIEVED = 1e-6
# Where both domains have many columns (words, pixels) components that they share are worth their time: on narrow tables
# the blend gained nothing by them. Beyond the last number the eigenvectors cost more than all other candidates.
WIDE, WIDEST = 100, 1000


@dataclass(frozen=True)
class Candidate:
    """One way to a model: its name, the family of its method, and the unfitted member (of networks: the estimator).

    ``role`` is "target only", "source only", "pooled" or "transfer"; the first three are the baselines.
    ``belief`` is its share of the prior of the blend, in units of an ordinary candidate.
    """

    name: str
    kind: str
    role: str
    member: Any
    belief: float = 1.0

    @property
    def needs_shared(self) -> bool:
        """Whether it works in the shared code, which costs an encoding of all source rows in every fold."""
        return type(self.member) is SharedMember

    @property
    def needs_common(self) -> bool:
        """Whether it works in the space that domains with different columns have in common."""
        return isinstance(self.member, CommonMember)


def target_candidates(task: str, n_rows: int, n_classes: int = 2) -> list[Candidate]:
    """What a good practitioner would fit without a source."""
    return [
        Candidate("target only (linear)", "baseline", "target only", TargetMember(linear(task))),
        Candidate(
            "target only (boosting)",
            "baseline",
            "target only",
            TargetMember(boosting(task, n_rows, n_classes), dense=True),
        ),
        Candidate("target only (trees)", "baseline", "target only", TargetMember(trees(task))),
    ]


def source_candidates(problem: Problem, models: SourceModels, n_columns: int) -> list[Candidate]:
    """The baselines that need a source, and the transfer methods that apply."""
    task, strength = problem.task, models.strength_
    n = len(problem.y) if problem.y is not None else 1
    ratio = problem.n_source / max(n, 1)
    learner = linear_fixed(task, strength)
    K = 2 if problem.classes is None else len(problem.classes)
    work = problem.n_source * n_columns * (K if K > 2 else 1)
    found = [
        Candidate("source only (linear)", "baseline", "source only", SourceMember(LINEAR)),
        Candidate("source only (boosting)", "baseline", "source only", SourceMember(BOOSTING)),
        Candidate("pooled (linear)", "baseline", "pooled", SharedMember(Pooled(learner))),
        Candidate(
            "pooled, equal weights (linear)", "baseline", "pooled", SharedMember(Pooled(learner, target_weight="equal"))
        ),
        Candidate(
            "feature augmentation (linear)",
            "feature",
            "transfer",
            SharedMember(Aligned(learner, FeatureAugmentation())),
        ),
        Candidate("source prior (linear)", "parameter", "transfer", PriorMember((LINEAR,))),
        Candidate("source prior (boosting)", "parameter", "transfer", PriorMember((BOOSTING,))),
        Candidate("recalibrated source", "parameter", "transfer", PriorMember(None, columns=False)),
        Candidate("source prior (all source models)", "parameter", "transfer", PriorMember(None)),
        Candidate("source outputs as columns (trees)", "parameter", "transfer", StackedMember(trees(task))),
    ]
    found += moved_candidates(problem, models)
    if WIDE <= n_columns <= WIDEST:
        # The linear kernel did as well as the Gaussian one on words, and keeps no row of the source in the model.
        components = Aligned(linear(task), TCA(kernel="linear", random_state=0), target_weight="equal")
        found.append(Candidate("TCA (linear)", "feature", "transfer", SharedMember(components, dense=True)))
    if work <= POOLED_BOOSTING_LIMIT:
        weight = max(1.0, 0.3 * ratio)
        found.insert(
            4,
            Candidate(
                "pooled (boosting)",
                "baseline",
                "pooled",
                SharedMember(Pooled(boosting(task, problem.n_source, K), target_weight=weight), dense=True),
            ),
        )
    return found


def moved_candidates(problem: Problem, models: SourceModels) -> list[Candidate]:
    """Source models that were fitted once and are moved to the target rows of each fold.

    Of the linear forms the elastic one improved the blend most on other tables; a second one added nothing to it.
    """
    some = copy(models.models_[TREES])
    some.estimators_, some.n_estimators = some.estimators_[:MOVED_TREES], MOVED_TREES
    line, forest = (
        (LinearTransferRegressor, ForestTransferRegressor)
        if problem.task == "regression"
        else (LinearTransferClassifier, ForestTransferClassifier)
    )
    linear_part = MovedMember(line("elastic", source_model=models.models_[LINEAR]))
    return [
        Candidate("linear transfer", "parameter", "transfer", linear_part),
        Candidate("forest transfer", "parameter", "transfer", MovedMember(forest(source_model=some), dense=True)),
    ]


def given_candidates(problem: Problem, models: GivenModels) -> list[Candidate]:
    """What can be made of source models alone, without a row of theirs."""
    names = list(problem.models)
    found = []
    for k, name in enumerate(names):
        found.append(Candidate(f"source only ({name})", "baseline", "source only", SourceMember(k)))
        found.append(Candidate(f"source prior ({name})", "parameter", "transfer", PriorMember((k,))))
    if len(names) > 1:
        found.append(Candidate("source prior (all source models)", "parameter", "transfer", PriorMember(None)))
    found.append(Candidate("recalibrated source", "parameter", "transfer", PriorMember(None, columns=False)))
    stacked = StackedMember(trees(problem.task))
    found.append(Candidate("source outputs as columns (trees)", "parameter", "transfer", stacked))
    for code, (name, move) in enumerate(models.moves().items()):
        moved = MovedMember(move.estimator, dense=move.kind != "linear", code=code)
        found.append(Candidate(f"{move.kind} transfer ({name})", "parameter", "transfer", moved))
    return found


def common_candidates(problem: Problem) -> list[Candidate]:
    """What is tried where domains have different columns; the baselines too where they share none.

    Without a shared column the labels link the space, those of the target too; the names of the baselines say so.

    On tables cut into domains with other columns these improved the blend; a source prior without a shared column did
    not, and feature augmentation with some did not either.
    """
    learner = linear(problem.task)
    pooled = CommonMember(Pooled(learner, target_weight="equal"))
    if problem.shared:
        prior = (SourcePriorRegressor if problem.task == "regression" else SourcePriorClassifier)(learner)
        return [
            Candidate("common space, source prior", "feature", "transfer", CommonMember(prior)),
            Candidate("common space, pooled", "feature", "transfer", pooled),
        ]
    apart = Aligned(learner, FeatureAugmentation(), target_weight="equal")
    source = CommonMember(SourceOnly(learner))
    return [
        Candidate("source only, linked by labels", "baseline", "source only", source, belief=UNBELIEVED),
        Candidate("pooled, linked by labels", "baseline", "pooled", pooled),
        Candidate("common space, feature augmentation", "feature", "transfer", CommonMember(apart)),
    ]


def seeded(estimator: Any) -> Any:
    """A copy whose random parts have seed 0 where they had none, as the package's own candidates: folds then agree."""
    copy = clone(estimator)
    seeds = {
        key: 0
        for key, value in copy.get_params(deep=True).items()
        if key.split("__")[-1] == "random_state" and value is None
    }
    return copy.set_params(**seeds)


def own_candidates(given: Any, problem: Problem) -> list[Candidate]:
    """Candidates that the user passed as (name, estimator) pairs."""
    found = []
    for entry in given:
        if not (isinstance(entry, (tuple, list)) and len(entry) == 2 and isinstance(entry[0], str)):
            raise InputTypeError(
                f"candidates holds {entry!r}; expected (name, estimator) pairs, such as "
                "('my method', hs.Aligned(LogisticRegression(), hs.FeatureAugmentation()))"
            )
        name, estimator = entry
        if not isinstance(estimator, TransferEstimator):
            raise InputTypeError(
                f"candidate {name!r} is a {type(estimator).__name__}, which cannot use a source; expected a transfer "
                f"estimator: wrap it, for instance as hs.Pooled({type(estimator).__name__}())"
            )
        if not estimator.traits.applies_to(problem.task):
            raise InputTypeError(
                f"candidate {name!r} is a {type(estimator).__name__}, which is not made for a {problem.task}; expected "
                "a method for the task at hand"
            )
        raw = takes_raw_domains(estimator)
        if not raw and not problem.shared:
            raise InputError(
                f"candidate {name!r} is a {type(estimator).__name__}, which needs columns that source and target "
                "share, and there is none; expected a method for different columns, such as hs.Aligned(learner, "
                "hs.CommonSpace())"
            )
        member = RawMember(seeded(estimator)) if raw else SharedMember(seeded(estimator))
        found.append(Candidate(name, estimator.traits.kind, "transfer", member))
    names = [c.name for c in found]
    if len(set(names)) < len(names):
        raise InputError(f"candidates has names that occur twice: {sorted(names)}; give each its own name")
    return found
