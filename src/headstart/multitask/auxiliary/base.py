"""What says how much auxiliary tasks count."""

from __future__ import annotations

from typing import ClassVar

from ..weighting.base import Weighting


class AuxiliaryWeights:
    """How much auxiliary tasks count beside the main ones; the subclasses are values, frozen data classes.

    Examples
    --------
    >>> from headstart.multitask import AuxiliaryWeights, FixedWeight
    >>> isinstance(FixedWeight(0.3), AuxiliaryWeights)
    True
    """

    # Whether it looks at rows held out, and changes the weights while the tasks train.
    learns: ClassVar[bool] = False

    def start(self) -> float:
        """What an auxiliary loss is multiplied by at first."""
        return 1.0

    def weighting(self, mains: tuple[int, ...]) -> Weighting | None:
        """The weighting of all tasks that it asks for, given the places of the main ones; None: any will do."""
        return None
