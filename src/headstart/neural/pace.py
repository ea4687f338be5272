"""How long, in which steps and how fast a network learns: as the user says, or as suits the rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import defaults
from .backbone import Backbone
from .network import HEAD
from .opening import is_small
from .plan import Plan
from .problem import Problem
from .training.settings import TrainingSettings, check_real, check_whole


def learns(classes: np.ndarray | None) -> bool:
    """One class is known without learning."""
    return classes is None or len(classes) > 1


def language(problem: Problem, backbone: Backbone, knows: bool) -> bool:
    """Whether a network is a pretrained one for texts, rather than a small one of headstart's."""
    return knows and problem.kind == "texts" and not is_small(backbone)


def epochs_of(given: int | None, how: Any, n_rows: int, knows: bool, *, language: bool = False) -> int:
    """The epochs that the user gave, or that suit the number of rows."""
    if given is None:
        return defaults.epochs(n_rows, batch_size_of(how, n_rows), knows, language)
    check_whole("epochs", given)
    return given


def batch_size_of(how: Any, n_rows: int) -> int:
    """The rows of a step that the user gave, or that suit the number of rows."""
    if how.batch_size is None:
        return defaults.batch_size(n_rows)
    check_whole("batch_size", how.batch_size)
    return how.batch_size


def _rate(how: Any, kind: str, knows: bool, own: bool, adapted: bool) -> float:
    return defaults.learning_rate(kind, knows, own, adapted) if how.learning_rate is None else how.learning_rate


def paced(plan: Plan, how: Any, problem: Problem, knows: bool, own: bool, *, adapted: bool = False) -> Plan:
    """A head that starts from nothing learns at a rate of its own, above that of a backbone that knows something."""
    if plan.solve_head or plan.stages[-1].group.name != HEAD:
        return plan
    rate = _rate(how, problem.kind, knows, own, adapted)
    check_real("learning_rate", rate)
    return plan.change(-1, speed=plan.stages[-1].speed * max(defaults.HEAD_RATE / rate, 1.0))


def settings_for(
    how: Any,
    problem: Problem,
    n_rows: int,
    epochs: int,
    knows: bool,
    own: bool,
    *,
    adapted: bool = False,
    patience: int | None = None,
) -> TrainingSettings:
    """What a training on so many rows runs with."""
    return TrainingSettings(
        epochs=epochs,
        batch_size=batch_size_of(how, n_rows),
        learning_rate=_rate(how, problem.kind, knows, own, adapted),
        weight_decay=how.weight_decay,
        schedule=how.schedule,
        accumulate=how.accumulate,
        clip=how.clip,
        precision=how.precision,
        device=how.device,
        patience=patience,
    )
