"""The Kullback-Leibler importance estimation procedure."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.base import TransferData
from ..core.traits import Traits
from ..numeric.kernels import gaussian_sum, median_distance
from ..numeric.kliep import fit_likelihood_ratio, likelihood_score
from .base import RatioWeighter, ScaledColumns, check_count, check_flag, check_list, check_number, draw_rows, generator

# The widths tried, in median distances: half an octave apart, since the score is flat around its maximum.
WIDTHS = np.array([0.18, 0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0])


class KLIEP(ScaledColumns, RatioWeighter):
    """KLIEP: the ratio under which the weighted source is nearest to the target in Kullback-Leibler divergence.

    The ratio is a sum of Gaussian kernels around target rows with coefficients of at least 0; its mean over the
    source is 1, and the mean of its logarithm over the target is the largest possible.

    Parameters
    ----------
    width : float or array-like, default=None
        The width of the kernels, in units of the scaled columns; of several, the one with the largest
        cross-validated likelihood is taken. None tries 0.18 to 2 times the median distance between rows.
    n_centers : int, default=100
        Kernels, around target rows drawn at random; the paper's number.
    cv : int, default=5
        Folds of the target rows for the choice of the width. It plays no part where there is one width.
    max_selection : int, default=2000
        The most target rows, and five times as many source rows, that the choice of the width looks at. The final fit
        uses all rows.
    bound : float, default=None
        The most that a row may weigh, on the scale of mean 1. None sets no bound.
    tol : float, default=1e-6
        The solver stops when the mean log-likelihood is certain to be within this of its maximum.
    scale : bool, default=True
        Divide each column by its standard deviation over both domains first. A constant column plays no part.
    random_state : int, RandomState instance or None, default=None
        Draws the centres, the folds and the rows for the choice. An int gives the same weights every time.

    Attributes
    ----------
    source_weight_ : ndarray of shape (n_source,)
        The weights, with mean 1.
    width_ : float
        The chosen width.
    widths_, scores_ : ndarray of shape (n_widths,)
        The widths tried and their cross-validated mean log ratio; the scores are empty where none was chosen.
    centers_ : ndarray of shape (n_centers, n_features)
        The centres, in scaled columns.
    coef_ : ndarray of shape (n_centers,)
        The coefficients, at least 0.
    gap_ : float
        How far the likelihood is below its maximum at most.
    mean_, scale_ : ndarray of shape (n_features,)
        What the columns were centred and divided by.
    n_source_, n_features_in_ : int
        Number of source rows and of columns.

    Raises
    ------
    InputError, InputTypeError
        Where a parameter is out of its range, or source and target do not have the same columns.

    Warns
    -----
    HeadstartWarning
        Where no source row is near a target row.

    Notes
    -----
    Deviations from the paper. (1) The programme is solved by Newton steps to a certificate of its
    optimum, instead of gradient steps with a step length to tune. (2) A centre whose kernel does not reach the source
    (mean below 1e-12) is left out: its coefficient would be unbounded. (3) Centres stay where the rows that they are
    drawn from are left out in cross-validation, as they do in the paper. With one target row, or fewer than
    ``cv``, there are as many folds as rows; with one row the median distance is taken.

    References
    ----------
    Sugiyama, Nakajima, Kashima, von Buenau & Kawanabe (2008), Direct importance estimation with model selection and
    its application to covariate shift adaptation.
    Kim, Carbonetto, Stephens & Anitescu (2020), A fast algorithm for maximum likelihood estimation of mixture
    proportions using sequential quadratic programming.

    Examples
    --------
    >>> import headstart as hs
    >>> shift = hs.datasets.make_shift("covariate", random_state=0)
    >>> weighter = hs.KLIEP(random_state=0).fit(shift.target.X, source=shift.source)
    >>> weighter.source_weight_.shape, weighter.weigh(shift.target.X).shape[0] == shift.target.n_rows
    ((1000,), True)
    """

    traits = Traits(
        kind="instance",
        source_labels="ignored",
        target_labels="ignored",
        paper="Sugiyama et al. (2008), Direct importance estimation with model selection",
    )

    def __init__(
        self,
        width: Any = None,
        *,
        n_centers: int = 100,
        cv: int = 5,
        max_selection: int = 2000,
        bound: float | None = None,
        tol: float = 1e-6,
        scale: bool = True,
        random_state: Any = None,
    ) -> None:
        self.width = width
        self.n_centers = n_centers
        self.cv = cv
        self.max_selection = max_selection
        self.bound = bound
        self.tol = tol
        self.scale = scale
        self.random_state = random_state

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if self.width is not None:
            check_list(self.width, "width")
        check_count(self.n_centers, "n_centers")
        check_count(self.cv, "cv", low=2)
        check_count(self.max_selection, "max_selection", low=2)
        check_number(self.tol, "tol", low=0.0, open_low=True)
        check_flag(self.scale, "scale")

    def _ratio_at_source(self, data: TransferData) -> np.ndarray:
        rng = generator(self.random_state)
        Xs, Xt = self._fit_scale(data.Xs, data.target_rows)
        self.centers_ = draw_rows(Xt, self.n_centers, rng)
        self.widths_ = median_distance(Xs, Xt, rng) * WIDTHS if self.width is None else check_list(self.width, "width")
        self.width_ = self._choose(Xs, Xt, rng)
        found = fit_likelihood_ratio(Xs, Xt, self.centers_, self.width_, tol=self.tol)
        self.coef_, self.gap_ = found.coef, found.gap
        return gaussian_sum(Xs, self.centers_, self.width_, self.coef_)

    def _choose(self, Xs: np.ndarray, Xt: np.ndarray, rng: np.random.Generator) -> float:
        self.scores_ = np.empty(0)
        if self.widths_.size == 1 or Xt.shape[0] < 2:
            return float(self.widths_[0] if self.width is not None else self.widths_[np.flatnonzero(WIDTHS == 1.0)[0]])
        some_t, some_s = draw_rows(Xt, self.max_selection, rng), draw_rows(Xs, 5 * self.max_selection, rng)
        folds = rng.permutation(np.arange(some_t.shape[0]) % min(self.cv, some_t.shape[0]))
        self.scores_ = np.array(
            [likelihood_score(some_s, some_t, self.centers_, float(width), folds) for width in self.widths_]
        )
        return float(self.widths_[int(np.argmax(self.scores_))])

    def _ratio(self, X: np.ndarray) -> np.ndarray:
        return gaussian_sum(self._scaled(X), self.centers_, self.width_, self.coef_)
