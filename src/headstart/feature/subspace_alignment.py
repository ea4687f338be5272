"""Subspace alignment: the axes of the source turned onto those of the target."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ..core.base import TransferData
from ..core.traits import Traits
from ..numeric.subspaces import alignment
from ._subspace import SubspaceAligner


class SubspaceAlignment(SubspaceAligner):
    """Describe each domain by its own leading axes, and turn those of a source onto those of the target.

    Parameters
    ----------
    n_components : int, float, "all" or "disagreement", default="all"
        Number of axes. A number below 1 is a share of the target's variance. "all": as many as the domains have, at
        most 300 where there are more than 1,000 columns; see Notes for why fewer were no better. "disagreement": where
        the domains first part altogether (Gong et al. 2012). To choose by target labels: ``GridSearchCV``, which splits
        the target.
    use_labels : {"auto", True, False}, default="auto"
        Weigh the source rows so that its classes have the target's shares before moments are taken: a source with more
        of one class is then not mistaken for one with other columns. "auto": wherever both domains have classes, True:
        they must have. The shares are drawn towards the source's by what chance explains. Numbers are no classes:
        they are left aside. Between heart hospitals with other shares of the ill it gained 5 to 14 points of accuracy
        at 20 target labels; where shares are alike it changed next to nothing (``python -m
        benchmarks.aligner_defaults``).
    scale : bool, default=True
        Work on columns over their standard deviation in both domains, so that units play no part.
    towards_source : float or "auto", default="auto"
        How far the target's moments are drawn towards the source's, from 0 (not) to 1 (both have the same axes).
        "auto": by the share of their difference that the target's sampling noise explains, of mean and covariance each
        on its own.

    Attributes
    ----------
    n_components_ : int
        Number of axes.
    target_axes_ : ndarray of shape (n_features, n_components_)
        Axes of the target, of columns over ``scale_``.
    source_maps_ : list of ndarray of shape (n_features, n_components_)
        Ps Ps' Pt of each source.
    target_mean_, source_means_ : ndarray, list of ndarray of shape (n_features,)
        Means, of columns over ``scale_``.
    scale_ : ndarray of shape (n_features,)
        What the columns are divided by.
    mean_towards_source_, covariance_towards_source_ : float
        The shares that were used.
    n_source_, n_features_in_ : int
        Number of source rows and of columns.

    Raises
    ------
    InputError, InputTypeError
        Where a domain has one row, columns differ, there are fewer axes than asked for, a parameter is out of its
        range, or labels are asked for that are not there.

    Notes
    -----
    Where both domains have as many axes as columns, "all" leaves nothing to align but the means: all axes of the source
    turned onto all of the target's are the columns themselves, turned as one. That is the default nonetheless, as it is
    skada's: a share of 0.9 or 0.8 of the variance was better with labels on one pair of reviews, and worse on most
    others and on tables (``python -m benchmarks.aligner_defaults``). With few rows, or more columns than rows, axes are
    left out by themselves.

    Each domain is centred at its own mean. Deviations from the paper: columns are divided by a deviation that both
    domains share, where the paper standardises each on its own; the target's moments are drawn towards the source's;
    classes are weighed. The paper's bound on the dimension (its theorem 2) has a constant of 10^6 to be set by hand, so
    it is not the default. Sparse rows are centred implicitly and never made dense; above 1000 columns axes come from
    Lanczos iterations with a fixed start.

    References
    ----------
    Fernando, Habrard, Sebban & Tuytelaars (2013), Unsupervised visual domain adaptation using subspace alignment. ICCV.
    Gong, Shi, Sha & Grauman (2012), Geodesic flow kernel for unsupervised domain adaptation. CVPR.

    Examples
    --------
    >>> import numpy as np, headstart as hs
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(400, 3)) * [3.0, 1.0, 0.1]
    >>> source = hs.Domain(X[:, [1, 0, 2]])
    >>> align = hs.SubspaceAlignment(n_components=2, scale=False).fit(X, source=source)
    >>> align.transform(X).shape, align.transform_source(source.X).shape
    ((400, 2), (400, 2))
    """

    traits = Traits(
        kind="feature",
        source_labels="used",
        target_labels="used",
        several_sources=True,
        paper="Fernando et al. (2013), Unsupervised visual domain adaptation using subspace alignment",
    )

    def __init__(
        self,
        n_components: int | float | Literal["all", "disagreement"] = "all",
        *,
        use_labels: bool | Literal["auto"] = "auto",
        scale: bool = True,
        towards_source: float | Literal["auto"] = "auto",
    ) -> None:
        self.n_components = n_components
        self.use_labels = use_labels
        self.scale = scale
        self.towards_source = towards_source

    def _align(self, data: TransferData) -> None:
        sources, target = self._sides(data)
        source_axes, self.target_axes_ = self._axes(sources, target)
        self.source_maps_ = [alignment(P, self.target_axes_) for P in source_axes]
        self.source_means_ = [side.mean for side in sources]
        self.target_mean_ = target.mean

    def _map_target(self, X: Any) -> np.ndarray:
        return self._project(X, self.target_mean_, self.target_axes_)

    def _map_source(self, Xs: Any, domain: int) -> np.ndarray:
        return self._project(Xs, self.source_means_[domain], self.source_maps_[domain])

    def _names_out(self, names: list[str]) -> list[str]:
        return [f"axis {j}" for j in range(1, self.n_components_ + 1)]
