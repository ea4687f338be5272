"""The one training loop of headstart."""

from .callbacks import Callback, CSVLog, ProgressBar
from .device import pick_device, pick_precision
from .errors import TrainingDiverged
from .history import History
from .loggers import MLflowLog, TensorBoardLog
from .loop import train
from .settings import TrainingSettings

__all__ = [
    "CSVLog",
    "Callback",
    "History",
    "MLflowLog",
    "ProgressBar",
    "TensorBoardLog",
    "TrainingDiverged",
    "TrainingSettings",
    "pick_device",
    "pick_precision",
    "train",
]
