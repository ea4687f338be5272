"""What ``fit`` of a fine-tuning was given, checked and read: rows of any kind, labels as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import validate_data

from ..core.checks import as_headstart_errors, check_labels, check_source_rows, refuse_mixed_labels
from ..core.domain import as_sources, as_unlabeled
from ..core.errors import InputError
from ..core.rows import is_dataset
from .inputs.kinds import kind_of
from .source_model import columns_of, source_network


@dataclass(frozen=True)
class Problem:
    """Rows as they came and labels as numbers.

    ``y`` and ``ys`` are class codes (places in ``classes``, of the source: in ``source_classes``) or real numbers; None
    without labels or source. ``unlabeled`` are further target rows. ``given`` is the fitted source model that stands
    for a source.
    """

    kind: str
    X: Any
    y: np.ndarray | None
    source_blocks: tuple[Any, ...]
    ys: np.ndarray | None
    names: tuple[str, ...]
    classes: np.ndarray | None
    source_classes: np.ndarray | None
    unlabeled: Any = None
    given: Any = None

    @property
    def same_task(self) -> bool:
        """Whether the source's labels are the target's; a source model may lack some of them."""
        if self.given is not None:
            return self.classes is None or bool(np.isin(self.source_classes, self.classes).all())
        return self.ys is not None and (self.classes is None or np.array_equal(self.classes, self.source_classes))

    @property
    def n_source(self) -> int:
        """Number of source rows."""
        return 0 if self.ys is None else len(self.ys)


def read_problem(
    estimator: Any, X: Any, y: Any, source: Any, unlabeled: Any, *, task: str, kind: str | None
) -> Problem:
    """Check all that ``fit`` was given; tables of numbers by scikit-learn's own checks."""
    sources = as_sources(source, tables_only=False)
    extra = as_unlabeled(unlabeled, tables_only=False)
    given = source_network(estimator, task, sources is not None)
    if y is None and sources is None:
        raise InputError(
            f"{type(estimator).__name__} requires y to be passed, but the target y is None; without target labels a "
            "source with labels is needed: fit(X, None, source=hs.Domain(Xs, ys))"
            + (". A Dataset's own labels are not read: pass y=[y for _, y in X]" if is_dataset(X) else "")
        )
    kind = kind_of(X, kind=kind)
    columns = None
    if given is not None and kind == "table":
        X = columns_of(X, given)
    if kind == "table":
        X, y = _check_table(estimator, X, y, task)
        columns = getattr(estimator, "feature_names_in_", None)
    elif y is not None and len(X) != len(y):
        raise InputError(f"X has {len(X)} rows and y {len(y)} labels; expected a label for each row")
    classes = task == "classification"
    y = None if y is None else check_labels(y, classification=classes, what="y")
    blocks, labels = [], []
    for domain in () if sources is None else sources.domains:
        blocks.append(_check_block(domain.X, X, kind, columns, domain.label))
        if domain.y is None:
            raise InputError(
                f"source {domain.label!r} has no labels, which {type(estimator).__name__} needs; "
                "pass them: hs.Domain(X_source, y_source)"
            )
        labels.append(check_labels(domain.y, classification=classes, what=f"y of source {domain.label!r}"))
    more = None
    if extra is not None:
        more = _check_block(extra.X, X, kind, columns, extra.name or "unlabeled")
    ys = np.concatenate(labels) if labels else None
    if given is not None and classes:
        mine, theirs = _label_sets(y, given.classes_)
        theirs = given.classes_
    else:
        mine, theirs = _label_sets(y, ys) if classes else (None, None)
    if mine is not None and given is None:
        _refuse_one_class(mine if y is not None else None, theirs, y, ys)
    return Problem(
        kind,
        X,
        np.searchsorted(mine, y) if classes and y is not None else y,
        tuple(blocks),
        np.searchsorted(theirs, ys) if classes and ys is not None else ys,
        () if sources is None else sources.names,
        mine,
        theirs,
        more,
        given,
    )


def _check_table(estimator: Any, X: Any, y: Any, task: str) -> tuple[Any, Any]:
    """Numbers by scikit-learn's checks, gaps allowed; tables with text or categories as they are."""
    if isinstance(X, pd.DataFrame) and not all(pd.api.types.is_numeric_dtype(t) for t in X.dtypes):
        return X, y
    if getattr(getattr(X, "dtype", None), "kind", "f") in "OUS" and any(isinstance(v, str) for v in np.ravel(X)):
        raise InputError(
            "X is an array that holds text; expected a pandas DataFrame, whose columns have types of their own"
        )
    check: dict[str, Any] = {"dtype": np.float64, "ensure_all_finite": "allow-nan"}
    with as_headstart_errors():
        if y is None:
            return validate_data(estimator, X, **check), None
        return validate_data(estimator, X, y, y_numeric=task == "regression", **check)


def _check_block(theirs: Any, mine: Any, kind: str, columns: Any, name: str) -> Any:
    if kind != "table":
        found = kind_of(theirs, kind=None if kind != "series" else kind)
        if found != kind:
            raise InputError(f"the target's rows are {kind} and those of {name!r} are {found}; expected the same kind")
        return theirs
    if isinstance(mine, pd.DataFrame):
        lacking = [str(c) for c in mine.columns if c not in getattr(theirs, "columns", ())]
        if lacking:
            raise InputError(f"source {name!r} lacks the columns {lacking[:5]}; expected the target's columns")
        return theirs[list(mine.columns)]
    return check_source_rows(theirs, mine.shape[1], columns, name=name, sparse=False, allow_nan=True)


def _refuse_one_class(mine: np.ndarray | None, theirs: np.ndarray | None, y: Any, ys: Any) -> None:
    """Refuse labels that are all the same where no other domain adds a class: nothing can be learnt from them."""
    for classes, labels, whose in ((mine, y, "the target"), (theirs, ys, "the source")):
        if classes is not None and len(classes) == 1:
            raise InputError(
                f"all {len(labels)} labels of {whose} are {classes.tolist()[0]!r}, one class; expected at least "
                "two: label rows of another class"
            )


def _label_sets(y: np.ndarray | None, ys: np.ndarray | None) -> tuple[np.ndarray | None, np.ndarray | None]:
    """The classes that are predicted, and those that the source trains on.

    Labels in common mean the same task, and all labels of both are predicted; none in common, another task: then the
    source trains the backbone, and its classes are never predicted.
    """
    if ys is None or y is None:
        alone = np.unique(y if ys is None else ys)
        return alone, None if ys is None else alone
    refuse_mixed_labels(y, ys)
    mine, theirs = np.unique(y), np.unique(ys)
    if np.isin(mine, theirs).any():
        both = np.union1d(mine, theirs)
        return both, both
    return mine, theirs
