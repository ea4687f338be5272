"""What networks score on each held-out row of each repeat, and what can be said of their mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...numeric.resampled import Gain, corrected_error, corrected_gain, unseen_difference


@dataclass(frozen=True)
class Outcomes:
    """Points (n_repeats, n_test) of one network, or the differences of two on the same rows; NaN where a training
    diverged. ``n_train`` rows were learned from."""

    points: np.ndarray
    n_train: int

    @classmethod
    def of(cls, scores: pd.DataFrame, depth: int, mode: str, n_train: int) -> Outcomes:
        """Those of one network, in the order of the repeats."""
        part = scores[(scores["depth"] == depth) & (scores["mode"] == mode)]
        return cls(np.stack(part.sort_values("repeat")["points"].to_list()), n_train)

    def __sub__(self, other: Outcomes) -> Outcomes:
        return Outcomes(self.points - other.points, self.n_train)

    @property
    def by_repeat(self) -> np.ndarray:
        """Scores (n_repeats,)."""
        return self.points.mean(axis=1)

    @property
    def mean(self) -> float:
        """Mean over the repeats that have a score; NaN where none has."""
        known = self.by_repeat[np.isfinite(self.by_repeat)]
        return float(known.mean()) if len(known) else float("nan")

    @property
    def error(self) -> float:
        """Standard error of the mean; NaN for fewer than two repeats."""
        return corrected_error(self.by_repeat, self._share, self._of_rows)

    def gain(self, *, level: float, chosen_of: int = 1) -> Gain:
        """The mean with its interval, widened for the largest of ``chosen_of`` means."""
        found = corrected_gain(self.by_repeat, self._share, level=level, chosen_of=chosen_of, of_rows=self._of_rows)
        return unseen_difference(found, self.points.shape[1], level=1 - (1 - level) / chosen_of)

    @property
    def _share(self) -> float:
        return self.points.shape[1] / self.n_train

    @property
    def _of_rows(self) -> np.ndarray:
        return self.points.var(axis=1, ddof=1) / self.points.shape[1]
