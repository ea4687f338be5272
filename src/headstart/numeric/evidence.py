"""Whether outputs of a fitted model say anything of labels: a score test on rows that the model has not seen."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def evidence(outputs: Array, Y: Array) -> float:
    """The z score of "the outputs tell the labels", against "they say nothing"; negative where they run against them.

    With the centred labels ``Y_i - mean(Y)`` and the centred outputs ``S_i - mean(S)``, row i gives ``u_i``, their
    inner product, which is the slope of the row's log likelihood at slope 0, of numbers and of classes alike. Then
    ``z = sum(u) / sqrt(sum(u ** 2))``, about standard normal where outputs and labels have nothing in common.

    Parameters
    ----------
    outputs : array of shape (n_rows, n_outputs)
        Predicted numbers; log odds of the second of two classes; centred log probabilities of more.
    Y : array of shape (n_rows, n_outputs)
        The labels in the same form: numbers; 0 and 1; one column a class.
    """
    if len(Y) < 2:
        return math.nan
    u = ((outputs - outputs.mean(axis=0)) * (Y - Y.mean(axis=0))).sum(axis=1)
    size = float(np.sqrt(np.square(u).sum()))
    return float(u.sum() / size) if size > 0 else math.nan
