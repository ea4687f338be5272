"""A network for each task, whose layers read mixtures of all: cross-stitch units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch
from torch import nn

from ...core.errors import InputError
from ...neural.backbone import Backbone
from ...neural.groups import LayerGroup
from .base import Sharing, Trunk
from .cut import CutLayer, cut_layers, names_at
from .in_step import InStep
from .places import At

_PER = ("channel", "layer")
_UNITS = "cross-stitch"


@dataclass(frozen=True)
class CrossStitch(Sharing):
    """A network for each task; behind some layers each goes on with a learned mixture of what all have there.

    Parameters
    ----------
    at : str, int or list of them, default=None
        The layers with a unit behind them: names, patterns or places. None: all whose output is one tensor with a row
        for each row of the batch, which leaves out parts that meet outside of any module, as the embeddings of words
        and places in some transformers do.
    start : float, default=0.9
        Weight of a task's own features at the start; those of the others share the rest. The paper finds 0.9 good for
        two tasks, and little difference between 0.7 and 0.9.
    per : {"channel", "layer"}, default="channel"
        Whether each channel (each feature, where there are no channels) has weights of its own, as in the paper, or
        all of a layer have the same, which is less to learn from little data.
    speed : float, default=10
        How many times as fast as the networks the units learn. The paper has 100 to 1000, for gradient descent, whose
        steps are as small as the gradients. Those of AdamW, which trains here, are not, and the factor is smaller.

    Raises
    ------
    InputError
        For values out of range; by ``build``, where there is no such layer, or none that can be cut behind.

    Notes
    -----
    All networks start from the weights of the backbone, where the paper trains one for each task first: so the first
    features are those of the backbone whatever the mixture. Weights of units are kept as differences from the start,
    so that weight decay leads back to it, not to zero.

    References
    ----------
    Misra, Shrivastava, Gupta and Hebert (2016). Cross-stitch networks for multi-task learning. CVPR.

    Examples
    --------
    >>> import headstart as hs
    >>> from headstart.multitask import CrossStitch
    >>> backbone = hs.neural.small_backbone("table", (4,))
    >>> trunk = CrossStitch(at="0").build(backbone, ["left", "right"], seed=0)
    >>> trunk.learnt()["weights behind 0"]
           left  right
    left    0.9    0.1
    right   0.1    0.9
    """

    at: At | None = None
    start: float = 0.9
    per: str = "channel"
    speed: float = 10.0

    def __post_init__(self) -> None:
        if not 0 < self.start <= 1:
            raise InputError(f"start is {self.start!r}; expected a share above 0 and up to 1")
        if self.per not in _PER:
            raise InputError(f"per is {self.per!r}; expected one of {', '.join(map(repr, _PER))}")
        if not self.speed > 0:
            raise InputError(f"speed is {self.speed!r}; expected a multiple of the learning rate above 0")

    def build(self, backbone: Backbone, tasks: Sequence[str], *, seed: int) -> Trunk:
        """A copy of the backbone for each task, and the units; nothing is random."""
        return CrossStitchTrunk(backbone, tasks, self)


class CrossStitchTrunk(Trunk):
    """Networks in step, and a unit for each cut."""

    taps = False

    def __init__(self, backbone: Backbone, tasks: Sequence[str], how: CrossStitch) -> None:
        super().__init__()
        self.tasks, self.n_tasks, self.n_features = tuple(tasks), len(tasks), backbone.n_features
        self.layers = cut_layers(backbone, how.at)
        self.encoders = InStep(backbone, self.n_tasks, names_at(self.layers))
        weight = next(backbone.module.parameters())
        self.units = nn.ModuleList(
            StitchUnit(layer, self.n_tasks, how.start, how.per == "channel").to(weight.device) for layer in self.layers
        )
        self.groups = (
            *(group.under("encoders") for group in self.encoders.groups(backbone)),
            LayerGroup(_UNITS, ("units",)),
        )
        self._speed = float(how.speed)

    @property
    def speeds(self) -> dict[str, float]:
        """That of the units."""
        return {_UNITS: self._speed}

    def forward(self, batch: Any) -> torch.Tensor:
        """The features (n_tasks, n_rows, n_features)."""
        return torch.stack(self.encoders(batch, lambda cut, values: self.units[cut](torch.stack(values))))

    def learnt(self) -> dict[str, pd.DataFrame]:
        """The weight with which each task (rows) reads each (columns), behind each layer, the mean over channels."""
        found = {}
        for layer, unit in zip(self.layers, self.units, strict=True):
            table = unit.weights().detach().mean(2).double().cpu().numpy()  # type: ignore[operator]
            found[f"weights behind {layer.name}"] = pd.DataFrame(table, index=self.tasks, columns=self.tasks)
        return found


class StitchUnit(nn.Module):
    """Mixes the outputs of a layer in all networks, channel by channel, or all alike."""

    def __init__(self, layer: CutLayer, n_tasks: int, start: float, per_channel: bool) -> None:
        super().__init__()
        self.axis = layer.axis
        own = torch.eye(n_tasks)
        others = (1 - own) * ((1 - start) / max(n_tasks - 1, 1))
        self.register_buffer("start", own * start + others if n_tasks > 1 else own)
        self.moved = nn.Parameter(torch.zeros(n_tasks, n_tasks, layer.channels if per_channel else 1))

    def weights(self) -> torch.Tensor:
        """(n_tasks, n_tasks, channels or 1): how much a task takes of each."""
        return self.start[:, :, None] + self.moved  # type: ignore[index]

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Mixtures of values (n_tasks, n_rows, ...), of the same shape."""
        weights = self.weights().to(values.dtype)
        if weights.shape[2] == 1:
            return torch.einsum("kj,j...->k...", weights[:, :, 0], values)
        mixed = torch.einsum("kjc,j...c->k...c", weights, values.movedim(self.axis + 1, -1))
        # In the common layout again, which the kernels of the layers above are made for.
        return mixed.movedim(-1, self.axis + 1).contiguous()
