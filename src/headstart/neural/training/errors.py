"""What training raises when it cannot go on."""

from __future__ import annotations

from ...core.errors import HeadstartError


class TrainingDiverged(HeadstartError, ValueError):
    """The loss or the weights became infinite or NaN; the network holds its last good weights.

    Attributes
    ----------
    step : int
        The step, counted from 0 over all epochs.
    epoch : int
        The epoch of this step, counted from 0.
    """

    def __init__(self, message: str, *, step: int, epoch: int) -> None:
        super().__init__(message)
        self.step = step
        self.epoch = epoch


def diverged(what: str, value: float, *, step: int, epoch: int, rate: float, precision: str) -> TrainingDiverged:
    """The error, with the likely cause."""
    if step == 0:
        cause = (
            "no weight had changed yet, so the cause is in the rows, the loss or the weights at the start; "
            "look for NaN or infinite inputs and targets, logarithms of 0, divisions by 0"
        )
    else:
        cause = (
            f"most often the learning rate is too high: it was {rate:.3g} at this step; try a tenth of it, a longer "
            "warmup or clip=1.0, and look for NaN in the rows"
        )
        if precision == "bfloat16":
            cause += "; precision='float32' tells whether bfloat16 is to blame"
    return TrainingDiverged(
        f"{what} is {value} at step {step} (epoch {epoch}); expected a finite number: {cause}. "
        "The network holds its last good weights",
        step=step,
        epoch=epoch,
    )
