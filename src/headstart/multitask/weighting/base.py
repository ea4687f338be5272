"""What a weighting is: a value that says how much each task counts, and holds nothing of a training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ...core.errors import InputError
from .arrays import Draw, Memory, Vector

if TYPE_CHECKING:
    import torch

    from .state import WeightingState

LEVELS = ("representation", "parameter")


class Weighting:
    """How much each task counts at a step.

    Weightings are values: they compare by their parameters, can be pickled, and hold nothing of a training. What a
    training adds up lies in the `WeightingState` that `start` gives, so one weighting serves any number of fits.
    Subclasses are frozen data classes. One of your own overrides `loss_weights`, or derives from
    `GradientWeighting` and overrides `gradient_weights`.

    Examples
    --------
    >>> from headstart.multitask import UPGrad
    >>> UPGrad() == UPGrad(level="representation")
    True
    >>> state = UPGrad().start(["price", "rooms"])
    >>> state.names
    ('price', 'rooms')
    """

    # Whether the result is right for losses of any scale; where not, wildly different scales are warned about.
    scale_free: ClassVar[bool] = False
    # Whether it takes logarithms or quotients of losses.
    positive: ClassVar[bool] = False
    # Whether the training has to tell it the end of each epoch, by ``state.end_epoch()``.
    by_epochs: ClassVar[bool] = False
    # Whether the training has to show it the losses after each step, by ``state.look_again(losses)``.
    looks_again: ClassVar[bool] = False

    def start(self, tasks: int | Sequence[str], *, seed: int = 0) -> WeightingState:
        """What one training of these tasks, a number or their names, begins with.

        Raises
        ------
        InputError
            Where there is no task, or a name stands twice.
        """
        from .state import WeightingState

        return WeightingState(self, tasks, seed=seed)

    def memory(self, n_tasks: int) -> Memory:
        """The arrays that a training changes, as they are at the start."""
        return {}

    def loss_weights(self, losses: Vector, there: np.ndarray, memory: Memory, rng: Draw) -> Vector:
        """What each loss is multiplied by before the gradient, which the heads feel too; (n_tasks,).

        ``there`` tells the tasks that take part in this step; the others' losses are NaN and their weights are not
        used.
        """
        return np.ones(len(losses))

    def end_epoch(self, memory: Memory) -> None:
        """Take the end of an epoch into account; most weightings have nothing to do."""

    def see_again(self, before: Vector, after: Vector, there: np.ndarray, memory: Memory) -> None:
        """Take the losses of the same rows, before and after a step, into account; only where ``looks_again``."""


@dataclass(frozen=True)
class GradientWeighting(Weighting):
    """A weighting that looks at the gradients of the tasks, at one of two levels.

    Parameters
    ----------
    level : {"representation", "parameter"}, default="representation"
        Where gradients are compared: at the representation that the heads share, which costs one pass through the
        heads, or at the shared parameters, which costs a pass through the network for each task.
    """

    level: str = "representation"

    # What it looks at: "gramian", all inner products of gradients, or "gradients", their entries.
    looks_at: ClassVar[str] = "gramian"

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise InputError(f"level is {self.level!r}; expected one of {', '.join(map(repr, LEVELS))}")

    def gradient_weights(
        self, gramian: np.ndarray, losses: Vector, there: np.ndarray, memory: Memory, rng: Draw
    ) -> Vector:
        """The weight of each task's gradient, from the inner products of those that are ``there``; (n_tasks,)."""
        weights = np.zeros(len(losses))
        weights[there] = self.of_gramian(gramian[np.ix_(there, there)], losses[there], rng)
        return weights

    def of_gramian(self, gramian: np.ndarray, losses: Vector, rng: Draw) -> Vector:
        """The weights of tasks that are all there."""
        raise NotImplementedError

    def mask(self, gradients: torch.Tensor, u: torch.Tensor) -> torch.Tensor:
        """Where it looks at entries: what share of each passes; (K, ...), by a draw ``u`` (...) from (0, 1)."""
        raise NotImplementedError

    def masked_sum(self, gradients: torch.Tensor, u: torch.Tensor) -> torch.Tensor:
        """The sum over tasks of what passes of the gradients (K, ...), where their own entries are looked at."""
        return (gradients * self.mask(gradients, u)).sum(0)
