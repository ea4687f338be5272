"""The rules of thumb of a diagnosis in one place: how much is a shift, and how sure must one be."""

from __future__ import annotations

from typing import Literal

Decision = Literal["moved", "same", "undetermined"]

LEVEL = 0.005  # of each claim; about four can be made, so that one diagnosis in fifty claims a shift falsely
MAX_ROWS = 20_000  # rows of a domain that are looked at; more would sharpen intervals that are sharp already
LEAST_ROWS = 10  # of a domain, below which nothing is fitted
LEAST_OVERLAP = 0.05  # of the domains, below which nothing is claimed on what is the same at the same x
GOOD_OVERLAP = 0.15  # below which nothing is called the same: what looks like overlap may be error of a model
LEAST_SAME = 50  # of a domain, below which no fitted model is good enough to say that nothing is there to be seen

# "moved" needs significance and at least the first size; "same" needs an interval that ends below the second.
AUC_MOVED, AUC_SAME = 0.55, 0.62
SHARE_MOVED, SHARE_SAME = 0.05, 0.20  # difference of a class share
MEAN_MOVED, MEAN_SAME = 0.10, 0.50  # difference of mean labels, in standard deviations
CONCEPT_MOVED = {"classification": 0.05, "regression": 0.10}  # RMS difference of E[y|x]: probability, or sd of y
CONCEPT_SAME = {"classification": 0.20, "regression": 0.40}
COLUMN_SMD, COLUMN_KS, COLUMN_H, COLUMN_V, COLUMN_AUC = 0.20, 0.15, 0.20, 0.10, 0.60


def decide(p_value: float, size: float, high: float, *, moved: float, same: float) -> Decision:
    """Moved: significant and large enough to matter. Same: certainly small. Else it cannot be told.

    A size that is significant and negligible (many rows) is "same" as soon as its interval says that it is small.
    """
    if p_value < LEVEL and size >= moved:
        return "moved"
    return "same" if high < same else "undetermined"
