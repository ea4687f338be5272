"""The verdicts of the tasks as a table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..verdicts import TaskVerdict, as_table


def task_table(verdicts: Sequence[TaskVerdict], alone: set[int]) -> pd.DataFrame:
    """One row for each task; ``uses`` is the network that predicts it: "joint", or "alone" where it fell back."""
    table = as_table(verdicts, metric=[v.metric for v in verdicts])
    return table.assign(uses=["alone" if k in alone else "joint" for k in range(len(verdicts))])
