"""Several tasks learned at once: linear and kernel models of small tables, and how losses and gradients are weighed.

Every public name is here and is imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import Any

from ..core.optional import require

# Public name -> the module of this package that holds it.
_HOME: dict[str, str] = {
    "Tap": "tap",
    "WeighedStep": "backward",
    "weighted_backward": "backward",
    "MultiTaskNetwork": "network",
    "propose_groups": "grouping",
    # networks
    "MultiTaskClassifier": "networks.classifier",
    "MultiTaskLearner": "networks.learner",
    "MultiTaskRegressor": "networks.regressor",
    # sharing
    "CGC": "sharing.cgc",
    "CrossStitch": "sharing.cross_stitch",
    "HardSharing": "sharing.hard",
    "LearnedBranching": "sharing.branching",
    "MMoE": "sharing.mmoe",
    "MTAN": "sharing.mtan",
    "PLE": "sharing.ple",
    "Sharing": "sharing.base",
    "Sluice": "sharing.sluice",
    "SoftSharing": "sharing.soft",
    "Trunk": "sharing.base",
    # auxiliary tasks
    "AuxiliaryWeights": "auxiliary.base",
    "DomainPrediction": "auxiliary.domain",
    "FixedWeight": "auxiliary.fixed",
    "GradientGate": "auxiliary.gate",
    "LearnedWeight": "auxiliary.learned",
    "MadeTask": "auxiliary.made",
    "MaskedFeatures": "auxiliary.masked",
    "Rotation": "auxiliary.rotation",
    # weighting by losses
    "DynamicWeightAverage": "weighting.dwa",
    "EqualWeighting": "weighting.equal",
    "FAMO": "weighting.famo",
    "GeometricMean": "weighting.geometric",
    "IMTLL": "weighting.imtll",
    "RandomWeighting": "weighting.random_weights",
    "STCH": "weighting.stch",
    "UncertaintyWeighting": "weighting.uncertainty",
    # weighting by gradients
    "AlignedMTL": "weighting.aligned",
    "CAGrad": "weighting.cagrad",
    "ConFIG": "weighting.conflict_free",
    "GradDrop": "weighting.graddrop",
    "GradNorm": "weighting.gradnorm",
    "GradVac": "weighting.gradvac",
    "IMTLG": "weighting.imtlg",
    "MGDA": "weighting.mgda",
    "NashMTL": "weighting.nash",
    "PCGrad": "weighting.pcgrad",
    "UPGrad": "weighting.upgrad",
    "Weighting": "weighting.base",
    "WeightingState": "weighting.state",
    # language models
    "LanguageModel": "language.model",
    "PromptedTasks": "language.estimator",
    "TextTask": "language.task",
    "open_language_model": "language.model",
    # kernel and linear models; these need no torch
    "MultiTaskKernelClassifier": "kernel.estimators",
    "MultiTaskKernelRegressor": "kernel.estimators",
    "MultiTaskLinearClassifier": "linear.estimators",
    "MultiTaskLinearRegressor": "linear.estimators",
}

# Modules that need no torch.
_WITHOUT_TORCH = ("kernel.", "linear.", "grouping")

__all__ = sorted(_HOME, key=str.lower)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'headstart.multitask' has no attribute {name!r}")
    if not _HOME[name].startswith(_WITHOUT_TORCH):
        # The absence of torch is told here, once, with the extra that installs it.
        require("torch", extra="neural", purpose=f"headstart.multitask.{name}")
    value = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
