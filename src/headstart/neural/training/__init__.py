"""The one training loop of headstart."""

from .callbacks import Callback, CSVLog, ProgressBar
from .device import pick_device, pick_precision
from .errors import TrainingDiverged
from .history import History
from .loggers import MLflowLog, TensorBoardLog
from .loop import train
from .rate_finder import RateCurve, find_learning_rate
from .settings import TrainingSettings

__all__ = [
    "CSVLog",
    "Callback",
    "History",
    "MLflowLog",
    "ProgressBar",
    "RateCurve",
    "TensorBoardLog",
    "TrainingDiverged",
    "TrainingSettings",
    "find_learning_rate",
    "pick_device",
    "pick_precision",
    "train",
]
