"""What was there: a task made of tables and series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ...core.errors import InputError
from ...neural.backbones.seeds import seeded
from .made import MadeHead, MadeTask


@dataclass(frozen=True)
class MaskedFeatures(MadeTask):
    """Tell what stood in entries that were replaced by those of other rows; of series, in whole stretches of time.

    A network learns how columns hang together, also from rows without any label. Entries come from other
    rows of the batch, so that each is a value that its column has (Vincent et al. 2010; Yoon et al. 2020).

    Parameters
    ----------
    share : float, default=0.2
        Share of the entries that are replaced.

    References
    ----------
    Yoon, Zhang, Jordon & van der Schaar (2020). VIME: Extending the success of self- and semi-supervised learning to
    tabular domain. NeurIPS.

    Examples
    --------
    >>> from headstart.multitask import MaskedFeatures
    >>> MaskedFeatures(0.3)
    MaskedFeatures(share=0.3)
    """

    share: float = 0.2

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise InputError(f"MaskedFeatures(share={self.share!r}); expected a number above 0 and below 1")

    def build(self, kind: str, batch: Any, n_features: int, domain: Any, *, seed: int) -> MadeHead:
        """A head with an output for each entry of a row."""
        if not isinstance(batch, torch.Tensor) or batch.dim() not in (2, 3) or not batch.is_floating_point():
            raise InputError(
                f"MaskedFeatures() is a task for tables and series of numbers, and X holds {kind}; expected these, or "
                "to leave it out"
            )
        with seeded(seed):
            return _MaskedHead(n_features, tuple(batch.shape[1:]), self.share)


class _MaskedHead(MadeHead):
    def __init__(self, n_features: int, shape: tuple[int, ...], share: float) -> None:
        super().__init__()
        self.shape, self.share = shape, share
        self.head = nn.Linear(n_features, int(torch.Size(shape).numel()))

    def changed(self, batch: Any, draws: torch.Generator) -> tuple[Any, Any]:
        """Entries, or stretches, from other rows."""
        masked = self._mask(len(batch), draws).to(batch.device)
        others = batch[torch.randperm(len(batch), generator=draws).to(batch.device)]
        return torch.where(masked, others, batch), (batch, masked)

    def _mask(self, n: int, draws: torch.Generator) -> torch.Tensor:
        if len(self.shape) == 1:
            return torch.rand((n, *self.shape), generator=draws) < self.share
        length = self.shape[1]
        width = max(round(self.share * length), 1)
        begins = torch.randint(length - width + 1, (n, 1, 1), generator=draws)
        at = torch.arange(length)[None, None]
        return ((at >= begins) & (at < begins + width)).expand(n, *self.shape)

    def loss(self, features: torch.Tensor, told: Any, index: torch.Tensor) -> torch.Tensor:
        """The squared error of the entries that were replaced."""
        batch, masked = told
        said = self.head(features).float().view(-1, *self.shape)
        error = torch.where(masked, said - batch.float(), 0.0).square()
        return error.sum() / masked.sum().clamp(min=1)
