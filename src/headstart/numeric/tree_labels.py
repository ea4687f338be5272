"""What trees measure labels by: class counts and Jensen-Shannon, or means, variances and Hellinger.

``M`` (n_rows, n_columns) holds for each row what nodes add up, ``S`` (n_nodes, n_columns) such sums. For classes that
is the weight in the column of the class; for numbers the weight, and the weight times the number and its square.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import rel_entr, xlogy

from .types import Floats, Ints


class Labels(Protocol):
    """How a tree looks at labels."""

    M: Floats

    def weight(self, S: Floats) -> Floats:
        """The weight of the rows in each sum."""
        ...

    def pure(self, S: Floats) -> np.ndarray:
        """Whether all rows of each sum have the same label."""
        ...

    def spread(self, S: Floats) -> Floats:
        """Entropy in bits, or variance."""
        ...

    def divergence(self, S: Floats, source: Floats, variance: Floats) -> Floats:
        """From 0 to 1: how far the labels of each sum are from what the source says there."""
        ...

    def value(self, S: Floats, source: Floats, rows: float) -> Floats:
        """Class shares or means, the source counting for ``rows`` rows; the source's where there are no rows."""
        ...

    def error(self, S: Floats, value: Floats) -> Floats:
        """Weight of the misclassified rows, or the sum of squared errors, where ``value`` is predicted."""
        ...


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros(np.broadcast_shapes(part.shape, whole.shape)), where=whole > 0)


def jensen_shannon(P: Floats, Q: Floats) -> Floats:
    """The Jensen-Shannon divergence in bits, 0 to 1, between rows of ``P`` and of ``Q``, each summing to 1."""
    mean = (P + Q) / 2
    return np.asarray((rel_entr(P, mean) + rel_entr(Q, mean)).sum(axis=-1) / (2 * np.log(2)))


def hellinger(mean1: Floats, variance1: Floats, mean2: Floats, variance2: Floats) -> Floats:
    """The squared Hellinger distance, 0 to 1, between normal distributions; variances above 0."""
    both = variance1 + variance2
    overlap = np.sqrt(2 * np.sqrt(variance1 * variance2) / both) * np.exp(-((mean1 - mean2) ** 2) / (4 * both))
    return np.asarray(1.0 - overlap)


@dataclass(frozen=True)
class Classes:
    """Class labels; ``M`` (n_rows, n_classes) has each row's weight in the column of its class."""

    M: Floats

    @classmethod
    def of(cls, codes: Ints, n_classes: int, weight: Floats) -> Classes:
        """From class codes (n_rows,) and weights (n_rows,)."""
        M = np.zeros((len(codes), n_classes))
        M[np.arange(len(codes)), codes] = weight
        return cls(M)

    def weight(self, S: Floats) -> Floats:
        """The weight of the rows in each sum."""
        return np.asarray(S.sum(axis=-1))

    def pure(self, S: Floats) -> np.ndarray:
        """Whether at most one class has rows."""
        return (S > 0).sum(axis=-1) <= 1

    def spread(self, S: Floats) -> Floats:
        """Entropy in bits."""
        P = _share(S, self.weight(S)[..., None])
        return np.asarray(-xlogy(P, P).sum(axis=-1) / np.log(2))

    def divergence(self, S: Floats, source: Floats, variance: Floats) -> Floats:
        """The Jensen-Shannon divergence between target and source class shares."""
        return jensen_shannon(_share(S, self.weight(S)[..., None]), source)

    def value(self, S: Floats, source: Floats, rows: float) -> Floats:
        """Class shares (n_nodes, n_classes), the source counting for ``rows`` rows."""
        weight = self.weight(S)[:, None]
        return np.where(weight > 0, _share(S + rows * source, weight + rows), source)

    def error(self, S: Floats, value: Floats) -> Floats:
        """Weight of the rows that are not of the class with the largest share."""
        said = value.argmax(axis=1)
        return np.asarray(self.weight(S) - S[np.arange(len(S)), said])


@dataclass(frozen=True)
class Numbers:
    """Real labels; ``M`` (n_rows, 3) is weight, weight times number, weight times its square.

    ``floor`` is the smallest variance that a divergence looks at: a single row has none of its own.
    """

    M: Floats
    floor: float

    @classmethod
    def of(cls, y: Floats, weight: Floats) -> Numbers:
        """From numbers (n_rows,), best near 0 since squares are summed, and weights (n_rows,)."""
        mean = np.average(y, weights=weight)
        variance = float(np.average((y - mean) ** 2, weights=weight))
        return cls(np.column_stack([weight, weight * y, weight * y * y]), max(1e-3 * variance, 1e-12))

    def weight(self, S: Floats) -> Floats:
        """The weight of the rows in each sum."""
        return S[..., 0]

    def pure(self, S: Floats) -> np.ndarray:
        """Whether the numbers are all the same, to rounding."""
        return self.spread(S) <= 1e-9 * self.floor

    def spread(self, S: Floats) -> Floats:
        """Variance."""
        mean = _share(S[..., 1], S[..., 0])
        return np.asarray(np.maximum(_share(S[..., 2], S[..., 0]) - mean**2, 0.0))

    def divergence(self, S: Floats, source: Floats, variance: Floats) -> Floats:
        """The squared Hellinger distance between normal distributions of the two means and variances."""
        mean = _share(S[..., 1], S[..., 0])
        mine, theirs = np.maximum(self.spread(S), self.floor), np.maximum(variance, self.floor)
        return hellinger(mean, mine, source[..., 0], theirs)

    def value(self, S: Floats, source: Floats, rows: float) -> Floats:
        """Means (n_nodes, 1), the source counting for ``rows`` rows."""
        weight = S[:, :1]
        return np.where(weight > 0, _share(S[:, 1:2] + rows * source, weight + rows), source)

    def error(self, S: Floats, value: Floats) -> Floats:
        """Sum of squared errors around ``value``."""
        v = value[:, 0]
        return np.asarray(np.maximum(S[:, 2] - 2 * v * S[:, 1] + v * v * S[:, 0], 0.0))
