"""What ULSIF and RULSIF share."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.base import TransferData
from ..numeric.kernels import gaussian_sum, median_distance
from ..numeric.ratio import fit_least_squares_ratio
from .base import RatioWeighter, ScaledColumns, check_count, check_flag, check_list, draw_rows, generator

# The widths tried, in median distances, and the penalties; an entry of the penalised matrix is at most 1.
WIDTHS = np.array([0.18, 0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0])
PENALTIES = np.array([1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0])


class LeastSquaresWeighter(ScaledColumns, RatioWeighter):
    """Base of the least-squares density ratios, plain (alpha = 0) and relative."""

    width: Any
    penalty: Any
    n_centers: int
    max_selection: int
    random_state: Any

    def _alpha(self) -> float:
        return 0.0

    def _check_parameters(self) -> None:
        super()._check_parameters()
        for name in ("width", "penalty"):
            if getattr(self, name) is not None:
                check_list(getattr(self, name), name)
        check_count(self.n_centers, "n_centers")
        check_count(self.max_selection, "max_selection", low=2)
        check_flag(self.scale, "scale")

    def _ratio_at_source(self, data: TransferData) -> np.ndarray:
        rng = generator(self.random_state)
        Xs, Xt = self._fit_scale(data.Xs, data.target_rows)
        self.centers_ = draw_rows(Xt, self.n_centers, rng)
        self.penalties_ = PENALTIES if self.penalty is None else check_list(self.penalty, "penalty")
        self.widths_ = median_distance(Xs, Xt, rng) * WIDTHS if self.width is None else check_list(self.width, "width")
        n_pairs = min(Xs.shape[0], Xt.shape[0], self.max_selection)
        if n_pairs < 2:  # nothing can be left out
            if self.width is None:
                self.widths_ = self.widths_[WIDTHS == 1.0]
            n_pairs = 0
        pairs = (
            rng.choice(Xt.shape[0], n_pairs, replace=False),
            rng.choice(Xs.shape[0], n_pairs, replace=False),
        )
        found = fit_least_squares_ratio(
            Xs, Xt, self.centers_, self.widths_, self.penalties_, pairs, alpha=self._alpha()
        )
        self.coef_, self.width_, self.penalty_ = found.coef, found.width, found.penalty
        self.errors_ = found.errors
        return gaussian_sum(Xs, self.centers_, self.width_, self.coef_)

    def _ratio(self, X: np.ndarray) -> np.ndarray:
        return gaussian_sum(self._scaled(X), self.centers_, self.width_, self.coef_)
