"""What an aligner did: both domains before and after, how far apart they lie, and what became of the labels."""

from .compare import compare_spaces
from .result import Alignment, Discrepancy, Picture, Signal

__all__ = ["Alignment", "Discrepancy", "Picture", "Signal", "compare_spaces"]
