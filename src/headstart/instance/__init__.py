"""Instance transfer: which source rows to learn from, and how much."""

from .domain_classifier import DomainClassifierWeighter
from .kliep import KLIEP
from .kmm import KMM
from .label_shift import LabelShiftWeighter
from .nearest_neighbor import NearestNeighborWeighter
from .rulsif import RULSIF
from .tradaboost import TrAdaBoostClassifier
from .tradaboost_regressor import TrAdaBoostRegressor
from .ulsif import ULSIF

__all__ = [
    "KLIEP",
    "KMM",
    "RULSIF",
    "ULSIF",
    "DomainClassifierWeighter",
    "LabelShiftWeighter",
    "NearestNeighborWeighter",
    "TrAdaBoostClassifier",
    "TrAdaBoostRegressor",
]
