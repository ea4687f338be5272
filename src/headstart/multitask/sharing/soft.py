"""A network for each task, whose weights are drawn together."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import pandas as pd
import torch
from torch import nn

from ...core.errors import InputError, InputTypeError
from ...neural.backbone import Backbone
from ...neural.groups import LayerGroup
from .base import Sharing, Trunk
from .distance import DISTANCES, spread


@dataclass(frozen=True)
class SoftSharing(Sharing):
    """A network for each task, whose weights are drawn together.

    All start from the same weights. The distance between them is added to the loss: of each weight of the network, the
    K tensors that the tasks have of it are compared. Training and predicting cost what K networks cost.

    Parameters
    ----------
    distance : {"l2", "trace-norm"}, default="l2"
        "l2" is the sum of squared distances to the tasks' mean: it draws all tasks to one point. "trace-norm" is the
        sum of the singular values of the K tensors as rows of a matrix: it draws them into few common directions,
        where tasks may have opposite signs, and shrinks the weights besides.
    strength : float, default=0.01
        What the distance is multiplied by. Weights of two tasks that differ by 0.1 in each of a thousand numbers are
        at a distance of 5 by "l2", so 0.01 of it counts as much as 0.05 of a loss.
    layers : sequence of str, optional
        The layers that are drawn together, by name or pattern, as the plan shows them. None takes all. Weights of
        other layers start alike and go their own way.

    Raises
    ------
    InputError
        For another distance, a strength that is negative or no number, and, when built, a layer that is not there.
    InputTypeError
        Where ``layers`` is one name rather than a sequence of them.

    Notes
    -----
    There is no place that all tasks read, so gradients of tasks meet nowhere: weightings by losses go with it, and
    those by gradients at the parameter level find all inner products to be 0.

    The penalty reads and writes each weight a few times, as an optimiser's step does, whatever the rows of a batch.

    Frozen weights take no part in the penalty. Where the tasks are exactly alike the trace norm has no gradient that
    would draw them together; the one taken there shrinks what they have in common, and the rest from the first step on
    that they differ.

    The networks run one after the other, not as one batched by torch.func, which cannot take every module (dropout,
    running statistics, code of a user's own).

    References
    ----------
    Duong, Cohn, Bird & Cook (2015). Low resource dependency parsing: cross-lingual parameter sharing in a neural
    network parser. ACL. Yang & Hospedales (2017). Trace norm regularised deep multi-task learning. ICLR workshop: the
    variant that flattens all but the axis of tasks.

    Examples
    --------
    >>> import torch, headstart as hs
    >>> from headstart.multitask import SoftSharing
    >>> backbone = hs.neural.open_backbone(torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU()))
    >>> trunk = SoftSharing(strength=0.1).build(backbone, ["left", "right"], seed=0)
    >>> trunk(torch.ones(5, 4)).shape, float(trunk.penalty().detach())
    (torch.Size([2, 5, 8]), 0.0)
    >>> [group.prefixes for group in trunk.groups]
    [('encoder.0.0', 'encoder.1.0')]
    """

    distance: str = "l2"
    strength: float = 0.01
    layers: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.distance not in DISTANCES:
            known = " or ".join(map(repr, DISTANCES))
            raise InputError(f"distance is {self.distance!r}; expected {known}")
        is_number = isinstance(self.strength, (int, float)) and not isinstance(self.strength, bool)
        if not is_number or not 0 <= self.strength < math.inf:
            raise InputError(f"strength is {self.strength!r}; expected a number, at least 0")
        if isinstance(self.layers, str):
            raise InputTypeError(f"layers is {self.layers!r}; expected a sequence of names: [{self.layers!r}]")
        if self.layers is not None:
            object.__setattr__(self, "layers", tuple(self.layers))

    def build(self, backbone: Backbone, tasks: Sequence[str], *, seed: int) -> Trunk:
        """The backbone, and a copy of it for each further task; nothing is drawn."""
        return SoftTrunk(backbone, tasks, self.distance, self.strength, _chosen(backbone.groups, self.layers))


class SoftTrunk(Trunk):
    """A network for each task, and the distance between them."""

    taps = False

    def __init__(
        self,
        backbone: Backbone,
        tasks: Sequence[str],
        distance: str,
        strength: float,
        drawn: tuple[LayerGroup, ...],
    ) -> None:
        super().__init__()
        self.tasks, self.n_tasks, self.n_features = tuple(tasks), len(tasks), backbone.n_features
        self.distance, self.strength, self._layers = distance, strength, backbone.groups
        self.encoder = nn.ModuleList([backbone.module, *(copy.deepcopy(backbone.module) for _ in tasks[1:])])
        self._drawn = drawn
        self.groups = tuple(
            LayerGroup(group.name, tuple(p for k in range(len(tasks)) for p in group.under(f"encoder.{k}").prefixes))
            for group in backbone.groups
        )

    def forward(self, batch: Any) -> torch.Tensor:
        """The features (n_tasks, n_rows, n_features), for each task by its own network."""
        return torch.stack([network(batch) for network in self.encoder])

    def one(self, batch: Any, task: int) -> torch.Tensor:
        """The features (n_rows, n_features) of one task, by its network alone."""
        return self.encoder[task](batch)

    def penalty(self) -> torch.Tensor | None:
        """The strength times the distance, over all weights that train and are drawn together; None without any."""
        weights = [alike for alike in self._alike(self._drawn) if all(p.requires_grad for p in alike)]
        if not weights or self.strength == 0:
            return None
        return self.strength * DISTANCES[self.distance](weights)

    def _alike(self, groups: Sequence[LayerGroup]) -> Iterator[list[nn.Parameter]]:
        """Of each weight of these layers, the parameters that the tasks have of it."""
        for named in zip(*(network.named_parameters() for network in self.encoder), strict=True):
            if any(group.holds(named[0][0]) for group in groups):
                yield [p for _, p in named]

    def learnt(self) -> dict[str, pd.DataFrame]:
        """How far the tasks are apart, relative to the length of their mean: by pairs, and from the mean by layer."""
        tasks = pd.Index(self.tasks, name="task")
        pairs, _ = spread(list(self._alike(self._layers)))
        weights = {group.name: list(self._alike([group])) for group in self._layers}
        by_layer = {name: spread(found)[1] for name, found in weights.items() if found}
        return {
            "distance between tasks": pd.DataFrame(pairs, index=tasks, columns=tasks),
            "distance from the mean": pd.DataFrame(by_layer, index=tasks).T.rename_axis("layer"),
        }


def _chosen(groups: tuple[LayerGroup, ...], layers: tuple[str, ...] | None) -> tuple[LayerGroup, ...]:
    if layers is None:
        return groups
    names = [group.name for group in groups]
    for layer in layers:
        if not any(fnmatchcase(name, layer) for name in names):
            raise InputError(
                f"no layer is called {layer!r}; expected some of, or patterns of: {', '.join(map(repr, names))}"
            )
    return tuple(group for group in groups if any(fnmatchcase(group.name, layer) for layer in layers))
