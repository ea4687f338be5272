"""The training of a network of several tasks: its objective, its rows held out, its checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...core.errors import InputError
from ...neural.inputs.fingerprint import fingerprint
from ...neural.plan import Plan
from ...neural.training.loop import train
from ...neural.training.processes import Team
from ..network import MultiTaskNetwork
from ..objectives import TaskLosses
from ..weighting.base import Weighting
from .affinity import Affinity
from .descent import Descent, Losses, taps_for
from .problem import TaskProblem

# Rows that are scored at a time.
BLOCK = 256


class Objective:
    """The losses of a batch, as the network computes them."""

    def __init__(
        self, network: MultiTaskNetwork, rows: Any, losses: TaskLosses, device: torch.device, *, tapped: bool, seed: int
    ) -> None:
        self.network, self.rows, self.losses, self.device, self.tapped = network, rows, losses, device, tapped
        self.draws = torch.Generator().manual_seed(seed)
        self.last: torch.Tensor | None = None

    def __call__(self, index: torch.Tensor) -> Losses:
        """Those of a batch to learn from."""
        self.last = index
        return self.of(self.rows.batch(index, self.device, self.draws), index, tapped=self.tapped)

    def again(self) -> Losses:
        """Those of the last batch with the weights as they are now."""
        assert self.last is not None
        return self.of(self.rows.batch(self.last, self.device), self.last, tapped=False)

    def of(self, batch: Any, index: torch.Tensor, *, tapped: bool) -> Losses:
        outputs, tap = self.network.batched(batch, tapped=tapped)
        return Losses(self.losses(outputs, index), self.losses.present(index), tap, self.network.trunk.penalty())

    def mean(self, rows: np.ndarray) -> np.ndarray:
        """The mean losses (n_tasks,) of rows, computed in blocks."""
        total = np.zeros(len(self.network.head.n_outputs))
        for part in np.array_split(rows, -(-len(rows) // BLOCK)):
            index = torch.as_tensor(part)
            found = self.of(self.rows.batch(index, self.device), index, tapped=False)
            total += found.values.double().cpu().numpy() * len(part)
        return total / len(rows)


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
) -> tuple[Any, np.ndarray, Any]:
    """Train in place; the history, the mean weight of each task, and who helped whom.

    With ``patience`` a share of the rows is kept apart, and the sum of the tasks' mean losses on it tells when to stop.
    """
    losses = TaskLosses(codes, [task.kind for task in problem.tasks], network.head.places, device)
    tapped = taps_for(weighting, network, apart=problem.domain is not None, parts=settings.accumulate)
    objective = Objective(network, rows, losses, device, tapped=tapped, seed=seed)
    learn, validate = np.arange(len(rows)), None
    if how.patience is not None:
        learn, held = held_out(problem, how.validation_share, seed)

        def validate() -> float:
            return float(objective.mean(held).sum())

    learnt = torch.as_tensor(learn)

    def look() -> tuple[torch.Tensor, np.ndarray]:
        found = objective.again()
        return found.values, found.present

    # Measured in the one training on all rows, not in those of the folds, whose networks are thrown away.
    affinity = Affinity(network, look, problem.labels, how.affinity if phase == "joint" else 0)
    descent = Descent(
        network,
        weighting,
        problem.labels,
        seed=seed,
        team=Team.join(how.device),
        again=objective.again,
        affinity=affinity,
    )
    history = train(
        network,
        plan,
        lambda index: objective(learnt[index]),
        len(learn),
        settings,
        seed=seed,
        validate=validate,
        combine=descent,
        callbacks=[*(one for one in (descent, affinity) if _listens(one)), *how.callbacks],
        folder=None if how.folder is None else Path(how.folder) / phase,
        resume=how.resume,
        same=_same(how, problem, weighting),
    )
    return history, descent.mean_weights(), affinity.table()


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
