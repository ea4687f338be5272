"""What an opened backbone is: a module that gives features, what it takes, and its layers in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from torch import nn

from .groups import LayerGroup


@dataclass(frozen=True)
class Backbone:
    """A network that turns a batch of inputs into features.

    Attributes
    ----------
    name : str
        What tables and messages call it, such as ``"timm/resnet50"``.
    module : torch.nn.Module
        Takes a batch, as ``takes`` makes it, and gives features of shape (n_rows, n_features).
    n_features : int
        Length of a row's features.
    takes : object
        The reader of its inputs, unfitted: how images, texts, series or rows of numbers become batches. See
        ``headstart.neural.inputs``.
    groups : tuple of LayerGroup
        All parameters and buffers of ``module``, from the input to the output.
    recipe : dict
        Plain values from which ``module`` can be built again without its weights; empty where it can't be.
    pretrained : bool
        Whether the weights were trained before, or are random.
    notes : tuple of str
        What loading had to say: weights that are missing, unexpected or of another shape, by name.
    """

    name: str
    module: nn.Module
    n_features: int
    takes: Any
    groups: tuple[LayerGroup, ...]
    recipe: dict[str, Any] = field(default_factory=dict)
    pretrained: bool = False
    notes: tuple[str, ...] = ()
