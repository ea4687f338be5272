"""DANN: features that do not tell the domains apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ..network import Network
from ..training.settings import check_whole
from .adversary import DomainClassifier, domain_loss, reversed_gradient
from .alignment import Alignment
from .batch import PairedBatch


@dataclass(frozen=True)
class DANN(Alignment):
    """Domain-adversarial network: a classifier learns to tell the domains apart, and the features learn to fool it.

    Parameters
    ----------
    weight : float, default=1.0
        How strongly the classifier's gradient, turned round, reaches the features at the end of training. The
        classifier itself always learns at full strength.
    ramp : float or None, default=10.0
        How fast the strength rises from 0: as 2 / (1 + exp(-ramp p)) - 1, where p is the share of the steps done, so
        that the features are not led by a classifier that has learnt nothing yet. 10 is the paper's; None: full
        strength from the start.
    width : int, default=128
        Units of each of the two hidden layers of the domain classifier.

    Raises
    ------
    InputError
        Where a value cannot be used.

    References
    ----------
    Ganin, Ustinova, Ajakan, Germain, Larochelle, Laviolette, Marchand and Lempitsky (2016). Domain-adversarial
    training of neural networks. JMLR 17.

    Examples
    --------
    >>> import headstart as hs
    >>> dann = hs.neural.DANN()
    >>> [round(dann.strength(p), 3) for p in (0.0, 0.1, 0.5, 1.0)]
    [0.0, 0.462, 0.987, 1.0]
    """

    weight: float = 1.0
    ramp: float | None = 10.0
    width: int = 128

    def __post_init__(self) -> None:
        self.check()
        check_whole("width", self.width)

    def parts(self, n_features: int, n_outputs: int) -> nn.Module:
        """The domain classifier."""
        return DomainClassifier(n_features, self.width)

    def losses(self, batch: PairedBatch, network: Network, parts: Any) -> dict[str, torch.Tensor]:
        """The task's loss and the domain classifier's."""
        strength = self.strength(batch.progress)
        told = [parts(reversed_gradient(features, strength)) for features in (batch.source, batch.target)]
        return {"task": batch.task_loss(), "domain": domain_loss(*told)}
