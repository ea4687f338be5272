"""Experts of each task and shared ones, on several levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...neural.backbone import Backbone
from .base import Sharing, Trunk
from .experts import check_count
from .extraction import ExtractionTrunk


@dataclass(frozen=True)
class PLE(Sharing):
    """Experts of each task and shared ones on several levels, between which tasks part step by step.

    Progressive layered extraction: at each level the gate of a task mixes its own experts and the shared ones, and a
    shared gate mixes all experts. On the next level a task's own experts and gate read the task's mixture, and the
    shared ones the shared mixture. The last level has no shared gate, and with one level this is ``CGC``. What
    differs from the paper: the head is linear, as everywhere here, and gates start at equal shares.

    Parameters
    ----------
    levels : int, default=2
        Levels of experts: the fewest that differ from ``CGC``.
    shared_experts : int, default=2
        Experts of a level that all tasks read.
    own_experts : int, default=1
        Experts of a level of each task: few, since there are as many times more as there are tasks.
    width : int, optional
        Outputs of an expert. None takes the number of the encoder's features, so that heads read as many numbers as
        without experts.

    Raises
    ------
    InputError
        Where a number is not whole or below 1.

    Notes
    -----
    A task's own experts of a lower level are not its own to train: through the shared gate their outputs reach the
    shared experts of the next level, and by these all tasks. So features of the encoder are no place above which tasks
    are apart, nor is any place that all levels have in common. What serves one task alone are its gates of the last
    two levels and its experts of the last. Gradients are told apart just below these: at what the gates of the last
    level but one read, at the outputs of all experts of that level, and at those of the shared experts of the last.
    Each task reads only its part of some of these, yet for each task the gradients at all of them are kept where a
    weighting compares gradients at the representation: n_tasks x n_tasks x n_rows x own_experts x width numbers. For
    many tasks take ``CGC``.

    ``learnt()`` of the trunk tells the mean share of each expert, over about the latest hundred batches that were
    trained on.

    References
    ----------
    Tang, Liu, Zhao & Gong (2020). Progressive layered extraction (PLE): a novel multi-task learning model for
    personalized recommendations. RecSys, section 4.2.

    Examples
    --------
    >>> import torch, headstart as hs
    >>> from headstart.multitask import PLE
    >>> backbone = hs.neural.open_backbone(torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU()))
    >>> trunk = PLE(width=6).build(backbone, ["left", "right"], seed=0).train()
    >>> trunk(torch.ones(5, 4)).shape
    torch.Size([2, 5, 6])
    >>> [group.name for group in trunk.groups]
    ['0', 'experts1', 'experts2']
    >>> trunk.learnt()["shared gate of level 1"]
    expert  own 1 of left  own 1 of right  shared 1  shared 2
    task
    shared           0.25            0.25      0.25      0.25
    """

    levels: int = 2
    shared_experts: int = 2
    own_experts: int = 1
    width: int | None = None

    def __post_init__(self) -> None:
        check_count("levels", self.levels)
        check_count("shared_experts", self.shared_experts)
        check_count("own_experts", self.own_experts)
        if self.width is not None:
            check_count("width", self.width)

    def build(self, backbone: Backbone, tasks: Sequence[str], *, seed: int) -> Trunk:
        """Experts and gates on the features of the backbone; the experts' weights are drawn from ``seed``."""
        width = self.width or backbone.n_features
        return PLETrunk(backbone, tasks, self.levels, self.own_experts, self.shared_experts, width, seed)


class PLETrunk(ExtractionTrunk):
    """Levels of experts."""
