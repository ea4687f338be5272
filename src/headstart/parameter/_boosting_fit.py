"""New trees on top of a source's trees, and how many, how fast and on how much of the source: by target folds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logsumexp, softmax

from ..numeric.offset_level import (
    LOG_LINK,
    absence_level,
    class_level,
    regression_level,
    regression_loss,
)
from ._boosting_trees import NewTrees, SourceTrees, Start

# New trees come in these portions, each as long as all before, and stop when a portion has brought no better loss.
FIRST_PORTION = 12

# No probability is taken for less when losses are compared: one class that no fold's rows held would decide all.
LEAST = 1e-3


@dataclass(frozen=True)
class Grid:
    """What is chosen from, and how; ``rounds`` is a fixed number of new rounds, or None for any up to ``most``."""

    shrinkages: tuple[float, ...]
    rates: tuple[float, ...]
    rounds: int | None
    most: int
    cv: int
    trust: float
    seed: Any

    @property
    def is_fixed(self) -> bool:
        """Whether nothing is left to choose."""
        return self.rounds is not None and len(self.shrinkages) == 1 and (self.rounds == 0 or len(self.rates) == 1)


class Continued:
    """Raw predictions of the source times a shrinkage, a level, and new trees.

    Classes that the rows lack are the source's alone: their odds are those that it gives, lowered by a factor that the
    rows' lack of them teaches, and times the shrinkage. Among the others a class that the source does not know starts
    with the odds of all that it knows together, whatever the row, and its level settles how many there are.
    """

    def __init__(self, source: SourceTrees, classes: np.ndarray | None, shrinkage: float) -> None:
        self.source = source
        self.classes = classes
        self.shrinkage = shrinkage

    def start(self, X: np.ndarray, y: np.ndarray, raw: np.ndarray) -> Continued:
        """Take the source's word; ``y`` (n_rows,) are codes of classes or numbers, ``raw`` is what the source says."""
        self.trees: NewTrees | None = None
        source = self.source
        if self.classes is None:
            offset = self.shrinkage * raw
            self.level = np.array([regression_level(source.loss, y, offset[:, 0], source.quantile)])
            self._growth = X, y, Start(offset, self.level)
            self.as_it_is = self.shrinkage == 1.0
            return self
        present = np.unique(y)
        at = {label: place for place, label in enumerate(source.classes.tolist())}
        self.present = present
        self.place = np.array([at.get(self.classes[k], -1) for k in present])
        self.absent = np.array([k for k in range(len(self.classes)) if k not in present and self.classes[k] in at], int)
        self.absent_place = np.array([at[self.classes[k]] for k in self.absent], int)
        # The source's word for word: where nothing is to be added to it, and nothing is missing.
        self.as_it_is = self.shrinkage == 1.0 and bool((self.place >= 0).all())
        self.absence = absence_level(self._absent_odds(raw)) if self._reckons_absent() else 0.0
        codes = np.searchsorted(present, y)
        offset = self._offset(raw)
        self.level = class_level(codes, offset) if len(present) > 1 else np.zeros(1)
        if len(present) == 2:
            start = Start(offset[:, 1:] - offset[:, :1], self.level[1:] - self.level[:1])
        else:
            start = Start(offset, self.level)
        self._growth = X, codes, start
        return self

    def _reckons_absent(self) -> bool:
        return len(self.absent) > 0 and self.shrinkage > 0 and bool((self.place >= 0).any())

    def _absent_odds(self, raw: np.ndarray) -> np.ndarray:
        there = raw[:, self.place[self.place >= 0]]
        return np.asarray(logsumexp(raw[:, self.absent_place], axis=1) - logsumexp(there, axis=1))

    def _offset(self, raw: np.ndarray) -> np.ndarray:
        """What the source says about the classes that the rows have (n_rows, n_present)."""
        known = self.place >= 0
        offset = np.zeros((len(raw), len(self.place)))
        if self.shrinkage > 0 and known.any():
            offset[:, known] = self.shrinkage * raw[:, self.place[known]]
            offset[:, ~known] = logsumexp(offset[:, known], axis=1, keepdims=True)
        return offset

    def grow(self, rounds: int, learning_rate: float) -> None:
        """Go on until there are so many new rounds. A single class leaves nothing to grow."""
        if self.trees is None and (self.classes is None or len(self.present) > 1):
            self.trees = self.source.grow(*self._growth, learning_rate)
        if self.trees is not None:
            self.trees.more(rounds)

    def finish(self, rounds: int, learning_rate: float) -> Continued:
        """Grow all trees and forget the rows."""
        self.rounds = rounds
        if rounds > 0:
            self.grow(rounds, learning_rate)
            if self.trees is not None:
                self.trees.finish()
        del self._growth
        return self

    def _added(self, X: np.ndarray, n_stages: int | None) -> np.ndarray:
        """What level and trees add (n_stages, n_rows, n_outputs): after each round from none on, or after all."""
        level = np.broadcast_to(self.level, (1, len(X), len(self.level)))
        if n_stages is not None:
            if self.trees is None:
                return np.repeat(level, n_stages, axis=0)
            return np.concatenate([level, self._per_class(self.trees.staged(X))])
        return level if self.trees is None else self._per_class(self.trees.output(X)[None])

    def _per_class(self, said: np.ndarray) -> np.ndarray:
        if self.classes is None or len(self.present) != 2:
            return said
        return np.concatenate([-said / 2, said / 2], axis=2)

    def losses(self, X: np.ndarray, y: np.ndarray, raw: np.ndarray, n_stages: int) -> np.ndarray:
        """The loss of each row (n_stages, n_rows) with no new round, one, two and so on."""
        if self.classes is None:
            said = (self.shrinkage * raw + self._added(X, n_stages))[:, :, 0]
            if self.as_it_is:
                said[0] = raw[:, 0]
            return regression_loss(self.source.loss, y, said, self.source.quantile)
        P = self._shares(X, raw, n_stages)
        if self.as_it_is:
            P[0] = self._as_it_is(raw)
        return -np.log(np.maximum(P[:, np.arange(len(y)), y], LEAST))

    def values(self, X: np.ndarray) -> np.ndarray:
        """Raw predictions (n_rows,), or class probabilities (n_rows, n_classes)."""
        raw = self.source.raw(X) if self.shrinkage > 0 else np.zeros((len(X), self._n_source_outputs()))
        untouched = self.as_it_is and self.rounds == 0
        if self.classes is None:
            return raw[:, 0] if untouched else (self.shrinkage * raw + self._added(X, None)[0])[:, 0]
        return self._as_it_is(raw) if untouched else self._shares(X, raw, None)[0]

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Numbers (n_rows,) in the labels' own units."""
        values = self.values(X)
        return np.exp(values) if self.source.loss in LOG_LINK else values

    def _n_source_outputs(self) -> int:
        return 1 if self.source.classes is None else len(self.source.classes)

    def _as_it_is(self, raw: np.ndarray) -> np.ndarray:
        P = np.zeros((len(raw), len(self.classes)))
        P[:, np.isin(self.classes, self.source.classes)] = softmax(raw, axis=1)
        return P

    def _shares(self, X: np.ndarray, raw: np.ndarray, n_stages: int | None) -> np.ndarray:
        added = self._added(X, n_stages)
        P = np.zeros((len(added), len(X), len(self.classes)))
        P[:, :, self.present] = softmax(self._offset(raw) + added, axis=2)
        if self._reckons_absent():
            lacking = self.shrinkage * expit(self._absent_odds(raw) + self.absence)
            P *= (1.0 - lacking)[:, None]
            P[:, :, self.absent] = lacking[:, None] * softmax(raw[:, self.absent_place], axis=1)
        return P


