"""The map of transfer: what every source brings to every target, and who harms whom."""

from .measure import map_transfers
from .result import TransferMap

__all__ = ["TransferMap", "map_transfers"]
