"""DAN: features of equal distribution, by the maximum mean discrepancy with several kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from ...core.errors import InputError
from ..network import Network
from ..training.settings import check_real
from .alignment import Alignment
from .batch import PairedBatch
from .precise import precise


@precise
def mk_mmd(source: torch.Tensor, target: torch.Tensor, widths: tuple[float, ...]) -> torch.Tensor:
    """The unbiased estimate of the squared MMD over all pairs of rows; 0 where a domain has a single row.

    The kernel is the mean of exp(-|x - y|^2 / (w s)) over the widths w; s is the mean squared distance of all pairs of
    different rows of both domains together, which is taken as given (no gradient).
    """
    m, n = len(source), len(target)
    if min(m, n) < 2:
        return (source.sum() + target.sum()) * 0.0
    both = torch.cat([source, target])
    squares = both.square().sum(1)
    apart = (squares[:, None] + squares - 2 * both @ both.T).clamp(min=0)
    scale = (apart.detach().sum() / ((m + n) * (m + n - 1))).clamp(min=torch.finfo(apart.dtype).tiny)
    kernel = torch.stack([torch.exp(-apart / (w * scale)) for w in widths]).mean(0)
    within_s, within_t = kernel[:m, :m], kernel[m:, m:]
    return (
        (within_s.sum() - within_s.diagonal().sum()) / (m * (m - 1))
        + (within_t.sum() - within_t.diagonal().sum()) / (n * (n - 1))
        - 2 * kernel[:m, m:].mean()
    )


@dataclass(frozen=True)
class DAN(Alignment):
    """Deep adaptation network: bring the distributions of the features together, as several Gaussian kernels see them.

    Parameters
    ----------
    weight : float, default=5.0
        Of the discrepancy beside the task's loss. The kernel is the mean of five by default, where the authors' code
        adds them up, so that 5 is its 1. On digits 5 did better than 1.
    ramp : float or None, default=None
        How fast the weight rises from 0: as 2 / (1 + exp(-ramp p)) - 1, where p is the share of the steps done.
        None: it is there from the start.
    widths : tuple of float, default=(0.25, 0.5, 1.0, 2.0, 4.0)
        Widths of the kernels, in mean squared distances between the rows of a batch, so that they suit features of any
        scale.

    Raises
    ------
    InputError
        Where a weight, ramp or width cannot be used.

    Notes
    -----
    Estimated without bias over all pairs of a batch, whose cost is small beside the network's; the paper's linear-time
    estimate uses one pair a row and varies more. All kernels count alike, where the paper solves for their
    weights. One layer is aligned: that of the features. An unbiased estimate may be below 0.

    References
    ----------
    Long, Cao, Wang and Jordan (2015). Learning transferable features with deep adaptation networks. ICML.

    Examples
    --------
    >>> import headstart as hs
    >>> hs.neural.DAN(widths=(0.5, 1, 2)).widths
    (0.5, 1, 2)
    """

    weight: float = 5.0
    ramp: float | None = None
    widths: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0, 4.0)

    def __post_init__(self) -> None:
        self.check()
        object.__setattr__(self, "widths", tuple(self.widths))
        if not self.widths:
            raise InputError("widths is empty; expected at least one width of a kernel, such as (0.5, 1.0, 2.0)")
        for width in self.widths:
            check_real("a width", width)

    def losses(self, batch: PairedBatch, network: Network, parts: Any) -> dict[str, torch.Tensor]:
        """The task's loss and the discrepancy."""
        apart = mk_mmd(batch.source, batch.target, self.widths)
        return {"task": batch.task_loss(), "alignment": self.strength(batch.progress) * apart}
