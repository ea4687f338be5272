"""Fit all candidates to one draw of one problem, and keep what they said: of held-out rows, and of a test set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..accuracy import ours
from ..accuracy.protocol import Split


@dataclass(frozen=True, eq=False)
class Cell:
    """What one fit's candidates said.

    ``names`` and ``of_target`` (k,) of the candidates; ``values`` their out-of-fold predictions (k, n_predictions), for
    classes (k, n_predictions, n_classes); ``rows`` the target row of each, ``y`` its label (0, 1, ... or a number);
    ``test`` the predictions for the test rows, ``y_test`` their labels.
    """

    names: list[str]
    of_target: np.ndarray
    values: np.ndarray
    rows: np.ndarray
    y: np.ndarray
    test: np.ndarray
    y_test: np.ndarray
    task: str
    n_classes: int

    def save(self, path: Path) -> None:
        """Write to an .npz file, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npz")
        fields = {key: getattr(self, key) for key in self.__dataclass_fields__}
        np.savez_compressed(part, **{**fields, "names": np.array(self.names)})
        part.rename(path)

    @classmethod
    def load(cls, path: Path) -> Cell:
        """Read back what ``save`` wrote."""
        with np.load(path) as f:
            found: dict[str, Any] = {key: f[key] for key in cls.__dataclass_fields__}
        found.update(names=found["names"].tolist(), task=str(found["task"]), n_classes=int(found["n_classes"]))
        return cls(**found)


def measure(split: Split, repeat: int) -> Cell:
    """Fit once, and collect."""
    model = ours.watched(split, repeat)
    judge = model.judge_
    view = model.all_spaces_.view(split.X_test)
    names = [c.name for c in judge.candidates]
    return Cell(
        names,
        judge.of_target,
        np.stack(judge.values),
        judge.rows,
        judge.y,
        np.stack([np.asarray(model.all_members_[name].values(view), dtype=float) for name in names]),
        split.y_test,
        split.task,
        split.n_classes,
    )
