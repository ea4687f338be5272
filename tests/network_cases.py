"""Searches among networks for the tests of the report, filled in by hand: no torch, and of every state."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from .report_cases import COLUMNS, FittedClassifier, FittedRegressor, curve, model, verdict

NAN = math.nan


def board() -> pd.DataFrame:
    rows = [
        ["from scratch (linear)", "baseline", 0.712, 0.0, 0.0, 0.0, 0.5, 0.0, 2.1, ""],
        ["from scratch (network)", "baseline", 0.641, -0.071, -0.141, -0.002, 0.96, 0.0, 61.0, ""],
        ["source only", "baseline", 0.694, -0.018, -0.11, 0.074, 0.63, 0.0, 0.4, ""],
        ["probe, then all layers", "parameter", 0.861, 0.149, 0.081, 0.217, 0.002, 1.0, 312.0, ""],
        ["fine-tune all layers", "parameter", 0.84, 0.128, 0.052, 0.204, 0.006, 0.0, 318.0, ""],
        ["LoRA, after holiday photos", "parameter", 0.828, 0.116, 0.03, 0.202, 0.01, 0.0, 290.0, ""],
        ["frozen features (linear)", "parameter", 0.802, 0.09, 0.02, 0.16, 0.02, 0.0, 40.0, ""],
        [
            "gradual unfreezing",
            "parameter",
            *[NAN] * 5,
            0.0,
            NAN,
            "left out: about 412 s a training, too long for the time limit of 1800 s",
        ],
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def curves(n_epochs: int = 20) -> pd.DataFrame:
    """Four courses: falling, over-fitting, level from the middle, and a wild one."""
    epochs = np.arange(n_epochs)
    t = (epochs + 1) / n_epochs
    shapes = {
        "from scratch (network)": (1.6 - 0.5 * t, 1.65 - 0.45 * t),
        "fine-tune all layers": (1.4 * np.exp(-4 * t), 0.7 + 1.2 * (t - 0.35) ** 2 + 0.6 * np.exp(-8 * t)),
        "probe, then all layers": (0.8 * np.exp(-2 * t) + 0.1, 0.55 + 0.6 * np.exp(-9 * t)),
        "LoRA, after holiday photos": (6 * np.exp(-2 * t), 7 * np.exp(-2 * t)),
    }
    rows = []
    for name, (learnt, seen) in shapes.items():
        for fold in range(3):
            for e in epochs:
                wave = 0.05 * (fold - 1)
                rows.append([name, fold, e, 4 * (e + 1), learnt[e] + wave / 2, seen[e] + wave, 1e-3, 0.1 * e])
    return pd.DataFrame(rows, columns=["candidate", "fold", "epoch", "steps", "loss", "watched", "rate", "seconds"])


def layers(n: int = 5) -> pd.DataFrame:
    """The first layer frozen, the next in part, the others train; a head."""
    rows = [[f"layer{k}.0.conv", 1000 * 4**k, 0 if k == 0 else 40 if k == 1 else 1000 * 4**k] for k in range(n)]
    table = pd.DataFrame([*rows, ["head", 5130, 5130]], columns=["layer", "parameters", "trained"])
    table["from epoch"] = [NAN, *np.linspace(0, 2, n).tolist()]
    table["speed"] = [NAN, *[0.5] * (n - 1), 10.0]
    table["pull to start"] = 0.0
    return table


def search(
    kind: type = FittedClassifier, *, policy: str = "best", backbone: Any = "timm/resnet18", **changed: Any
) -> Any:
    """A fitted search; ``changed`` replaces attributes by their name without the final underscore."""
    given = {
        "verdict": verdict(
            metric="accuracy",
            gain=0.149,
            interval=(0.083, 0.215),
            score=0.861,
            baseline_score=0.712,
            baseline="from scratch (linear)",
            method="probe, then all layers",
            n_source=400,
            pooling_gain=0.128,
            pooling_interval=(0.06, 0.196),
            trusting="fine-tuning all layers",
        ),
        "leaderboard": board(),
        "learning_curve": curve().assign(
            target_only=[0.55, 0.62, 0.68, 0.712],
            target_only_low=[0.5, 0.59, 0.66, 0.70],
            target_only_high=[0.6, 0.65, 0.70, 0.724],
        ),
        "curves": curves(),
        "layers": {"probe, then all layers": layers()},
        "n_source": 400,
        "n_folds": 3,
        "metric": "accuracy",
        **({"classes": np.array(["cat", "dog", "owl"])} if kind is FittedClassifier else {}),
        **changed,
    }
    fitted = model(kind, policy=policy, **given)
    fitted.backbone = backbone
    return fitted


def hurts() -> Any:
    """Whoever fine-tunes without a look loses; the model handed over transfers nothing."""
    table = board()
    table["weight"] = (table["candidate"] == "from scratch (linear)").astype(float)
    base = search().verdict_
    changed = {"decision": "hurts", "gain": -0.004, "interval": (-0.02, 0.012), "score": 0.708, "p_harm": 0.7}
    told = type(base)(
        **{**vars(base), **changed, "worth_labels": None, "pooling_gain": -0.1, "pooling_interval": (-0.17, -0.03)}
    )
    return search(verdict=told, leaderboard=table, layers={})


def numbers() -> Any:
    """A regression from a source alone, without a pretrained network."""
    base = search().verdict_
    told = type(base)(**{**vars(base), "metric": "r2", "trusting": "the best way to transfer"})
    return search(FittedRegressor, backbone=None, verdict=told, metric="r2")


RUN = {
    "command": "headstart finetune --target photos --backbone timm/resnet18 --source 'holiday photos=holiday'",
    "seed": 0,
    "policy": "best",
    "target": {"name": "photos", "file": "photos", "sha256": "ab" * 32, "rows": 90, "labelled_rows": 90},
    "sources": [{"name": "holiday photos", "file": "holiday", "sha256": "cd" * 32, "rows": 400, "labelled_rows": 400}],
    "holds": "images",
    "column": None,
    "label": None,
    "task": "classification",
    "epochs": 20,
    "notes": ["target photos: left out: 1 hidden file"],
    "versions": {"headstart": "0.1.0", "torch": "2.13.0"},
}
