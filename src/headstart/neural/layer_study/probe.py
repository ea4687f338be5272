"""The cheap study: a linear model on the features of each layer, against those of random layers."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ...learners import linear
from ..backbone import Backbone
from ..inputs.taking import taken
from ..problem import Problem
from .features import features_by_depth
from .fresh import fresh_module
from .opened import for_rows
from .parts import narrowed
from .repeat import Repeat, Score
from .splits import Split
from .training import points


@dataclass(frozen=True)
class Probe:
    """What all repeats of a probe share."""

    how: Any
    problem: Problem
    found: Backbone | None
    source_split: Split | None
    device: torch.device

    def scores(
        self, splits: list[Split], seeds: list[int], depths: tuple[int, ...], step: Callable[[], None]
    ) -> Iterator[tuple[int, Score]]:
        """The repeat's number and a score, for each depth."""
        backbone = reader = features = None
        if self.source_split is not None:
            # Network and reader know the source alone, so the features of a target row are the same in every repeat.
            repeat = Repeat(self.how, self.problem, self.found, splits[0], self.source_split, seeds[0], self.device)
            backbone, reader, base = repeat.source_network()
            step()
            yield 0, base
            features = self._features(backbone, reader, self.problem.X, depths, seeds[0])
        for r, (split, seed) in enumerate(zip(splits, seeds, strict=True)):
            if self.source_split is None:
                backbone, reader = for_rows(self.found, narrowed(self.problem, split.train, None), seed)
                rows = np.concatenate([split.train, split.test])
                some = self._features(backbone, reader, taken(self.problem.X, rows), depths, seed)
                features = {key: _spread(values, rows) for key, values in some.items()}
            assert features is not None
            for (mode, depth), values in features.items():
                yield r, self._one(values, split, mode, depth)
            step()

    def _features(
        self, backbone: Any, reader: Any, X: Any, depths: tuple[int, ...], seed: int
    ) -> dict[tuple[str, int], np.ndarray]:
        rows = reader.read(X, "X")
        found = {}
        for mode, module in (("random", fresh_module(backbone, seed + 1)), ("probe", copy.deepcopy(backbone.module))):
            by_depth = features_by_depth(module, backbone.groups, depths, rows, self.device, backbone.name)
            found |= {(mode, depth): values for depth, values in by_depth.items()}
        return found

    def _one(self, values: np.ndarray, split: Split, mode: str, depth: int) -> Score:
        kind = "regression" if self.problem.classes is None else "classification"
        y = self.problem.y
        assert y is not None
        F = values[split.train]
        mean, scale = F.mean(axis=0), F.std(axis=0)
        varies = scale > 1e-7 * np.maximum(np.abs(mean), 1e-7)
        if not varies.any():
            varies[:1], scale = True, np.ones_like(scale)
        train, test = ((V[:, varies] - mean[varies]) / scale[varies] for V in (F, values[split.test]))
        model = linear(kind).fit(train, y[split.train])
        n = int(model.coef_.size)
        return Score(depth, mode, points(y[split.test], model.predict(test), kind), n, 0)


def _spread(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Rows put back to their numbers."""
    found = np.empty((rows.max() + 1, values.shape[1]))
    found[rows] = values
    return found
