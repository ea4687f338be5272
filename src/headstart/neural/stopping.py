"""When a training stops: as the user says, or early where few rows of a table would be learnt by heart."""

from __future__ import annotations

from typing import Any

from ..core.errors import InputError
from . import defaults
from .training.settings import TrainingSettings

AUTO = "auto"  # patience as suits the rows
IN_FULL = "in full"


def patience_of(
    how: Any, kind: str, n_rows: int, own: bool, epochs: int, *, given: int | None, solved: bool
) -> int | None:
    """The patience that the user gave, or that suits the rows; none where the number of epochs was ``given``.

    A head that was ``solved`` has seen all rows, so that held-out ones would tell nothing of it.
    """
    if how.patience != AUTO:
        if isinstance(how.patience, str):
            raise InputError(
                f"patience is {how.patience!r}; expected a whole number of at least 1, {AUTO!r}, or None for all epochs"
            )
        return how.patience
    return None if given is not None or solved else defaults.patience(kind, own, n_rows, epochs)


def ended_late(history: Any, settings: TrainingSettings) -> bool:
    """Whether the held-out loss was lowest in the second half: learning longer did good, and all rows serve better."""
    return history.best_epoch is not None and 2 * (history.best_epoch + 1) >= settings.epochs


def in_full(phase: str) -> str:
    """The name of the training on all rows, after a phase that kept some apart."""
    return f"{phase}/{IN_FULL}"
