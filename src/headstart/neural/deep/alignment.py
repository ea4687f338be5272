"""What a method that aligns deep features is: a small frozen object with its weight and its schedule."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import torch
from torch import nn

from ...core.errors import InputError
from ..network import Network
from ..training.settings import check_real
from .batch import PairedBatch


class Alignment(ABC):
    """A method that draws the features of source and target towards each other.

    Methods are values: they compare by what they say, and hold nothing of a network. Subclasses are frozen data classes
    with the fields ``weight`` and ``ramp``.
    """

    weight: float
    ramp: float | None

    # The tasks that the method is made for.
    tasks: ClassVar[tuple[str, ...]] = ("classification", "regression")

    @property
    def steps(self) -> int:
        """Steps of the optimiser that make one round; most methods do all in one."""
        return 1

    def check(self) -> None:
        """Refuse a weight or schedule that cannot be used."""
        check_real("weight", self.weight, zero=True)
        if self.ramp is not None:
            check_real("ramp", self.ramp, or_none=True)

    def strength(self, progress: float) -> float:
        """The weight at a share of all steps: 2 / (1 + exp(-ramp p)) - 1 times ``weight`` (Ganin et al. 2016)."""
        if self.ramp is None:
            return float(self.weight)
        return float(self.weight) * (2.0 / (1.0 + math.exp(-float(self.ramp) * progress)) - 1.0)

    def parts(self, n_features: int, n_outputs: int) -> nn.Module:
        """Layers that train with the network and are left behind afterwards; drawn from torch's global generator."""
        return nn.Module()

    def begin(self, network: Network, parts: Any) -> None:  # noqa: B027 - most methods have nothing to do
        """Change the head before training, where the method needs that; draws as ``parts`` does."""

    def end(self, network: Network, parts: Any) -> None:  # noqa: B027
        """Leave in the network's head what predicts."""

    @abstractmethod
    def losses(self, batch: PairedBatch, network: Network, parts: Any) -> dict[str, torch.Tensor]:
        """The losses of a batch by name; their sum is minimised."""

    def refuse_task(self, task: str) -> None:
        """Raise where the method is not made for the task."""
        if task not in self.tasks:
            name = type(self).__name__
            raise InputError(
                f"alignment={name}() looks at the probabilities of classes, and this is {task}; expected a method that "
                "does without: DeepCORAL(), DAN(), DANN() or DeepJDOT()"
            )
