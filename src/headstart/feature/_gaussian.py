"""What CORAL and LinearOTMapping share: an affine map of each source, made of the moments of two domains."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import Literal

import numpy as np

from ..core.base import TransferData
from ..numeric.moments import (
    Moments,
    blocks,
    common_scale,
    correlation_noise,
    decorrelated,
    drawn,
    even,
    log_noise_of,
    moments,
    rescaled,
    source_shares,
)
from ._class_shares import as_share, check_moment_parameters, check_share, source_weights
from .base import Aligner

# A mapped column with less than this share of the target's variance hardly varies: a fifth of its deviation.
_FLAT = 0.04


class GaussianAligner(Aligner):
    """Base of the aligners that map each source to the target by x A + c, and leave the target as it is."""

    use_labels: bool | Literal["auto"]
    scale: bool
    shrinkage: float | Literal["auto"]
    towards_source: float | Literal["auto"]

    def _check_parameters(self) -> None:
        check_moment_parameters(self.use_labels, self.scale, self.towards_source)
        check_share(self.shrinkage, "shrinkage")

    def _align(self, data: TransferData) -> None:
        weights = source_weights(data, self.use_labels)
        Xt = data.target_rows
        weight_t = even(Xt.shape[0])
        raw_t = moments(Xt, weight_t)
        log_noise = log_noise_of(Xt, weight_t, raw_t.mean, np.diag(raw_t.covariance))
        shrinkage_t = self._shrinkage(raw_t, Xt, weight_t)
        self.matrix_: list[np.ndarray] = []
        self.offset_: list[np.ndarray] = []
        self.shrinkage_ = [shrinkage_t]
        self.mean_towards_source_, self.covariance_towards_source_ = [], []
        for Xs, weight in zip(data.source_blocks(), weights, strict=True):
            raw_s = moments(Xs, weight)
            spread = common_scale(raw_s.mean, np.diag(raw_s.covariance), raw_t.mean, np.diag(raw_t.covariance))
            unit = spread if self.scale else np.ones_like(spread)
            source, target = rescaled(raw_s, Xs, weight, unit), rescaled(raw_t, Xt, weight_t, unit)
            target = replace(target, log_noise=log_noise)
            in_mean, in_covariance = source_shares(target, source, as_share(self.towards_source))
            self.shrinkage_.append(self._shrinkage(raw_s, Xs, weight))
            source, target = decorrelated(source, self.shrinkage_[-1]), decorrelated(target, shrinkage_t)
            target = drawn(target, source, in_mean, in_covariance)
            A = self._matrix(source.covariance, target.covariance)
            end = self._end_of_mean(source.mean, target.mean)
            # A column that hardly varies once it is mapped keeps its mean: at the target's it would be a second
            # intercept for a learner of the mapped source, and the weight it leaves there is wrong for target rows.
            reached = np.einsum("ij,ij->j", A, source.covariance @ A)
            end = np.where(reached > _FLAT * np.diag(target.covariance), end, source.mean)
            self.matrix_.append(A * unit / unit[:, None])
            self.offset_.append((end - source.mean @ A) * unit)
            self.mean_towards_source_.append(in_mean)
            self.covariance_towards_source_.append(in_covariance)

    def _shrinkage(self, raw: Moments, X: np.ndarray, weight: np.ndarray) -> float:
        share = as_share(self.shrinkage)
        return correlation_noise(raw, X, weight) if share is None else share

    @abstractmethod
    def _matrix(self, source: np.ndarray, target: np.ndarray) -> np.ndarray:
        """A of x A, from the covariances of source and target."""

    def _end_of_mean(self, source: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Where the mean of the source is mapped to."""
        return target

    def _map_target(self, X: np.ndarray) -> np.ndarray:
        return X

    def _map_source(self, Xs: np.ndarray, domain: int) -> np.ndarray:
        A, c = self.matrix_[domain], self.offset_[domain]
        mapped = np.empty((Xs.shape[0], A.shape[1]))
        # in blocks, so that the offset is added while the product is still in the cache
        for rows in blocks(Xs.shape[0]):
            np.matmul(Xs[rows], A, out=mapped[rows])
            mapped[rows] += c
        return mapped
