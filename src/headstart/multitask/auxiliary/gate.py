"""Auxiliary tasks that count where their gradient agrees with that of the main tasks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...core.errors import InputError
from ..weighting.arrays import Draw, Memory, Vector
from ..weighting.base import LEVELS, GradientWeighting, Weighting
from .base import AuxiliaryWeights


@dataclass(frozen=True)
class GradientGate(AuxiliaryWeights):
    """Let an auxiliary gradient pass at a step only where it points the way of the main tasks' (Du et al. 2018).

    What is shared learns from an auxiliary task at the steps at which the cosine of its gradient and of the sum of the
    main tasks' is above zero; the auxiliary head learns at all steps. Followed so, an auxiliary task does not keep the
    main losses from falling, to the first order.

    Parameters
    ----------
    by : {"sign", "cosine"}, default="sign"
        "sign": the whole gradient passes, or nothing. "cosine": the gradient times the cosine.
    level : {"parameter", "representation"}, default="parameter"
        Where gradients are compared. The paper compares parameters, which costs a pass for each task;
        "representation" is cheaper, and of no use where tasks have rows of their own.

    References
    ----------
    Du, Czarnecki, Jayakumar, Farajtabar, Pascanu & Lakshminarayanan (2018). Adapting auxiliary losses using gradient
    similarity. arXiv:1812.02224.

    Examples
    --------
    >>> from headstart.multitask import GradientGate
    >>> GradientGate()
    GradientGate(by='sign', level='parameter')
    """

    by: str = "sign"
    level: str = "parameter"

    def __post_init__(self) -> None:
        if self.by not in ("sign", "cosine"):
            raise InputError(f"GradientGate(by={self.by!r}); expected 'sign' or 'cosine'")
        if self.level not in LEVELS:
            raise InputError(f"level is {self.level!r}; expected one of {', '.join(map(repr, LEVELS))}")

    def weighting(self, mains: tuple[int, ...]) -> Weighting:
        """The gate, for these main tasks."""
        return _Gate(self.level, mains, self.by)


@dataclass(frozen=True)
class _Gate(GradientWeighting):
    """The gate as a weighting: main tasks count 1, the others by their cosine with the sum of these."""

    mains: tuple[int, ...] = ()
    by: str = "sign"

    def gradient_weights(
        self, gramian: np.ndarray, losses: Vector, there: np.ndarray, memory: Memory, rng: Draw
    ) -> Vector:
        """1 for main tasks that are there, the gate for others."""
        main = np.zeros(len(losses), dtype=bool)
        main[list(self.mains)] = True
        main &= there
        weights = np.where(main, 1.0, 0.0)
        along = gramian[:, main].sum(axis=1)
        length = np.sqrt(np.maximum(gramian[np.ix_(main, main)].sum(), 0.0) * np.maximum(np.diagonal(gramian), 0.0))
        cosine = np.divide(along, length, out=np.zeros(len(losses)), where=length > 0)
        passed = np.maximum(cosine, 0.0) if self.by == "cosine" else (cosine > 0).astype(float)
        others = there & ~main
        weights[others] = passed[others]
        return weights
