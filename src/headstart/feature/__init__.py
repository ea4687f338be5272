"""Feature transfer: one space that source and target share."""

from .augmentation import FeatureAugmentation

__all__ = ["FeatureAugmentation"]
