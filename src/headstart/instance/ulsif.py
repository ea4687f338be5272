"""Unconstrained least-squares importance fitting."""

from __future__ import annotations

from typing import Any

from ..core.traits import Traits
from ._least_squares import LeastSquaresWeighter


class ULSIF(LeastSquaresWeighter):
    """uLSIF: the density ratio of the least squared error over the source, in closed form.

    Parameters
    ----------
    width : float or array-like, default=None
        The width of the Gaussian kernels around target rows, in units of the scaled columns; of several, the one with
        the least leave-one-out error is taken. None tries 0.18 to 2 times the median distance between rows.
    penalty : float or array-like, default=None
        The ridge penalty lambda of the coefficients, chosen along with the width. None tries 0.0001 to 10.
    n_centers : int, default=100
        Kernels, around target rows drawn at random; the paper's number.
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
    The leave-one-out error is the paper's: a target and a source row are left out together, negative coefficients
    are cut to 0 after each fit, and the centres stay. Deviations: the penalties and widths tried are fewer, and the
    weights are scaled to mean 1, which the fitted ratio has only nearly. With one row in a domain there is
    nothing to leave out: the median distance and the middle penalty are taken.

    References
    ----------
    Kanamori, Hido & Sugiyama (2009), A least-squares approach to direct importance estimation.

    Examples
    --------
    >>> import headstart as hs
    >>> shift = hs.datasets.make_shift("covariate", random_state=0)
    >>> weighter = hs.ULSIF(random_state=0).fit(shift.target.X, source=shift.source)
    >>> weighter.source_weight_.shape, weighter.errors_.shape
    ((1000,), (8, 6))
    """

    traits = Traits(
        kind="instance",
        source_labels="ignored",
        target_labels="ignored",
        paper="Kanamori et al. (2009), A least-squares approach to direct importance estimation",
    )

    def __init__(
        self,
        width: Any = None,
        penalty: Any = None,
        *,
        n_centers: int = 100,
        max_selection: int = 2000,
        bound: float | None = None,
        scale: bool = True,
        random_state: Any = None,
    ) -> None:
        self.width = width
        self.penalty = penalty
        self.n_centers = n_centers
        self.max_selection = max_selection
        self.bound = bound
        self.scale = scale
        self.random_state = random_state