def choose(
    source: SourceTrees, classes: np.ndarray | None, X: np.ndarray, y: np.ndarray, raw: np.ndarray, grid: Grid
) -> tuple[float, float, int, pd.DataFrame]:
    """Shrinkage, learning rate and number of new rounds of the least loss over folds, and the whole path."""
    fold = deal(y, min(grid.cv, len(y)), np.random.default_rng(grid.seed))
    parts = []
    for shrinkage in grid.shrinkages:
        for rate in grid.rates:
            loss = _path(source, classes, X, y, raw, fold, shrinkage, rate, grid)
            kept = slice(grid.rounds, None) if grid.rounds is not None else slice(None)
            trees = np.arange(len(loss))
            part = {"shrinkage": shrinkage, "learning_rate": rate, "trees": trees[kept], "loss": loss[kept]}
            parts.append(pd.DataFrame(part))
    path = pd.concat(parts, ignore_index=True)
    # In nats of all rows, so that trust means the same for many rows and few.
    nats = path["loss"].to_numpy() * len(y) * _unit(source.loss, float(path["loss"].min()))
    best = path.iloc[int(np.argmin(nats + grid.trust * (1.0 - path["shrinkage"].to_numpy())))]
    return float(best["shrinkage"]), float(best["learning_rate"]), int(best["trees"]), path


def _unit(loss: str, least: float) -> float:
    """Nats of a unit of loss: for labels with a noise as large as the least loss, normal or, for medians, Laplace."""
    least = max(least, 1e-300)
    return {"squared_error": 0.5 / least, "absolute_error": 1.0 / least, "quantile": 1.0 / least}.get(loss, 1.0)


def deal(y: np.ndarray, n_folds: int, rng: np.random.Generator) -> np.ndarray:
    """The fold of each row: rows of each class, or of about the same number, go round the folds."""
    order = rng.permutation(len(y))
    order = order[np.argsort(y[order], kind="stable")]
    fold = np.empty(len(y), dtype=int)
    fold[order] = np.arange(len(y)) % n_folds
    return fold


def _path(
    source: SourceTrees,
    classes: np.ndarray | None,
    X: np.ndarray,
    y: np.ndarray,
    raw: np.ndarray,
    fold: np.ndarray,
    shrinkage: float,
    rate: float,
    grid: Grid,
) -> np.ndarray:
    """The mean loss of held-out rows with no new round, one, two and so on, until it gets no better."""
    models = []
    for k in range(fold.max() + 1):
        train = fold != k
        models.append(Continued(source, classes, shrinkage).start(X[train], y[train], raw[train]))
    rounds = 0
    while True:
        loss = np.zeros(rounds + 1)
        for k, model in enumerate(models):
            held = fold == k
            if rounds:
                model.grow(rounds, rate)
            loss += model.losses(X[held], y[held], raw[held], rounds + 1).sum(axis=1)
        last = grid.most if grid.rounds is None else grid.rounds
        if rounds >= last or (grid.rounds is None and rounds and loss.argmin() <= rounds // 2):
            return loss / len(y)
        rounds = min(last, 2 * rounds if rounds else FIRST_PORTION)
