"""Transfer component analysis, with and without labels."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ..core.traits import Traits
from ..numeric.components import Components, Moments, centred, class_scatter, find_components
from .base import KnownLabels, check_number
from .components import ComponentAligner, label_columns


class TCA(ComponentAligner):
    """Transfer component analysis: components that vary much and in which the domains have the same mean.

    Where there are labels it is the paper's semi-supervised form (SSTCA): the components depend on the labels too, on
    those of the source and those of the target rows alike.

    Parameters
    ----------
    n_components : int, default=None
        Components at most; there are no more than the kernel has ranks. None: as many as columns, at most 100.
        300 did better on images and worse on bags of words; on five columns 100 components lost two points of accuracy
        to pooling where the domains are the same.
    kernel : {"gaussian", "linear"}, default="gaussian"
        The kernel k. "linear" is exact, in as many features as there are columns (or rows, where these are fewer).
    width : float, default=None
        The width sigma of the kernel exp(-||x - x'||^2 / (2 sigma^2)), in units of the scaled columns. None takes
        the median distance between rows of both domains. "linear" has none.
    penalty : float, default=0.001
        The paper's mu over n k^2, with n rows in all and k the mean of k(x, x), so that it means the same at any number
        of rows and in any unit: the default is the mu = 1 of the paper's experiments at 1,000 rows of a Gaussian
        kernel. Results hardly depend on it: it only decides how much of one direction, that of the means, is left.
    label_weight : float, default=0.5
        The paper's gamma, from 0 to 1: the weight of the dependence on the labels against the variance. The paper's
        0.5 did one to two points better than 0 on images, and the same on reviews and newsgroups.
    whiten : bool, default=False
        True gives each component the variance 1, as the paper's constraint has it. False gives them standard
        deviations in proportion to the square root of their share, on average of variance 1: a penalised learner
        then trusts the leading ones more.
    use_labels : {"auto", True, False}, default="auto"
        "auto": use the labels that there are. True: raise where a domain has none. False: plain TCA.
    n_landmarks : int, default=500
        Rows, half of each domain, that span the low-rank Gaussian kernel. With no more rows than that, the kernel
        is exact. At 2,000 rows and 10 columns, 500 reach the exact objective within 1 %.
    scale : bool, default=True
        Divide each column by its standard deviation over both domains first. A constant column plays no part.
    random_state : int, RandomState instance or None, default=None
        Draws the landmarks, and the rows for the median distance. An int gives the same components every time.

    Attributes
    ----------
    coef_ : ndarray of shape (n_landmarks or n_features, n_components)
        Turns kernels with the landmarks ("linear": scaled columns) into components.
    values_ : ndarray of shape (n_components,)
        What each component adds to the paper's trace.
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
        Where a parameter is out of its range, a domain has a single row, the domains have different columns or no
        label in common, or rows are sparse.

    Notes
    -----
    Deviations from the paper. (1) The Gaussian kernel matrix is of low rank (Nystrom), and the problem is solved in its
    feature space: for that kernel the solution is the paper's, and nothing has more than ``n_landmarks`` squared
    entries but the rows themselves. (2) ``penalty`` and the label kernel, 1 / n_c within class c, do not change
    their meaning with the number of rows. (3) SSTCA's graph term, which keeps neighbours together, is left out. (4)
    The scale of the components, see ``whiten``. Labels that are numbers enter by a linear kernel. All source domains
    count as one, and share the map with the target. Without a source, rows stay as they are.

    References
    ----------
    Pan, Tsang, Kwok & Yang (2011), Domain adaptation via transfer component analysis. IEEE Transactions on Neural
    Networks 22.

    Examples
    --------
    >>> import headstart as hs
    >>> shift = hs.datasets.make_shift("covariate", random_state=0)
    >>> tca = hs.TCA(3, random_state=0).fit(shift.target.X, shift.target.y, source=shift.source)
    >>> tca.transform(shift.target.X).shape, tca.get_feature_names_out().tolist()
    ((200, 3), ['tca0', 'tca1', 'tca2'])
    """

    traits = Traits(
        kind="feature",
        source_labels="used",
        target_labels="used",
        paper="Pan et al. (2011), Domain adaptation via transfer component analysis",
    )

    def __init__(
        self,
        n_components: int | None = None,
        *,
        kernel: Literal["gaussian", "linear"] = "gaussian",
        width: float | None = None,
        penalty: float = 1e-3,
        label_weight: float = 0.5,
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
        self.label_weight = label_weight
        self.whiten = whiten
        self.use_labels = use_labels
        self.n_landmarks = n_landmarks
        self.scale = scale
        self.random_state = random_state

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_number(self.label_weight, "label_weight", low=0.0, high=1.0)

    def _solve(
        self, Xs: np.ndarray, Xt: np.ndarray, to_features: np.ndarray | None, labels: KnownLabels | None
    ) -> Components:
        Ys, Yt = label_columns(labels, len(Xs), len(Xt))
        source, target = self._moments(Xs, Ys), self._moments(Xt, Yt)
        n = source.n_rows + target.n_rows
        self._offset = (source.total + target.total) / n
        s, t = source.in_features(to_features), target.in_features(to_features)
        gram, mean = s.gram + t.gram, (s.total + t.total) / n
        scatter = variance = centred(gram, mean, n)
        if labels is not None and self.label_weight > 0:
            weight = float(self.label_weight)
            scatter = (1.0 - weight) * scatter + weight * _dependence(s, t, mean, labels)
        gap = (s.total / s.n_rows - t.total / t.n_rows)[:, None]
        return find_components(gram, scatter, gap, self._mu(gram, n), self._most(), variance / n)


def _dependence(s: Moments, t: Moments, mean: np.ndarray, labels: KnownLabels) -> np.ndarray:
    """The scatter that the labels explain."""
    if labels.classes is not None:
        return class_scatter(s.sums + t.sums, s.counts + t.counts, mean)
    # the label column has mean 0 and length 1
    towards = (s.sums + t.sums)[0] - (s.counts + t.counts)[0] * mean
    return np.outer(towards, towards)
