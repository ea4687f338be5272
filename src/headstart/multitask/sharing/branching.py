"""A network that branches where its tasks part: at which layers is learned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch
from torch import nn

from ...core.errors import InputError
from ...neural.backbone import Backbone
from ...neural.groups import LayerGroup
from .base import Sharing, Trunk
from .cut import cut_layers, names_at
from .own_parts import OwnParts
from .places import At
from .segments import Passage, Segments
from .trying import names_of, trying, weights_behind

_CHOICES = "choices"


@dataclass(frozen=True)
class LearnedBranching(Sharing):
    """Several copies of each layer; which of them a task goes through is learned, so that tasks share what helps.

    Each copy of a layer goes on from one copy of the layer below, and each task reads one copy of the last layer: a
    tree. While it trains, what each goes on from is drawn (Gumbel-softmax), so that all trees are tried, and those that
    lower the losses become likely. In evaluation mode only the likeliest tree is there, and what no task reads is
    not computed.

    Parameters
    ----------
    at : str, int or list of them, default=None
        The layers behind which tasks may part: names, patterns or places. None: all whose output is one tensor with a
        row for each row of the batch. Behind the last layer of the network they always may. Layers between two
        of these branch together.
    branches : int, default=None
        Copies of each layer, so the branches that it can have at most. None: one for each task.
    temperature : float, default=1
        How softly the gradient sees a draw: at low temperatures only what was drawn learns how good it was.
    speed : float, default=10
        How many times as fast as the layers the choices learn; see ``CrossStitch``.

    Raises
    ------
    InputError
        For values out of range; by ``build``, where there is no such layer, or where it cannot be cut behind.

    Notes
    -----
    Deviations from the paper. What is drawn is one copy, with the gradient of the soft draw (straight through), where
    the paper mixes all copies and lowers the temperature; so each step trains a tree such as the one that predicts,
    which the paper trains anew. All copies start from the weights of the backbone, and all choices alike: before it
    trains, the network in evaluation mode is the backbone, shared by all. Draws come from torch's global generator,
    as those of dropout do.

    While it trains all copies are computed: it costs as much as a network for each branch.

    References
    ----------
    Guo, Lee and Ulbricht (2020). Learning to branch for multi-task learning. ICML.

    Examples
    --------
    >>> import headstart as hs
    >>> from headstart.multitask import LearnedBranching
    >>> backbone = hs.neural.small_backbone("table", (4,))
    >>> trunk = LearnedBranching().build(backbone, ["left", "right"], seed=0)
    >>> trunk.branches()
    {'0': 1, '1': 1, '2': 1}
    >>> trunk.learnt()["branch of each layer"]
           0  1  2
    left   1  1  1
    right  1  1  1
    """

    at: At | None = None
    branches: int | None = None
    temperature: float = 1.0
    speed: float = 10.0

    def __post_init__(self) -> None:
        if self.branches is not None and (isinstance(self.branches, bool) or self.branches < 1):
            raise InputError(f"branches is {self.branches!r}; expected a number of at least 1, or None")
        if not self.temperature > 0:
            raise InputError(f"temperature is {self.temperature!r}; expected a number above 0")
        if not self.speed > 0:
            raise InputError(f"speed is {self.speed!r}; expected a multiple of the learning rate above 0")

    def build(self, backbone: Backbone, tasks: Sequence[str], *, seed: int) -> Trunk:
        """Copies of the backbone's layers, and the choices; nothing is random before it trains."""
        return BranchingTrunk(backbone, tasks, self)


