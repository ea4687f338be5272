"""The training of a network of several tasks: its objective, its rows held out, its checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from ...core.errors import InputError
from ...neural.inputs.fingerprint import fingerprint
from ...neural.plan import Plan
from ...neural.stopping import IN_FULL, in_full
from ...neural.training.loop import train
from ...neural.training.processes import Team
from ..auxiliary.base import AuxiliaryWeights
from ..auxiliary.learned import LearnedWeight
from ..auxiliary.made import MadeTask
from ..network import MultiTaskNetwork
from ..objectives import TaskLosses
from ..weighting.base import Weighting
from .affinity import Affinity
from .descent import Descent, taps_for
from .objective import Objective
from .problem import TaskProblem
from .serving import Learning


def train_tasks(
    how: Any,
    network: MultiTaskNetwork,
    plan: Plan,
    settings: Any,
    rows: Any,
    codes: np.ndarray,
    problem: TaskProblem,
    weighting: Weighting,
    device: torch.device,
    seed: int,
    phase: str,
    serving: AuxiliaryWeights,
    made: Sequence[MadeTask],
) -> tuple[Any, np.ndarray, Any, dict[str, pd.DataFrame]]:
    """Train in place; the history, the mean weight of each task, who helped whom, and what auxiliary tasks learnt.

    With ``patience`` a share of the rows is kept apart, and the sum of the main tasks' losses on it tells when to stop.
    """
    names = (*problem.labels, *(task.name for task in made))
    shown = (*(task.name for task in problem.tasks), *(task.name for task in made))
    losses = TaskLosses(codes, [task.kind for task in problem.tasks], network.head.places, device)
    tapped = taps_for(
        weighting, network, apart=problem.domain is not None, parts=settings.accumulate, made=len(made) > 0
    )
    mains = problem.mains
    weights = np.where(np.isin(np.arange(len(names)), mains), 1.0, serving.start())
    objective = Objective(
        network, rows, losses, device, tapped=tapped, weights=weights, draws=how.augment != "none"
    )  # fmt: skip
    learn, validate, held = np.arange(len(rows)), None, np.arange(0)
    if settings.patience is not None or serving.learns:
        learn, held = held_out(problem, how.validation_share, seed)
    if settings.patience is not None:

        def validate() -> float:
            return float(objective.mean(held)[mains].sum())

    learnt = torch.as_tensor(learn)

    def look() -> tuple[torch.Tensor, np.ndarray]:
        found = objective.again()
        return found.values, found.present

    # Measured in the one training on all rows, not in those of the folds, whose networks are thrown away.
    affinity = Affinity(network, look, shown, how.affinity if phase in ("joint", in_full("joint")) else 0)
    team = Team.join(how.device)
    descent = Descent(
        network,
        weighting,
        names,
        seed=seed,
        team=team,
        again=objective.again,
        times=weights,
        sums={"auxiliary weights": weights, "affinity": affinity.taken, "affinity before": affinity.before},
    )
    listeners: list[Any] = [one for one in (descent, affinity) if _listens(one)]
    if isinstance(serving, LearnedWeight):
        listeners.append(Learning(serving, objective, problem, held, seed, team))
    history = train(
        network,
        plan,
        lambda index: objective(learnt[index]),
        len(learn),
        settings,
        seed=seed,
        validate=validate,
        combine=descent,
        callbacks=[*listeners, *how.callbacks],
        folder=None if how.folder is None else Path(how.folder) / phase,
        resume=how.resume,
        same=_same(how, problem, weighting),
        name=_name_of(phase, problem),
    )
    served = {}
    if serving.learns:
        last = pd.DataFrame({"weight": weights}, index=list(shown))
        served["auxiliary weights"] = last.drop(index=[shown[k] for k in mains])
    return history, descent.mean_weights(), affinity.table(), served


def _name_of(phase: str, problem: TaskProblem) -> str:
    """What callbacks are told that a phase is called: the task by its name in the place of its number."""
    first = phase.removesuffix(in_full(""))
    fold, slash, what = first.rpartition("/")
    name = what if what == "joint" else f"alone {problem.labels[0]}"
    return f"{fold}{slash}{name}{'' if first == phase else f' {IN_FULL}'}"


def _listens(one: Any) -> bool:
    return hasattr(one, "on_step") or hasattr(one, "on_epoch")


def _same(how: Any, problem: TaskProblem, weighting: Weighting) -> dict[str, str]:
    """What has to be as it was where a training goes on from a checkpoint; nothing where it leaves none."""
    if how.folder is None:
        return {}
    return {
        "rows and labels": fingerprint(problem.X, problem.codes),
        "tasks": repr([(task.label, task.kind) for task in problem.tasks]),
        "sharing": repr(how.sharing),
        "weighting": repr(weighting),
        "auxiliary": repr((how.auxiliary, how.auxiliary_weights)),
        "adapter": repr(how.adapter),
        "augment": how.augment,
    }


def held_out(problem: TaskProblem, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows to learn from and rows held out, of each task and class alike."""
    n = len(problem.codes)
    if not 0 < share < 1:
        raise InputError(f"validation_share is {share!r}; expected a share of the rows, above 0 and below 1")
    parts = max(round(1 / share), 2)
    if n < parts:
        raise InputError(
            f"validation_share={share} of {n} rows is none; expected at least one to hold out: more labels, or "
            "patience=None"
        )
    fold = problem.folds(parts, seed)
    return np.flatnonzero(fold != 0), np.flatnonzero(fold == 0)
