"""What a page of several tasks is about, read once from the model and the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..multitask.verdicts import LEVEL, no_better_than_guessing
from .words import Metric, decimals_for, metric_of, network_name

DECISIONS = ("helps", "hurts", "undetermined")
UNNAMED = "the table"
ALIKE = "correlation between tasks"


@dataclass(frozen=True)
class OneTask:
    """One task: what was measured of it, and what predicts it."""

    name: str
    kind: str
    classes: tuple[str, ...]
    verdict: Any
    uses: str
    metric: Metric
    decimals: int

    @property
    def decision(self) -> str | None:
        """What its verdict says; None where it was not judged."""
        return None if self.verdict is None else str(self.verdict.decision)


@dataclass(frozen=True)
class TaskFacts:
    """Everything that the page and the card of several tasks say, in one place."""

    model: str
    networks: bool
    table: str
    tasks: tuple[OneTask, ...]
    auxiliary: tuple[str, ...]
    level: float
    n_folds: int | None
    fallback: str | None
    backbone: str
    sharing: str
    weighting: str
    method: str
    affinity: pd.DataFrame | None
    groups: tuple[tuple[str, ...], ...]
    learnt: Mapping[str, pd.DataFrame]
    weights: pd.Series | None
    histories: Mapping[str, Any]
    layers: pd.DataFrame | None
    run: Mapping[str, Any]

    @property
    def judged(self) -> bool:
        """Whether there are verdicts."""
        return any(task.verdict is not None for task in self.tasks)

    def decided(self, decision: str) -> list[str]:
        """The tasks of one decision."""
        return [task.name for task in self.tasks if task.decision == decision]

    @property
    def alone(self) -> list[str]:
        """The tasks that are predicted by a model of their own."""
        return [task.name for task in self.tasks if task.uses == "alone"]

    @property
    def harmed(self) -> list[str]:
        """The tasks that lose by learning together and are predicted by the joint model all the same."""
        return [task.name for task in self.tasks if task.decision == "hurts" and task.uses == "joint"]

    @property
    def guessed(self) -> list[str]:
        """The tasks whose predictions score no better than guessing."""
        return [t.name for t in self.tasks if t.verdict is not None and no_better_than_guessing(t.verdict, t.uses)]

    @property
    def thing(self) -> str:
        """What learns."""
        return "network" if self.networks else "model"


def is_of_tasks(model: Any) -> bool:
    """Whether a model is a fitted one of several tasks."""
    return hasattr(model, "tasks_") and hasattr(model, "predict")


def read_task_facts(model: Any, run: Mapping[str, Any] | None = None) -> TaskFacts:
    """Gather the facts of a fitted model of several tasks."""
    run = dict(run or {})
    names = [str(name) for name in model.tasks_]
    networks = hasattr(model, "task_weights_")
    target = run.get("target")
    return TaskFacts(
        model=type(model).__name__,
        networks=networks,
        table=str(target["name"]) if isinstance(target, Mapping) and target.get("name") else UNNAMED,
        tasks=tuple(_tasks(model, names)),
        auxiliary=tuple(str(name) for name in getattr(model, "auxiliary_", ())),
        level=LEVEL,
        n_folds=getattr(model, "folds", None),
        fallback=getattr(model, "fallback", None),
        backbone=network_name(str(getattr(model, "backbone_name_", "") or "")),
        sharing=_named(model, "sharing", "HardSharing()") if networks else "",
        weighting=_named(model, "weighting", "EqualWeighting()") if networks else "",
        method=str(getattr(model, "method_", "") or ""),
        affinity=getattr(model, "affinity_", None),
        groups=_groups(model, names),
        learnt=_learnt(model, names),
        weights=getattr(model, "task_weights_", None),
        histories=getattr(model, "histories_", None) or {},
        layers=getattr(model, "layers_", None),
        run=run,
    )


def _tasks(model: Any, names: list[str]) -> list[OneTask]:
    verdicts = list(getattr(model, "verdicts_", None) or [None] * len(names))
    classes = list(getattr(model, "classes_", None) or [None] * len(names))
    alone = {str(name) for name in getattr(model, "alone_", ())}
    metrics = [metric_of("score" if v is None else v.metric) for v in verdicts]
    # One number of decimals for all scores of a metric, since they stand in one table.
    decimals = {
        m.name: max(
            decimals_for(m, v.score, v.score_alone, v.score_guess, v.gain)
            for v, own in zip(verdicts, metrics, strict=True)
            if v is not None and own == m
        )
        for v, m in zip(verdicts, metrics, strict=True)
        if v is not None
    }
    return [
        OneTask(
            name,
            "regression" if c is None else "classification",
            () if c is None else tuple(str(v) for v in c),
            v,
            "alone" if name in alone else "joint",
            m,
            decimals.get(m.name, 3),
        )
        for name, c, v, m in zip(names, classes, verdicts, metrics, strict=True)
    ]


def _named(model: Any, parameter: str, default: str) -> str:
    """How a part was given; a value of the model's own default is named too."""
    given = getattr(model, parameter, None)
    return default if given is None else repr(given)


def _learnt(model: Any, names: list[str]) -> Mapping[str, pd.DataFrame]:
    """What the sharing has learnt as tables; of kernel models how alike the tasks are."""
    correlation = getattr(model, "task_correlation_", None)
    if correlation is not None:
        return {ALIKE: pd.DataFrame(np.asarray(correlation, dtype=float), index=names, columns=names)}
    return getattr(model, "learnt_", None) or {}


def _groups(model: Any, names: list[str]) -> tuple[tuple[str, ...], ...]:
    """The groups of tasks as names: lists of names as they are, or numbers of groups, of clustered tasks alone."""
    found = getattr(model, "groups_", None)
    if found is None or not len(found):
        return ()
    if isinstance(found, np.ndarray):
        if getattr(model, "method_", None) != "clustered":
            return ()
        return tuple(tuple(n for n, g in zip(names, found, strict=True) if g == k) for k in np.unique(found))
    return tuple(tuple(str(name) for name in group) for group in found)
