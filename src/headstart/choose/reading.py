"""From what ``fit`` was given to a checked ``Problem``."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

from ..core.checks import as_headstart_errors, check_label_sets, check_labels, common_classes
from ..core.domain import Domain, Sources
from ..core.errors import InputError
from ..core.frames import same_columns
from ..core.row_order import refuse_other_order
from ..parameter.given_columns import refuse_gaps, rows_for, warn_of_lacking
from ..parameter.given_models import GivenModel, check_classes, read_given, refuse_both
from ..tables import read_table
from .problem import Problem, draw_rows, schema, stored_like, take_columns
from .shared import has_other_columns, shared_columns


def read_problem(
    estimator: Any, X: Any, y: Any, sources: Sources | None, extra: Domain | None, random: np.random.Generator
) -> Problem:
    """Check all that ``fit`` of a TransferChoice was given, and put it together.

    Raises
    ------
    InputError
        Where labels or tables cannot be used, or nothing links source and target.
    """
    is_classes = estimator._task == "classification"
    refuse_other_order(X, y)
    y = _target_labels(estimator, y, sources, is_classes)
    table = read_table(estimator, X, reset=True)  # after y: its check forgets the names of the columns
    if y is not None and len(y) != table.shape[0]:
        raise InputError(
            f"Found input variables with inconsistent numbers of samples: X has {table.shape[0]} rows and y "
            f"{len(y)} labels; expected a label for each row"
        )
    labels = _source_labels(type(estimator).__name__, sources, is_classes)
    if is_classes and y is not None and labels:
        check_label_sets(y, np.concatenate(labels))
    models = _given_models(estimator, sources, y, table, is_classes)
    known = [*labels, *(np.asarray(m.model.classes_) for m in models.values())] if is_classes else labels
    classes = common_classes(y, np.concatenate(known) if known else None) if is_classes else None
    _refuse_one_label(y, labels, is_classes)
    more = None if extra is None else same_columns(extra.X, table, name=extra.name or "unlabeled")
    if sources is None:
        kinds = schema(table, ())
        return Problem(
            estimator._task, table, y, (), (), tuple(models), (), kinds, classes, more=more, models=models or None
        )
    shared = shared_columns(table, sources)
    if not shared and y is None:
        raise InputError(
            "the target has no labels, and no column that every source has: nothing links the domains; expected labels "
            "of some target rows, or columns of the same name and type"
        )
    whole = []
    for k, domain in enumerate(sources.domains):
        rows, labels[k] = draw_rows(domain.X, labels[k], estimator.max_source_rows, random)
        whole.append(stored_like(rows, table))
    cut = tuple(take_columns(t, shared) for t in whole) if shared else ()
    return Problem(
        estimator._task,
        table,
        y,
        cut,
        tuple(labels),
        sources.names,
        shared,
        schema(table, cut),
        classes,
        tuple(whole) if has_other_columns(table, whole, shared) else (),
        more,
    )


def _given_models(
    estimator: Any, sources: Sources | None, y: np.ndarray | None, table: Any, is_classes: bool
) -> dict[str, GivenModel]:
    """The fitted source models, checked against the target."""
    if estimator.source_model is None:
        return {}
    refuse_both(sources, estimator.source_model)
    if y is None:
        raise InputError(
            "the target has no labels, and only source models are given: there is nothing to choose or judge by; "
            "expected labels of some target rows, or ask the source model itself: source_model.predict(X)"
        )
    found = read_given(estimator.source_model, estimator._task, probabilities=True)
    for given in found:
        refuse_gaps(given, rows_for(given, table))
        warn_of_lacking(given, table)
        if is_classes:
            check_classes(given.model.classes_, y)
    return {given.name: given for given in found}


def _target_labels(estimator: Any, y: Any, sources: Sources | None, is_classes: bool) -> np.ndarray | None:
    if y is None:
        if sources is None and estimator.source_model is None:
            raise InputError(
                f"{type(estimator).__name__} requires y to be passed, but the target y is None; without target labels "
                "a source with labels is needed: fit(X, None, source=hs.Domain(Xs, ys))"
            )
        return None
    with as_headstart_errors():
        y = validate_data(estimator, X="no_validation", y=y, **({} if is_classes else {"y_numeric": True}))
    return check_labels(y, classification=is_classes, what="y")


def _source_labels(who: str, sources: Sources | None, is_classes: bool) -> list[np.ndarray]:
    labels = []
    for domain in sources.domains if sources is not None else ():
        if domain.y is None:
            raise InputError(
                f"source {domain.label!r} has no labels, which {who} needs; pass them: hs.Domain(X_source, y_source)"
            )
        labels.append(check_labels(domain.y, classification=is_classes, what=f"y of source {domain.label!r}"))
    if is_classes and labels and len(np.unique(np.concatenate(labels))) < 2:
        raise InputError(
            f"the source's labels hold only one class, {labels[0][0]!r}; expected at least two, or nothing can be "
            "learned from it"
        )
    return labels


def _refuse_one_label(y: np.ndarray | None, labels: list[np.ndarray], is_classes: bool) -> None:
    if y is None:
        return
    if is_classes and len(np.unique(y)) < 2:
        raise InputError(
            f"the target's labels hold only one class, {y[0]!r} (1 class); expected at least two: label rows of "
            "another class, or fit(X, None, source=...) to use the source's labels alone"
        )
    if not is_classes and labels and np.ptp(y) == 0:
        raise InputError(
            f"the target's labels are all {y[0]:g}; expected numbers that differ: there is nothing to predict"
        )
