"""CDAN: features that do not tell the domains apart, class by class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import nn

from ...core.errors import InputTypeError
from ..network import Network
from ..training.settings import check_whole
from .adversary import DomainClassifier, domain_loss, reversed_gradient
from .alignment import Alignment
from .batch import PairedBatch

# Products of features and classes up to which all are taken; beyond, random projections of this many (the paper's).
_MOST, _PROJECTED = 4096, 1024


class MultilinearMap(nn.Module):
    """All products of a feature and a probability; random sums of them where there are too many.

    The random map is (R f) * (S g) / sqrt(d) with standard normal R and S, whose inner products are those of the
    full map in expectation.
    """

    def __init__(self, n_features: int, n_classes: int) -> None:
        super().__init__()
        self.n_outputs = n_features * n_classes
        self.random = self.n_outputs > _MOST
        if self.random:
            self.n_outputs = _PROJECTED
            # Buffers, so that a checkpoint holds them.
            self.register_buffer("of_features", torch.randn(n_features, _PROJECTED))
            self.register_buffer("of_classes", torch.randn(n_classes, _PROJECTED))

    def forward(self, features: torch.Tensor, probabilities: torch.Tensor) -> torch.Tensor:
        """The products (n_rows, n_outputs)."""
        if self.random:
            return (features @ self.of_features) * (probabilities @ self.of_classes) / self.n_outputs**0.5
        return (probabilities[:, :, None] * features[:, None, :]).flatten(1)


class _Conditional(nn.Module):
    def __init__(self, n_features: int, n_classes: int, width: int) -> None:
        super().__init__()
        self.map = MultilinearMap(n_features, n_classes)
        self.domain = DomainClassifier(self.map.n_outputs, width)

    def forward(self, features: torch.Tensor, probabilities: torch.Tensor) -> torch.Tensor:
        return self.domain(self.map(features.float(), probabilities))


def certainty_weight(probabilities: torch.Tensor) -> torch.Tensor:
    """1 + exp(-entropy) of each row, scaled to mean 1: rows whose class is clear count more."""
    entropy = -(probabilities * probabilities.clamp(min=1e-12).log()).sum(1)
    weight = 1 + torch.exp(-entropy)
    return weight / weight.mean()


@dataclass(frozen=True)
class CDAN(Alignment):
    """Conditional DANN: the domain classifier sees each feature together with what the network predicts.

    Domains are then brought together class by class, where DANN may lay one class upon another.

    Parameters
    ----------
    weight : float, default=1.0
        How strongly the domain classifier's gradient, turned round, reaches the features at the end of training.
    ramp : float or None, default=10.0
        How fast the strength rises from 0: as 2 / (1 + exp(-ramp p)) - 1, where p is the share of the steps done;
        None: full strength from the start.
    entropy : bool, default=True
        Count rows whose predicted class is clear more (CDAN+E): with 1 + exp(-entropy).
    width : int, default=128
        Units of each of the two hidden layers of the domain classifier.

    Raises
    ------
    InputError
        Where a value cannot be used; where the task is regression.

    Notes
    -----
    Up to 4,096 products of features and classes are all seen; of more, 1,024 random projections, as in the paper. The
    predictions, and the weights made of them, are taken as given: the gradient goes through the features, as in the
    authors' code.

    References
    ----------
    Long, Cao, Wang and Jordan (2018). Conditional adversarial domain adaptation. NeurIPS.

    Examples
    --------
    >>> import headstart as hs
    >>> hs.neural.CDAN(entropy=False)
    CDAN(weight=1.0, ramp=10.0, entropy=False, width=128)
    """

    weight: float = 1.0
    ramp: float | None = 10.0
    entropy: bool = True
    width: int = 128

    tasks: ClassVar[tuple[str, ...]] = ("classification",)

    def __post_init__(self) -> None:
        self.check()
        check_whole("width", self.width)
        if not isinstance(self.entropy, bool):
            raise InputTypeError(f"entropy is {self.entropy!r}; expected True or False")

    def parts(self, n_features: int, n_outputs: int) -> nn.Module:
        """The multilinear map and the domain classifier."""
        return _Conditional(n_features, n_outputs, self.width)

    def losses(self, batch: PairedBatch, network: Network, parts: Any) -> dict[str, torch.Tensor]:
        """The task's loss and the domain classifier's."""
        strength = self.strength(batch.progress)
        given = [p.detach() for p in batch.probabilities()]
        features = [reversed_gradient(f, strength) for f in (batch.source, batch.target)]
        told = [parts(f, p) for f, p in zip(features, given, strict=True)]
        weights = [certainty_weight(p) for p in given] if self.entropy else []
        return {"task": batch.task_loss(), "domain": domain_loss(*told, *weights)}
