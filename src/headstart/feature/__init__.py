"""Feature transfer: one space that source and target share."""

from .augmentation import FeatureAugmentation
from .jda import JDA
from .ot_mapping import OTMapping
from .tca import TCA

__all__ = ["JDA", "TCA", "FeatureAugmentation", "OTMapping"]
