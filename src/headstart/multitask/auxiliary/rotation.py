"""Which way up is it: a task made of images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from ...core.errors import InputError
from ...neural.backbones.seeds import seeded
from .made import MadeHead, MadeTask


@dataclass(frozen=True)
class Rotation(MadeTask):
    """Tell by how much an image was turned: 0, 90, 180 or 270 degrees; 0 or 180 where it is not square.

    To tell it, a network has to know what things look like. Of no use where rows have no up and down.

    References
    ----------
    Gidaris, Singh & Komodakis (2018). Unsupervised representation learning by predicting image rotations. ICLR.

    Examples
    --------
    >>> from headstart.multitask import Rotation
    >>> Rotation().name
    'Rotation'
    """

    def build(self, kind: str, batch: Any, n_features: int, domain: Any, *, seed: int) -> MadeHead:
        """A head with an output for each turn."""
        if not isinstance(batch, torch.Tensor) or batch.dim() != 4:
            raise InputError(
                f"Rotation() is a task for images, and X holds {kind}; expected images, or to leave it out"
            )
        square = batch.shape[-1] == batch.shape[-2]
        with seeded(seed):
            return _RotationHead(n_features, (0, 1, 2, 3) if square else (0, 2))


class _RotationHead(MadeHead):
    def __init__(self, n_features: int, turns: tuple[int, ...]) -> None:
        super().__init__()
        self.turns = turns
        self.head = nn.Linear(n_features, len(turns))

    def changed(self, batch: Any, draws: torch.Generator) -> tuple[Any, Any]:
        """Each image turned by a draw."""
        told = torch.randint(len(self.turns), (len(batch),), generator=draws)
        turned = torch.empty_like(batch)
        for place, turn in enumerate(self.turns):
            rows = (told == place).nonzero()[:, 0].to(batch.device)
            turned[rows] = torch.rot90(batch[rows], turn, (2, 3))
        return turned, told.to(batch.device)

    def loss(self, features: torch.Tensor, told: Any, index: torch.Tensor) -> torch.Tensor:
        """The cross entropy of the turns."""
        return functional.cross_entropy(self.head(features).float(), told)
