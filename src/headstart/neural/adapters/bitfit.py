"""BitFit: only the biases train."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .adapter import Adapter, check_patterns


@dataclass(frozen=True)
class BitFit(Adapter):
    """Only the biases train.

    Parameters
    ----------
    layers : str or sequence of str, optional
        Patterns of the modules whose biases train, as in LoRA. None: all biases.

    References
    ----------
    Ben Zaken, E., Goldberg, Y., Ravfogel, S. (2022). BitFit: Simple Parameter-efficient Fine-tuning for
    Transformer-based Masked Language-models. ACL.

    Examples
    --------
    >>> import headstart as hs
    >>> from torch import nn
    >>> adapter = hs.neural.BitFit().attach(nn.Sequential(nn.Linear(20, 30)), seed=0)
    >>> sorted(adapter.state())
    ['0.bias']
    """

    layers: str | Sequence[str] | None = None

    def __post_init__(self) -> None:
        check_patterns(self)
