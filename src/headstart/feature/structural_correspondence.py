"""Structural correspondence learning: words that mean the same because they go with the same pivots."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import scipy.sparse as sp

from ..core.base import TransferData, stack_rows
from ..core.errors import InputError
from ..core.traits import Traits
from ..numeric.pivots import choose_pivots, counts_of, denoising_predictors, mutual_information, presence
from .base import Aligner, check_count, check_flag, check_number, check_use_labels, known_labels


class StructuralCorrespondence(Aligner):
    """Give each row columns of what it says about pivots: columns that both domains use, and use alike.

    Made for text: "blurry" in one domain and "defective" in the other both predict the pivot "return". From the rows of
    both domains, without labels, every pivot is predicted by all columns, and the predictions are the new columns.

    Parameters
    ----------
    n_pivots : int, default=100
        Number of pivots, and of new columns: the columns that say most about the labels among those in at least
        ``min_rows`` rows of either domain. Where there are no classes, the most frequent.
    min_rows : int, default=5
        A column in fewer rows of a domain is no pivot, unless there is none in so many.
    corruption : float, default=0.5
        Probability that a column of a row is hidden from the predictors: a pivot must then be told by other columns
        than itself.
    max_features : int, default=3000
        Only so many columns, those in the most rows, predict the pivots: the cost grows with their square. All columns
        stay in the result.
    weight : float, default=1.0
        The new columns together get this times the standard deviation of all columns of the source.
    append : bool, default=True
        Append the new columns to the row's own, as the paper does. False: the new columns alone, which makes few labels
        go further.
    use_labels : {"auto", True, False}, default="auto"
        Choose pivots by mutual information with the labels, of the source's rows and of the target's where it has any.
        "auto": where the source has classes, True: it must have. Numbers are no classes: frequency decides.

    Attributes
    ----------
    pivots_ : ndarray of shape (n_pivots_,)
        Positions of the pivots.
    n_pivots_ : int
        Their number: fewer than asked for where fewer columns are in both domains.
    predictors_ : ndarray of shape (n_predictors,)
        Positions of the columns that predict them.
    coef_, intercept_ : ndarray of shape (n_predictors, n_pivots_) and (n_pivots_,)
        The predictors of presence.
    n_source_, n_features_in_ : int
        Number of source rows and of columns.

    Raises
    ------
    InputError, InputTypeError
        Where a domain has one row, columns differ, a parameter is out of its range, or labels are asked for that are
        not there.

    Notes
    -----
    A column is present in a row where its value is above 0. Sparse rows stay sparse: new columns are appended to them,
    and no matrix of rows times all columns is ever dense. Both domains get the same map, and several sources count as
    one. Deviations from the paper: the predictors are those of a marginalised denoising autoencoder with the pivots as
    outputs (Chen et al.), all in one closed form, in place of a modified Huber loss for each pivot and a singular value
    decomposition, which did worse on the reviews that were tried. Mutual information is that of Blitzer,
    Dredze & Pereira (2007). The new columns are centred and scaled as a whole.

    References
    ----------
    Blitzer, McDonald & Pereira (2006), Domain adaptation with structural correspondence learning. EMNLP.
    Blitzer, Dredze & Pereira (2007), Biographies, Bollywood, boom-boxes and blenders. ACL.
    Chen, Xu, Weinberger & Sha (2012), Marginalized denoising autoencoders for domain adaptation. ICML.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp, headstart as hs
    >>> rng = np.random.default_rng(0)
    >>> X, Xs = (sp.csr_matrix((rng.random((200, 30)) < 0.2).astype(float)) for _ in range(2))
    >>> scl = hs.StructuralCorrespondence(n_pivots=10).fit(X, source=hs.Domain(Xs))
    >>> scl.transform(X).shape
    (200, 40)
    """

    traits = Traits(
        kind="feature",
        source_labels="used",
        target_labels="used",
        paper="Blitzer, McDonald & Pereira (2006), Domain adaptation with structural correspondence learning",
    )
    _takes_sparse = True

    def __init__(
        self,
        n_pivots: int = 100,
        *,
        min_rows: int = 5,
        corruption: float = 0.5,
        max_features: int = 3000,
        weight: float = 1.0,
        append: bool = True,
        use_labels: bool | Literal["auto"] = "auto",
    ) -> None:
        self.n_pivots = n_pivots
        self.min_rows = min_rows
        self.corruption = corruption
        self.max_features = max_features
        self.weight = weight
        self.append = append
        self.use_labels = use_labels

    def _check_parameters(self) -> None:
        check_use_labels(self.use_labels)
        for name in ("n_pivots", "min_rows", "max_features"):
            check_count(getattr(self, name), name)
        check_number(self.corruption, "corruption", low=0.0, high=1.0)
        if self.corruption == 1.0:
            raise InputError("corruption is 1; expected a number below 1: with all columns hidden nothing predicts")
        check_number(self.weight, "weight", low=0.0, open_low=True)
        check_flag(self.append, "append")

    def _align(self, data: TransferData) -> None:
        Bs, Bt = presence(data.Xs), presence(data.target_rows)
        in_source, in_target = counts_of(Bs), counts_of(Bt)
        frequency = np.minimum(in_source / Bs.shape[0], in_target / Bt.shape[0])
        value = self._value(data, Bs, Bt, frequency)
        self.pivots_ = choose_pivots(in_source, in_target, value, self.n_pivots, self.min_rows)
        self.n_pivots_ = self.pivots_.size
        self.predictors_ = np.sort(np.argsort(-(in_source + in_target), kind="stable")[: self.max_features])
        W, level = denoising_predictors(stack_rows(Bs, Bt), self.predictors_, self.pivots_, float(self.corruption))
        self.coef_, self.intercept_ = W, level
        new = self._told(data.Xs)
        self._centre = new.mean(axis=0)
        self._factor = float(self.weight) * _ratio_of_spreads(data.Xs, new)

    def _value(self, data: TransferData, Bs: Any, Bt: Any, frequency: np.ndarray) -> np.ndarray:
        """What makes a column a good pivot: mutual information with the classes, or frequency."""
        labels = known_labels(data, self.use_labels)
        if labels is None or labels.classes is None or labels.classes.size < 2:
            return frequency
        known = np.flatnonzero(labels.known)
        B = stack_rows(Bs, Bt[known]) if known.size else Bs
        codes = np.concatenate([labels.source, labels.target[known]])
        return mutual_information(B, codes, labels.classes.size)

    def _told(self, X: Any) -> np.ndarray:
        """What the rows say about each pivot, squashed as in the denoising autoencoder."""
        return np.tanh(np.asarray(presence(X[:, self.predictors_]) @ self.coef_) + self.intercept_)

    def _map_target(self, X: Any) -> Any:
        new = (self._told(X) - self._centre) * self._factor
        if not self.append:
            return new
        return sp.hstack([X, sp.csr_matrix(new)], format="csr") if sp.issparse(X) else np.hstack([X, new])

    def _map_source(self, Xs: Any, domain: int) -> Any:
        return self._map_target(Xs)

    def _names_out(self, names: list[str]) -> list[str]:
        told = [f"pivot {names[j]}" for j in self.pivots_]
        return [*names, *told] if self.append else told


def _ratio_of_spreads(X: Any, new: np.ndarray) -> float:
    """The standard deviation of all columns of ``X`` over that of the new ones."""
    squares = X.multiply(X) if sp.issparse(X) else X * X
    variance = np.asarray(squares.mean(axis=0)).ravel() - np.asarray(X.mean(axis=0)).ravel() ** 2
    own = float(np.sum(new.var(axis=0)))
    return float(np.sqrt(max(float(variance.sum()), 0.0) / own)) if own > 0 else 0.0
