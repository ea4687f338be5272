"""Experts that all tasks share, and a gate for each task."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch
from torch import nn

from ...neural.backbone import Backbone
from ...neural.groups import LayerGroup
from .base import Sharing, Trunk
from .experts import Experts, Gates, check_count, mixed, mixed_for_all


@dataclass(frozen=True)
class MMoE(Sharing):
    """Experts that all tasks share, mixed for each task by a gate of its own.

    Each expert is a linear layer with ReLU on the features of the encoder; the gate of a task gives the experts shares
    by a softmax that reads the same features. What differs from the paper: the head on the mixture is linear, as
    everywhere here, and gates start at equal shares, so that the experts alone break the tie.

    Parameters
    ----------
    n_experts : int, default=8
        Experts, as many as in the paper's experiments.
    width : int, optional
        Outputs of an expert. None takes the number of the encoder's features, so that heads read as many numbers as
        without experts.

    Raises
    ------
    InputError
        Where a number is not whole or below 1.

    Notes
    -----
    Gradients of the tasks are told apart at the encoder's features, which the gates read, and at the experts' outputs:
    encoder and experts lie below, and above lie the gates, each a task's own. Keeping the gradients at the experts
    takes n_tasks x n_rows x n_experts x width numbers.

    ``learnt()`` of the trunk tells the mean share of each expert for each task, over about the latest hundred batches
    that were trained on.

    References
    ----------
    Ma, Zhao, Yi, Chen, Hong & Chi (2018). Modeling task relationships in multi-task learning with multi-gate
    mixture-of-experts. KDD.

    Examples
    --------
    >>> import torch, headstart as hs
    >>> from headstart.multitask import MMoE
    >>> backbone = hs.neural.open_backbone(torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU()))
    >>> trunk = MMoE(n_experts=3).build(backbone, ["left", "right"], seed=0).train()
    >>> trunk(torch.ones(5, 4)).shape
    torch.Size([2, 5, 8])
    >>> trunk.learnt()["gate loads"].round(3)
    expert      1      2      3
    task
    left    0.333  0.333  0.333
    right   0.333  0.333  0.333
    """

    n_experts: int = 8
    width: int | None = None

    def __post_init__(self) -> None:
        check_count("n_experts", self.n_experts)
        if self.width is not None:
            check_count("width", self.width)

    def build(self, backbone: Backbone, tasks: Sequence[str], *, seed: int) -> Trunk:
        """Experts and gates on the features of the backbone; the experts' weights are drawn from ``seed``."""
        return MMoETrunk(backbone, tasks, self.n_experts, self.width or backbone.n_features, seed)


class MMoETrunk(Trunk):
    """The backbone, experts on its features, and a gate for each task."""

    whole = True

    def __init__(self, backbone: Backbone, tasks: Sequence[str], n_experts: int, width: int, seed: int) -> None:
        super().__init__()
        self.tasks, self.n_tasks, self.n_features = tuple(tasks), len(tasks), width
        self.encoder = backbone.module
        self.experts = Experts(1, n_experts, backbone.n_features, width, torch.Generator().manual_seed(seed))
        self.gates = Gates(self.n_tasks, n_experts, backbone.n_features)
        above = (LayerGroup("experts", ("experts",)), LayerGroup("gates", ("gates",)))
        self.groups = (*(group.under("encoder") for group in backbone.groups), *above)
        self.fresh = tuple(group.name for group in above)

    def shared(self, batch: Any) -> tuple[torch.Tensor, ...]:
        """The features (n_rows, n_features), and the experts' outputs (n_rows, n_experts, width)."""
        features = self.encoder(batch)
        return features, self.experts.of(features, 0)

    def own(self, read: tuple[torch.Tensor, ...], task: int) -> torch.Tensor:
        """The experts' outputs, mixed by the gate of the task."""
        features, outputs = read
        return mixed(self.gates.of(features, task), outputs)

    def all_own(self, reads: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """The mixtures of all tasks."""
        features, outputs = reads
        return mixed(self.gates(features), outputs)

    def together(self, shared: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """The mixtures of all tasks, where all read the same."""
        features, outputs = shared
        return mixed_for_all(self.gates(features), outputs)

    def below(self) -> Iterator[nn.Parameter]:
        """The parameters of the encoder and the experts."""
        yield from self.encoder.parameters()
        yield from self.experts.parameters()

    def learnt(self) -> dict[str, pd.DataFrame]:
        """The gate loads, tasks x experts; nothing before a training."""
        loads = self.gates.table(self.tasks, [str(i + 1) for i in range(self.experts.count)])
        return {} if loads is None else {"gate loads": loads}
