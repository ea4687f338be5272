"""Parameter transfer: start from a fitted source model."""

from .source_prior import SourcePriorClassifier, SourcePriorRegressor

__all__ = ["SourcePriorClassifier", "SourcePriorRegressor"]
