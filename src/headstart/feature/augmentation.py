"""Feature augmentation: a shared copy of the columns, and one copy for each domain."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ..core.base import TransferEstimator
from ..core.errors import InputError
from ..core.traits import Traits


class FeatureAugmentation(TransformerMixin, TransferEstimator):
    """Give each row a copy of its columns that all domains share, and one that only its own domain has.

    A penalised linear model on top learns what the domains have in common and how each differs from it.

    Parameters
    ----------
    shared_weight : float, default=1.0
        Factor on the shared copy. Above 1 a penalised learner prefers what the domains share; the default is
        the paper's.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns.
    n_source_ : int
        Number of source rows.
    n_domains_ : int
        Number of source domains, plus one for the target.

    Raises
    ------
    InputError
        Where source and target have different columns, or ``shared_weight`` is not above 0.

    Notes
    -----
    The order of the copies is: shared, target, first source, second source, and so on. Each target row becomes
    ``[x, x, 0, ...]`` and each row of the first source ``[x, 0, x, ...]``, for any number of sources as the
    paper's section 3.3 has it. Without a source there is only one domain, and rows stay as they are.

    References
    ----------
    Daume III (2007). Frustratingly easy domain adaptation. ACL.

    Examples
    --------
    >>> import numpy as np, headstart as hs
    >>> source = hs.Domain(np.ones((3, 2)))
    >>> augment = hs.FeatureAugmentation().fit(np.zeros((2, 2)), source=source)
    >>> augment.transform([[5.0, 6.0]]).tolist()
    [[5.0, 6.0, 5.0, 6.0, 0.0, 0.0]]
    >>> augment.transform_source([[7.0, 8.0]]).tolist()
    [[7.0, 8.0, 0.0, 0.0, 7.0, 8.0]]
    """

    traits = Traits(
        kind="feature",
        source_labels="ignored",
        target_labels="ignored",
        several_sources=True,
        paper="Daume III (2007)",
    )

    def __init__(self, *, shared_weight: float = 1.0) -> None:
        self.shared_weight = shared_weight

    def fit(self, X: Any, y: Any = None, *, source: Any = None, unlabeled: Any = None) -> FeatureAugmentation:
        """Learn the number of columns and of domains.

        Parameters
        ----------
        X : array-like of shape (n_target, n_features)
            Target rows.
        y : ignored
        source : Domain or Sources, default=None
            The source domains.
        unlabeled : Domain, default=None
            Checked, and otherwise ignored.
        """
        if not self.shared_weight > 0:
            raise InputError(f"shared_weight={self.shared_weight!r}; expected a number above 0")
        data = self._read(X, y, source, unlabeled, task=None, sparse=True)
        self.n_domains_ = 1 + len(data.names)
        self.source_names_ = list(data.names)
        return self

    def transform(self, X: Any) -> Any:
        """Augment target rows.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)

        Returns
        -------
        array of shape (n_rows, n_features * (1 + n_domains)), or as ``X`` where there was no source
        """
        check_is_fitted(self)
        return self._copies(self._read_new(X, sparse=True), 0)

    def transform_source(self, Xs: Any, domain: int = 0) -> Any:
        """Augment rows of a source domain.

        Parameters
        ----------
        Xs : array-like of shape (n_rows, n_features)
        domain : int, default=0
            Which source, in the order of ``fit``.
        """
        check_is_fitted(self)
        if not 0 <= domain < self.n_domains_ - 1:
            raise InputError(
                f"domain={domain} of {self.n_domains_ - 1} source domains; expected 0 to {self.n_domains_ - 2}"
            )
        return self._copies(self._read_new(Xs, sparse=True), domain + 1)

    def _copies(self, X: Any, own: int) -> Any:
        if self.n_domains_ == 1:
            return X
        if sp.issparse(X):
            blank = sp.csr_matrix(X.shape)
            blocks = [X * self.shared_weight] + [X if k == own else blank for k in range(self.n_domains_)]
            return sp.hstack(blocks, format="csr")
        out = np.zeros((X.shape[0], X.shape[1] * (1 + self.n_domains_)))
        d = X.shape[1]
        out[:, :d] = X * self.shared_weight
        out[:, d * (1 + own) : d * (2 + own)] = X
        return out

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the augmented columns, such as ``shared: age`` and ``target: age``."""
        check_is_fitted(self)
        names = getattr(self, "feature_names_in_", [f"x{j}" for j in range(self.n_features_in_)])
        if self.n_domains_ == 1:
            return np.asarray(names, dtype=object)
        copies = ["shared", "target", *self.source_names_]
        return np.asarray([f"{copy}: {n}" for copy in copies for n in names], dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
