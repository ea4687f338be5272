"""Experts of each task and shared ones, on one level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...neural.backbone import Backbone
from .base import Sharing, Trunk
from .experts import check_count
from .extraction import ExtractionTrunk


@dataclass(frozen=True)
class CGC(Sharing):
    """Experts of each task and shared ones, mixed for each task by a gate over its own and the shared.

    Customized gate control: MMoE in which tasks keep experts of their own, so that what one task needs cannot be
    overwritten by another. Each expert is a linear layer with ReLU on the features of the encoder. What differs from
    the paper: the head on the mixture is linear, as everywhere here, and gates start at equal shares.

    Parameters
    ----------
    shared_experts : int, default=2
        Experts that all tasks read.
    own_experts : int, default=1
        Experts of each task: few, since there are as many times more as there are tasks.
    width : int, optional
        Outputs of an expert. None takes the number of the encoder's features, so that heads read as many numbers as
        without experts.

    Raises
    ------
    InputError
        Where a number is not whole or below 1.

    Notes
    -----
    Gradients of the tasks are told apart at the encoder's features and at the outputs of the shared experts: encoder
    and shared experts lie below, and above lie a task's own experts and gate.

    ``learnt()`` of the trunk tells the mean share of each expert for each task, over about the latest hundred batches
    that were trained on.

    References
    ----------
    Tang, Liu, Zhao & Gong (2020). Progressive layered extraction (PLE): a novel multi-task learning model for
    personalized recommendations. RecSys, section 4.1.

    Examples
    --------
    >>> import torch, headstart as hs
    >>> from headstart.multitask import CGC
    >>> backbone = hs.neural.open_backbone(torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU()))
    >>> trunk = CGC().build(backbone, ["left", "right"], seed=0).train()
    >>> trunk(torch.ones(5, 4)).shape
    torch.Size([2, 5, 8])
    >>> trunk.learnt()["gate loads"].round(3)
    expert  own 1  shared 1  shared 2
    task
    left    0.333     0.333     0.333
    right   0.333     0.333     0.333
    """

    shared_experts: int = 2
    own_experts: int = 1
    width: int | None = None

    def __post_init__(self) -> None:
        check_count("shared_experts", self.shared_experts)
        check_count("own_experts", self.own_experts)
        if self.width is not None:
            check_count("width", self.width)

    def build(self, backbone: Backbone, tasks: Sequence[str], *, seed: int) -> Trunk:
        """Experts and gates on the features of the backbone; the experts' weights are drawn from ``seed``."""
        width = self.width or backbone.n_features
        return CGCTrunk(backbone, tasks, 1, self.own_experts, self.shared_experts, width, seed)


class CGCTrunk(ExtractionTrunk):
    """One level of experts."""
