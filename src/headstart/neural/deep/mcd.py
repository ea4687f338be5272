"""MCD: features on which two classifiers agree about the target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import nn
from torch.nn import functional

from ..network import Network
from ..training.settings import check_whole
from .alignment import Alignment
from .batch import PairedBatch


def discrepancy(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """The mean absolute difference of two sets of probabilities (n_rows, n_classes)."""
    return (first - second).abs().mean()


class _Second(nn.Module):
    def __init__(self, n_features: int, n_outputs: int) -> None:
        super().__init__()
        self.head = nn.Linear(n_features, n_outputs)


@dataclass(frozen=True)
class MCD(Alignment):
    """Maximum classifier discrepancy: two heads learn to disagree on the target, the features learn to make them agree.

    Three kinds of step, in turn: A, features and heads learn the labelled rows; B, the heads also learn to disagree
    on target rows, with the features as they are; C, the features learn to make the heads agree, with the heads as they
    are, ``agree`` times.

    Parameters
    ----------
    weight : float, default=1.0
        Of the disagreement in steps B and C, beside the task's loss; 1 in the paper.
    ramp : float or None, default=None
        How fast the weight rises from 0: as 2 / (1 + exp(-ramp p)) - 1, where p is the share of the steps done.
        None: it is there from the start, as in the paper.
    agree : int, default=1
        Steps C after each step B. The authors take up to 4; here 1 did best on digits, and fewer are faster.

    Raises
    ------
    InputError
        Where a value cannot be used; where the task is regression.

    Notes
    -----
    Each step is one of the optimiser and has a batch of its own, where the paper does all steps of a round on one
    batch. The estimator runs ``2 + agree`` times as many epochs, so that as many steps learn the labels as with
    other methods; a fit takes that much longer, about as in the paper. Afterwards the two heads, which are linear,
    are averaged: that is what the sum of their outputs predicts.

    In step C the features go on learning the labels, which the paper leaves to step A. An optimiser such as AdamW takes
    steps of the same length however small the gradient is, so that steps for agreement alone undo what one
    step for labels did: from USPS to MNIST such a network lost the source's digits too.

    Two linear heads come to agree by themselves, where the paper's, of several layers, keep apart, and there is less
    to learn from their disagreement.

    References
    ----------
    Saito, Watanabe, Ushiku and Harada (2018). Maximum classifier discrepancy for unsupervised domain adaptation. CVPR.

    Examples
    --------
    >>> import headstart as hs
    >>> mcd = hs.neural.MCD(agree=2)
    >>> [mcd.phase(step) for step in range(6)]
    ['A', 'B', 'C', 'C', 'A', 'B']
    """

    weight: float = 1.0
    ramp: float | None = None
    agree: int = 1

    tasks: ClassVar[tuple[str, ...]] = ("classification",)

    def __post_init__(self) -> None:
        self.check()
        check_whole("agree", self.agree)

    @property
    def steps(self) -> int:
        """Steps of a round: A, B and those of C."""
        return 2 + self.agree

    def phase(self, step: int) -> str:
        """Which of the paper's steps this one is."""
        return "ABC"[min(step % self.steps, 2)]

    def parts(self, n_features: int, n_outputs: int) -> nn.Module:
        """The second head."""
        return _Second(n_features, n_outputs)

    def begin(self, network: Network, parts: Any) -> None:
        """Give the first head random weights: two heads that start alike stay alike."""
        network.head.reset_parameters()

    def end(self, network: Network, parts: Any) -> None:
        """Average the heads."""
        with torch.no_grad():
            network.head.weight.add_(parts.head.weight).mul_(0.5)
            network.head.bias.add_(parts.head.bias).mul_(0.5)

    def losses(self, batch: PairedBatch, network: Network, parts: Any) -> dict[str, torch.Tensor]:
        """The losses of the step's kind."""
        first, second = network.head, parts.head
        strength, phase = self.strength(batch.progress), self.phase(batch.step)
        if phase == "A":
            return {"task": batch.task_loss(first) + batch.task_loss(second)}
        if phase == "B":
            apart = discrepancy(*(_said(head, batch.target.detach()) for head in (first, second)))
            labels = batch.task_loss(first, detached=True) + batch.task_loss(second, detached=True)
            return {"task": labels, "disagreement": -strength * apart}
        heads = [_fixed(head) for head in (first, second)]
        apart = discrepancy(*(_said(head, batch.target) for head in heads))
        return {"task": batch.task_loss(heads[0]) + batch.task_loss(heads[1]), "agreement": strength * apart}


def _fixed(head: nn.Linear) -> Callable[[torch.Tensor], torch.Tensor]:
    """The head as it is: it does not learn, what it is given does."""
    return lambda features: functional.linear(features, head.weight.detach(), head.bias.detach())


def _said(head: Callable[[torch.Tensor], torch.Tensor], features: torch.Tensor) -> torch.Tensor:
    """Probabilities that a head gives."""
    return head(features).float().softmax(1)
