"""The page of a ranking of sources: what is said of cheap scores, seed and time."""

import re

from headstart.ranking.cheap import scores_for
from headstart.report import render_ranking, source_scores

from ..ranking_cases import ranking_of_three as found


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
