"""What happened in a training: a row for each epoch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

# What callbacks are told that a training is called to which its caller gave no name.
PLAIN = "training"


@dataclass
class History:
    """The course of a training.

    Attributes
    ----------
    rows : list of dict
        One an epoch: "epoch" (from 0), "steps" (since the beginning), "loss" (mean over the rows of the epoch, while it
        was learned), the named losses, "validation" (None without ``validate``), "watched" (with ``watch`` alone),
        "rate" (at the last step) and "seconds".
    best_epoch : int or None
        The epoch of the lowest validation score, whose weights the network has; None without ``validate``.
    stopped : str
        Why it ended: "epochs", "max_steps", "patience", "time_limit"; "error" where it was broken off.
    steps : int
        Steps taken.
    seconds : float
        Time in training, over all resumes.
    device, precision : str
        Where and how precisely the network was computed.
    parts : int
        In how many parts a batch was computed in the end.
    processes : int
        Processes that trained together.

    Examples
    --------
    >>> import headstart as hs
    >>> hs.neural.History(rows=[{"epoch": 0, "loss": 0.7, "validation": None}]).table()["loss"].tolist()
    [0.7]
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    best_epoch: int | None = None
    stopped: str = "error"
    steps: int = 0
    seconds: float = 0.0
    device: str = "cpu"
    precision: str = "float32"
    parts: int = 1
    processes: int = 1

    def table(self) -> pd.DataFrame:
        """The rows as a frame; "best" marks the epoch whose weights were kept."""
        frame = pd.DataFrame(self.rows)
        if len(frame):
            frame["best"] = frame["epoch"] == self.best_epoch
        return frame
