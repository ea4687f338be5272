"""Transfer of networks: backbones, fine-tuning, adapters, which layers to transfer. Needs torch.

Every public name is here and is imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import Any

from ..core.optional import require

# Public name -> the module of this package that holds it.
_HOME: dict[str, str] = {
    "FineTuneClassifier": "finetune",
    "FineTuneRegressor": "finetune",
    "LayerStudy": "layer_study.study",
    # They stand above this package; named here since they are looked for here.
    "NeuralTransferSearch": ".choose.networks.search",
    "rank_backbones": ".ranking.backbones",
    "LayerGroup": "groups",
    "layer_groups": "groups",
    "Backbone": "backbone",
    "open_backbone": "backbones.open",
    "rebuild": "backbones.rebuild",
    "small_backbone": "backbones.small",
    "Network": "network",
    "Plan": "plan",
    "LoRA": "adapters.lora",
    "DoRA": "adapters.lora",
    "BottleneckAdapter": "adapters.bottleneck",
    "IA3": "adapters.ia3",
    "BitFit": "adapters.bitfit",
    "Attached": "adapters.attached",
    "attached_to": "adapters.registry",
    "save_adapter": "adapters.files",
    "load_adapter": "adapters.files",
    "adapter_plan": "adapters.plan",
    "DeepAlignedClassifier": "deep.classifier",
    "DeepAlignedRegressor": "deep.regressor",
    "CDAN": "deep.cdan",
    "DAN": "deep.dan",
    "DANN": "deep.dann",
    "DeepCORAL": "deep.coral",
    "DeepJDOT": "deep.jdot",
    "MCD": "deep.mcd",
    # policies
    "FreezeBelow": "policies.freezing",
    "FullFineTune": "policies.freezing",
    "GradualUnfreeze": "policies.pace",
    "L2SP": "policies.pulls",
    "LayerwiseLR": "policies.pace",
    "LinearProbe": "policies.freezing",
    "ProbeThenFineTune": "policies.freezing",
    "CSVLog": "training.callbacks",
    "Callback": "training.callbacks",
    "History": "training.history",
    "MLflowLog": "training.loggers",
    "ProgressBar": "training.callbacks",
    "RateCurve": "training.rate_finder",
    "TensorBoardLog": "training.loggers",
    "TrainingDiverged": "training.errors",
    "TrainingSettings": "training.settings",
    "find_learning_rate": "training.rate_finder",
    "train": "training.loop",
    "kind_of": "inputs.kinds",
    "reader_for": "inputs.readers",
    "ImageReader": "inputs.images",
    "TextReader": "inputs.texts",
    "SeriesReader": "inputs.series",
    "TableReader": "inputs.table",
    "DatasetReader": "inputs.dataset",
}

__all__ = sorted(_HOME, key=str.lower)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'headstart.neural' has no attribute {name!r}")
    # Nothing else of headstart needs torch, so its absence is told here, once, with the extra that installs it.
    require("torch", extra="neural", purpose=f"headstart.neural.{name}")
    value = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
