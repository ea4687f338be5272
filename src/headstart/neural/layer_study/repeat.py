"""One repeat of a study: the source network, and all networks that take layers from it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from .. import defaults
from ..backbone import Backbone
from ..fitting import stacked
from ..inputs.taking import taken
from ..network import Network
from ..pace import batch_size_of, epochs_of
from ..plan import Plan
from ..problem import Problem
from ..training.settings import TrainingSettings
from .fresh import fresh_module
from .layers import plan_at, put_first
from .opened import for_rows
from .parts import narrowed
from .splits import Split
from .training import Task

MODES = ("frozen", "tuned")


@dataclass(frozen=True)
class Score:
    """What one network scores on each row in one repeat; ``trained`` weights learned, ``fresh`` ones started from
    random."""

    depth: int
    mode: str
    points: np.ndarray
    trained: int
    fresh: int


@dataclass(frozen=True)
class Repeat:
    """The rows and the seed of one repeat."""

    how: Any
    problem: Problem
    found: Backbone | None
    split: Split
    source_split: Split | None
    seed: int
    device: torch.device

    def scores(self, depths: tuple[int, ...], controls: bool, step: Callable[[], None]) -> Iterator[Score]:
        """Train and score one network after the other; ``step`` is called after each training."""
        backbone, reader = for_rows(self.found, self._narrow(), self.seed)
        target = self._target(reader)
        # One random start for all: what differs between two networks is what they take from the donor.
        fresh = fresh_module(backbone, self.seed + 1)
        donor, base = backbone.module, None
        source = self._source(reader) if self.source_split is not None else None
        if source is not None:
            donor, base = self._donor(backbone, source)
            step()
            yield base
        yield self._one(target, backbone, fresh, donor, 0, "scratch")
        step()
        for depth in depths:
            if depth == 0:
                continue
            for mode in MODES:
                yield self._one(target, backbone, fresh, donor, depth, mode)
                step()
                if source is not None and controls:
                    yield self._one(source, backbone, fresh, donor, depth, f"control {mode}")
                    step()

    def source_network(self) -> tuple[Backbone, Any, Score]:
        """The backbone as the source left it, the reader of its inputs, which saw the source alone, and its score."""
        assert self.source_split is not None
        narrow = self._narrow()
        backbone, reader = for_rows(self.found, replace(narrow, X=narrow.source_blocks[0], source_blocks=()), self.seed)
        module, score = self._donor(backbone, self._source(reader))
        return replace(backbone, module=module), reader, score

    def _narrow(self) -> Problem:
        return narrowed(self.problem, self.split.train, None if self.source_split is None else self.source_split.train)

    def _one(self, task: Task, backbone: Backbone, fresh: nn.Module, donor: nn.Module, depth: int, mode: str) -> Score:
        module = put_first(copy.deepcopy(fresh), donor, backbone.groups, depth)
        network = task.network(module, backbone)
        frozen = mode.endswith("frozen")
        speed = self._slow(backbone) / task.settings.learning_rate
        plan = plan_at(network.groups, depth, frozen=frozen, speed=speed)
        found = task.scored(network, plan, f"the {mode} network of depth {depth}")
        return Score(depth, mode, found, *_counts(network, plan, depth))

    def _donor(self, backbone: Backbone, source: Task) -> tuple[nn.Module, Score]:
        """The network trained on the source, from the backbone's weights, and its score."""
        network = source.network(copy.deepcopy(backbone.module), backbone)
        plan, rate = Plan.of(network.groups), source.settings.learning_rate
        if backbone.pretrained:
            rate = self._slow(backbone)
            plan = plan.change(-1, speed=max(defaults.HEAD_RATE / rate, 1.0))
        source.fit(network, plan, rate)
        carried = len(backbone.groups) if backbone.pretrained else 0
        return network.encoder, Score(0, "source", source.points(network), *_counts(network, plan, carried))

    def _slow(self, backbone: Backbone) -> float:
        """The rate of layers that know something."""
        if self.how.transfer_rate is not None:
            return float(self.how.transfer_rate)
        return defaults.learning_rate(self.problem.kind, True, self.found is None)

    def _target(self, reader: Any) -> Task:
        p = self.problem
        assert p.y is not None
        return self._task(reader, p.X, p.y, self.split, self.how.epochs, "X", self.seed + 2)

    def _source(self, reader: Any) -> Task:
        p = self.problem
        assert p.ys is not None and self.source_split is not None
        X = stacked(p.source_blocks)
        return self._task(reader, X, p.ys, self.source_split, self.how.source_epochs, "source", self.seed + 3)

    def _task(self, reader: Any, X: Any, y: np.ndarray, split: Split, epochs: Any, what: str, seed: int) -> Task:
        n_classes = None
        if self.problem.classes is not None:
            # Heads are new, so each task has its own classes alone.
            names, y = np.unique(y, return_inverse=True)
            n_classes = len(names)
        size = len(split.train)
        settings = TrainingSettings(
            # Networks that start from random layers set the measure: all of a comparison learn equally long.
            epochs=epochs_of(epochs, self.how, size, False),
            batch_size=batch_size_of(self.how, size),
            learning_rate=defaults.SCRATCH_RATE if self.how.learning_rate is None else self.how.learning_rate,
            device=self.how.device,
        )
        train, test = (reader.read(taken(X, rows), what) for rows in (split.train, split.test))
        return Task(train, y[split.train], test, y[split.test], n_classes, settings, seed, self.device)


def _counts(network: Network, plan: Plan, carried: int) -> tuple[int, int]:
    """How many weights train, and how many of the network start from random."""
    table = plan.table(network)
    return int(table["trained"].sum()), int(table["parameters"].to_numpy()[carried:].sum())


def n_trainings(depths: tuple[int, ...], controls: bool, has_source: bool) -> int:
    """How many trainings one repeat takes."""
    some = sum(d > 0 for d in depths)
    return 1 + len(MODES) * some * (2 if controls and has_source else 1) + has_source
