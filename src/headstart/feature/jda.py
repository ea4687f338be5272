"""Joint distribution adaptation."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from ..core.base import TransferData
from ..core.errors import InputError, InputTypeError
from ..core.traits import Traits
from ..numeric.components import Components, centred, find_components, indicators, label_sums, mean_differences
from .base import KnownLabels, check_count, known_labels
from .components import ComponentAligner

# Rows of the source that the inner classifier learns from at most: more would not change what it names by much.
_INNER_ROWS = 20_000


class JDA(ComponentAligner):
    """Joint distribution adaptation: components in which the domains have the same mean, and each class has too.

    Target rows without a label get one from a classifier in the common space, which is then found again, until the
    labels stay. Those that have a label keep it.

    Parameters
    ----------
    n_components : int, default=None
        Components at most. None: as many as columns, at most 100; see ``TCA``.
    kernel : {"gaussian", "linear"}, default="gaussian"
        The kernel. "linear" is exact, in as many features as there are columns (or rows, where these are fewer).
    width : float, default=None
        The width sigma of the kernel exp(-||x - x'||^2 / (2 sigma^2)), in units of the scaled columns. None takes
        the median distance between rows of both domains. "linear" has none.
    penalty : float, default=0.001
        The paper's lambda over n k^2, with n rows in all and k the mean of k(x, x): 1 at 1,000 rows of a Gaussian
        kernel, as in the paper's experiments.
    estimator : classifier, default=None
        Names the unlabelled target rows, in the common space. None: linear discriminant analysis with a shrunken
        covariance, which is in closed form and learns from the labelled target rows too; the paper takes the nearest
        neighbour, which takes more time than all the rest.
    max_rounds : int, default=10
        How often the unlabelled rows are named at most, the paper's T. It ends before where the names stay.
    whiten : bool, default=False
        True gives each component the variance 1; see ``TCA``.
    use_labels : {"auto", True, False}, default="auto"
        "auto": use the target labels that there are. True: raise where there are none. False: name all target rows,
        as the paper does. The source's labels are always used.
    n_landmarks : int, default=500
        Rows, half of each domain, that span the low-rank Gaussian kernel; see ``TCA``.
    scale : bool, default=True
        Divide each column by its standard deviation over both domains first. A constant column plays no part.
    random_state : int, RandomState instance or None, default=None
        Draws the landmarks, the rows for the median distance, and the rows that the inner classifier learns from where
        the source has more than 20,000.

    Attributes
    ----------
    coef_ : ndarray of shape (n_landmarks or n_features, n_components)
        Turns kernels with the landmarks ("linear": scaled columns) into components.
    values_ : ndarray of shape (n_components,)
        What each component adds to the paper's trace.
    n_rounds_ : int
        How often the unlabelled rows were named.
    classes_ : ndarray of shape (n_classes,)
        The classes of the source.
    width_ : float or None
        The width.
    landmarks_ : ndarray of shape (n_landmarks, n_features) or None
        The scaled landmark rows.
    mean_, scale_ : ndarray of shape (n_features,)
        What the columns were centred and divided by.
    n_source_, n_features_in_, n_domains_ : int
        Number of source rows, of columns, and of domains with the target.

    Raises
    ------
    InputError, InputTypeError
        Where labels are real numbers, the source has none, the domains have no label or not the same columns in common,
        a domain has a single row, rows are sparse, or a parameter is out of its range.

    Notes
    -----
    The paper's matrices M_0 (all rows) and M_c (class c) are products l l' of vectors that take the difference of two
    means, so that they enter as one column of feature-space means each. Deviations from the paper: the low-rank kernel,
    the meaning of ``penalty`` and the scale of the components as in ``TCA``; known target labels; the inner classifier;
    the first names come from the components that match the means of all rows and of the labelled classes. A class that
    no target row has is left out. All source domains count as one. Without a source, rows stay as they are.

    References
    ----------
    Long, Wang, Ding, Sun & Yu (2013), Transfer feature learning with joint distribution adaptation. ICCV.

    Examples
    --------
    >>> import headstart as hs
    >>> shift = hs.datasets.make_shift("covariate", random_state=0)
    >>> jda = hs.JDA(3, random_state=0).fit(shift.target.X[:20], shift.target.y[:20], source=shift.source)
    >>> jda.transform(shift.target.X[:20]).shape, jda.get_feature_names_out().tolist()
    ((20, 3), ['jda0', 'jda1', 'jda2'])
    """

    traits = Traits(
        kind="feature",
        regression=False,
        source_labels="required",
        target_labels="used",
        paper="Long et al. (2013), Transfer feature learning with joint distribution adaptation",
    )

    def __init__(
        self,
        n_components: int | None = None,
        *,
        kernel: Literal["gaussian", "linear"] = "gaussian",
        width: float | None = None,
        penalty: float = 1e-3,
        estimator: Any = None,
        max_rounds: int = 10,
        whiten: bool = False,
        use_labels: Any = "auto",
        n_landmarks: int = 500,
        scale: bool = True,
        random_state: Any = None,
    ) -> None:
        self.n_components = n_components
        self.kernel = kernel
        self.width = width
        self.penalty = penalty
        self.estimator = estimator
        self.max_rounds = max_rounds
        self.whiten = whiten
        self.use_labels = use_labels
        self.n_landmarks = n_landmarks
        self.scale = scale
        self.random_state = random_state

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_count(self.max_rounds, "max_rounds")
        if self.estimator is not None and not is_classifier(self.estimator):
            raise InputTypeError(
                f"estimator is {self.estimator!r}; expected a classifier, to name unlabelled target rows, or None"
            )

    def _labels(self, data: TransferData) -> KnownLabels:
        labels = known_labels(data, "auto" if self.use_labels is False else self.use_labels)
        assert labels is not None  # _read has refused a source without labels
        if labels.classes is None:
            raise InputError(
                "the labels are real numbers, and JDA matches the domains class by class; expected classes: turn the "
                "numbers into classes (for instance by a threshold), or use hs.TCA or hs.CORAL"
            )
        if self.use_labels is False:
            return KnownLabels(labels.classes, labels.source, np.full_like(labels.target, -1))
        return labels

    def _solve(
        self, Xs: np.ndarray, Xt: np.ndarray, to_features: np.ndarray | None, labels: KnownLabels | None
    ) -> Components:
        assert labels is not None and labels.classes is not None
        self.classes_, n_classes = labels.classes, len(labels.classes)
        source = self._moments(Xs, indicators(labels.source, n_classes))
        target = self._moments(Xt, indicators(labels.target, n_classes))
        n = source.n_rows + target.n_rows
        self._offset = (source.total + target.total) / n
        s, t = source.in_features(to_features), target.in_features(to_features)
        gram, scatter = s.gram + t.gram, centred(s.gram + t.gram, (s.total + t.total) / n, n)
        overall = (s.total / s.n_rows - t.total / t.n_rows)[:, None]
        unknown = np.flatnonzero(~labels.known)
        sums, counts, named = t.sums, t.counts, None
        rows = self._inner_rows(len(Xs))
        for step in range(self.max_rounds + 1):
            self.n_rounds_ = step
            gaps = np.hstack([overall, mean_differences(s.sums, s.counts, sums, counts)])
            found = find_components(gram, scatter, gaps, self._mu(gram, n), self._most(), scatter / n)
            if unknown.size == 0 or step == self.max_rounds:
                break
            self._set_map(found, to_features)
            now = self._name(Xs[rows], Xt, labels, labels.source[rows], unknown)
            if named is not None and np.array_equal(now, named):
                break
            named = now
            extra = indicators(named, n_classes)
            more = label_sums(Xt[unknown], self._raw, extra, self._n_raw(Xt))
            sums = t.sums + (more if to_features is None else more @ to_features)
            counts = t.counts + np.bincount(named, minlength=n_classes)
        return found

    def _inner_rows(self, n_rows: int) -> np.ndarray:
        if n_rows <= _INNER_ROWS:
            return np.arange(n_rows)
        return np.sort(self._rng.choice(n_rows, _INNER_ROWS, replace=False))

    def _name(
        self, Xs: np.ndarray, Xt: np.ndarray, labels: KnownLabels, codes: np.ndarray, unknown: np.ndarray
    ) -> np.ndarray:
        """Classes of the unlabelled target rows, by a classifier in the space found so far."""
        Z, y = self._project(Xs), codes
        if labels.known.any():
            Z = np.vstack([Z, self._project(Xt[labels.known])])
            y = np.concatenate([y, labels.target[labels.known]])
        if len(np.unique(y)) == 1:
            return np.full(unknown.size, y[0], dtype=np.intp)
        inner = (
            LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto") if self.estimator is None else self.estimator
        )
        return np.asarray(clone(inner).fit(Z, y).predict(self._project(Xt[unknown])), dtype=np.intp)
