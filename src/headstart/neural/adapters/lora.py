"""LoRA and DoRA."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from ...core.errors import InputError
from .adapter import Adapter, check_patterns, check_whole
from .linearity import plain_geometry
from .low_rank import LowRank, MagnitudeLowRank
from .targets import Layer


@dataclass(frozen=True)
class LoRA(Adapter):
    """Low-rank adaptation: a layer's weight plus a trained matrix of low rank.

    A layer ``W x`` becomes ``W x + alpha / rank * B A x``, with A of shape (rank, inputs), random, and B of shape
    (outputs, rank), zero at first. Convolutions have an A of their own geometry and a B of size one. On Hugging Face
    models peft carries it; on any other module a layer of our own, with the same numbers.

    Parameters
    ----------
    rank : int, default=8
        Rank of the change. With attention alone adapted, 8 trains under one percent of a small BERT.
    alpha : float, optional
        The change is multiplied by ``alpha / rank``. None: twice the rank, so that the strength stays the same when
        the rank is tuned.
    dropout : float, default=0.0
        Share of a layer's inputs that is dropped on the way to A, in training.
    layers : str or sequence of str, optional
        Shell patterns of layer names: the whole name, its end, or a module that holds the layers, such as
        ``"query"`` or ``"encoder.layer.[45]"``. None: all projections of attention; where a network has none, all
        its linear layers and ungrouped convolutions.

    References
    ----------
    Hu, E. J., et al. (2022). LoRA: Low-Rank Adaptation of Large Language Models. ICLR.

    Examples
    --------
    >>> import headstart as hs
    >>> from torch import nn
    >>> encoder = nn.Sequential(nn.Linear(20, 30), nn.ReLU(), nn.Linear(30, 10))
    >>> adapter = hs.neural.LoRA(rank=2).attach(encoder, seed=0)
    >>> sum(p.numel() for p in adapter.parameters())
    180
    >>> adapter.table()["layer"].tolist()
    ['0', '2', 'all']
    """

    rank: int = 8
    alpha: float | None = None
    dropout: float = 0.0
    layers: str | Sequence[str] | None = None

    through_peft: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_whole(self, "rank", self.rank)
        if self.alpha is not None and not self.alpha > 0:
            raise InputError(f"alpha={self.alpha!r}; expected a number above 0, or None for twice the rank")
        if not 0 <= self.dropout < 1:
            raise InputError(f"dropout={self.dropout!r}; expected a share from 0 to below 1")
        check_patterns(self)

    @property
    def scale(self) -> float:
        """What the low-rank product is multiplied by."""
        return (2 * self.rank if self.alpha is None else self.alpha) / self.rank

    def takes(self, layer: Layer, peft: bool) -> bool:
        """Whether it can go to such a layer; peft's convolutions have neither dilation nor paddings but zeros."""
        return not peft or plain_geometry(layer)

    def usual(self, layers: list[Layer]) -> list[Layer]:
        """The projections of attention, or all."""
        return [layer for layer in layers if layer.in_attention] or layers

    def part(self, layer: Layer, generator: torch.Generator) -> nn.Module:
        """The low-rank weights of one layer."""
        return LowRank(layer, self.rank, self.scale, self.dropout, generator)


@dataclass(frozen=True)
class DoRA(LoRA):
    """LoRA on the direction of the weights, with their lengths trained apart.

    The rows of ``W + alpha / rank * B A`` are brought to unit length and multiplied by a trained vector, which starts
    as the lengths of the rows of W. As in the paper's section 4.3, no gradient runs through the normalisation.

    Parameters
    ----------
    rank : int, default=8
        As in LoRA.
    alpha : float, optional
        As in LoRA. None: twice the rank.
    dropout : float, default=0.0
        Acts on the low-rank path alone.
    layers : str or sequence of str, optional
        As in LoRA; embeddings are not among them.

    References
    ----------
    Liu, S.-Y., et al. (2024). DoRA: Weight-Decomposed Low-Rank Adaptation. ICML.

    Examples
    --------
    >>> import headstart as hs
    >>> from torch import nn
    >>> adapter = hs.neural.DoRA(rank=2).attach(nn.Sequential(nn.Linear(20, 30)), seed=0)
    >>> sorted(adapter.state())
    ['0.lora_A.weight', '0.lora_B.weight', '0.lora_magnitude_vector.weight']
    """

    def takes(self, layer: Layer, peft: bool) -> bool:
        """Whether it can go to such a layer: embeddings would be normalised whole on each call."""
        return layer.kind != "embedding" and super().takes(layer, peft)

    def part(self, layer: Layer, generator: torch.Generator) -> nn.Module:
        """The low-rank weights and the lengths of one layer."""
        return MagnitudeLowRank(layer, self.rank, self.scale, self.dropout, generator)
