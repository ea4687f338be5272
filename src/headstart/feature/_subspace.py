"""What SubspaceAlignment and GeodesicFlowKernel share: the leading axes of both domains, and how many of them."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Any, Literal

import numpy as np

from ..core.base import TransferData
from ..core.errors import InputError
from ..numeric.axes import DENSE_COLUMNS, Spread, leading, mixed, spread_of
from ..numeric.moments import blocks, common_scale, even, is_sparse, mean_of, noise_of, noise_share, variance_of
from ..numeric.subspaces import axes_holding, disagreement, first_disagreement
from ._class_shares import as_share, check_moment_parameters, source_weights
from .base import Aligner, check_count, check_number

# Beyond this an axis more costs more than the digits and texts that were tried could show of it.
MOST_AXES = 300


@dataclass(frozen=True, eq=False)
class Side:
    """A domain in the units of both: its mean, its covariance and its number of rows."""

    mean: np.ndarray
    spread: Spread
    n_rows: int


class SubspaceAligner(Aligner):
    """Base of the aligners by the leading axes of each domain. Sparse rows are never made dense."""

    _takes_sparse = True
    n_components: int | float | str
    use_labels: bool | Literal["auto"]
    scale: bool
    towards_source: float | Literal["auto"]

    def _check_parameters(self) -> None:
        check_moment_parameters(self.use_labels, self.scale, self.towards_source)
        value = self.n_components
        if isinstance(value, str):
            if value not in ("all", "disagreement"):
                raise InputError(
                    f'n_components is {value!r}; expected an integer, a share of the variance below 1, "all" or '
                    '"disagreement"'
                )
        elif isinstance(value, Integral):
            check_count(value, "n_components")
        else:
            check_number(value, "n_components", low=0.0, high=1.0, open_low=True)

    def _sides(self, data: TransferData) -> tuple[list[Side], Side]:
        """The moments of each source, and of the target, drawn towards those of all sources together."""
        weights = source_weights(data, self.use_labels)
        joint = np.concatenate([w * w.size for w in weights]) / data.n_source
        Xt = data.target_rows
        weight_t = even(Xt.shape[0])
        mean_t, mean_s = mean_of(Xt, weight_t), mean_of(data.Xs, joint)
        variance_t, variance_s = variance_of(Xt, weight_t, mean_t), variance_of(data.Xs, joint, mean_s)
        spread = common_scale(mean_s, variance_s, mean_t, variance_t)
        self.scale_ = spread if self.scale else np.ones_like(spread)
        own = spread_of(Xt, weight_t, mean_t, variance_t, self.scale_)
        source = spread_of(data.Xs, joint, mean_s, variance_s, self.scale_)
        gap = (mean_t - mean_s) / self.scale_
        in_mean = in_covariance = as_share(self.towards_source)
        if in_mean is None or in_covariance is None:
            mean_noise, noise = noise_of(Xt, weight_t, mean_t, self.scale_, own.trace, own.square())
            in_mean = noise_share(mean_noise, float(gap @ gap))
            in_covariance = noise_share(noise, mixed(own, source, 1.0, -1.0).square())
        self.mean_towards_source_, self.covariance_towards_source_ = in_mean, in_covariance
        drawn = mixed(own, source, 1.0 - in_covariance, in_covariance)
        target = Side(mean_t / self.scale_ - in_mean * gap, drawn, Xt.shape[0])
        if len(weights) == 1:
            return [Side(mean_s / self.scale_, source, data.n_source)], target
        return [self._side(Xs, w) for Xs, w in zip(data.source_blocks(), weights, strict=True)], target

    def _side(self, X: Any, weight: np.ndarray) -> Side:
        mean = mean_of(X, weight)
        spread = spread_of(X, weight, mean, variance_of(X, weight, mean), self.scale_)
        return Side(mean / self.scale_, spread, X.shape[0])

    def _axes(self, sources: list[Side], target: Side) -> tuple[list[np.ndarray], np.ndarray]:
        """The axes (n_features, n_components_) of each source, and of the target."""
        d = target.mean.size
        most = min(d, *(side.n_rows - 1 for side in [*sources, target]))
        value = self.n_components
        if isinstance(value, Integral) and value > most:
            raise InputError(
                f"n_components is {value}; expected at most {most}: the number of columns is {d}, and a domain of n "
                f"rows has n - 1 axes (the smallest domain has {most + 1} rows or more)"
            )
        # a covariance that has room is decomposed whole: its last axes cost nothing
        room = d if value == "all" and d <= DENSE_COLUMNS else MOST_AXES
        k = int(value) if isinstance(value, Integral) else min(most, room)
        values, Pt = leading(target.spread, k)
        Ps = [leading(side.spread, k)[1] for side in sources]
        if isinstance(value, str) and value == "disagreement":
            # of all sources together where they are several: the mean of their covariances
            joint = sources[0].spread
            for j, side in enumerate(sources[1:], start=2):
                joint = mixed(joint, side.spread, 1.0 - 1.0 / j, 1.0 / j)
            first = Ps[0] if len(Ps) == 1 else leading(joint, k)[1]
            both = leading(mixed(joint, target.spread, 0.5, 0.5), k)[1]
            self.disagreement_ = disagreement(first, Pt, both)
            k = first_disagreement(self.disagreement_)
        elif not isinstance(value, (str, Integral)):
            k = axes_holding(values, target.spread.trace, float(value))
        self.n_components_ = k
        return [P[:, :k] for P in Ps], Pt[:, :k]

    def _project(self, X: Any, mean: np.ndarray, factor: np.ndarray) -> np.ndarray:
        """(X / scale - mean) factor, dense and narrow, whatever ``X`` is."""
        F, centre = factor / self.scale_[:, None], mean @ factor
        if is_sparse(X):
            return np.asarray(X @ F) - centre
        out = np.empty((X.shape[0], F.shape[1]))
        # in blocks, so that the mean is taken off while the product is still in the cache
        for rows in blocks(X.shape[0]):
            np.matmul(X[rows], F, out=out[rows])
            out[rows] -= centre
        return out
