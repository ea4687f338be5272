"""Fitted models of several tasks for the tests of the report and the command, filled in by hand: no torch."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from headstart.multitask.verdicts import TaskVerdict

LONG = "a_task_with_a_rather_long_name_that_goes_on_{}_and_on"


class FittedTasks:
    """What a report reads of a fitted MultiTaskLearner; it predicts the first class, or the row's number."""

    def __init__(self, **parameters: Any) -> None:
        self.sharing = self.weighting = self.backbone = None
        self.folds, self.fallback = 5, "hurts"
        vars(self).update(parameters)

    def predict(self, X: Any, task: Any) -> np.ndarray:
        classes = self.classes_[self.tasks_.index(task)]
        return np.arange(len(X), dtype=float) if classes is None else np.repeat(classes[:1], len(X))

    def predict_proba(self, X: Any, task: Any) -> np.ndarray:
        classes = self.classes_[self.tasks_.index(task)]
        P = np.full((len(X), len(classes)), 0.2 / max(len(classes) - 1, 1))
        P[:, 0] = 0.8
        return P


def verdict(task: str, k: int = 0, *, numbers: bool = False) -> TaskVerdict:
    """One that helps, one that hurts, one that does not tell, in turn."""
    decision = ("helps", "hurts", "undetermined")[k % 3]
    gain = (0.043, -0.061, 0.004)[k % 3] * (1 + k / 20)
    score = 0.61 + k / 100 if numbers else -0.41 - k / 50
    metric = "r2" if numbers else "log likelihood"
    p_harm = (0.01, 0.98, 0.44)[k % 3]
    return TaskVerdict(
        task, decision, metric, score, score - gain, score - 0.2, gain, (gain - 0.03, gain + 0.03), p_harm, 300 - k
    )


def history(names: list[str], n_epochs: int = 12) -> SimpleNamespace:
    rows = []
    for e in range(n_epochs):
        losses = {f"loss of {name}": 0.1 + (0.6 + k / 20) * np.exp(-e / 5) for k, name in enumerate(names)}
        rows.append({"epoch": e, "loss": sum(losses.values()), **losses, "validation": None})
    return SimpleNamespace(rows=rows, table=lambda: pd.DataFrame(rows))


def affinity(names: list[str]) -> pd.DataFrame:
    rng = np.random.default_rng(len(names))
    values = rng.normal(scale=0.004, size=(len(names), len(names)))
    values[np.diag_indices(len(names))] = 0.05
    return pd.DataFrame(values, index=pd.Index(names, name="step on"), columns=names)


def layers() -> pd.DataFrame:
    rows = [["0", 896, 896], ["1", 16768, 16768], ["head", 516, 516]]
    table = pd.DataFrame(rows, columns=["layer", "parameters", "trained"])
    return table.assign(**{"from epoch": 0.0, "speed": 1.0, "pull to start": 0.0})


def tasks(names: list[str], *, auxiliary: tuple[str, ...] = (), **changed: Any) -> FittedTasks:
    """A fitted model: every second task has numbers; those that hurt are predicted by a network of their own."""
    numbers = [k % 2 == 1 for k in range(len(names))]
    verdicts = [verdict(name, k, numbers=n) for k, (name, n) in enumerate(zip(names, numbers, strict=True))]
    alone = [v.task for v in verdicts if v.decision == "hurts"]
    every = [*names, *auxiliary]
    found = FittedTasks(
        tasks_=list(names),
        kinds_=["regression" if n else "classification" for n in numbers],
        classes_=[None if n else np.array(["no", "yes"]) for n in numbers],
        auxiliary_=list(auxiliary),
        verdicts_=verdicts,
        alone_=alone,
        affinity_=affinity(every),
        groups_=[every[: len(every) // 2], every[len(every) // 2 :]],
        learnt_={"gate loads": pd.DataFrame(np.full((len(names), 4), 0.25), index=names, columns=list("1234"))},
        task_weights_=pd.Series(np.linspace(0.5, 1.5, len(every)), index=pd.Index(every, name="task")),
        histories_={"joint": history(every), **{f"alone {name}": history([name]) for name in alone}},
        layers_=layers(),
        notes_=[],
        backbone_name_="small/table",
        _kind="table",
        table_=pd.DataFrame(
            {
                "task": names,
                "metric": [v.metric for v in verdicts],
                "joint": [v.score for v in verdicts],
                "alone": [v.score_alone for v in verdicts],
                "gain": [v.gain for v in verdicts],
                "decision": [v.decision for v in verdicts],
                "uses": ["alone" if name in alone else "joint" for name in names],
            }
        ),
    )
    vars(found).update(changed)
    return found


def long_names(n: int) -> list[str]:
    return [LONG.format(k) for k in range(n)]
