"""The leaderboard: every candidate with its score, its gain over target only, and its weight."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from .candidates import Candidate
from .cross_fit import CrossFit
from .judge import Judge

COLUMNS = [
    "candidate",
    "kind",
    "score",
    "gain",
    "gain_low",
    "gain_high",
    "p_harm",
    "weight",
    "seconds",
    "note",
]


def leaderboard(
    judge: Judge,
    baseline: np.ndarray,
    weights: dict[str, float],
    found: CrossFit,
    listed: list[Candidate],
) -> pd.DataFrame:
    """One row for each candidate, baselines first, then by score; those that failed last, with the reason."""
    rows = []
    for k, candidate in enumerate(judge.candidates):
        scores = judge.candidate_scores(k)
        gain = judge.gain(scores, baseline, chosen_of=max(1, len(judge.candidates) - 1))
        rows.append(
            [
                candidate.name,
                candidate.kind,
                judge.mean_score(scores),
                gain.mean,
                gain.low,
                gain.high,
                gain.p_harm,
                weights.get(candidate.name, 0.0),
                found.seconds[candidate.name],
                "",
            ]
        )
    for candidate in listed:
        if candidate.name in found.notes:
            rows.append([candidate.name, candidate.kind, *[math.nan] * 5, 0.0, math.nan, found.notes[candidate.name]])
    board = pd.DataFrame(rows, columns=COLUMNS)
    board["_last"] = board["score"].isna()
    board["_kind"] = board["kind"] != "baseline"
    board = board.sort_values(["_last", "_kind", "score"], ascending=[True, True, False], kind="stable")
    return board.drop(columns=["_last", "_kind"]).reset_index(drop=True)


def single_row_board(candidate: Candidate, note: str, weight: float = 1.0) -> pd.DataFrame:
    """The row of a candidate that nothing was scored against."""
    return pd.DataFrame([[candidate.name, candidate.kind, *[math.nan] * 5, weight, math.nan, note]], columns=COLUMNS)
