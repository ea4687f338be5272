"""The geodesic flow kernel: all subspaces on the way from the source's to the target's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np

from ..core.base import TransferData
from ..core.traits import Traits
from ..numeric.subspaces import flow_factor
from ._subspace import SubspaceAligner


class GeodesicFlowKernel(SubspaceAligner):
    """Project rows onto every subspace on the shortest way from the source's to the target's, all at once.

    The inner product of two mapped rows is x'Gz, the integral of their inner products over all those subspaces. What
    the domains share weighs more in it than what only one of them has.

    Parameters
    ----------
    n_components : int, float, "all" or "disagreement", default=0.95
        Dimension of the subspaces. A number below 1 is a share of the target's variance; at most 300 axes are kept.
        "disagreement" is the paper's rule: where the domains first part altogether. It keeps few axes, and was worse
        than the default on the digits that were tried, so it is not the default. To choose by target labels:
        ``GridSearchCV``, which splits the target.
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
        Dimension of the subspaces.
    factor_ : ndarray of shape (n_features, 2 * n_components_)
        F with G = F F', of columns over ``scale_``.
    disagreement_ : ndarray
        The paper's measure at the dimensions 1, 2, ...; only where ``n_components`` is "disagreement".
    target_mean_, source_mean_ : ndarray of shape (n_features,)
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
    Several sources count as one: a kernel has one way. Each domain is centred at its own mean. Deviations from the
    paper: mapped rows are X F, so that any learner can be used and not a kernel's alone; G is the integral itself,
    half of the paper's formula; columns are divided by a deviation that both domains share, where the paper
    standardises each on its own; the target's moments are drawn towards the source's; classes are weighed; in the
    measure of disagreement both domains count alike, whatever their rows. Sparse rows are never made dense.

    References
    ----------
    Gong, Shi, Sha & Grauman (2012), Geodesic flow kernel for unsupervised domain adaptation. CVPR.

    Examples
    --------
    >>> import numpy as np, headstart as hs
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(400, 3)) * [3.0, 1.0, 0.1]
    >>> source = hs.Domain(X[:, [0, 2, 1]])
    >>> flow = hs.GeodesicFlowKernel(n_components=2, scale=False).fit(X, source=source)
    >>> flow.transform(X).shape, flow.transform_source(source.X).shape
    ((400, 4), (400, 4))
    """

    traits = Traits(
        kind="feature",
        source_labels="used",
        target_labels="used",
        paper="Gong et al. (2012), Geodesic flow kernel for unsupervised domain adaptation",
    )

    def __init__(
        self,
        n_components: int | float | Literal["all", "disagreement"] = 0.95,
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
        one = replace(data, domain_of=np.zeros(data.n_source, dtype=np.intp), names=("all",))
        sources, target = self._sides(one)
        (source_axes,), target_axes = self._axes(sources, target)
        self.factor_ = flow_factor(source_axes, target_axes)
        self.source_mean_, self.target_mean_ = sources[0].mean, target.mean

    def _map_target(self, X: Any) -> np.ndarray:
        return self._project(X, self.target_mean_, self.factor_)

    def _map_source(self, Xs: Any, domain: int) -> np.ndarray:
        return self._project(Xs, self.source_mean_, self.factor_)

    def _names_out(self, names: list[str]) -> list[str]:
        return [f"flow {j}" for j in range(1, 2 * self.n_components_ + 1)]
