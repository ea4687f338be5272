"""Relative unconstrained least-squares importance fitting."""

from __future__ import annotations

from typing import Any

from ..core.errors import InputError
from ..core.traits import Traits
from ._least_squares import LeastSquaresWeighter
from .base import check_number


class RULSIF(LeastSquaresWeighter):
    """RuLSIF: the ratio of the target to a mixture of both domains, which is bounded by 1 / alpha.

    It estimates p_target / (alpha p_target + (1 - alpha) p_source): a flatter, steadier weight than the plain ratio,
    at the price of some bias.

    Parameters
    ----------
    alpha : float in [0, 1), default=0.1
        The share of the target in the mixture. 0 is uLSIF; the nearer to 1, the flatter the weights. 0.1 bounds the
        ratio by 10 and is the smallest value of the paper's experiments above 0.
    width : float or array-like, default=None
        The width of the Gaussian kernels around target rows, in units of the scaled columns; of several, the one with
        the least leave-one-out error is taken. None tries 0.18 to 2 times the median distance between rows.
    penalty : float or array-like, default=None
        The ridge penalty lambda of the coefficients, chosen along with the width. None tries 0.0001 to 10.
    n_centers : int, default=100
        Kernels, around target rows drawn at random.
    max_selection : int, default=2000
        The most pairs (a target and a source row) that are left out, one pair at a time, to choose width and
        penalty. Each error is a true leave-one-out error over all other rows; only their mean is taken over a sample.
    bound : float, default=None
        The most that a row may weigh, on the scale of mean 1. None sets no bound.
    scale : bool, default=True
        Divide each column by its standard deviation over both domains first. A constant column plays no part.
    random_state : int, RandomState instance or None, default=None
        Draws the centres and the pairs. An int gives the same weights every time.

    Attributes
    ----------
    source_weight_ : ndarray of shape (n_source,)
        The weights, with mean 1.
    width_, penalty_ : float
        What was chosen.
    widths_ : ndarray of shape (n_widths,)
        The widths tried.
    penalties_ : ndarray of shape (n_penalties,)
        The penalties tried.
    errors_ : ndarray of shape (n_widths, n_penalties)
        The leave-one-out error of each; NaN where there was nothing to choose, or no row to leave out.
    centers_ : ndarray of shape (n_centers, n_features)
        The centres, in scaled columns.
    coef_ : ndarray of shape (n_centers,)
        The coefficients, at least 0.
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
    Deviations from the paper: width and penalty are chosen by a leave-one-out error in closed form, which the
    paper has for uLSIF only (a target and a source row are left out together, a change of rank 2), instead of by
    folds; negative coefficients are cut to 0, as in uLSIF; the weights are scaled to mean 1, since the relative
    ratio has another mean over the source.

    References
    ----------
    Yamada, Suzuki, Kanamori, Hachiya & Sugiyama (2013), Relative density-ratio estimation for robust distribution
    comparison.

    Examples
    --------
    >>> import headstart as hs
    >>> shift = hs.datasets.make_shift("covariate", random_state=0)
    >>> plain, flat = (hs.RULSIF(a, random_state=0).fit(shift.target.X, source=shift.source) for a in (0.0, 0.9))
    >>> bool(flat.source_weight_.max() < plain.source_weight_.max())
    True
    """

    traits = Traits(
        kind="instance",
        source_labels="ignored",
        target_labels="ignored",
        paper="Yamada et al. (2013), Relative density-ratio estimation for robust distribution comparison",
    )

    def __init__(
        self,
        alpha: float = 0.1,
        width: Any = None,
        penalty: Any = None,
        *,
        n_centers: int = 100,
        max_selection: int = 2000,
        bound: float | None = None,
        scale: bool = True,
        random_state: Any = None,
    ) -> None:
        self.alpha = alpha
        self.width = width
        self.penalty = penalty
        self.n_centers = n_centers
        self.max_selection = max_selection
        self.bound = bound
        self.scale = scale
        self.random_state = random_state

    def _alpha(self) -> float:
        return float(self.alpha)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_number(self.alpha, "alpha", low=0.0)
        if self.alpha >= 1:
            raise InputError(f"alpha is {self.alpha!r}; expected a share of at least 0 and below 1")
