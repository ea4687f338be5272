"""What a weighting has added up in one training."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np
import torch

from ...core.errors import HeadstartWarning, InputError, InputTypeError
from ..losses import Seen, gather
from .arrays import Vector
from .base import Weighting

# First losses, or norms of first gradients, that differ by more than this factor are warned about.
WILD = 100.0
Reduce = Callable[[torch.Tensor], torch.Tensor]


class WeightingState:
    """What a weighting has added up in one training; made by `Weighting.start`.

    ``state_dict`` and ``load_state_dict`` carry it over, as tensors, so that a training that is resumed goes on as if
    it had never stopped; random draws depend on the seed and the number of the step alone.

    Parameters
    ----------
    weighting : Weighting
        How the tasks are weighed.
    tasks : int or sequence of str
        The tasks, or how many there are; messages call them by these names.
    seed : int, default=0
        Decides what is drawn. It has to be the same in all processes of a training.

    Attributes
    ----------
    step : int
        Steps done.
    memory : dict
        The arrays that the weighting changes.
    first : ndarray of shape (n_tasks,)
        The first loss of each task, NaN before it was seen.

    Raises
    ------
    InputError
        Where there is no task, or a name stands twice.

    Examples
    --------
    >>> from headstart.multitask import FAMO
    >>> state = FAMO().start(["left", "right"])
    >>> sorted(state.state_dict())
    ['count', 'first', 'first_losses', 'second', 'seed', 'step', 'value', 'waits']
    """

    def __init__(self, weighting: Weighting, tasks: int | Sequence[str], *, seed: int = 0) -> None:
        if not isinstance(weighting, Weighting):
            hint = ": make one of the class, with brackets" if isinstance(weighting, type) else ""
            raise InputTypeError(
                f"weighting is {weighting!r}; expected a weighting of headstart.multitask, such as UPGrad(){hint}"
            )
        self.weighting = weighting
        self.names = _names(tasks)
        if not isinstance(seed, Integral) or isinstance(seed, bool) or seed < 0:
            raise InputError(f"seed is {seed!r}; expected a whole number of at least 0")
        self.seed = int(seed)
        self.step = 0
        self.first: Vector = np.full(len(self.names), np.nan)
        self.memory = weighting.memory(len(self.names))
        # Losses before the step, while the weighting waits for those after it.
        self.waits: Vector = np.full(len(self.names), np.nan)
        self._told: set[str] = set()

    def __repr__(self) -> str:
        return f"<state of {self.weighting!r} over {len(self.names)} tasks after {self.step} steps>"

    def rng(self) -> np.random.Generator:
        """A new generator of this step: the same in all processes, and after a resume."""
        return np.random.Generator(np.random.PCG64([self.seed, self.step]))

    def end_epoch(self) -> None:
        """Tell the end of an epoch; needed where ``weighting.by_epochs``."""
        self.weighting.end_epoch(self.memory)

    def look_again(self, losses: Any, *, reduce: Reduce | None = None) -> None:
        """Show the losses of the same rows after the step; needed where ``weighting.looks_again``.

        Parameters
        ----------
        losses : as for `weighted_backward`
            Computed without gradients, from the rows of the step and with the weights after it.
        reduce : callable, optional
            As for `weighted_backward`.
        """
        if np.isnan(self.waits).all():
            raise InputError("look_again was called before a step; expected weighted_backward first")
        seen = gather(losses, self.names, reduce)
        there = seen.there & ~np.isnan(self.waits)
        self.weighting.see_again(self.waits, seen.values, there, self.memory)
        self.waits[:] = np.nan

    def begin(self, seen: Seen) -> np.ndarray:
        """Look at the losses of a step, warn or refuse where they cannot be used; the tasks that take part."""
        name = type(self.weighting).__name__
        if self.weighting.looks_again and not np.isnan(self.waits).all():
            raise InputError(
                f"{name} compares the losses before and after each step, and those after the last one are missing; "
                "expected a call of state.look_again(losses) after each step of the optimiser"
            )
        if not seen.there.any():
            if seen.present.any():
                raise InputError(
                    f"the loss of every task that has rows is NaN or infinite at step {self.step}; expected a finite "
                    "one: look for NaN in the inputs and for a learning rate that is too high"
                )
            raise InputError(
                f"no task has a loss at step {self.step}; expected rows with a label of at least one task in each batch"
            )
        for k in np.flatnonzero(seen.present & ~seen.there):
            self.leave_out(k, f"loss is {seen.values[k]}")
        if self.weighting.positive and (seen.values[seen.there] < 0).any():
            k = int(np.flatnonzero(seen.there & (seen.values < 0))[0])
            raise InputError(
                f"the loss of task {self.names[k]!r} is {seen.values[k]:.4g}, and {name} needs losses of at least 0; "
                "expected such losses, or a weighting by gradients, such as UPGrad()"
            )
        return seen.there.copy()

    def leave_out(self, task: int, why: str) -> None:
        """Warn, once for each task, that it takes no part in a step."""
        told = f"left out {task}"
        if told not in self._told:
            self._told.add(told)
            warnings.warn(
                f"task {self.names[task]!r} is left out of step {self.step}, since its {why}; the others go on. "
                "Later steps leave it out without a word: look for NaN in its labels, logarithms of 0, divisions by 0",
                HeadstartWarning,
                stacklevel=4,
            )

    def end(self, losses: Vector, there: np.ndarray, norms: Vector | None) -> None:
        """Count the step, and warn at the first one that has seen all tasks where their scales are far apart."""
        new = there & np.isnan(self.first)
        self.first[new] = losses[new]
        if new.any() and not np.isnan(self.first).any() and not self.weighting.scale_free:
            sizes = np.abs(self.first) if norms is None or not there.all() else norms
            self._warn_wild(sizes, "first losses" if sizes is not norms else "gradients at the first step")
        if self.weighting.looks_again:
            self.waits = np.where(there, losses, np.nan)
        self.step += 1

    def _warn_wild(self, sizes: Vector, what: str) -> None:
        # A size of 0 is no scale.
        order = [k for k in np.argsort(sizes) if sizes[k] > 0]
        if len(order) < 2 or sizes[order[-1]] <= WILD * sizes[order[0]]:
            return
        small, large = order[0], order[-1]
        warnings.warn(
            f"the {what} are on wildly different scales: {sizes[large]:.3g} for task {self.names[large]!r}, "
            f"{sizes[small]:.3g} for task {self.names[small]!r}; with {type(self.weighting).__name__} one of them "
            "decides what is shared. Standardise the targets, or take a weighting that knows no scale, such as "
            "GeometricMean() or IMTLG()",
            HeadstartWarning,
            stacklevel=4,
        )

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Copies of all that has been added up, as tensors."""
        found = {name: torch.from_numpy(value.copy()) for name, value in self.memory.items()}
        found["first_losses"] = torch.from_numpy(self.first.copy())
        found["waits"] = torch.from_numpy(self.waits.copy())
        found["step"] = torch.tensor(self.step)
        found["seed"] = torch.tensor(self.seed)
        return found

    def load_state_dict(self, state: Mapping[str, torch.Tensor]) -> None:
        """Go on from what ``state_dict`` gave.

        Raises
        ------
        InputError
            Where it is of another weighting, or of another number of tasks.
        """
        mine = self.state_dict()
        if set(state) != set(mine):
            odd = sorted(set(state) ^ set(mine))
            raise InputError(
                f"the state is of another weighting than {self.weighting!r}: {', '.join(odd)} on one side only; "
                "expected what state_dict() of the same weighting gave"
            )
        for name, value in mine.items():
            if state[name].shape != value.shape:
                raise InputError(
                    f"the state holds {name!r} of shape {tuple(state[name].shape)}, and {len(self.names)} tasks make "
                    f"{tuple(value.shape)}; expected the state of a training of the same tasks"
                )
        for name, value in self.memory.items():
            value[...] = state[name].cpu().numpy()
        self.first[...] = state["first_losses"].cpu().numpy()
        self.waits = state["waits"].cpu().numpy().copy()
        self.step, self.seed = int(state["step"]), int(state["seed"])


def _names(tasks: Any) -> tuple[str, ...]:
    if isinstance(tasks, Integral) and not isinstance(tasks, bool):
        if tasks < 1:
            raise InputError(f"there are {tasks} tasks; expected at least 1")
        return tuple(str(k) for k in range(int(tasks)))
    if isinstance(tasks, str) or not isinstance(tasks, Sequence):
        raise InputTypeError(f"tasks is {tasks!r}; expected the names of the tasks, or their number")
    names = tuple(tasks)
    if not names:
        raise InputError("there are 0 tasks; expected at least 1")
    odd = [n for n in names if not isinstance(n, str)]
    if odd:
        raise InputTypeError(f"a task is called {odd[0]!r}; expected a str")
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise InputError(f"more than one task is called {twice[0]!r}; expected a name of its own for each")
    return names
