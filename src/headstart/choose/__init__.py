"""The choice: candidates on the same folds, a blend, a verdict, and the model."""

from .estimator import TransferClassifier, TransferRegressor

__all__ = ["TransferClassifier", "TransferRegressor"]
