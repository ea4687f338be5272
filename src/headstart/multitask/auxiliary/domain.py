"""Whose row is it: a task made of domains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ...core.errors import InputError
from ...neural.backbones.seeds import seeded
from .made import MadeHead, MadeTask


@dataclass(frozen=True)
class DomainPrediction(MadeTask):
    """Tell which task's domain a row came from, where each task has rows of its own.

    It keeps what tells domains apart in the features, the opposite of domain-adversarial training: worth a try where
    tasks differ by domain.

    Examples
    --------
    >>> from headstart.multitask import DomainPrediction
    >>> DomainPrediction().name
    'DomainPrediction'
    """

    def build(self, kind: str, batch: Any, n_features: int, domain: Any, *, seed: int) -> MadeHead:
        """A head with an output for each domain."""
        if domain is None or len(np.unique(domain)) < 2:
            raise InputError(
                "DomainPrediction() tells the domains of rows apart, and there is one table; expected "
                "fit([hs.Domain(X, y), ...]) with one domain a task, or to leave it out"
            )
        with seeded(seed):
            return _DomainHead(n_features, np.asarray(domain))


class _DomainHead(MadeHead):
    def __init__(self, n_features: int, domain: np.ndarray) -> None:
        super().__init__()
        self._domain = torch.as_tensor(domain, dtype=torch.int64)
        self.head = nn.Linear(n_features, int(domain.max()) + 1)

    def changed(self, batch: Any, draws: torch.Generator) -> tuple[Any, Any]:
        """The batch as it is."""
        return batch, None

    def loss(self, features: torch.Tensor, told: Any, index: torch.Tensor) -> torch.Tensor:
        """The cross entropy of the domains."""
        return functional.cross_entropy(self.head(features).float(), self._domain[index].to(features.device))