class BranchingTrunk(Trunk):
    """A backbone whose layers have copies, and for each copy and task the choice of what it goes on from."""

    taps = False

    def __init__(self, backbone: Backbone, tasks: Sequence[str], how: LearnedBranching) -> None:
        super().__init__()
        self.tasks, self.n_tasks, self.n_features = tuple(tasks), len(tasks), backbone.n_features
        self._temperature, self._speed = float(how.temperature), float(how.speed)
        count = len(tasks) if how.branches is None else how.branches
        self.encoder = backbone.module
        self.others = nn.ModuleList(OwnParts(backbone.module, backbone.groups) for _ in range(count - 1))
        # Behind the last layer the tasks choose, whether it was asked for or not.
        cuts = [layer for layer in cut_layers(backbone, how.at) if layer.place < len(backbone.groups) - 1]
        self._segments = Segments(names_at(cuts))
        device = next(backbone.module.parameters()).device
        sizes = [count] * len(cuts) + [len(tasks)]
        self.choices = nn.ParameterList(torch.zeros(size, count, device=device) for size in sizes)
        # The number of the segment that each layer is in.
        self._segment = {g.name: sum(cut.place < k for cut in cuts) for k, g in enumerate(backbone.groups)}
        self.groups = (
            *(LayerGroup(group.name, tuple(self._prefixes(group, count))) for group in backbone.groups),
            LayerGroup(_CHOICES, ("choices",)),
        )
        if count > 1:
            with trying(backbone, self.others) as batch:
                _refuse_common(names_of(self.encoder, weights_behind(self._walked(batch, (1,) * len(sizes), {}))))

    def _prefixes(self, group: LayerGroup, count: int) -> Iterator[str]:
        yield from group.under("encoder").prefixes
        for k in range(count - 1):
            yield from self.others[k].group(group).under(f"others.{k}").prefixes  # type: ignore[operator]

    @property
    def speeds(self) -> dict[str, float]:
        """That of the choices."""
        return {_CHOICES: self._speed}

    def forward(self, batch: Any) -> torch.Tensor:
        """The features (n_tasks, n_rows, n_features): of a tree that is drawn in train mode, else of the likeliest."""
        if not self.training:
            made: dict[tuple[int, int], Passage] = {}
            return torch.stack([self._walked(batch, path, made) for path in self.paths()])
        count = len(self.others) + 1
        passages = [self._segments.start(self.encoder, batch, self._instead(k)) for k in range(count)]
        for choice in self.choices[:-1]:
            values = self._drawn(choice, [passage.value for passage in passages])
            passages = [passages[k].on(values[k], self._instead(k)) for k in range(count)]
        return self._drawn(self.choices[-1], [passage.value for passage in passages])

    def one(self, batch: Any, task: int) -> torch.Tensor:
        """The features of one task; in evaluation mode by its own path alone."""
        return self.forward(batch)[task] if self.training else self._walked(batch, self.paths()[task], {})

    def _drawn(self, choice: torch.Tensor, values: Sequence[torch.Tensor]) -> torch.Tensor:
        """What each goes on with."""
        drawn = nn.functional.gumbel_softmax(choice, tau=self._temperature, hard=True)
        stacked = torch.stack(values)
        return torch.einsum("cj,j...->c...", drawn.to(stacked.dtype), stacked)

    def _walked(self, batch: Any, path: tuple[int, ...], made: dict[tuple[int, int], Passage]) -> torch.Tensor:
        """The features at the end of a path; what ``made`` holds of it is not computed again."""
        passage: Passage | None = None
        for segment, branch in enumerate(path):
            if (segment, branch) not in made:
                instead = self._instead(branch)
                made[segment, branch] = (
                    self._segments.start(self.encoder, batch, instead)
                    if passage is None
                    else passage.on(passage.value, instead)
                )
            passage = made[segment, branch]
        assert passage is not None
        return passage.value

    def _instead(self, branch: int) -> dict[str, nn.Module | torch.Tensor] | None:
        found: dict[str, nn.Module | torch.Tensor] | None = None
        if branch:
            found = self.others[branch - 1].instead()  # type: ignore[operator]
        return found

    def paths(self) -> list[tuple[int, ...]]:
        """For each task the copies that it goes through in the likeliest tree, one a segment, from the input on."""
        best = [choice.detach().argmax(1).tolist() for choice in self.choices]
        found = []
        for branch in best[-1]:
            path = [branch]
            for choice in reversed(best[:-1]):
                path.insert(0, choice[path[0]])
            found.append(tuple(path))
        return found

    def branches(self) -> dict[str, int]:
        """How many branches each layer has in the likeliest tree."""
        paths = self.paths()
        return {name: len({path[segment] for path in paths}) for name, segment in self._segment.items()}

    def learnt(self) -> dict[str, pd.DataFrame]:
        """The branch that each task goes through at each layer, counted from 1: tasks of one number share the layer."""
        paths = self.paths()
        table = {}
        for name, segment in self._segment.items():
            taken = [path[segment] for path in paths]
            table[name] = [sorted(set(taken), key=taken.index).index(branch) + 1 for branch in taken]
        return {"branch of each layer": pd.DataFrame(table, index=self.tasks)}


def _refuse_common(weights: list[str]) -> None:
    if weights:
        raise InputError(
            f"the weight {weights[0]!r} is used outside of the module that holds it, so that no branch can have one of "
            "its own; expected a network that calls its modules, or HardSharing()"
        )
