"""Kernel mean matching."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..core.base import TransferData
from ..core.errors import HeadstartWarning
from ..core.traits import Traits
from ..numeric.kernels import features, gaussian_mean, median_distance, nystrom_map
from ..numeric.kmm import match_means
from .base import ScaledColumns, Weighter, check_count, check_flag, check_number, draw_rows, generator

# Rows over which the main axes of the kernel features are found.
_AXES_ROWS = 20_000
# The share of the features' sum of squares that is kept.
_KEEP = 0.99
# The most values of all features together, 1 GB: 125 axes at a million rows.
_MOST_VALUES = 125_000_000
# A mean kernel with the target below this, at every source row: the domains have nothing in common.
_NOTHING = 1e-12


class KMM(ScaledColumns, Weighter):
    """Kernel mean matching: weights under which the source's kernel mean comes nearest to the target's.

    Parameters
    ----------
    width : float, default=None
        The width sigma of the kernel exp(-||x - x'||^2 / (2 sigma^2)), in units of the scaled columns. None takes
        the median distance between rows of both domains, which needs no labels.
    bound : float, default=1000
        The most that a row may weigh, B in the paper. It holds for the solution and for ``source_weight_``. None
        sets no bound. Smaller values give up some matching for a larger effective sample.
    slack : float, default=None
        How far the solution's mean weight may be from 1, epsilon in the paper. None takes the paper's
        (sqrt(n) - 1) / sqrt(n) for n source rows.
    n_components : int, default=300
        Landmarks of the low-rank kernel. With no more source rows than that, the kernel is exact. At 10,000 rows
        and 10 columns, 300 give an objective within 0.1 % of the exact one; more cost time in proportion.
    tol : float, default=0.005
        The solver stops when the objective is certain to be within this share of its minimum. A much smaller value
        fits noise: the last thousandths of the objective move weights towards 0 and towards a few rows.
    max_iter : int, default=2000
        The most steps of the solver. It warns where they do not reach ``tol``.
    scale : bool, default=True
        Divide each column by its standard deviation over both domains first. A constant column plays no part.
    random_state : int, RandomState instance or None, default=None
        Draws the landmarks, and the rows for the median distance. An int gives the same weights every time.

    Attributes
    ----------
    source_weight_ : ndarray of shape (n_source,)
        The weights, with mean 1.
    solution_ : ndarray of shape (n_source,)
        The solution of the quadratic programme itself, which holds both of the paper's constraints.
    width_ : float
        The width.
    objective_ : float
        The paper's objective at the solution over n_source squared: w'Kw / (2 n^2) - kappa'w / n^2.
    gap_ : float
        How far the objective is above its minimum at most (of the low-rank problem).
    n_iter_ : int
        Steps that the solver took.
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
        Where the solver does not reach ``tol``, or no source row is near the target.

    Notes
    -----
    Deviations from the paper. (1) The kernel matrix is of low rank (Nystrom: landmarks drawn from both domains, the
    leading axes that hold 99 % of the features and fit into 1 GB), so that memory and time grow with the rows and not
    with their square; every row keeps its weight. (2) The programme is solved by accelerated projected gradient
    steps, exact in both constraints, from the ratio of the two kernel means cut at ``bound``, and is ended by a
    certificate of its objective. Where the low-rank solution is not unique, it is the one near that start. (3) The
    weights are scaled to mean 1 without passing the bound; ``solution_`` is as the programme left it. There is no
    ratio at new rows.

    References
    ----------
    Huang, Smola, Gretton, Borgwardt & Schoelkopf (2007), Correcting sample selection bias by unlabeled data.
    Beck & Teboulle (2009), A fast iterative shrinkage-thresholding algorithm.

    Examples
    --------
    >>> import headstart as hs
    >>> shift = hs.datasets.make_shift("covariate", random_state=0)
    >>> weighter = hs.KMM(random_state=0).fit(shift.target.X, source=shift.source)
    >>> weighter.source_weight_.shape, round(float(weighter.source_weight_.mean()), 6)
    ((1000,), 1.0)
    """

    traits = Traits(
        kind="instance",
        source_labels="ignored",
        target_labels="ignored",
        paper="Huang et al. (2007), Correcting sample selection bias by unlabeled data",
    )

    def __init__(
        self,
        width: float | None = None,
        *,
        bound: float | None = 1000.0,
        slack: float | None = None,
        n_components: int = 300,
        tol: float = 0.005,
        max_iter: int = 2000,
        scale: bool = True,
        random_state: Any = None,
    ) -> None:
        self.width = width
        self.bound = bound
        self.slack = slack
        self.n_components = n_components
        self.tol = tol
        self.max_iter = max_iter
        self.scale = scale
        self.random_state = random_state

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if self.width is not None:
            check_number(self.width, "width", low=0.0, open_low=True)
        if self.slack is not None:
            check_number(self.slack, "slack", low=0.0, high=1.0)
        check_count(self.n_components, "n_components")
        check_number(self.tol, "tol", low=0.0, open_low=True)
        check_count(self.max_iter, "max_iter")
        check_flag(self.scale, "scale")

    def _ratio_at_source(self, data: TransferData) -> np.ndarray:
        rng = generator(self.random_state)
        Xs, Xt = self._fit_scale(data.Xs, data.target_rows)
        self.width_ = median_distance(Xs, Xt, rng) if self.width is None else float(self.width)
        F, mu = self._features(Xs, Xt, rng)
        n = Xs.shape[0]
        if np.max(F @ mu) <= _NOTHING:
            self.solution_, self.objective_, self.gap_, self.n_iter_ = np.ones(n), 0.0, 0.0, 0
            return np.zeros(n)
        found = match_means(
            F,
            mu,
            # A weight of n is the whole source in one row: no bound at all.
            bound=2.0 * n if self.bound is None else float(self.bound),
            slack=(np.sqrt(n) - 1.0) / np.sqrt(n) if self.slack is None else float(self.slack),
            tol=self.tol,
            max_iter=self.max_iter,
            start=_ratio_of_means(F, mu),
        )
        if not found.converged:
            warnings.warn(
                f"KMM ended after {found.n_iter} steps with an objective that may be {found.gap:.2g} above its minimum "
                f"({found.gap / max(abs(found.objective), 1e-300):.1%} of it; tol is {self.tol:.1%}); "
                "raise max_iter, tol or width",
                HeadstartWarning,
                stacklevel=3,
            )
        self.solution_, self.objective_, self.gap_ = found.weights, found.objective, found.gap
        self.n_iter_ = found.n_iter
        return found.weights

    def _features(self, Xs: np.ndarray, Xt: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Kernel features of the source rows, and their mean over the target."""
        m = self.n_components
        if Xs.shape[0] <= m:  # the span of all source rows: the programme is the exact one
            landmarks, keep = Xs, 1.0
        else:
            half = min(m // 2, Xt.shape[0])
            landmarks, keep = np.vstack([draw_rows(Xs, m - half, rng), draw_rows(Xt, half, rng)]), _KEEP
        most = max(1, _MOST_VALUES // Xs.shape[0])
        M = nystrom_map(landmarks, draw_rows(Xs, _AXES_ROWS, rng), self.width_, keep, most)
        mean = gaussian_mean(Xt, landmarks, self.width_)
        return features(Xs, landmarks, self.width_, M), mean @ M


def _ratio_of_means(F: np.ndarray, mu: np.ndarray) -> np.ndarray:
    """The target's kernel mean over the source's at each source row: 0 where a row stands alone."""
    own = np.maximum(1.0 - np.einsum("ij,ij->i", F, F), 0.0)  # of k(x, x) = 1, what the low rank leaves out
    below = np.maximum(F @ F.mean(axis=0), 0.0) + own / F.shape[0]
    return np.maximum(F @ mu, 0.0) / np.maximum(below, 1e-12)
