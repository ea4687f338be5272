"""A sign for each entry of the gradient, and only the tasks that have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from ...core.errors import InputError
from .base import GradientWeighting


def sign_mask(gradients: torch.Tensor, u: torch.Tensor, leak: float) -> torch.Tensor:
    """What share of each task's entries passes; (K, ...), for gradients (K, ...) and u (...) drawn from (0, 1).

    An entry passes where its sign is the one drawn: positive with the probability
    P = (1 + sum_k g_k / sum_k |g_k|) / 2. Where the task does not have the sign, ``leak`` passes.
    """
    total = gradients.abs().sum(0)
    purity = 0.5 * (1.0 + gradients.sum(0) / total.clamp_min(torch.finfo(gradients.dtype).tiny))
    passes = ((purity > u) & (gradients > 0)) | ((purity < u) & (gradients < 0))
    return leak + (1.0 - leak) * passes.to(gradients.dtype)


def sign_sum(gradients: torch.Tensor, u: torch.Tensor, leak: float) -> torch.Tensor:
    """The sum over tasks of the gradients (K, ...) times their `sign_mask`, without an array of that size."""
    up, down = torch.zeros_like(gradients[0]), torch.zeros_like(gradients[0])
    for row in gradients:
        up += row.clamp_min(0.0)
        down += row.clamp_max(0.0)
    total = up - down
    purity = 0.5 * (1.0 + (up + down) / total.clamp_min(torch.finfo(gradients.dtype).tiny))
    drawn = torch.where(purity > u, up, torch.where(purity < u, down, torch.zeros_like(up)))
    return drawn if leak == 0.0 else leak * (up + down) + (1.0 - leak) * drawn


@dataclass(frozen=True)
class GradDrop(GradientWeighting):
    """Gradient sign dropout: draw a sign for each entry, and let pass the gradients of the tasks that have it.

    The sign is positive with the probability (1 + sum_k g_k / sum_k |g_k|) / 2, so that in the mean the sum of the
    gradients passes where they agree.

    Parameters
    ----------
    level : {"representation", "parameter"}, default="representation"
        Where signs are drawn. At the representation there is one for each of its entries, alike for all rows: the
        gradients times the signs of the representation are summed over rows for it, as in the paper.
    leak : float, default=0.0
        Share that passes of gradients with the other sign; 1 is the plain sum.

    Raises
    ------
    InputError
        Where the level is none of these, or the leak is not between 0 and 1.

    References
    ----------
    Chen, Ngiam, Huang, Luong, Kretzschmar, Chai and Anguelov (2020). Just pick a sign: optimizing deep multitask models
    with gradient sign dropout. NeurIPS.

    Examples
    --------
    >>> import torch
    >>> from headstart.multitask.weighting.graddrop import sign_mask
    >>> sign_mask(torch.tensor([[1.0, 2.0], [-3.0, 1.0]]), torch.tensor([0.5, 0.5]), 0.0)
    tensor([[0., 1.],
            [1., 1.]])
    """

    leak: float = 0.0

    looks_at: ClassVar[str] = "gradients"

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.leak, bool) or not isinstance(self.leak, (int, float)) or not 0 <= self.leak <= 1:
            raise InputError(f"leak is {self.leak!r}; expected a number from 0 to 1")

    def mask(self, gradients: torch.Tensor, u: torch.Tensor) -> torch.Tensor:
        """What share of each entry passes, from gradients over all processes; shapes as in `sign_mask`."""
        return sign_mask(gradients, u, self.leak)

    def masked_sum(self, gradients: torch.Tensor, u: torch.Tensor) -> torch.Tensor:
        """The sum over tasks of what passes of the gradients themselves, which are of this process alone."""
        return sign_sum(gradients, u, self.leak)
