"""Source models that came without their rows, in the place of those that the choice would have fitted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.base import BaseEstimator

from ..parameter.given_columns import rows_for
from ..parameter.given_models import GivenModel
from ..parameter.given_moves import Move, move_of
from ..parameter.prior_core import source_outputs
from ..tables import TableEncoder
from .spaces import SourceSays

# Trees of a forest that are moved, each in two ways; more of them only take longer.
MOVED_TREES = 10


class GivenCode(BaseEstimator):
    """The columns that the moved part of a given model knows, made from raw target rows by the steps before it."""

    def __init__(self, given: GivenModel, steps: tuple[Any, ...] = ()) -> None:
        self.given = given
        self.steps = steps

    @property
    def encoder(self) -> TableEncoder | None:
        """The encoder that made the columns, where it alone did."""
        return self.steps[0] if len(self.steps) == 1 and isinstance(self.steps[0], TableEncoder) else None

    def transform(self, table: Any) -> Any:
        """Numbers (n_rows, n_columns), a frame where there are names; None where some are no numbers."""
        rows = rows_for(self.given, table)
        for step in self.steps:
            rows = step.transform(rows)
        if sp.issparse(rows):
            return sp.csr_matrix(rows)
        try:
            values = np.asarray(rows, dtype=float)
        except (TypeError, ValueError):
            return None
        return pd.DataFrame(values, columns=rows.columns) if isinstance(rows, pd.DataFrame) else values


class GivenModels(BaseEstimator):
    """Asks each given model about raw target rows; see SourceModels, whose part it takes.

    Parameters
    ----------
    models : dict of GivenModel by name
    task : {"classification", "regression"}
    classes : array, default=None
        All classes, for a classification.
    kinds : tuple of str
        The kinds of models whose parameters are moved: what the moved candidates start from.
    """

    def __init__(self, models: dict[str, GivenModel], task: str, classes: Any = None, kinds: tuple[str, ...] = ()):
        self.models = models
        self.task = task
        self.classes = classes
        self.kinds = kinds

    @property
    def names_(self) -> list[str]:
        """The names of the models."""
        return list(self.models)

    def fit(self) -> GivenModels:
        """Find what can be moved; the models themselves are fitted."""
        found = {name: move_of(given, self.task, most_trees=MOVED_TREES) for name, given in self.models.items()}
        moves = {name: move for name, move in found.items() if move is not None and move.kind in self.kinds}
        self.codes_ = [GivenCode(self.models[name], move.before) for name, move in moves.items()]
        self._moves: dict[str, Move] = moves
        return self

    def moves(self) -> dict[str, Move]:
        """The transfers by the name of their model, in the order of the codes."""
        return self._moves

    def encoder_of(self, code: int) -> TableEncoder | None:
        """What made the columns of a code, where an encoder alone did."""
        return self.codes_[code].encoder

    def says(self, table: Any) -> SourceSays:
        """What the models say of raw target rows; their code is their own, of those whose parameters are moved."""
        asked = [(given.model, rows_for(given, table)) for given in self.models.values()]
        S = np.stack([source_outputs(model, rows, self.classes) for model, rows in asked])
        coded = tuple(code.transform(table) for code in self.codes_)
        if self.classes is None:
            return SourceSays(S, S, coded)
        P = np.zeros((len(asked), S.shape[1], len(self.classes)))
        for k, (model, rows) in enumerate(asked):
            known = np.isin(model.classes_, self.classes)
            P[k][:, np.searchsorted(self.classes, model.classes_[known])] = model.predict_proba(rows)[:, known]
        return SourceSays(S, P, coded)

    def __getstate__(self) -> Any:
        """What is saved: the moved candidates hold their own."""
        return {**super().__getstate__(), "_moves": {}}
