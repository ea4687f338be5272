"""Wrappers that turn learners and parts into transfer estimators."""

from .aligned import Aligned
from .baselines import Pooled, SourceOnly, TargetOnly
from .prepared import Prepared
from .reweighted import Reweighted
from .target_blind import TargetBlind

__all__ = ["Aligned", "Pooled", "Prepared", "Reweighted", "SourceOnly", "TargetBlind", "TargetOnly"]
