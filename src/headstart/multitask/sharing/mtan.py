"""One network for all tasks, and attention of each task at its layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from ...core.errors import InputError
from ...neural.backbone import Backbone
from ...neural.backbones.seeds import seeded
from ...neural.groups import LayerGroup
from .attention import TaskAttention
from .base import Sharing, Trunk
from .cut import cut_layers, names_at
from .places import At
from .split import SplitTrunk, check_split


@dataclass(frozen=True)
class MTAN(Sharing):
    """One network for all tasks, each of which picks from its layers by masks of its own.

    At each layer a task has a mask between 0 and 1 for the shared output, computed from that output and from what
    the task took of the layer below. What it takes of the last of these layers goes on: through the layers above, of
    which each task has its own, or straight to the features.

    Parameters
    ----------
    at : str, int or list of them, default=None
        The layers that tasks pick from: names, patterns or places. None: all whose output is one tensor with a row for
        each row of the batch.
    width : int, default=None
        Channels inside an attention module. None: as many as the layer has, as in the paper; less is cheaper where
        layers are wide, as in transformers.

    Raises
    ------
    InputError
        For a width below 1; by ``build``, where there is no such layer, where it cannot be cut behind, or where
        something passes the last one by.

    Notes
    -----
    Deviations from the paper. The modules are normalised over the channels at each place, not over the batch: what is
    said of a row then depends on no other row, and batches of any size train. The paper reads a block's first
    and last convolution; here a layer is read at one place, its output, which takes the part of both. Sizes are matched
    by adaptive max pooling, which is the paper's where they halve. Tokens are not mixed with their neighbours on the
    way from layer to layer, since the network does that, and padding would leak.

    References
    ----------
    Liu, Johns and Davison (2019). End-to-end multi-task learning with attention. CVPR.

    Examples
    --------
    >>> import torch, headstart as hs
    >>> from headstart.multitask import MTAN
    >>> backbone = hs.neural.small_backbone("images", (1, 12, 12))
    >>> trunk = MTAN(at=["1", "3"]).build(backbone, ["left", "right"], seed=0)
    >>> [z.shape for z in trunk.shared(torch.ones(5, 1, 12, 12))]
    [torch.Size([5, 32, 3, 3]), torch.Size([5, 64, 3, 3])]
    >>> trunk(torch.ones(5, 1, 12, 12)).shape
    torch.Size([2, 5, 64])
    """

    at: At | None = None
    width: int | None = None

    def __post_init__(self) -> None:
        if self.width is not None and (isinstance(self.width, bool) or self.width < 1):
            raise InputError(f"width is {self.width!r}; expected a number of channels of at least 1, or None")

    def build(self, backbone: Backbone, tasks: Sequence[str], *, seed: int) -> Trunk:
        """The backbone, with attention modules drawn from ``seed``."""
        return MTANTrunk(backbone, tasks, self, seed)


class MTANTrunk(SplitTrunk):
    """A backbone split behind the last layer that tasks pick from."""

    def __init__(self, backbone: Backbone, tasks: Sequence[str], how: MTAN, seed: int) -> None:
        nn.Module.__init__(self)
        layers = cut_layers(backbone, how.at)
        self._split(backbone, tasks, layers[-1].place, names_at(layers))
        weight = next(backbone.module.parameters())
        with seeded(seed):
            modules = [TaskAttention(layers, how.width) for _ in tasks]
        self.attention = nn.ModuleList(modules).to(device=weight.device, dtype=weight.dtype)
        self.groups = (*self.groups, LayerGroup("attention", ("attention",)))
        self.fresh = ("attention",)
        check_split(self, backbone, layers[-1].name)

    def goes_on(self, read: tuple[torch.Tensor, ...], task: int) -> torch.Tensor:
        """What the task takes of the last shared layer."""
        found: torch.Tensor = self.attention[task](read)
        return found
