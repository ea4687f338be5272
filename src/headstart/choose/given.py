"""Source models that came without their rows, in the place of those that the choice would have fitted."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from ..parameter.given_columns import rows_for
from ..parameter.prior_core import source_outputs
from .spaces import SourceSays


class GivenModels(BaseEstimator):
    """Asks each given model about raw target rows; see SourceModels, whose part it takes."""

    def __init__(self, models: Any, classes: Any = None) -> None:
        self.models = models
        self.classes = classes

    @property
    def names_(self) -> list[str]:
        """The names of the models."""
        return list(self.models)

    def says(self, table: Any) -> SourceSays:
        """What the models say of raw target rows; their code is their own, so that no rows are given in it."""
        asked = [(given.model, rows_for(given, table)) for given in self.models.values()]
        S = np.stack([source_outputs(model, rows, self.classes) for model, rows in asked])
        if self.classes is None:
            return SourceSays(S, S)
        P = np.zeros((len(asked), S.shape[1], len(self.classes)))
        for k, (model, rows) in enumerate(asked):
            known = np.isin(model.classes_, self.classes)
            P[k][:, np.searchsorted(self.classes, model.classes_[known])] = model.predict_proba(rows)[:, known]
        return SourceSays(S, P)
