"""Parameter transfer: start from a fitted source model."""

from .linear_transfer import LinearTransferClassifier, LinearTransferRegressor
from .source_prior import SourcePriorClassifier, SourcePriorRegressor

__all__ = ["LinearTransferClassifier", "LinearTransferRegressor", "SourcePriorClassifier", "SourcePriorRegressor"]
