"""Auxiliary tasks in a training: how much they count, and the ones that are made of the rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from ...core.errors import InputError, InputTypeError
from ...neural.outputs import evaluating
from ...neural.training.processes import Team
from ..auxiliary.base import AuxiliaryWeights
from ..auxiliary.fixed import FixedWeight
from ..auxiliary.learned import LearnedWeight
from ..auxiliary.made import MadeTask
from ..weighting.base import Weighting
from .objective import Objective
from .problem import TaskProblem

# Held-out rows that a look takes.
LOOK = 128


def made_tasks(auxiliary: Any) -> list[MadeTask]:
    """Those of ``auxiliary=`` that are made of the rows."""
    return [one for one in auxiliary if isinstance(one, MadeTask)]


def weights_of(how: Any, serves: bool) -> AuxiliaryWeights:
    """``auxiliary_weights=`` of an estimator; raise where it says nothing that could be followed."""
    given = how.auxiliary_weights
    if given is None:
        return FixedWeight()
    if not isinstance(given, AuxiliaryWeights):
        hint = ": make one of the class, with brackets" if isinstance(given, type) else ""
        raise InputTypeError(
            f"auxiliary_weights is {given!r}; expected one of headstart.multitask, such as FixedWeight(0.3) or "
            f"GradientGate(){hint}"
        )
    if not serves:
        raise InputError(f"auxiliary_weights={given!r} and no task is auxiliary; expected auxiliary=[...] besides")
    return given


def weighting_for(how: Any, weights: AuxiliaryWeights, mains: tuple[int, ...], default: Weighting) -> Weighting:
    """The weighting of all tasks; raise where auxiliary weights and the user ask for different ones."""
    wanted = weights.weighting(mains)
    if wanted is None:
        return default
    if how.weighting is not None:
        raise InputError(
            f"{weights!r} says how tasks are weighed, and so does weighting={how.weighting!r}; expected weighting=None"
        )
    return wanted


class Learning:
    """Callback that moves auxiliary weights by what held-out rows tell."""

    def __init__(
        self, rule: LearnedWeight, objective: Objective, problem: TaskProblem, held: np.ndarray, seed: int, team: Team
    ) -> None:
        self.rule, self.objective, self.held, self.seed, self.team = rule, objective, held, seed, team
        self.mains = problem.mains
        self.others = np.setdiff1d(np.arange(len(objective.weights)), self.mains)
        # All processes move their weights alike, by the mean of what each finds in its rows.
        self.every_process = True

    def on_step(self, step: Mapping[str, Any]) -> None:
        """Look, every few steps."""
        if step["step"] % self.rule.every == 0:
            rows = np.random.default_rng([self.seed, step["step"]]).permutation(self.held)[:LOOK]
            # In evaluation mode, so that batch normalisation takes nothing of held-out rows along.
            with evaluating(self.objective.network):
                found = self.cosines(torch.as_tensor(np.sort(rows)))
            cosines = np.array(self.team.sums(found)) / self.team.size
            self.objective.weights[self.others] = self.rule.moved(self.objective.weights[self.others], cosines)

    def cosines(self, held: torch.Tensor) -> np.ndarray:
        """The cosine of each auxiliary gradient on the last batch with the main gradient on held-out rows."""
        shared = [p for p in self.objective.network.trunk.below() if p.requires_grad]
        values, present = self.objective.labelled(held)
        known = [int(k) for k in self.mains if present[k]]
        here = self.objective.again()
        if not shared or not known:
            return np.zeros(len(self.others))
        ahead = _flat(values[known].sum(), shared)
        found = []
        for k in map(int, self.others):
            if not here.present[k] or not torch.isfinite(here.values[k]):
                found.append(0.0)
                continue
            mine = _flat(here.values[k], shared)
            length = float(mine.norm() * ahead.norm())
            found.append(float(mine @ ahead) / length if length > 0 else 0.0)
        return np.nan_to_num(np.array(found))


def _flat(loss: torch.Tensor, weights: list[torch.nn.Parameter]) -> torch.Tensor:
    gradients = torch.autograd.grad(loss, weights, retain_graph=True, allow_unused=True)
    pairs = zip(gradients, weights, strict=True)
    return torch.cat([(torch.zeros_like(w) if g is None else g).float().reshape(-1) for g, w in pairs])
