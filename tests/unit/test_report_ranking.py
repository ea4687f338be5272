"""The page of a ranking of sources: what is said of cheap scores, seed and time, and that it fits a phone."""

import re

import numpy as np
import pandas as pd
import pytest

from headstart.numeric.resampled import Gain
from headstart.ranking.cheap import AUTO, scores_for
from headstart.ranking.result import COLUMNS, SourceRanking
from headstart.report import render_ranking, source_scores
from headstart.report.templating import file_of


def found(**changed):
    """A ranking of three sources, the last without labels."""
    cheap = changed.get("cheap", AUTO)
    nan = float("nan")
    first = [1, "near", "helps", 0.1, 0.02, 0.18, 0.01, 0.0, 0.0, 0.0, True, 10, 200]
    second = [2, "far", "undetermined", 0.0, -0.1, 0.1, 0.5, 0.1, 0.01, 0.19, False, 10, 90]
    last = [nan, "bare", "cannot be used", *[nan] * 7, False, 0, nan]
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


def words(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page.split("</style>")[1]).split())


def test_the_page_says_which_score_decided_and_how_to_read_each():
    told = words(render_ranking(found()))
    assert "The proxy A-distance alone decided whom to try first (less of it comes first)" in told
    assert "the others stand here for comparison" in told and "They chose whom" not in told
    assert "Proxy A-distance How well a linear classifier tells" in told and "proxy_a_distance" not in told
    assert re.search(r"LEEP How likely .* it is below 0, and 0 would be certainty\. More is better\.", told)
    assert re.search(r"Tried first by Proxy A-distance", told)
    alone = words(render_ranking(found(cheap=("logme",))))
    assert "The LogME alone decided whom to try first (more of it comes first). None" in alone
    assert "Tried first by" not in words(render_ranking(found(cheap=())))


def test_every_score_that_a_ranking_takes_has_its_line():
    for task in ("classification", "regression"):
        for name in scores_for("auto", task):
            (kind,) = source_scores.kinds(found(cheap=(name,)))
            assert "takes for granted" not in kind["says"] and kind["better"] in ("More is better.", "Less is better.")
    (other,) = source_scores.kinds(found(cheap=("h_score",)))
    assert other["says"].startswith("It takes for granted: ")


def test_seed_and_time_are_told_as_they_are():
    told = words(render_ranking(found()))
    assert "Seed 0 " in told and "Time 22 s, about as long as to try all sources on all folds" in told
    told = words(render_ranking(found(seconds=10.0, seed=None)))
    assert "Time 10 s. To try all sources on all folds would have taken about 21 s." in told
    assert "Seed no number was given" in told
    assert "Seed 7 " in words(render_ranking(found(seed=None), {"seed": 7}))
    assert found().to_dict()["seed"] == 0


def test_a_source_of_no_use_is_told_once():
    assert render_ranking(found()).count("has no labels") == 1
    assert "bare: source 'bare' has no labels" in str(found())  # in print there is one place for it


@pytest.mark.parametrize(
    "rule", [".ranked tr { grid-template-columns: repeat(3", ".ranked td.n .sub { white-space: normal"]
)
def test_intervals_of_cards_have_room_on_a_phone(rule):
    assert rule in file_of("page.css") and 'class="board ranked"' in render_ranking(found())
