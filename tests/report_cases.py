"""Models and diagnoses for the tests of the report: quick to make, and of every state that a page must show."""

from __future__ import annotations

import math
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

import headstart as hs
from headstart.guard import Verdict

COLUMNS = ["candidate", "kind", "score", "gain", "gain_low", "gain_high", "p_harm", "weight", "seconds", "note"]


class FittedClassifier(ClassifierMixin, BaseEstimator):
    """What a report reads of a fitted TransferClassifier, filled in by hand."""

    def __init__(self, policy="blend"):
        self.policy = policy


class FittedRegressor(RegressorMixin, BaseEstimator):
    """The same of a TransferRegressor."""

    def __init__(self, policy="blend"):
        self.policy = policy


def verdict(**changed: Any) -> Verdict:
    given = {
        "decision": "helps",
        "metric": "roc_auc",
        "gain": 0.0312,
        "interval": (0.0104, 0.0523),
        "level": 0.9,
        "p_harm": 0.012,
        "worth_labels": 85.0,
        "score": 0.9124,
        "baseline_score": 0.8812,
        "baseline": "target only (linear)",
        "method": "source prior (linear)",
        "n_target": 80,
        "n_source": 200,
        "pooling_gain": 0.021,
        "pooling_interval": (-0.004, 0.046),
    }
    return Verdict(**{**given, **changed})


def board(n_more: int = 0) -> pd.DataFrame:
    rows = [
        ["pooled (linear)", "baseline", 0.902, 0.021, -0.004, 0.046, 0.08, 0.18, 0.2, ""],
        ["target only (linear)", "baseline", 0.8812, 0.0, 0.0, 0.0, 0.5, 0.12, 0.3, ""],
        ["target only (trees)", "baseline", 0.874, -0.007, -0.041, 0.027, 0.66, 0.05, 3.2, ""],
        ["source only (linear)", "baseline", 0.712, -0.169, -0.241, -0.097, 0.999, 0.0, 0.001, ""],
        ["source prior (linear)", "parameter", 0.914, 0.033, 0.004, 0.062, 0.02, 0.45, 0.3, ""],
        ["feature augmentation (linear)", "feature", 0.905, 0.024, -0.006, 0.054, 0.07, 0.20, 0.4, ""],
        [
            "TrAdaBoost (trees)",
            "instance",
            math.nan,
            math.nan,
            math.nan,
            math.nan,
            math.nan,
            0.0,
            math.nan,
            "stopped by the time limit",
        ],
    ]
    rows[6:6] = [
        [
            f"method {k} with {'a very long name ' * (k % 3)}(linear)",
            ["instance", "feature", "parameter"][k % 3],
            0.90 - k / 500,
            0.02 - k / 500,
            -0.01 - k / 500,
            0.05 - k / 500,
            0.2 + k / 100,
            0.0,
            1.5 * k,
            "",
        ]
        for k in range(n_more)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def curve() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "n_labels": [24, 36, 54, 72],
            "target_only": [0.812, 0.841, 0.866, 0.8812],
            "target_only_low": [0.776, 0.817, 0.850, 0.868],
            "target_only_high": [0.848, 0.865, 0.882, 0.894],
        }
    )


def model(kind: type = FittedClassifier, *, policy: str = "blend", **changed: Any) -> Any:
    """A fitted model; ``changed`` replaces attributes by their name without the final underscore."""
    fitted = kind(policy=policy)
    attributes = {
        "verdict": verdict(),
        "verdict_note": "",
        "leaderboard": board(),
        "learning_curve": curve(),
        "n_source": 200,
        "n_folds": 20,
        "metric": "roc_auc",
        **({"classes": np.array(["sick", "well"])} if kind is FittedClassifier else {}),
        **changed,
    }
    for name, value in attributes.items():
        setattr(fitted, f"{name}_", value)
    return fitted


def without_verdict(*, labels: bool) -> Any:
    """A model without a source, or without target labels: nothing is scored against each other."""
    note = "no source was given, so there is no transfer to judge" if labels else "no target labels were given"
    lone = (
        board()
        .iloc[[1 if labels else 3]]
        .assign(weight=1.0, gain=math.nan, gain_low=math.nan, gain_high=math.nan, p_harm=math.nan)
    )
    if not labels:
        lone["score"] = math.nan
    return model(
        verdict=None,
        verdict_note=note,
        leaderboard=lone,
        n_source=0 if labels else 200,
        learning_curve=curve().iloc[:0],
        n_folds=20 if labels else 0,
    )


