"""Parameter transfer: start from a fitted source model."""

from .boosting_transfer import BoostingTransferClassifier, BoostingTransferRegressor
from .forest_transfer import ForestTransferClassifier, ForestTransferRegressor
from .linear_transfer import LinearTransferClassifier, LinearTransferRegressor
from .source_prior import SourcePriorClassifier, SourcePriorRegressor
from .tree_transfer import TreeTransferClassifier, TreeTransferRegressor

__all__ = [
    "BoostingTransferClassifier",
    "BoostingTransferRegressor",
    "ForestTransferClassifier",
    "ForestTransferRegressor",
    "LinearTransferClassifier",
    "LinearTransferRegressor",
    "SourcePriorClassifier",
    "SourcePriorRegressor",
    "TreeTransferClassifier",
    "TreeTransferRegressor",
]
