"""A batch of source rows beside as many target rows, computed when a method asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch

from ..network import Network

Loss = Callable[[torch.Tensor], torch.Tensor]


@dataclass
class PairedBatch:
    """Rows of source and target in one step.

    Attributes
    ----------
    progress : float
        The share of all steps that is done, from 0 to 1.
    step : int
        The step, counted from 0.
    labels : torch.Tensor
        Labels of the source rows: codes of classes, or numbers.
    classes : bool
        Whether labels are codes of classes.
    """

    network: Network
    progress: float
    step: int
    labels: torch.Tensor
    classes: bool
    source_loss: Loss
    target_loss: Loss | None
    encode_source: Callable[[], torch.Tensor]
    encode_target: Callable[[], tuple[torch.Tensor, torch.Tensor | None]]

    @cached_property
    def source(self) -> torch.Tensor:
        """Features (n_rows, n_features) of the source rows."""
        return self.encode_source()

    @cached_property
    def _target(self) -> tuple[torch.Tensor, torch.Tensor | None]:
        return self.encode_target()

    @property
    def target(self) -> torch.Tensor:
        """Features (n_rows, n_features) of as many target rows, whose labels play no part."""
        return self._target[0]

    @property
    def labelled(self) -> torch.Tensor | None:
        """Features of target rows with labels; None where there are none."""
        return self._target[1]

    @cached_property
    def source_outputs(self) -> torch.Tensor:
        """Outputs of the network's head for the source rows."""
        return self.network.head(self.source)

    @cached_property
    def target_outputs(self) -> torch.Tensor:
        """Outputs of the network's head for the target rows."""
        return self.network.head(self.target)

    def task_loss(self, head: Any = None, *, detached: bool = False) -> torch.Tensor:
        """The loss of a head on all rows with labels: the mean over the two domains where both have labels.

        ``detached``: the features are given, and the head alone learns.
        """

        def said(features: torch.Tensor) -> torch.Tensor:
            return (self.network.head if head is None else head)(features.detach() if detached else features)

        outputs = self.source_outputs if head is None and not detached else said(self.source)
        loss = self.source_loss(outputs)
        if self.target_loss is None:
            return loss
        assert self.labelled is not None
        return 0.5 * (loss + self.target_loss(said(self.labelled)))

    def probabilities(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Probabilities of classes, of the source and of the target rows."""
        return self.source_outputs.float().softmax(1), self.target_outputs.float().softmax(1)
