"""Which transfer situation is this: ``diagnose`` and what it answers."""

from .columns import Columns
from .concept import ConceptShift
from .covariates import CovariateShift
from .diagnose import diagnose
from .duplicates import Duplicates
from .labels import LabelShift
from .moved import ColumnMove
from .result import Diagnoses, Diagnosis
from .setting import Method

__all__ = [
    "ColumnMove",
    "Columns",
    "ConceptShift",
    "CovariateShift",
    "Diagnoses",
    "Diagnosis",
    "Duplicates",
    "LabelShift",
    "Method",
    "diagnose",
]
