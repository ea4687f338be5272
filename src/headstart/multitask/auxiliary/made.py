"""Tasks that headstart makes of the rows themselves, without any label."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import nn


class MadeTask(ABC):
    """A task made of the rows themselves; the subclasses are values, frozen data classes.

    Examples
    --------
    >>> from headstart.multitask import MadeTask, Rotation
    >>> isinstance(Rotation(), MadeTask)
    True
    """

    @property
    def name(self) -> str:
        """What tables call it."""
        return type(self).__name__

    @abstractmethod
    def build(self, kind: str, batch: Any, n_features: int, domain: Any, *, seed: int) -> MadeHead:
        """The head for rows of this kind, such as those of ``batch``, on features of a length.

        ``domain`` (n_rows,) tells the domain of each row, None where all are of one. Raises InputError where such rows
        do not make the task.
        """


class MadeHead(nn.Module, ABC):
    """The head of a task that is made of the rows."""

    @abstractmethod
    def changed(self, batch: Any, draws: torch.Generator) -> tuple[Any, Any]:
        """What goes through the network in place of the batch, and what the head has to tell."""

    @abstractmethod
    def loss(self, features: torch.Tensor, told: Any, index: torch.Tensor) -> torch.Tensor:
        """The mean loss of features (n_rows, n_features) of the changed batch, whose rows are ``index``."""
