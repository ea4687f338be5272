"""A ranking of sources as a page gets it, without a fit, and rankings whose fits are few."""

from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest

from headstart.choose import trials
from headstart.choose.candidates import target_candidates
from headstart.numeric.resampled import Gain
from headstart.ranking.cheap import AUTO
from headstart.ranking.result import COLUMNS, SourceRanking


def ranking_of_three(**changed):
    """A ranking of three sources, the last without labels."""
    cheap = changed.get("cheap", AUTO)
    nan = float("nan")
    first = [1, "near", "helps", 0.1, 0.02, 0.18, 0.01, 0.05, -0.02, 0.12, 0.0, 0.0, 0.0, True, 10, 200]
    second = [2, "far", "undetermined", 0.0, -0.1, 0.1, 0.5, -0.1, -0.2, 0.0, 0.1, 0.01, 0.19, False, 10, 90]
    last = [nan, "bare", "cannot be used", *[nan] * 10, False, 0, nan]
    told = ["", "", "source 'bare' has no labels, so nothing can be learned from it"]
    rows = [[*r, *np.arange(len(cheap)) - 0.5, 1.0, n] for r, n in zip([first, second, last], told, strict=True)]
    given = {
        "table": pd.DataFrame(rows, columns=[*COLUMNS, *cheap, "seconds", "note"]),
        "target": "here",
        "n_target": 50,
        "metric": "roc_auc",
        "level": 0.9,
        "best": "near",
        "tied": ("near",),
        "harmful": (),
        "left_out": {"bare": told[-1]},
        "choice": Gain(0.05, 0.0, 0.1, 0.05),
        "decided_by": cheap[0] if cheap else "",
        "seconds": 22.0,
        "seconds_of_all": 21.0,
        "cheap": cheap,
        "seed": 0,
    }
    return SourceRanking(**{**given, **changed})


@contextmanager
def linear_candidates(*source_candidates):
    """The linear candidates alone: the rounds are what is tested."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trials, "QUICK", source_candidates)
        patch.setattr(trials, "target_candidates", lambda *given: target_candidates(*given)[:1])
        yield
