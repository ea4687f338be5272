"""headstart: transfer learning with evidence.

Every public name is here and is imported when it is first used, so that ``import headstart`` costs nothing.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Public name -> the module that holds it; None: the name is itself a module.
_HOME: dict[str, str | None] = {
    # domains
    "Domain": "core.domain",
    "Sources": "core.domain",
    "Task": "core.domain",
    # the main job
    "diagnose": "diagnosis.diagnose",
    "Diagnosis": "diagnosis.result",
    "Diagnoses": "diagnosis.result",
    "compare_spaces": "diagnosis.alignment.compare",
    "Alignment": "diagnosis.alignment.result",
    "TransferClassifier": "choose.estimator",
    "TransferRegressor": "choose.estimator",
    "Verdict": "guard",
    # which source helps which target
    "map_transfers": "transfer_map.measure",
    "map_tasks": "transfer_map.tasks",
    "TransferMap": "transfer_map.result",
    "rank_sources": "ranking.sources",
    "SourceRanking": "ranking.result",
    "rank_backbones": "ranking.backbones",
    "BackboneRanking": "ranking.backbone_result",
    # weighters
    "KMM": "instance.kmm",
    "KLIEP": "instance.kliep",
    "ULSIF": "instance.ulsif",
    "RULSIF": "instance.rulsif",
    "DomainClassifierWeighter": "instance.domain_classifier",
    "NearestNeighborWeighter": "instance.nearest_neighbor",
    "LabelShiftWeighter": "instance.label_shift",
    # instance transfer
    "Reweighted": "compose.reweighted",
    "TrAdaBoostClassifier": "instance.tradaboost",
    "TrAdaBoostRegressor": "instance.tradaboost_regressor",
    # feature transfer
    "Aligned": "compose.aligned",
    "FeatureAugmentation": "feature.augmentation",
    "CORAL": "feature.coral",
    "SubspaceAlignment": "feature.subspace_alignment",
    "GeodesicFlowKernel": "feature.geodesic_flow",
    "LinearOTMapping": "feature.linear_ot",
    "StructuralCorrespondence": "feature.structural_correspondence",
    "TCA": "feature.tca",
    "JDA": "feature.jda",
    "OTMapping": "feature.ot_mapping",
    "CommonSpace": "feature.common_space",
    "Pairs": "feature.pairs",
    "match_columns": "feature.column_matches",
    "ColumnMatches": "feature.column_matches",
    # parameter transfer
    "BoostingTransferClassifier": "parameter.boosting_transfer",
    "BoostingTransferRegressor": "parameter.boosting_transfer",
    "SourcePriorClassifier": "parameter.source_prior",
    "SourcePriorRegressor": "parameter.source_prior",
    "TreeTransferClassifier": "parameter.tree_transfer",
    "TreeTransferRegressor": "parameter.tree_transfer",
    "ForestTransferClassifier": "parameter.forest_transfer",
    "ForestTransferRegressor": "parameter.forest_transfer",
    "LinearTransferClassifier": "parameter.linear_transfer",
    "LinearTransferRegressor": "parameter.linear_transfer",
    # networks; these need torch
    "FineTuneClassifier": "neural.finetune",
    "FineTuneRegressor": "neural.finetune",
    "DeepAlignedClassifier": "neural.deep.classifier",
    "DeepAlignedRegressor": "neural.deep.regressor",
    "NeuralTransferSearch": "choose.networks.search",
    # the map of tasks
    "TaskMap": "task_map.map",
    "TaskTree": "task_map.tree",
    "Policy": "task_map.policy",
    "Policies": "task_map.policy",
    "JointTraining": "task_map.joint",
    "Grouping": "task_map.grouping",
    # baselines
    "TargetOnly": "compose.baselines",
    "SourceOnly": "compose.baselines",
    "Pooled": "compose.baselines",
    # tables and wrappers
    "Prepared": "compose.prepared",
    "TargetBlind": "compose.target_blind",
    "TableEncoder": "tables",
    # keeping models
    "save": "store.files",
    "load": "store.files",
    # errors and warnings
    "HeadstartError": "core.errors",
    "InputError": "core.errors",
    "InputTypeError": "core.errors",
    "MissingDependencyError": "core.errors",
    "HeadstartWarning": "core.errors",
    # modules
    "datasets": None,
    "multitask": None,
    "neural": None,
    "scores": None,
    "testing": None,
}

# Parts that are no public names of their own, but that the documentation and tracebacks call headstart.PART: imported
# when they are first named, so that nobody has to import them before.
_PARTS = frozenset(
    {
        "choose",
        "compose",
        "core",
        "diagnosis",
        "feature",
        "files",
        "instance",
        "parameter",
        "ranking",
        "report",
        "store",
        "task_map",
        "transfer_map",
    }
)

# Without torch, `from headstart import *` leaves out what needs it; asked for by name, it says what to install.
_HAS_TORCH = importlib.util.find_spec("torch") is not None
_OF_NETWORKS = ("neural", "choose.networks", "ranking.backbones")
_THERE = (name for name, home in _HOME.items() if _HAS_TORCH or not (home or "").startswith(_OF_NETWORKS))

__all__ = [*sorted(_THERE, key=str.lower), "__version__"]

if TYPE_CHECKING:  # the same names for editors and type checkers; a test holds the two lists together
    from . import datasets, multitask, neural, scores, testing
    from .choose.estimator import TransferClassifier, TransferRegressor
    from .choose.networks.search import NeuralTransferSearch
    from .compose.aligned import Aligned
    from .compose.baselines import Pooled, SourceOnly, TargetOnly
    from .compose.prepared import Prepared
    from .compose.reweighted import Reweighted
    from .compose.target_blind import TargetBlind
    from .core.domain import Domain, Sources, Task
    from .core.errors import HeadstartError, HeadstartWarning, InputError, InputTypeError, MissingDependencyError
    from .diagnosis.alignment.compare import compare_spaces
    from .diagnosis.alignment.result import Alignment
    from .diagnosis.diagnose import diagnose
    from .diagnosis.result import Diagnoses, Diagnosis
    from .feature.augmentation import FeatureAugmentation
    from .feature.column_matches import ColumnMatches, match_columns
    from .feature.common_space import CommonSpace
    from .feature.coral import CORAL
    from .feature.geodesic_flow import GeodesicFlowKernel
    from .feature.jda import JDA
    from .feature.linear_ot import LinearOTMapping
    from .feature.ot_mapping import OTMapping
    from .feature.pairs import Pairs
    from .feature.structural_correspondence import StructuralCorrespondence
    from .feature.subspace_alignment import SubspaceAlignment
    from .feature.tca import TCA
    from .guard import Verdict
    from .instance.domain_classifier import DomainClassifierWeighter
    from .instance.kliep import KLIEP
    from .instance.kmm import KMM
    from .instance.label_shift import LabelShiftWeighter
    from .instance.nearest_neighbor import NearestNeighborWeighter
    from .instance.rulsif import RULSIF
    from .instance.tradaboost import TrAdaBoostClassifier
    from .instance.tradaboost_regressor import TrAdaBoostRegressor
    from .instance.ulsif import ULSIF
    from .neural.deep.classifier import DeepAlignedClassifier
    from .neural.deep.regressor import DeepAlignedRegressor
    from .neural.finetune import FineTuneClassifier, FineTuneRegressor
    from .parameter.boosting_transfer import BoostingTransferClassifier, BoostingTransferRegressor
    from .parameter.forest_transfer import ForestTransferClassifier, ForestTransferRegressor
    from .parameter.linear_transfer import LinearTransferClassifier, LinearTransferRegressor
    from .parameter.source_prior import SourcePriorClassifier, SourcePriorRegressor
    from .parameter.tree_transfer import TreeTransferClassifier, TreeTransferRegressor
    from .ranking.backbone_result import BackboneRanking
    from .ranking.backbones import rank_backbones
    from .ranking.result import SourceRanking
    from .ranking.sources import rank_sources
    from .store.files import load, save
    from .tables import TableEncoder
    from .task_map.grouping import Grouping
    from .task_map.joint import JointTraining
    from .task_map.map import TaskMap
    from .task_map.policy import Policies, Policy
    from .task_map.tree import TaskTree
    from .transfer_map.measure import map_transfers
    from .transfer_map.result import TransferMap
    from .transfer_map.tasks import map_tasks


def __getattr__(name: str) -> Any:
    if name in _PARTS:
        return importlib.import_module(f".{name}", __name__)
    if name not in _HOME:
        raise AttributeError(f"module 'headstart' has no attribute {name!r}")
    home = _HOME[name]
    if home is not None and home.startswith(_OF_NETWORKS) and not _HAS_TORCH:
        from .core.optional import require

        require("torch", extra="neural", purpose=f"headstart.{name}")
    value = (
        importlib.import_module(f".{name}", __name__)
        if home is None
        else getattr(importlib.import_module(f".{home}", __name__), name)
    )
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
