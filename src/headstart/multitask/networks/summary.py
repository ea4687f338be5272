"""The verdicts of the tasks as a table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..linear.verdicts import TaskVerdict


def task_table(verdicts: Sequence[TaskVerdict], alone: set[int]) -> pd.DataFrame:
    """One row for each task; ``uses`` is the network that predicts it: "joint", or "alone" where it fell back."""
    return pd.DataFrame(
        {
            "task": [v.task for v in verdicts],
            "rows": [v.n_rows for v in verdicts],
            "metric": [v.metric for v in verdicts],
            "joint": [v.score for v in verdicts],
            "alone": [v.score_alone for v in verdicts],
            "gain": [v.gain for v in verdicts],
            "low": [v.interval[0] for v in verdicts],
            "high": [v.interval[1] for v in verdicts],
            "p_harm": [v.p_harm for v in verdicts],
            "decision": [v.decision for v in verdicts],
            "uses": ["alone" if k in alone else "joint" for k in range(len(verdicts))],
        }
    )
