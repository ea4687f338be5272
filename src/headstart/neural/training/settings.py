"""How to train: the numbers that a user sets, all checked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import torch

from ...core.errors import InputError

# Share of the steps in which the rate rises, where the user names none: Smith and Topin's for one-cycle, BERT's for
# others.
SCHEDULES = {"one-cycle": 0.3, "cosine": 0.1, "linear": 0.1, "constant": 0.0}
PRECISIONS = ("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained.

    Parameters
    ----------
    epochs : int, default=10
        Passes over the rows. Few, since a network that was trained before needs few.
    batch_size : int, default=32
        Rows that one step learns from, over all processes and parts: neither ``accumulate`` nor more processes change
        what is learned.
    learning_rate : float, default=1e-3
        The highest rate of the schedule, for layers of speed 1. See ``find_learning_rate``.
    weight_decay : float, default=0.01
        Decoupled decay (AdamW) of layers whose stage names none.
    schedule : {"one-cycle", "cosine", "linear", "constant"}, default="one-cycle"
        How the rate moves with the steps: a cosine up from 1/25 and down to 1/250,000 [1]_; or, after a linear warmup,
        a cosine to 0, a line to 0, or no change.
    warmup : float or None, default=None
        Share of all steps in which the rate rises, below 1. None: 0.3 for "one-cycle", 0.1 for "cosine" and "linear",
        0 for "constant".
    accumulate : int, default=1
        Parts in which the rows of a step are computed, one after the other, to save memory.
    clip : float or None, default=1.0
        Largest norm of the gradient of all weights together; longer ones are scaled down. None: no limit.
    precision : {"auto", "float32", "bfloat16"}, default="auto"
        "bfloat16" computes layers in it where torch holds that safe (autocast) and keeps weights as they are. "auto"
        does so on CUDA devices made for it.
    device : str, default="auto"
        "auto" takes CUDA, else MPS, else the CPU. Or a name of torch, such as "cuda:1".
    patience : int or None, default=None
        Epochs without a better validation score after which training stops. None: all epochs run.
    max_steps : int or None, default=None
        At most so many steps; the schedule ends with them.
    time_limit : float or None, default=None
        Seconds after which training stops, counted from the call; the schedule doesn't know of it. A run with a folder
        can be resumed afterwards.

    Raises
    ------
    InputError
        Where a value cannot be used.

    References
    ----------
    .. [1] Smith & Topin (2019). Super-convergence: very fast training of neural networks using large learning rates.

    Examples
    --------
    >>> import headstart as hs
    >>> hs.neural.TrainingSettings(epochs=3, schedule="linear").warmup_share
    0.1
    """

    epochs: int = 10
    batch_size: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    schedule: str = "one-cycle"
    warmup: float | None = None
    accumulate: int = 1
    clip: float | None = 1.0
    precision: str = "auto"
    device: str = "auto"
    patience: int | None = None
    max_steps: int | None = None
    time_limit: float | None = None

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "accumulate"):
            check_whole(name, getattr(self, name))
        for name in ("patience", "max_steps"):
            if getattr(self, name) is not None:
                check_whole(name, getattr(self, name), or_none=True)
        check_real("learning_rate", self.learning_rate)
        check_real("weight_decay", self.weight_decay, zero=True)
        for name in ("clip", "time_limit"):
            if getattr(self, name) is not None:
                check_real(name, getattr(self, name), or_none=True)
        _check_choice("schedule", self.schedule, tuple(SCHEDULES))
        _check_choice("precision", self.precision, PRECISIONS)
        if self.warmup is not None:
            check_real("warmup", self.warmup, zero=True, or_none=True)
            if self.warmup >= 1:
                raise InputError(f"warmup is {self.warmup!r}; expected a share of the steps, at least 0 and below 1")
        if self.accumulate > self.batch_size:
            raise InputError(
                f"accumulate is {self.accumulate} and batch_size {self.batch_size}; expected no more parts than rows: "
                "batch_size counts the rows of all parts together"
            )
        if self.device != "auto":
            try:
                torch.device(self.device)
            except (RuntimeError, TypeError) as error:
                raise InputError(
                    f"device is {self.device!r}; expected 'auto' or a name of torch, such as 'cpu', 'cuda:0' or 'mps'"
                ) from error

    @property
    def warmup_share(self) -> float:
        """Share of the steps in which the rate rises."""
        return SCHEDULES[self.schedule] if self.warmup is None else float(self.warmup)


def check_whole(name: str, value: Any, *, least: int = 1, or_none: bool = False) -> None:
    """Refuse what is not a whole number of at least ``least``."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        other = ", or None" if or_none else ""
        raise InputError(f"{name} is {value!r}; expected a whole number of at least {least}{other}")


def check_real(name: str, value: Any, *, zero: bool = False, or_none: bool = False) -> None:
    good = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    if not good or value < 0 or (value == 0 and not zero):
        other = ", or None" if or_none else ""
        raise InputError(f"{name} is {value!r}; expected a number {'of at least' if zero else 'above'} 0{other}")


def _check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InputError(f"{name} is {value!r}; expected one of {', '.join(repr(c) for c in choices)}")
