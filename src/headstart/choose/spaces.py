"""The views of a row that candidates learn from: target columns, shared columns, source outputs, a common space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from ..core.domain import Domain, Sources
from ..core.frames import stack_tables
from ..feature import CommonSpace
from ..learners import boosting, linear, trees
from ..parameter.prior_core import source_outputs
from ..tables import TableEncoder
from .problem import MAX_LEVELS, Problem, take_columns, take_rows

# Positions among the source models.
LINEAR, BOOSTING, TREES = 0, 1, 2


@dataclass(frozen=True)
class View:
    """Rows as matrices.

    ``target`` (n_rows, d) in the code learned from target rows; ``shared`` (n_rows, d') in the code learned from
    both domains; ``outputs`` (n_models, n_rows, n_outputs) of the source models; ``probable`` (n_models, n_rows,
    n_classes) their probabilities, or (n_models, n_rows, 1) their numbers; ``coded`` a matrix (n_rows, d) for each code
    that source models were fitted in; ``common`` (n_rows, d'') in the space that domains with different columns have in
    common; ``raw`` the table itself. Views that no candidate needs are None.
    """

    target: Any = None
    shared: Any = None
    outputs: np.ndarray | None = None
    probable: np.ndarray | None = None
    coded: tuple[Any, ...] = ()
    common: np.ndarray | None = None
    raw: Any = None


@dataclass(frozen=True)
class SourceSays:
    """What source models say of target rows; no target label has any part in it. Arrays as in View."""

    outputs: np.ndarray
    probable: np.ndarray
    coded: tuple[Any, ...] = ()

    def rows(self, index: np.ndarray) -> SourceSays:
        """The same of some of the rows."""
        coded = tuple(None if code is None else take_rows(code, index) for code in self.coded)
        return SourceSays(self.outputs[:, index], self.probable[:, index], coded)


@dataclass(frozen=True)
class Training:
    """What a candidate is fitted to.

    ``y`` (n_rows,) the labels of the rows of ``view``, None where there are none; ``classes`` None for numbers;
    ``shared`` and ``common`` the source domains in the two spaces of both domains, ``raw`` their tables; ``more``
    unlabelled target rows.
    """

    view: View
    y: np.ndarray | None
    classes: np.ndarray | None
    shared: Sources | None = None
    common: Sources | None = None
    raw: Sources | None = None
    more: View | None = None


def encoder_for(problem: Problem) -> TableEncoder:
    """An encoder that knows the schema of all domains."""
    return TableEncoder(kinds=problem.kinds, max_levels=MAX_LEVELS)


class SourceModels(BaseEstimator):
    """Source models, fitted once: they see no target row, so every fold can use them.

    For the source as a whole a tuned linear model, gradient boosting and extremely randomised trees; where there are
    several sources, besides a linear model for each.
    """

    def fit(self, problem: Problem) -> SourceModels:
        """Fit the encoder and the models to the source rows."""
        self.shared_ = list(problem.shared)
        self.classes_ = problem.classes
        tables = list(problem.source_tables)
        whole = stack_tables(tables) if len(tables) > 1 else tables[0]
        self.encoder_ = encoder_for(problem).fit(whole)
        rows, labels = self.encoder_.transform(whole), problem.ys
        self.names_ = ["linear", "boosting", "trees"]
        K = 2 if problem.classes is None else len(problem.classes)
        first = linear(problem.task).fit(rows, labels)
        self.strength_ = first.strength_
        self.models_ = [
            first,
            boosting(problem.task, len(labels), K).fit(_dense(rows), labels),
            trees(problem.task).fit(rows, labels),
        ]
        if len(tables) > 1:
            for name, table, y in zip(problem.source_names, tables, problem.source_labels, strict=True):
                if problem.task == "regression" or len(np.unique(y)) > 1:
                    self.models_.append(linear(problem.task).fit(self.encoder_.transform(table), y))
                    self.names_.append(f"linear, {name}")
        return self

    def encoder_of(self, code: int) -> TableEncoder:
        """What made the columns of a code: there is one for all models."""
        return self.encoder_

    def says(self, table: Any) -> SourceSays:
        """What the models say of raw target rows."""
        rows = self.encoder_.transform(take_columns(table, tuple(self.shared_)))
        dense = _dense(rows)
        S = np.stack(
            [source_outputs(m, dense if k == BOOSTING else rows, self.classes_) for k, m in enumerate(self.models_)]
        )
        if self.classes_ is None:
            return SourceSays(S, S, (rows,))
        P = np.zeros((len(self.models_), rows.shape[0], len(self.classes_)))
        for k, model in enumerate(self.models_):
            P[k][:, np.searchsorted(self.classes_, model.classes_)] = model.predict_proba(
                dense if k == BOOSTING else rows
            )
        return SourceSays(S, P, (rows,))


def _dense(rows: Any) -> Any:
    return rows.toarray() if hasattr(rows, "toarray") else rows


class Spaces(BaseEstimator):
    """The codes of one training set: fitted to its target rows, and where both domains meet to the source too."""

    def __init__(self, models: Any = None, *, need_shared: bool = True, need_common: bool = False) -> None:
        self.models = models
        self.need_shared = need_shared
        self.need_common = need_common

    def fit(self, table: Any, problem: Problem, y: np.ndarray | None = None) -> Spaces:
        """Learn the codes from the rows of ``table`` (target, with labels ``y``) and from the source."""
        self.target_ = encoder_for(problem).fit(table)
        self.shared_ = self.common_ = None
        self.common_note_ = ""
        self.shared_columns_ = list(problem.shared)
        if self.need_shared and problem.source_tables:
            both = stack_tables([take_columns(table, problem.shared), *problem.source_tables])
            self.shared_ = encoder_for(problem).fit(both)
        if self.need_common and problem.whole_tables:
            more = None if problem.more is None else Domain(problem.more)
            try:
                self.common_ = CommonSpace().fit(table, y, source=problem.raw_sources, unlabeled=more)
            except ValueError as error:  # the candidates that work there are left out, with this note
                self.common_note_ = str(error).splitlines()[0]
        return self

    def training(self, table: Any, y: np.ndarray | None, problem: Problem, says: SourceSays | None = None) -> Training:
        """All that a candidate may learn from; ``says`` of the source models where it is known already."""
        return Training(
            self.view(table, says),
            y,
            problem.classes,
            self._shared_sources(problem),
            self._common_sources(problem),
            problem.raw_sources if problem.source_labels else None,
            None if problem.more is None else self._rows_of_both(problem.more),
        )

    def view(self, table: Any, says: SourceSays | None = None) -> View:
        """Target rows in all codes; ``says`` of the source models where it is known already."""
        if says is None and self.models is not None:
            says = self.models.says(table)
        S, P, Z = (None, None, ()) if says is None else (says.outputs, says.probable, says.coded)
        both = self._rows_of_both(table)
        return View(self.target_.transform(table), both.shared, S, P, Z, both.common, table)

    def _rows_of_both(self, table: Any) -> View:
        """Target rows in the codes that are of both domains."""
        shared = None
        if self.shared_ is not None:
            shared = self.shared_.transform(take_columns(table, tuple(self.shared_columns_)))
        common = None if self.common_ is None else self.common_.transform(table)
        return View(shared=shared, common=common, raw=table)

    def _shared_sources(self, problem: Problem) -> Sources | None:
        if self.shared_ is None:
            return None
        return problem.as_sources([self.shared_.transform(t) for t in problem.source_tables])

    def _common_sources(self, problem: Problem) -> Sources | None:
        if self.common_ is None:
            return None
        return problem.as_sources(
            [self.common_.transform_source(t, domain=k) for k, t in enumerate(problem.whole_tables)]
        )
