"""Feature transfer: one space that source and target share."""

from .augmentation import FeatureAugmentation
from .column_matches import ColumnMatches, match_columns
from .common_space import CommonSpace
from .coral import CORAL
from .geodesic_flow import GeodesicFlowKernel
from .jda import JDA
from .linear_ot import LinearOTMapping
from .ot_mapping import OTMapping
from .pairs import Pairs
from .structural_correspondence import StructuralCorrespondence
from .subspace_alignment import SubspaceAlignment
from .tca import TCA

__all__ = [
    "CORAL",
    "JDA",
    "TCA",
    "ColumnMatches",
    "CommonSpace",
    "FeatureAugmentation",
    "GeodesicFlowKernel",
    "LinearOTMapping",
    "OTMapping",
    "Pairs",
    "StructuralCorrespondence",
    "SubspaceAlignment",
    "match_columns",
]
