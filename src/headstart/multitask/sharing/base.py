"""What a way of sharing is, and what it builds: the trunk, all that lies between the input and the heads."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import pandas as pd
import torch
from torch import nn

from ...neural.backbone import Backbone
from ...neural.groups import LayerGroup


class Sharing(ABC):
    """How tasks share a network.

    Ways of sharing are values, as policies and weightings are: frozen data classes that compare by what they say and
    hold nothing of a network, so that one serves any number of fits. One of your own derives from this and overrides
    ``build``.

    Examples
    --------
    >>> import torch, headstart as hs
    >>> from headstart.multitask import HardSharing
    >>> backbone = hs.neural.open_backbone(torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU()))
    >>> trunk = HardSharing().build(backbone, ["left", "right"], seed=0)
    >>> trunk(torch.ones(5, 4)).shape
    torch.Size([2, 5, 8])
    """

    @abstractmethod
    def build(self, backbone: Backbone, tasks: Sequence[str], *, seed: int) -> Trunk:
        """The trunk for these tasks over a backbone, whose module becomes part of it.

        What starts from random weights is drawn from ``seed`` alone. Raises InputError where the backbone has not what
        is asked for, such as a layer to tap.
        """


class Trunk(nn.Module, ABC):
    """All that lies between the input and the heads of several tasks.

    Most trunks have a place that all tasks read: ``shared`` goes from a batch to what is read there, and ``own`` from
    there to the features of one task. In others (``taps`` is False) the tasks have networks of their own that talk to
    each other, and only ``forward`` is there.

    Attributes
    ----------
    taps : bool
        Whether there is a place that all tasks read.
    same : bool
        Whether all heads read the very same features, so that nothing lies between the shared place and the heads.
    whole : bool
        Whether one encoder serves all tasks whole, as ``encoder``, so that one adapter in it does.
    n_tasks, n_features : int
        Tasks, and the length of a row's features.
    groups : tuple of LayerGroup
        All parameters and buffers of the trunk, each once, from the input to the heads; prefixes are those of this
        module. Shared layers bear the names they have in the backbone.
    fresh : tuple of str
        Names of the groups that start from random weights, and so learn as fast as the heads.
    speeds : dict of str to float
        How many times as fast as others a layer learns, by its name, where that is not 1.

    Examples
    --------
    >>> import torch, headstart as hs
    >>> from headstart.multitask import HardSharing, Trunk
    >>> backbone = hs.neural.open_backbone(torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU()))
    >>> trunk = HardSharing().build(backbone, ["left", "right"], seed=0)
    >>> isinstance(trunk, Trunk), trunk.taps, trunk.same, trunk.n_features
    (True, True, True, 8)
    """

    taps: ClassVar[bool] = True
    same: bool = False
    whole: ClassVar[bool] = False
    n_tasks: int
    n_features: int
    groups: tuple[LayerGroup, ...]
    fresh: tuple[str, ...] = ()

    @property
    def speeds(self) -> dict[str, float]:
        """Multiples of the learning rate by the names of groups; those that are left out learn as all others do."""
        return {}

    def shared(self, batch: Any) -> tuple[torch.Tensor, ...]:
        """What all tasks read of a batch: one tensor (n_rows, ...) or several."""
        raise NotImplementedError(f"{type(self).__name__} has no place that all tasks read")

    def own(self, read: tuple[torch.Tensor, ...], task: int) -> torch.Tensor:
        """The features (n_rows, n_features) of one task, from what ``shared`` gave."""
        raise NotImplementedError(f"{type(self).__name__} has no place that all tasks read")

    def all_own(self, reads: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """The features (n_tasks, n_rows, n_features) of all tasks.

        ``reads`` are what ``shared`` gave, once for each task: (n_tasks, n_rows, ...) each. Trunks whose tasks have
        parts of one shape compute them as one batched operation here.
        """
        return torch.stack([self.own(tuple(r[k] for r in reads), k) for k in range(self.n_tasks)])

    def together(self, shared: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """The features (n_tasks, n_rows, n_features) of all tasks, where nobody asks for their gradients apart.

        ``shared`` is what ``shared`` gave, once. Trunks that save work by it compute it here.
        """
        return self.all_own(tuple(z.expand(self.n_tasks, *z.shape) for z in shared))

    def forward(self, batch: Any) -> torch.Tensor:
        """The features (n_tasks, n_rows, n_features) of a batch, for all tasks."""
        return self.together(self.shared(batch))

    def one(self, batch: Any, task: int) -> torch.Tensor:
        """The features (n_rows, n_features) of a batch for one task, without the work for the others if it can."""
        return self.own(self.shared(batch), task) if self.taps else self.forward(batch)[task]

    def below(self) -> Iterator[nn.Parameter]:
        """The parameters that several tasks train: those below the shared place, or all where there is none."""
        return self.parameters()

    def penalty(self) -> torch.Tensor | None:
        """What the sharing itself adds to the loss, one number, such as the distance between networks; else None."""
        return None

    def learnt(self) -> dict[str, pd.DataFrame]:
        """What the sharing has learnt, as tables by a title, for people to look at: the page draws each as a map."""
        return {}
