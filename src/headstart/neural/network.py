"""A backbone with a head: what is trained and what predicts."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from .groups import LayerGroup

HEAD = "head"


class Network(nn.Module):
    """An encoder and a linear head on its features.

    Parameters
    ----------
    encoder : torch.nn.Module
        Gives features of shape (n_rows, n_features).
    n_features : int
        Length of a row's features.
    n_outputs : int
        Outputs of the head: one for each class, or one for a number.
    groups : sequence of LayerGroup
        The layers of ``encoder``, from input to output, named as in it.

    Notes
    -----
    The head starts at zero, so that the first predictions are those of no knowledge whatever the scale of the features.

    Examples
    --------
    >>> import headstart as hs
    >>> from torch import nn
    >>> encoder = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
    >>> network = hs.neural.Network(encoder, 8, 3, hs.neural.layer_groups(encoder))
    >>> [group.name for group in network.groups]
    ['0', 'head']
    """

    def __init__(self, encoder: nn.Module, n_features: int, n_outputs: int, groups: Any) -> None:
        super().__init__()
        self.encoder = encoder
        # Not drawn, since it starts from zero: a draw would move torch's global random state.
        self.head = nn.utils.skip_init(nn.Linear, n_features, n_outputs)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self._groups = (*(group.under("encoder") for group in groups), LayerGroup(HEAD, (HEAD,)))

    @property
    def groups(self) -> tuple[LayerGroup, ...]:
        """Layers from input to output, the head last; their prefixes are those of this module."""
        return self._groups

    def forward(self, batch: Any) -> torch.Tensor:
        """Outputs (n_rows, n_outputs) of a batch."""
        features: torch.Tensor = self.encoder(batch)
        return self.head(features)
