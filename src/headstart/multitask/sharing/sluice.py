"""A network for each task that share parts of their layers, and read from all depths: sluice networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch
from torch import nn

from ...core.errors import InputError
from ...neural.backbone import Backbone
from ...neural.backbones.seeds import seeded
from ...neural.groups import LayerGroup
from .base import Sharing, Trunk
from .cut import CutLayer, cut_layers, names_at
from .in_step import InStep
from .places import At
from .subspaces import SubspaceUnit, likeness, mean_over_places, outgoing

_UNITS = "sluice"


@dataclass(frozen=True)
class Sluice(Sharing):
    """A network for each task; what is shared of each layer, and which layers count, is learned.

    The channels of a layer are cut into subspaces, so that a task can share some and keep others to itself: behind
    each layer every subspace of every task is a learned mixture of all of them (alphas). The features of a task are
    a learned mixture of its layers (betas). Subspaces are kept apart by a penalty.

    Parameters
    ----------
    at : str, int or list of them, default=None
        The layers that are mixed: names, patterns or places. None: all whose output is one tensor with a row for each
        row of the batch.
    subspaces : int, default=2
        Into how many the channels of each layer are cut; two, as in the paper: a shared one and an own one.
    orthogonality : float, default=0.1
        Strength of the penalty on the squared cosines between what computes different subspaces of a layer, averaged:
        a number between 0 and 1, so that the strength means the same for any network. 0: no penalty.
    start : float, default=0.9
        Weight of what is a task's own at the start, of its subspaces among all tasks' and of its features among its
        layers; the others share the rest.
    speed : float, default=10
        How many times as fast as the networks alphas and betas learn; see ``CrossStitch``.

    Raises
    ------
    InputError
        For values out of range; by ``build``, where there is no such layer, where it cannot be cut behind, or where its
        channels are no multiple of ``subspaces``.

    Notes
    -----
    Deviations from the paper, which has LSTMs of one width. Layers are averaged over places before betas mix them
    (padding has no part in it), and projected where their width is another than that of the features. The penalty
    looks at the last weights of a layer that make its channels, and averages cosines where the paper sums products.
    Alphas between different subspaces start from zero, so that networks that start alike start as one.

    References
    ----------
    Ruder, Bingel, Augenstein and Sogaard (2019). Latent multi-task architecture learning. AAAI.

    Examples
    --------
    >>> import headstart as hs
    >>> from headstart.multitask import Sluice
    >>> backbone = hs.neural.small_backbone("table", (4,))
    >>> trunk = Sluice(at=["0", "1"]).build(backbone, ["left", "right"], seed=0)
    >>> trunk.learnt()["weights of layers"]
              0     1  features
    left   0.05  0.05       0.9
    right  0.05  0.05       0.9
    >>> 0 <= trunk.penalty().item() <= 0.1
    True
    """

    at: At | None = None
    subspaces: int = 2
    orthogonality: float = 0.1
    start: float = 0.9
    speed: float = 10.0

    def __post_init__(self) -> None:
        if isinstance(self.subspaces, bool) or not isinstance(self.subspaces, int) or self.subspaces < 1:
            raise InputError(f"subspaces is {self.subspaces!r}; expected a whole number of at least 1")
        if not self.orthogonality >= 0:
            raise InputError(f"orthogonality is {self.orthogonality!r}; expected a strength of at least 0")
        if not 0 < self.start <= 1:
            raise InputError(f"start is {self.start!r}; expected a share above 0 and up to 1")
        if not self.speed > 0:
            raise InputError(f"speed is {self.speed!r}; expected a multiple of the learning rate above 0")

    def build(self, backbone: Backbone, tasks: Sequence[str], *, seed: int) -> Trunk:
        """A copy of the backbone for each task, alphas and betas; projections are drawn from ``seed``."""
        return SluiceTrunk(backbone, tasks, self, seed)


class SluiceTrunk(Trunk):
    """Networks in step, a unit for each cut, and what mixes the layers."""

    taps = False

    def __init__(self, backbone: Backbone, tasks: Sequence[str], how: Sluice, seed: int) -> None:
        super().__init__()
        self.tasks, self.n_tasks, self.n_features = tuple(tasks), len(tasks), backbone.n_features
        self.how = how
        self.layers = cut_layers(backbone, how.at)
        for layer in self.layers:
            _check_channels(layer, how.subspaces)
        self.encoders = InStep(backbone, self.n_tasks, names_at(self.layers))
        self.alphas = nn.ModuleList(SubspaceUnit(layer, len(tasks), how.subspaces, how.start) for layer in self.layers)
        # The last layer is what the features are made of.
        top = len(backbone.groups) - 1
        self.read = [k for k, layer in enumerate(self.layers) if layer.place < top]
        with seeded(seed):
            self.projections = nn.ModuleList(self._projection(self.layers[k]) for k in self.read)
        rest = (1 - how.start) / max(len(self.read), 1)
        shares = [rest] * len(self.read) + [how.start if self.read else 1.0]
        self.register_buffer("betas_start", torch.tensor(shares).expand(len(tasks), -1).clone())
        self.betas = nn.Parameter(torch.zeros(len(tasks), len(self.read) + 1))
        weight = next(backbone.module.parameters())
        self.to(weight.device)
        self.projections.to(weight.dtype)
        # The weights whose rows make the channels of a layer; without any there is nothing to keep apart.
        self._outgoing = [outgoing(backbone.module, backbone.groups[layer.place], layer) for layer in self.layers]
        found = [group.under("encoders") for group in self.encoders.groups(backbone)]
        if any(True for _ in self.projections.parameters()):
            found.append(LayerGroup("projections", ("projections",)))
        self.groups = (*found, LayerGroup(_UNITS, ("alphas", "betas", "betas_start")))

    def _projection(self, layer: CutLayer) -> nn.Module:
        same = layer.channels == self.n_features
        return nn.Identity() if same else nn.Linear(layer.channels, self.n_features, bias=False)

    @property
    def speeds(self) -> dict[str, float]:
        """That of alphas and betas."""
        return {_UNITS: float(self.how.speed)}

    def forward(self, batch: Any) -> torch.Tensor:
        """The features (n_tasks, n_rows, n_features)."""
        seen: list[torch.Tensor] = []

        def mix(cut: int, values: list[torch.Tensor]) -> torch.Tensor:
            mixed: torch.Tensor = self.alphas[cut](torch.stack(values))
            if cut in self.read:
                pooled = mean_over_places(mixed, self.layers[cut].axis + 1, batch)
                seen.append(self.projections[self.read.index(cut)](pooled))
            return mixed

        features = torch.stack(self.encoders(batch, mix))
        depths = torch.stack([*seen, features])
        return torch.einsum("kt,tknc->knc", (self.betas_start + self.betas).to(depths.dtype), depths)

    def penalty(self) -> torch.Tensor | None:
        """The strength times the mean squared cosine between what computes different subspaces of a layer."""
        names = [name for name in self._outgoing if name is not None]
        if not self.how.orthogonality or self.how.subspaces == 1 or not names:
            return None
        found = [
            likeness(network.get_submodule(owner).get_parameter(own), axis, self.how.subspaces)
            for network in self.encoders.networks
            for owner, own, axis in names
        ]
        return self.how.orthogonality * torch.stack(found).mean()

    def learnt(self) -> dict[str, pd.DataFrame]:
        """How much each subspace of each task (rows) takes of each (columns) behind each layer; and of which layers the
        features of a task are made.
        """
        parts = [f"{task} {g + 1}" for task in self.tasks for g in range(self.how.subspaces)]
        found = {}
        for layer, unit in zip(self.layers, self.alphas, strict=True):
            table = unit.weights().detach().double().cpu().numpy()  # type: ignore[operator]
            found[f"weights behind {layer.name}"] = pd.DataFrame(table, index=parts, columns=parts)
        names = [*(self.layers[k].name for k in self.read), "features"]
        betas = (self.betas_start + self.betas).detach().double().cpu().numpy().round(12)
        found["weights of layers"] = pd.DataFrame(betas, index=self.tasks, columns=names)
        return found


def _check_channels(layer: CutLayer, subspaces: int) -> None:
    if layer.channels % subspaces:
        raise InputError(
            f"layer {layer.name!r} has {layer.channels} channels, which {subspaces} subspaces do not divide; expected "
            "subspaces= of which each layer's channels are a multiple, or at= with other layers"
        )
