"""Who helps whom, measured while the tasks train together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch

from ...neural.outputs import evaluating
from ..network import MultiTaskNetwork

# How long a step is beside one of the training.
SHORT = 0.1


class Affinity:
    """Callback that measures at some steps what a step on one task alone would do to the loss of each other.

    The affinity of task i to task j is ``1 - L_j(after a step on i) / L_j(before)``, on the rows of the batch and by a
    step of what is shared (Fifty et al. 2021): above zero where learning i helps j. Two deviations: losses are added up
    over the steps of the training before they are divided, since single quotients run wild where a loss comes near
    zero; and a step is a tenth as long as one of AdamW whose entries all have the size of the rate, times the size of
    the task's gradient beside the mean over tasks, so that it is neither lost in rounding nor too long.

    Parameters
    ----------
    network : MultiTaskNetwork
        What trains.
    losses : callable
        Gives the losses (n_tasks,) of the last batch and which tasks have a label in it.
    names : sequence of task names
        The tasks.
    at_steps : int
        At about how many steps of the training, spread over it evenly, it measures; 0 for never.

    Attributes
    ----------
    taken, before : ndarray of shape (n_tasks, n_tasks)
        What steps on one task (row) took off the loss of each (column), and that loss before, summed.
    """

    def __init__(self, network: MultiTaskNetwork, losses: Any, names: tuple[Any, ...], at_steps: int) -> None:
        self.network, self.losses, self.names, self.at_steps = network, losses, names, at_steps
        self.taken = np.zeros((len(names), len(names)))
        self.before = np.zeros((len(names), len(names)))
        if at_steps > 0 and len(names) > 1:
            self.on_step = self._look

    def _look(self, step: Mapping[str, Any]) -> None:
        every = max(step["steps"] // self.at_steps, 1)
        if step["step"] % every == 0:
            self.measure(step["rate"])

    def measure(self, rate: float) -> None:
        """Measure once; the weights are as before afterwards, to the last bit."""
        shared = [p for p in self.network.trunk.below() if p.requires_grad]
        if not shared:
            return
        with evaluating(self.network):
            before, present = self.losses()
            there = np.flatnonzero(present & np.isfinite(before.detach().cpu().numpy()))
            steps = [
                torch.autograd.grad(before[k], shared, retain_graph=True, allow_unused=True) for k in map(int, there)
            ]
            lengths = [math.sqrt(sum(float(g.square().sum()) for g in one if g is not None)) for one in steps]
            typical = float(np.mean(lengths)) if lengths else 0.0
            if typical == 0 or not math.isfinite(typical):
                return
            pace = SHORT * rate * math.sqrt(sum(p.numel() for p in shared)) / typical
            start = [p.detach().clone() for p in shared]
            was = before.detach().double().cpu().numpy()
            with torch.no_grad():
                for i, gradient in zip(there, steps, strict=True):
                    for p, g in zip(shared, gradient, strict=True):
                        if g is not None:
                            p.sub_(g.to(p.dtype), alpha=pace)
                    after = self.losses()[0].double().cpu().numpy()
                    for p, kept in zip(shared, start, strict=True):
                        p.copy_(kept)
                    seen = there[np.isfinite(after[there])]
                    self.taken[i, seen] += was[seen] - after[seen]
                    self.before[i, seen] += was[seen]

    def table(self) -> pd.DataFrame | None:
        """The mean affinity of each task (row) to each (column), NaN where it was not measured; None if nothing was."""
        if not self.before.any():
            return None
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(self.before > 0, self.taken / self.before, np.nan)
        return pd.DataFrame(mean, index=list(self.names), columns=list(self.names))
