"""The base of every transfer estimator: one fit signature, one way to read target and source."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.base import BaseEstimator, _clone_parametrized
from sklearn.utils.validation import check_is_fitted, validate_data

from .checks import (
    as_headstart_errors,
    check_label_sets,
    check_labels,
    check_source_rows,
    common_classes,
    refuse_text,
    warn_of_scales,
)
from .domain import Domain, Sources, as_sources, as_table, as_unlabeled
from .errors import InputError
from .traits import Traits


@dataclass(frozen=True)
class TransferData:
    """What ``fit`` was given, checked: numeric matrices whose columns agree.

    ``X`` (n_target, n_features) and ``y`` (n_target,) are the target rows; ``Xs`` (n_source, n_features) and
    ``ys`` (n_source,) all source rows, one domain after the other; ``domain_of`` (n_source,) tells which source
    domain (0, 1, ...) a row came from and ``names`` what it is called; ``Xu`` are unlabelled target rows.
    ``Xs`` is None where no source was given; ``y`` or ``ys`` is None where there are no labels.
    """

    X: Any
    y: np.ndarray | None
    Xs: Any = None
    ys: np.ndarray | None = None
    domain_of: np.ndarray | None = None
    names: tuple[str, ...] = ()
    Xu: Any = None

    @property
    def n_source(self) -> int:
        """Number of source rows, 0 without a source."""
        return 0 if self.Xs is None else int(self.Xs.shape[0])

    @property
    def target_rows(self) -> Any:
        """Labelled and unlabelled target rows together: what stands for p(x) of the target."""
        return self.X if self.Xu is None else stack_rows(self.X, self.Xu)

    def source_blocks(self) -> list[Any]:
        """The rows of each source domain on their own."""
        if self.Xs is None or self.domain_of is None:
            return []
        ends = np.cumsum(np.bincount(self.domain_of, minlength=len(self.names)))
        starts = np.concatenate([[0], ends[:-1]])
        return [self.Xs[a:b] for a, b in zip(starts, ends, strict=True)]

    def as_source(self) -> Sources | None:
        """The checked source rows as Sources, to hand on to another estimator."""
        if self.Xs is None or self.domain_of is None:
            return None
        blocks = self.source_blocks()
        labels = [None] * len(blocks) if self.ys is None else [self.ys[self.domain_of == k] for k in range(len(blocks))]
        return Sources([Domain(b, l, name=n) for b, l, n in zip(blocks, labels, self.names, strict=True)])

    def as_unlabeled(self) -> Domain | None:
        """The checked unlabelled rows as a Domain, to hand on to another estimator."""
        return None if self.Xu is None else Domain(self.Xu)

    def with_rows(self, X: Any, source_blocks: list[Any]) -> TransferData:
        """The same problem with other columns: target rows ``X`` and one block of rows for each source domain."""
        Xs = source_blocks[0] if len(source_blocks) == 1 else stack_rows(*source_blocks)
        return replace(self, X=X, Xs=Xs, Xu=None)


def stack_rows(*blocks: Any) -> Any:
    """Put matrices on top of each other, sparse where one of them is sparse."""
    if any(sp.issparse(b) for b in blocks):
        return sp.vstack(blocks, format="csr")
    return np.vstack(blocks)


class TransferEstimator(BaseEstimator):
    """Base of every estimator whose ``fit`` takes ``source=`` and ``unlabeled=``.

    Both travel as whole objects through scikit-learn's tools: their routing is declared here, so that no user
    needs ``set_fit_request``.
    """

    __metadata_request__fit: ClassVar[dict[str, bool]] = {"source": True, "unlabeled": True}
    traits: ClassVar[Traits]

    def __sklearn_clone__(self) -> Any:
        """A copy that is not fitted, with the same source models: they are given, and no copy of theirs is fitted."""
        copy = _clone_parametrized(self)
        if getattr(self, "source_model", None) is not None:
            copy.source_model = self.source_model
        return copy

    def _read(
        self,
        X: Any,
        y: Any,
        source: Any,
        unlabeled: Any,
        *,
        task: str | None,
        sparse: bool = False,
        allow_nan: bool = False,
        ensure_min_samples: int = 1,
    ) -> TransferData:
        """Check all that ``fit`` was given; set ``n_features_in_``, ``feature_names_in_`` and ``n_source_``.

        ``task`` is "classification", "regression", or None where labels play no part (weighters, aligners). With
        a task and ``y=None`` a source is needed: the target is then unlabelled.
        """
        sources = as_sources(source)
        extra = as_unlabeled(unlabeled)
        if y is None and task is not None and sources is None:
            raise InputError(
                f"{type(self).__name__} requires y to be passed, but the target y is None; "
                "without target labels a source with labels is needed: fit(X, None, source=hs.Domain(Xs, ys))"
            )
        X = _plain(X)
        refuse_text(X, what="X")
        check: dict[str, Any] = {
            "accept_sparse": "csr" if sparse else False,
            "dtype": np.float64,
            "ensure_all_finite": "allow-nan" if allow_nan else True,
            "ensure_min_samples": ensure_min_samples,
        }
        with as_headstart_errors():
            if y is None or task is None:
                X = validate_data(self, X, **check)
                y = None if y is None else np.asarray(y)
                if y is not None and len(y) != X.shape[0]:
                    raise InputError(f"X has {X.shape[0]} rows and y {len(y)} labels; expected a label for each row")
            else:
                X, y = validate_data(self, X, y, y_numeric=task == "regression", **check)
                y = check_labels(y, classification=task == "classification", what="y")
        Xs, ys, domain_of, names = self._read_sources(sources, X, task, sparse=sparse, allow_nan=allow_nan)
        if task == "classification" and y is not None and ys is not None:
            check_label_sets(y, ys)
        if Xs is not None:
            warn_of_scales(X, Xs)
        Xu = None
        if extra is not None:
            Xu = check_source_rows(
                extra.X,
                X.shape[1],
                getattr(self, "feature_names_in_", None),
                name=extra.name or "unlabeled",
                sparse=sparse,
                allow_nan=allow_nan,
            )
        self.n_source_ = 0 if Xs is None else int(Xs.shape[0])
        return TransferData(X, y, Xs, ys, domain_of, names, Xu)

    def _read_sources(
        self, sources: Sources | None, X: Any, task: str | None, *, sparse: bool, allow_nan: bool
    ) -> tuple[Any, np.ndarray | None, np.ndarray | None, tuple[str, ...]]:
        if sources is None:
            return None, None, None, ()
        columns = getattr(self, "feature_names_in_", None)
        rows = [
            check_source_rows(d.X, X.shape[1], columns, name=d.label, sparse=sparse, allow_nan=allow_nan)
            for d in sources.domains
        ]
        labels: list[np.ndarray] | None = []
        for d in sources.domains:
            if d.y is None:
                if self._needs_source_labels():
                    raise InputError(
                        f"source {d.label!r} has no labels, which {type(self).__name__} needs; "
                        "pass them: hs.Domain(X_source, y_source)"
                    )
                labels = None
                break
            if labels is not None:
                is_classes = task == "classification"
                labels.append(
                    check_labels(d.y, classification=is_classes, what=f"y of source {d.label!r}") if task else d.y
                )
        domain_of = np.repeat(np.arange(len(rows)), [r.shape[0] for r in rows])
        Xs = rows[0] if len(rows) == 1 else stack_rows(*rows)
        return Xs, (np.concatenate(labels) if labels else None), domain_of, sources.names

    def _needs_source_labels(self) -> bool:
        return self.traits.source_labels == "required"

    def _read_new(self, X: Any, *, sparse: bool = False, allow_nan: bool = False) -> Any:
        """Check rows to predict or transform against those of ``fit``, and that there was one."""
        check_is_fitted(self)
        X = _plain(X)
        refuse_text(X, what="X")
        with as_headstart_errors():
            return validate_data(
                self,
                X,
                reset=False,
                accept_sparse="csr" if sparse else False,
                dtype=np.float64,
                ensure_all_finite="allow-nan" if allow_nan else True,
            )

    def _set_classes(self, data: TransferData) -> np.ndarray:
        """Set ``classes_`` to the union of the labels of target and source, and return it."""
        self.classes_ = common_classes(data.y, data.ys)
        return self.classes_


def _plain(X: Any) -> Any:
    """polars frames as pandas frames; everything else untouched, so that scikit-learn's own checks see it."""
    if hasattr(X, "get_column") and not isinstance(X, pd.DataFrame):
        return as_table(X)
    return X
