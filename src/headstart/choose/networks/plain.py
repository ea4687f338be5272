"""What one would fit to images, texts, series or tables without any network: the learners that transfer has to beat."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.feature_extraction.text import TfidfVectorizer

from ...core.errors import InputError
from ...learners import TunedLogistic, boosting, linear, trees
from ...neural.inputs.kinds import as_entries
from ...neural.inputs.readers import reader_for

# Images are made this small before each pixel gets a weight: few labels cannot tell more weights apart.
LARGEST_IMAGE = 32
# Longer rows of a dataset or a series are no table.
MOST_VALUES = 20_000
# Rows of words have length 1, so that their columns vary far less than those that STRENGTHS are made for.
WORD_STRENGTHS = np.logspace(-3.0, 1.0, 9)


class PlainLearner(BaseEstimator):
    """A learner of headstart on pixels, on words, on the values of a series, or on the columns of a table.

    Parameters
    ----------
    kind : {"images", "texts", "series", "table", "dataset"}
        What X holds.
    task : {"classification", "regression"}
        What is predicted.
    learner : {"linear", "boosting", "trees"}, default="linear"
        Which one.
    """

    def __init__(self, kind: str, task: str, learner: str = "linear") -> None:
        self.kind = kind
        self.task = task
        self.learner = learner

    def fit(self, X: Any, y: Any) -> PlainLearner:
        """Fit the reader of rows and the learner to target rows alone."""
        if self.kind == "texts":
            self.reader_: Any = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2)).fit(as_entries(X))
        else:
            self.reader_ = _small(reader_for(self.kind, X).fit(X))
        values = self._values(X)
        if values.shape[1] > MOST_VALUES and self.kind != "texts":
            raise InputError(f"rows have {values.shape[1]} values, too many for a model without a network")
        self.model_ = clone(self._learner(len(y), len(np.unique(y)))).fit(values, y)
        if self.task == "classification":
            self.classes_ = self.model_.classes_
        return self

    def _learner(self, n_rows: int, n_classes: int) -> Any:
        if self.learner == "boosting":
            return boosting(self.task, n_rows, n_classes)
        if self.learner == "trees":
            return trees(self.task)
        if self.kind == "texts" and self.task == "classification":
            return TunedLogistic(WORD_STRENGTHS)
        return linear(self.task)

    def _values(self, X: Any) -> Any:
        if self.kind == "texts":
            return self.reader_.transform(as_entries(X))
        rows = self.reader_.read(X, "X")
        return rows.batch(np.arange(len(rows))).double().numpy().reshape(len(rows), -1)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class, or the number, of each row."""
        return np.asarray(self.model_.predict(self._values(X)))

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities (n_rows, n_classes)."""
        return np.asarray(self.model_.predict_proba(self._values(X)))


def _small(reader: Any) -> Any:
    if reader.kind != "images" or max(reader.shape[1:]) <= LARGEST_IMAGE:
        return reader
    height, width = reader.shape[1:]
    shrink = LARGEST_IMAGE / max(height, width)
    return replace(reader, size=(max(1, round(height * shrink)), max(1, round(width * shrink))))
