"""One space for domains with different columns."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.base import TransformerMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from ..core.base import TransferEstimator
from ..core.domain import Sources, as_sources, as_unlabeled
from ..core.errors import InputError, InputTypeError
from ..core.frames import same_columns, stack_tables
from ..core.traits import Traits
from ..tables import TableEncoder, read_table
from ._label_map import LabelMap, class_codes, refuse_missing_labels
from ._pair_map import PairMap
from ._raw_domains import (
    Column,
    DomainTable,
    as_frame,
    like_domain,
    match_by_name,
    refuse_sparse,
    refuse_unknown_domain,
    some_names,
)
from ._shared_map import SharedMap, dense, names_of, shared_by_all
from .base import check_count
from .pairs import Pairs

METHODS = ("auto", "shared", "labels", "pairs")


class CommonSpace(TransformerMixin, TransferEstimator):
    """Map domains with different columns into one space: by shared columns, by labels, or by pairs of rows.

    Each domain has its own columns and its own encoder. Use it on raw tables, as ``Aligned(estimator, CommonSpace())``.

    Parameters
    ----------
    method : {"auto", "shared", "labels", "pairs"}, default="auto"
        What links the domains. "shared": columns of the same name and kind in all of them. "labels": the same labels in
        all of them. "pairs": rows that belong together, given as ``pairs=``. "auto": pairs where they are given, else
        shared columns where there are any, else labels; ``method_`` and ``reason_`` say which and why.
    target_encoder : transformer, default=None
        Encodes the target's columns, and with "shared" those that a source has too: one code for both. None:
        ``TableEncoder()``.
    source_encoder : transformer, default=None
        Encodes the columns of a source that the target lacks; each source has a copy of its own. None:
        ``TableEncoder()``.
    pairs : Pairs, default=None
        Rows of the target and of a source that belong together. Several sources need the same columns, and are seen as
        one.
    n_components : int, default=None
        With "labels" the number of directions, by default one less than there are classes in common; with "pairs" the
        number of canonical directions, by default those that are found again on pairs left out; with "shared" how many
        principal components the rest of each domain's own columns is reduced to, by default all are kept.

    Attributes
    ----------
    method_ : str
        The method chosen; "none" where there was no source.
    reason_ : str
        Why, in words.
    fill_error_ : DataFrame
        For "shared" and "pairs": for each column that some domain lacks (``known_in`` says who has it) the
        leave-one-out ``r2`` with which the linked part tells it, and the ``deviation`` that is left, in units of the
        code (a number has deviation 1 there). A column of r2 near 0 is filled with its mean.
    map_ : object
        The fitted maps; None where there was no source.
    n_domains_ : int
        Number of sources, plus one.
    n_source_, n_features_in_ : int
        Number of source rows, and of target columns.

    Raises
    ------
    InputError, InputTypeError
        Where nothing links the domains, a table is sparse, or a parameter does not fit the data.

    Notes
    -----
    *Shared columns.* With S the shared columns, T those of the target alone and U those of a source alone, rows become
    [S, T - E[T|S], 0] in the target and [S, 0, U - E[U|S]] in the source. For a linear learner that is the same as to
    fill each missing block by its conditional mean given S, and what is known beyond S has columns of its own. E[.|S]
    is ridge regression, each column's penalty chosen by leave-one-out. With several sources S is what all domains have,
    and every other column is zero where a domain lacks it. Tables without names are matched by position where they are
    equally wide. A category is shared only if a level is. Columns of one name and other units are taken for the same:
    convert them before. No domain indicator is added: where the same row has another label in the target, use a learner
    that tells domains apart, such as ``Aligned(SourcePriorRegressor(), CommonSpace())``.

    *Labels.* Manifold alignment with labels (Wang & Mahadevan, 2011) of the principal components of each domain: rows
    of one class come together in any domain, others go apart, and neighbours stay neighbours. Deviations: the three
    forms are divided by their traces, so that domains of any size have the same trade-off; rows are centred at the mean
    of the class means, so that class shares play no part. Numbers are cut at the target's quantiles. What these
    directions do not tell of the target's columns follows in columns of its own. A ridge map of source rows onto the
    target's class means (Tsai et al., 2016, section 3.2) was measured as the alternative: it was worse on handwritten
    digits at every number of labels, and no different on hearts (benchmarks/common_space.py). Expect little: with no
    column in common only the likeness of classes is transferred, and there plain pooling lost against the target
    alone. ``Aligned(Aligned(estimator, FeatureAugmentation()), CommonSpace())`` did the least harm.

    *Pairs.* Canonical correlation analysis with correlations shrunk as by Ledoit & Wolf (2004); a direction is kept if
    its correlation on pairs left out, five folds, is above two standard errors, and is scaled by it. What the
    directions do not tell of each domain's columns follows in columns of its own, zero in the other domain.

    Unlabelled target rows join the target's rows in all three. The space is dense and its width that of all encoded
    columns at most.

    References
    ----------
    Wang & Mahadevan (2011), Heterogeneous domain adaptation using manifold alignment. IJCAI.
    Tsai, Yeh & Wang (2016), Learning cross-domain landmarks for heterogeneous domain adaptation. CVPR.
    Hotelling (1936), Relations between two sets of variates. Biometrika 28.
    Ledoit & Wolf (2004), A well-conditioned estimator for large-dimensional covariance matrices.

    Examples
    --------
    >>> import numpy as np, pandas as pd, headstart as hs
    >>> rng = np.random.default_rng(0)
    >>> ours = pd.DataFrame({"size": rng.normal(size=40), "garden": rng.normal(size=40)})
    >>> theirs = pd.DataFrame({"age": rng.normal(size=90), "size": rng.normal(size=90)})
    >>> space = hs.CommonSpace().fit(ours, source=hs.Domain(theirs))
    >>> space.get_feature_names_out().tolist()
    ['size', 'garden (rest)', 'age (rest)']
    >>> space.transform_source(theirs)[:, 1].tolist() == [0.0] * 90
    True
    >>> print(space.method_, "-", space.reason_)
    shared - 1 of the target's 2 columns are in every domain (size)
    """

    traits = Traits(
        kind="feature",
        source_labels="used",
        target_labels="used",
        same_columns=False,
        several_sources=True,
        paper="Wang & Mahadevan (2011), Heterogeneous domain adaptation using manifold alignment",
    )

    def __init__(
        self,
        method: Literal["auto", "shared", "labels", "pairs"] = "auto",
        *,
        target_encoder: Any = None,
        source_encoder: Any = None,
        pairs: Pairs | None = None,
        n_components: int | None = None,
    ) -> None:
        self.method = method
        self.target_encoder = target_encoder
        self.source_encoder = source_encoder
        self.pairs = pairs
        self.n_components = n_components

    def fit(self, X: Any, y: Any = None, *, source: Any = None, unlabeled: Any = None) -> CommonSpace:
        """Learn the encoders and the map of each domain.

        Parameters
        ----------
        X : table of shape (n_target, n_columns)
            Target rows: a pandas or polars DataFrame, or an array. Columns may hold words, dates and gaps.
        y : array-like of shape (n_target,), default=None
            Target labels; only the method "labels" uses them.
        source : Domain or Sources, default=None
            The source domains, with columns of their own. None: target rows are encoded, and that is all.
        unlabeled : Domain, default=None
            More target rows, without labels; they join the target's rows.
        """
        self._check_parameters()
        sources, extra = as_sources(source), as_unlabeled(unlabeled)
        refuse_sparse(X, "X")
        table = read_table(self, X, reset=True)
        y = None if y is None else np.asarray(y)
        if y is not None and len(y) != table.shape[0]:
            raise InputError(f"X has {table.shape[0]} rows and y {len(y)} labels; expected a label for each row")
        target = as_frame(table)
        if extra is not None:
            refuse_sparse(extra.X, "unlabeled")
            more = as_frame(same_columns(extra.X, table, name=extra.name or "unlabeled"))
            target = stack_tables([target, more.set_axis(target.columns, axis=1)])
        self.n_source_ = 0 if sources is None else sources.n_rows
        self.n_domains_ = 1 if sources is None else 1 + len(sources.domains)
        self.map_: Any = None
        if sources is None:
            self.encoder_ = clone(self._encoders()[0]).fit(target)
            self.width_ = dense(self.encoder_.transform(target.iloc[:1])).shape[1]
            self.method_, self.reason_ = "none", "there is no source: target rows are encoded"
            return self
        self.sources_ = [DomainTable().fit(d.X, what=f"source {d.label!r}") for d in sources.domains]
        frames = [target, *(t.frame(d.X) for t, d in zip(self.sources_, sources.domains, strict=True))]
        self._choose(frames, y, sources)
        return self

    def _choose(self, frames: list[pd.DataFrame], y: Any, sources: Sources) -> None:
        """Set ``method_``, ``reason_`` and the fitted ``map_``."""
        labels = ["target", *sources.names]
        named = [hasattr(self, "feature_names_in_"), *(t.names is not None for t in self.sources_)]
        columns = match_by_name(frames, named, labels)
        shared = shared_by_all(columns)
        self.method_, self.reason_ = self._method(columns, shared, y, sources)
        encoders = self._encoders()
        if self.method_ == "pairs":
            self.map_ = PairMap(encoders, self.n_components, labels).fit(frames, self._pair_frames(frames, sources))
        elif self.method_ == "shared":
            self.map_ = SharedMap(columns, encoders, self.n_components, labels).fit(frames)
        else:
            codes = class_codes(y, [d.y for d in sources.domains], len(frames[0]))
            self.map_ = LabelMap(encoders, self.n_components).fit(frames, codes)
        if self.method_ in ("shared", "pairs"):
            self.fill_error_ = self.map_.fill_error()

    def _method(self, columns: list[Column], shared: list[str], y: Any, sources: Sources) -> tuple[str, str]:
        n_target = sum(c.owners[0] for c in columns)
        if self.method == "pairs" or (self.method == "auto" and self.pairs is not None):
            assert self.pairs is not None
            return "pairs", f"{self.pairs.n_pairs} pairs of rows link the domains"
        if self.method == "shared" or (self.method == "auto" and shared):
            if not shared:
                _refuse_nothing_shared(columns, sources)
            if len(shared) == len(columns):
                return "shared", f"all {len(shared)} columns are in every domain: there is nothing to fill"
            some = some_names(shared)
            return "shared", f"{len(shared)} of the target's {n_target} columns are in every domain ({some})"
        known = y is not None and all(d.y is not None for d in sources.domains)
        if self.method == "auto" and not known:
            who = "the target has no labels" if y is None else "a source has no labels"
            raise InputError(
                f"the domains have no column in common, and {who}; expected one of three: columns of one name (propose "
                "names with hs.match_columns(target, source)), labels in both domains, or "
                "pairs=hs.Pairs(target_rows, source_rows)"
            )
        refuse_missing_labels(y, sources)
        why = "no column is in every domain" if not shared else 'method="labels" was asked for'
        return "labels", f"{why}; labels are in every domain"

    def _encoders(self) -> list[Any]:
        return [TableEncoder() if e is None else e for e in (self.target_encoder, self.source_encoder)]

    def _pair_frames(self, frames: list[pd.DataFrame], sources: Sources) -> list[pd.DataFrame]:
        for domain, frame in zip(sources.domains[1:], frames[2:], strict=True):
            if set(frame.columns) != set(frames[1].columns):
                raise InputError(
                    f"pairs= links the target to one kind of source, and source {domain.label!r} has other columns "
                    f"than source {sources.names[0]!r}; expected the same: fit a CommonSpace for each"
                )
        assert self.pairs is not None
        named = (hasattr(self, "feature_names_in_"), self.sources_[0].names is not None)
        given = (("target_rows", self.pairs.target_rows), ("source_rows", self.pairs.source_rows))
        return [
            like_domain(rows, frame, named=names, what=f"{what} of pairs")
            for (what, rows), frame, names in zip(given, frames[:2], named, strict=True)
        ]

    def _check_parameters(self) -> None:
        if self.method not in METHODS:
            raise InputError(f"method is {self.method!r}; expected 'auto', 'shared', 'labels' or 'pairs'")
        if self.n_components is not None:
            check_count(self.n_components, "n_components")
        if self.pairs is not None and not isinstance(self.pairs, Pairs):
            raise InputTypeError(
                f"pairs= is of type {type(self.pairs).__name__}; expected hs.Pairs(target_rows, source_rows)"
            )
        if self.method == "pairs" and self.pairs is None:
            raise InputError("method is 'pairs' and pairs= is None; expected pairs=hs.Pairs(target_rows, source_rows)")
        if self.method in ("shared", "labels") and self.pairs is not None:
            raise InputError(
                f"pairs= is given and method is {self.method!r}, which does not use it; expected method='pairs', or no "
                "pairs"
            )

    def transform(self, X: Any) -> np.ndarray:
        """Map target rows.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            Target rows with the columns of ``fit``.

        Returns
        -------
        ndarray of shape (n_rows, n_features_out)
            Columns as in ``get_feature_names_out``.
        """
        check_is_fitted(self)
        refuse_sparse(X, "X")
        frame = as_frame(read_table(self, X, reset=False))
        return dense(self.encoder_.transform(frame)) if self.map_ is None else self.map_.rows(frame, 0)

    def transform_source(self, Xs: Any, domain: int = 0) -> np.ndarray:
        """Map rows of a source domain.

        Parameters
        ----------
        Xs : table of shape (n_rows, n_columns_of_the_source)
            Source rows with the columns of that source in ``fit``.
        domain : int, default=0
            Which source, in the order of ``fit``.

        Returns
        -------
        ndarray of shape (n_rows, n_features_out)
        """
        check_is_fitted(self)
        if self.n_domains_ == 1:
            raise InputError(
                "this CommonSpace was fitted without a source, so that it maps no source rows; "
                "expected fit(X, source=hs.Domain(Xs)) before transform_source"
            )
        refuse_unknown_domain(domain, self.n_domains_ - 1)
        names = [str(c) for c in self.feature_names_in_] if hasattr(self, "feature_names_in_") else None
        return self.map_.rows(self.sources_[domain].frame(Xs, names), domain + 1)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns of the common space."""
        check_is_fitted(self)
        if self.map_ is None:
            given = [str(c) for c in getattr(self, "feature_names_in_", range(self.n_features_in_))]
            return np.asarray(names_of(self.encoder_, given, self.width_), dtype=object)
        return np.asarray(self.map_.names_out(), dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = get_tags(self._encoders()[0]).input_tags
        tags.input_tags.allow_nan = inner.allow_nan
        tags.input_tags.string = inner.string
        tags.input_tags.categorical = inner.categorical
        return tags


def _refuse_nothing_shared(columns: list[Column], sources: Sources) -> None:
    own = some_names([c.name for c in columns if c.owners[0]])
    theirs = some_names([c.name for c in columns if not c.owners[0]])
    where = "the source" if len(sources.domains) == 1 else "all sources"
    raise InputError(
        f"method is 'shared', and no column of the target is in {where} by name and kind: the target has {own}; only "
        f"sources have {theirs}; expected some in every domain: propose names with hs.match_columns(target, source), "
        "or use method='labels' or pairs="
    )
