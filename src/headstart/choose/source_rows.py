"""What is told of each of several sources: how well its own model does, and whether it is used."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from ..numeric.glm import probabilities
from .judge import Judge
from .leaderboard import COLUMNS
from .setups import Setups

SOURCE_COLUMNS = ["source", "rows", "score", "gain", "gain_low", "gain_high", "p_harm", "evidence", "kept", "used"]


def source_table(setups: Setups, judge: Judge) -> pd.DataFrame:
    """One row a source: the scores of its linear model as it stands, its evidence, and where it is used.

    ``score``, ``gain`` (over target only, with its interval) and ``p_harm`` are of the folds' held-out rows, none of
    which the source has seen; ``evidence`` is the z score on all labelled target rows; ``kept`` the share of folds
    whose training rows choose the source, ``used`` whether all rows do.
    """
    problem, evidence = setups.problem, setups.evidence
    folds, n = judge.found.folds, len(problem.source_names)
    every = np.arange(len(problem.y))
    kept = np.array([np.isin(np.arange(n), setups.kept(f.train)) for f in folds])
    used = setups.kept(every)
    z = np.full(n, np.nan) if evidence is None else evidence.scores(every)
    baseline = judge.single_scores()
    rows = []
    for k, name in enumerate(problem.source_names):
        S = None if evidence is None else evidence.outputs[k]
        told: list[Any] = [math.nan] * 5
        if S is not None:
            values = S[:, 0] if judge.n_classes == 0 else _probabilities(S)
            scores = np.array([judge.metric(problem.y[f.test], values[f.test]) for f in folds])
            gain = judge.gain(scores, baseline, chosen_of=n)
            told = [judge.mean_score(scores), gain.mean, gain.low, gain.high, gain.p_harm]
        rows.append([name, len(problem.source_labels[k]), *told, z[k], kept[:, k].mean(), k in used])
    return pd.DataFrame(rows, columns=SOURCE_COLUMNS)


def _probabilities(S: np.ndarray) -> np.ndarray:
    return np.asarray(probabilities(S))


def on_the_leaderboard(sources: pd.DataFrame) -> pd.DataFrame:
    """The sources as rows of the leaderboard, of the kind "source": they are told of, and no candidates."""
    rows = []
    for row in sources.itertuples():
        share = f"{row.kept:.0%} of the folds"
        note = f"used; in {share}" if row.used else f"left out of the model; used in {share}"
        told = [row.score, row.gain, row.gain_low, row.gain_high, row.p_harm]
        rows.append([f"source only, {row.source} (linear)", "source", *told, 0.0, math.nan, note])
    return pd.DataFrame(rows, columns=COLUMNS)


def with_sources_told(board: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """The leaderboard with the sources behind the candidates that have a score."""
    scored = board["score"].notna()
    return pd.concat([part for part in (board[scored], sources, board[~scored]) if len(part)], ignore_index=True)


def left_out(sources: pd.DataFrame) -> str:
    """A sentence on the sources that the model does not use; nothing where it uses all."""
    out = [str(name) for name, used in zip(sources["source"], sources["used"], strict=True) if not used]
    if not out:
        return ""
    return (
        f"{len(out)} of {len(sources)} sources left out ({', '.join(out)}): of the target's labels their own models "
        "tell no more than chance, or the contrary"
    )
