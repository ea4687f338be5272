"""What the back ends of boosting have in common: a source model that says raw predictions, and new trees on top."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


class Columns:
    """The source model's columns in target rows: ``order`` are their places, ``names`` those that it knows, if any."""

    def __init__(self, order: np.ndarray | None = None, names: list[Any] | None = None) -> None:
        self.order = order
        self.names = names

    def of(self, X: np.ndarray) -> Any:
        """Target rows as the source model knows them."""
        rows = X if self.order is None else X[:, self.order]
        return rows if self.names is None else pd.DataFrame(rows, columns=self.names)


class SourceTrees:
    """A fitted boosting model of the source.

    Raw predictions are in the link's units: numbers, their logarithms, log odds. ``classes`` is None for a
    regression, whose ``loss`` has scikit-learn's name; ``n_rounds`` is the number of its boosting rounds.
    """

    classes: np.ndarray | None = None
    loss: str = "log_loss"
    quantile: float = 0.5
    n_rounds: int

    def __init__(self, model: Any) -> None:
        self.model = model
        self.columns = Columns()

    def raw(self, X: np.ndarray) -> np.ndarray:
        """Raw predictions (n_rows, n_outputs) of target rows: for classes one each, whose mean is 0."""
        said = self._raw(self.columns.of(X))
        if self.classes is None:
            return said.reshape(-1, 1)
        if len(self.classes) == 1:
            return np.zeros((len(said), 1))
        if said.ndim == 1:
            return np.column_stack([-said / 2, said / 2])
        return said - said.mean(axis=1, keepdims=True)

    def _raw(self, rows: Any) -> np.ndarray:
        raise NotImplementedError

    def grow(self, X: np.ndarray, y: np.ndarray, start: Start, learning_rate: float) -> NewTrees:
        """Begin new trees on target rows (n_rows, n_columns) and their class codes or numbers (n_rows,)."""
        raise NotImplementedError


class Start:
    """Where new trees start: ``offset`` (n_rows, n_outputs) of each row, and the ``level`` (n_outputs,) of all."""

    def __init__(self, offset: np.ndarray, level: np.ndarray) -> None:
        self.offset = offset
        self.level = level


class NewTrees:
    """Trees grown on target rows; their outputs (n_rows, n_outputs) hold the level and not the offset."""

    rounds = 0

    def more(self, rounds: int) -> None:
        """Go on until there are so many rounds."""
        raise NotImplementedError

    def finish(self) -> None:
        """Forget the target rows."""
        raise NotImplementedError

    def staged(self, X: np.ndarray) -> np.ndarray:
        """Outputs (n_rounds, n_rows, n_outputs) after each round."""
        raise NotImplementedError

    def output(self, X: np.ndarray) -> np.ndarray:
        """Outputs (n_rows, n_outputs) of all rounds."""
        raise NotImplementedError


def smallest_leaf(n_rows: int) -> int:
    """The smallest leaf that suits so many rows: 20, which libraries take, would leave 30 rows unsplit."""
    return int(np.clip(n_rows // 20, 3, 20))