RUN = {
    "command": "headstart fit --target hungary.csv --source long_beach.csv --label disease --out run",
    "created": "2025-03-04T05:06:07+00:00",
    "seed": 7,
    "policy": "blend",
    "scoring": None,
    "time_limit": None,
    "target": {
        "name": "Hungary",
        "file": "hungary.csv",
        "sha256": "0123456789abcdef" * 4,
        "rows": 294,
        "labelled_rows": 80,
        "columns": 14,
    },
    "sources": [
        {
            "name": "VA Long Beach",
            "file": "long_beach.csv",
            "sha256": "fedcba9876543210" * 4,
            "rows": 200,
            "labelled_rows": 200,
            "columns": 14,
        }
    ],
    "unlabeled": None,
    "label": "disease",
    "dropped": [],
    "task": "classification",
    "notes": ["hungary.csv: 214 of 294 rows have no label and are used as unlabelled rows"],
    "seconds": {"diagnosis": 0.8, "fit": 21.4},
    "versions": {"headstart": "0.1.0", "scikit-learn": "1.9.1", "python": "3.11.9"},
    "machine": {"system": "Linux", "cpus": 2},
}


def diagnosis(n_columns: int = 4, *, names: list[str] | None = None, n: int = 60) -> Any:
    """A real diagnosis of two small tables of which the first columns differ."""
    rng = np.random.default_rng(0)
    names = names or [f"column {j}" for j in range(n_columns)]
    T = pd.DataFrame(rng.normal(size=(n, len(names))), columns=names)
    S = pd.DataFrame(rng.normal(size=(2 * n, len(names))), columns=names)
    S.iloc[:, 0] += 2
    if len(names) > 1:
        T.iloc[:, 1] -= 1
    y, ys = (np.where(d.iloc[:, -1] + rng.normal(size=len(d)) > 0, "well", "sick") for d in (T, S))
    return hs.diagnose(hs.Domain(T, y, name="Hungary"), hs.Domain(S, ys, name="VA Long Beach"))


@cache
def alignments() -> dict[str, Any]:
    """Real comparisons of every look: two classes, many, numbers, one column, no shared column."""

    def named(kind: str, seed: int, n: int = 120, m: int = 200, **more: Any) -> tuple[Any, Any]:
        found = hs.datasets.make_shift(kind, n_target=n, n_source=m, n_test=1, random_state=seed, **more)
        names = ((found.target, "Hungary"), (found.source, "VA Long Beach"))
        return tuple(hs.Domain(d.X, d.y, name=name) for d, name in names)

    target, source = named("identical", 0)
    frames = pd.DataFrame(target.X[:, :4], columns=list("abcd")), pd.DataFrame(source.X[:, 2:], columns=list("wxyz"))
    apart = [hs.Domain(f, d.y, name=d.name) for f, d in zip(frames, (target, source), strict=True)]
    numbers = named("covariate", 1, task="regression")
    return {
        "together": hs.compare_spaces(hs.CORAL(), *named("covariate", 0)),
        "destroyed": hs.compare_spaces(hs.TCA(1), *named("covariate", 1, 200, 400)),
        "harms": hs.compare_spaces(hs.CORAL(use_labels=False), *named("label", 0)),
        "five classes": hs.compare_spaces(hs.CORAL(), *named("covariate", 1, n_classes=5)),
        "numbers": hs.compare_spaces(hs.CORAL(), hs.Domain(numbers[0].X, name="Hungary"), numbers[1]),
        "no shared column": hs.compare_spaces(hs.CommonSpace(), *apart),
    }


def carried(name: str = "column") -> dict[str, Any]:
    """Real candidates that start from parameters of a source: members of a model, by name."""
    shift = hs.datasets.make_shift("identical", n_target=60, n_source=300, random_state=0)
    columns = [f"{name} {j}" for j in range(shift.target.X.shape[1])]
    X = pd.DataFrame(shift.target.X, columns=columns)
    source = hs.Domain(pd.DataFrame(shift.source.X, columns=columns), shift.source.y)
    fitted = {
        "linear transfer": hs.LinearTransferClassifier(),
        "tree transfer": hs.TreeTransferClassifier(source_rows=0.0),
        "tree transfer, STRUT": hs.TreeTransferClassifier(method="strut", keep="all", strut_rows=2),
        "forest transfer": hs.ForestTransferClassifier(),
    }
    return {
        key: SimpleNamespace(model_=estimator.fit(X, shift.target.y, source=source))
        for key, estimator in fitted.items()
    }
