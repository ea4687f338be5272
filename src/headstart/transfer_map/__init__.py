"""The map of transfer: what every source brings to every target, and who harms whom."""

from .measure import map_transfers
from .result import TransferMap
from .tasks import map_tasks

__all__ = ["TransferMap", "map_tasks", "map_transfers"]
