"""A preprocessor that treats all domains alike, in front of a transfer estimator."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from ..core.base import TransferEstimator
from ..core.checks import as_headstart_errors, check_labels, common_classes
from ..core.domain import Domain, Sources, as_sources, as_unlabeled
from ..core.errors import InputError, InputTypeError
from ..core.frames import same_columns, stack_tables
from ..core.traits import Traits
from .wrapper import EstimatorWrapper, task_of


class Prepared(EstimatorWrapper):
    """Transform target, source and unlabelled rows with one preprocessor, then fit a transfer estimator.

    A scikit-learn Pipeline would transform the target rows and hand on the source raw.

    Parameters
    ----------
    preprocessor : transformer
        Any scikit-learn transformer or Pipeline of transformers, such as ``StandardScaler()`` or
        ``hs.TableEncoder()``. One that is fitted already, as the earlier steps of a given source model are, stays as
        it is in a ``sklearn.frozen.FrozenEstimator``.
    estimator : estimator
        A transfer estimator. A plain classifier or regressor is accepted only where there is no source.
    fit_on : {"both", "target", "source"}, default="both"
        The rows that the preprocessor is fitted to. The default gives both domains one scale, and knows the
        categories of both.

    Attributes
    ----------
    preprocessor_ : transformer
        The fitted preprocessor.
    estimator_ : estimator
        The fitted estimator.
    classes_ : array of shape (n_classes,)
        For a classifier: the union of the labels of target and source.
    n_source_ : int
        Number of source rows.

    Raises
    ------
    InputError
        Where the source lacks columns of the target, or ``fit_on`` is not one of the three words.

    Examples
    --------
    >>> import headstart as hs
    >>> from sklearn.linear_model import LogisticRegression
    >>> heart = hs.datasets.load_heart()
    >>> model = hs.Prepared(hs.TableEncoder(), hs.Pooled(LogisticRegression(max_iter=500)))
    >>> hungary = heart["Hungary"]
    >>> model.fit(hungary.X, hungary.y, source=heart["VA Long Beach"]).n_source_
    200
    """

    traits = Traits(kind="baseline", several_sources=True)

    def __init__(
        self, preprocessor: Any, estimator: Any, *, fit_on: Literal["both", "target", "source"] = "both"
    ) -> None:
        self.preprocessor = preprocessor
        self.estimator = estimator
        self.fit_on = fit_on

    def fit(self, X: Any, y: Any = None, *, source: Any = None, unlabeled: Any = None) -> Prepared:
        """Fit the preprocessor, transform every domain, and fit the estimator.

        Parameters
        ----------
        X : table of shape (n_target, n_columns)
            Target rows, of any kind that the preprocessor takes.
        y : array-like of shape (n_target,), default=None
            Target labels. None only with a source, for estimators that can do without.
        source : Domain or Sources, default=None
            The source; columns are matched by name where there are names.
        unlabeled : Domain, default=None
            Target rows without labels. They are transformed, and never fitted to.
        """
        if self.fit_on not in ("both", "target", "source"):
            raise InputError(f"fit_on={self.fit_on!r}; expected 'both', 'target' or 'source'")
        sources, extra = as_sources(source), as_unlabeled(unlabeled)
        task = task_of(self.estimator)
        if y is None and sources is None:
            raise InputError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        if sources is not None and not isinstance(self.estimator, TransferEstimator):
            raise InputTypeError(
                f"estimator is a {type(self.estimator).__name__}, which cannot use a source; expected a transfer "
                f"estimator: wrap it, for instance as hs.Pooled({type(self.estimator).__name__}())"
            )
        table = self._check_columns(X, reset=True)
        if y is not None:
            y = check_labels(y, classification=task == "classification", what="y")
        blocks = [] if sources is None else [same_columns(d.X, table, name=d.label) for d in sources.domains]
        fitted_to = {"both": [table, *blocks], "target": [table], "source": blocks or [table]}[self.fit_on]
        labels = y if self.fit_on == "target" or sources is None else None
        self.preprocessor_ = clone(self.preprocessor)
        with as_headstart_errors():
            rows = stack_tables(fitted_to) if len(fitted_to) > 1 else fitted_to[0]
            # What is frozen is fitted already, and its fit asks for labels that it does not use.
            if not isinstance(self.preprocessor_, FrozenEstimator):
                self.preprocessor_.fit(rows, labels) if labels is not None else self.preprocessor_.fit(rows)
            Z = self.preprocessor_.transform(table)
        moved = None
        if sources is not None:
            moved = Sources(
                [
                    Domain(self.preprocessor_.transform(block), d.y, name=d.name)
                    for block, d in zip(blocks, sources.domains, strict=True)
                ]
            )
        more = None
        if extra is not None:
            more = Domain(self.preprocessor_.transform(same_columns(extra.X, table, name=extra.name or "unlabeled")))
        if isinstance(self.estimator, TransferEstimator):
            self.estimator_ = clone(self.estimator).fit(Z, y, source=moved, unlabeled=more)
        else:
            self.estimator_ = clone(self.estimator).fit(Z, y)
        if task == "classification":
            known = (
                None
                if sources is None or any(d.y is None for d in sources.domains)
                else np.concatenate([d.y for d in sources.domains])
            )
            self.classes_ = common_classes(None if y is None else np.asarray(y), known)
        self.n_source_ = 0 if sources is None else sources.n_rows
        return self

    def _read_rows(self, X: Any) -> Any:
        check_is_fitted(self)
        table = self._check_columns(X, reset=False)
        with as_headstart_errors():
            return self.preprocessor_.transform(table)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        outer = get_tags(self.preprocessor).input_tags
        tags.input_tags.sparse = outer.sparse
        tags.input_tags.allow_nan = outer.allow_nan and tags.input_tags.allow_nan
        tags.input_tags.string = outer.string
        tags.input_tags.categorical = outer.categorical
        return tags
