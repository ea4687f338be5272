"""What the training loop calls at each step of several tasks: their losses weighed, their gradients left in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ...core.errors import InputError
from ...neural.training.processes import Team
from ..backward import weighted_backward
from ..network import MultiTaskNetwork
from ..tap import Tap
from ..weighting.base import GradientWeighting, Weighting
from ..weighting.state import WeightingState

TOTAL = "loss"


@dataclass(frozen=True)
class Losses:
    """What the objective gives of a batch.

    ``values`` (n_tasks,) are the mean losses of its rows, ``present`` (n_tasks,) tells which tasks have a label in it,
    ``tap`` is where heads read what is shared, None where nobody looks there, ``penalty`` is what the sharing adds.
    """

    values: torch.Tensor
    present: np.ndarray
    tap: Tap | None = None
    penalty: torch.Tensor | None = None


class Descent:
    """The step of a weighting, for the training loop.

    Parameters
    ----------
    network : MultiTaskNetwork
        What is trained.
    weighting : Weighting
        How the tasks are weighed.
    names : sequence of str
        The tasks.
    again : callable, optional
        Gives the losses of the rows of the last step once more, for weightings that look again after it.
    times : ndarray of shape (n_tasks,), optional
        What losses were multiplied by before they are weighed; it may change between steps. None: 1 each.
    sums : dict of str to array, optional
        What else adds up in the training, in place, and belongs into checkpoints.
    """

    def __init__(
        self,
        network: MultiTaskNetwork,
        weighting: Weighting,
        names: tuple[str, ...],
        *,
        seed: int,
        team: Team,
        again: Callable[[], Losses] | None = None,
        times: np.ndarray | None = None,
        sums: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        self.network, self.names, self.again = network, names, again
        self.state: WeightingState = weighting.start(list(names), seed=seed)
        self._reduce = None if team.size == 1 else team.total
        self._by_parameters = isinstance(weighting, GradientWeighting) and weighting.level == "parameter"
        # The weights of all steps, summed: what people are shown as the mean weight of a task.
        self.summed_weights, self.n_there = np.zeros(len(names)), np.zeros(len(names))
        self.times = np.ones(len(names)) if times is None else times
        self._sums = {"summed weights": self.summed_weights, "steps there": self.n_there, **(sums or {})}
        self.every_process = True
        if weighting.looks_again:
            self.on_step = self._look_again
        if weighting.by_epochs:
            self.on_epoch = self._end_epoch

    def descend(self, out: Losses, share: float) -> dict[str, float]:
        """Gradients in the weights; the losses of this process' rows, times their share of the batch."""
        values = out.values if share == 1 else out.values * share
        given: Any = values
        if not out.present.all():
            given = [v if there else None for v, there in zip(values.unbind(), out.present, strict=True)]
        where = {"tap": out.tap}
        if self._by_parameters:
            where["shared"] = self.network.trunk.below()
            if out.tap is None:
                where["own"] = self._own()
        step = weighted_backward(given, self.state, **where, reduce=self._reduce)
        there = np.isfinite(step.losses)
        self.summed_weights += np.where(there, step.weights * self.times, 0.0)
        self.n_there += there
        told = values.detach().double().cpu().numpy()
        told = np.where(np.isfinite(told) & out.present, told, 0.0)
        total = float(told.sum())
        if out.penalty is not None:
            penalty = out.penalty if share == 1 else out.penalty * share
            penalty.backward()
            total += float(penalty.detach())
        return {**{f"loss of {name}": float(v) for name, v in zip(self.names, told, strict=True)}, TOTAL: total}

    def _own(self) -> list[torch.nn.Parameter]:
        shared = {id(p) for p in self.network.trunk.below()}
        return [p for p in self.network.parameters() if id(p) not in shared]

    def _look_again(self, step: Mapping[str, Any]) -> None:
        assert self.again is not None
        with torch.no_grad():
            seen = self.again()
        given = [v if there else None for v, there in zip(seen.values.unbind(), seen.present, strict=True)]
        self.state.look_again(given, reduce=self._reduce)

    def _end_epoch(self, row: Mapping[str, Any]) -> None:
        self.state.end_epoch()

    def mean_weights(self) -> np.ndarray:
        """The mean weight of each task over the steps so far at which it had a label; 0 where it never had one."""
        return self.summed_weights / np.maximum(self.n_there, 1)

    def state_dict(self) -> dict[str, torch.Tensor]:
        """What a resume needs."""
        return {**self.state.state_dict(), **{k: torch.from_numpy(v.copy()) for k, v in self._sums.items()}}

    def load_state_dict(self, state: Mapping[str, torch.Tensor]) -> None:
        """Go on from what ``state_dict`` gave."""
        for name, values in self._sums.items():
            values[...] = state[name].cpu().numpy()
        self.state.load_state_dict({name: value for name, value in state.items() if name not in self._sums})


def taps_for(weighting: Weighting, network: MultiTaskNetwork, *, apart: bool, parts: int, made: bool) -> bool:
    """Whether the heads are to read a tap; raise where a weighting cannot work with what there is.

    ``apart``: each task has rows of its own. ``parts``: in how many parts a batch is computed. ``made``: there are
    tasks made of the rows, which look at changed ones.
    """
    name, way = type(weighting).__name__, type(network.trunk).__name__.removesuffix("Trunk")
    if weighting.looks_again and parts > 1:
        raise InputError(
            f"{name} compares the losses of a batch before and after its step, and accumulate={parts} computes it in "
            "parts; expected accumulate=1, or another weighting"
        )
    if not isinstance(weighting, GradientWeighting):
        return False
    if weighting.level == "parameter":
        return network.trunk.taps and not made
    mend = f"{name}(level='parameter'), or a weighting by losses, such as EqualWeighting()"
    if not network.trunk.taps:
        raise InputError(
            f"{name} compares gradients at the representation that all tasks read, and {way} sharing has none; "
            f"expected {mend}"
        )
    if made:
        raise InputError(
            f"{name} compares gradients at the representation of the same rows, and tasks made of the rows look at "
            f"changed ones; expected {mend}"
        )
    if apart:
        raise InputError(
            f"{name} compares gradients at the representation, row by row, and each task has rows of its own: no two "
            f"of their gradients meet there; expected {mend}"
        )
    return True
